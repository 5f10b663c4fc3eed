"""What upstream's image sets for everybody; the user's own file in ~/.jupyter comes over it."""

import os

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - Jupyter gives it
c.ServerApp.ip = ""
c.ServerApp.port = int(os.environ.get("JUPYTER_PORT", "8888"))
c.ServerApp.open_browser = False
