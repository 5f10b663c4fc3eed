# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with the password of Jupyter. Pure."""

from __future__ import annotations

SCHEMES = ("argon2", "sha512")


def jupyter_problems(password: object, scheme: object, seed: object, *, has_argon2: bool) -> list[str]:
    """Sentences about the password, how it is hashed, and what its salt is derived from.

    ``has_argon2`` says whether the control machine's Python has Argon2.
    """
    problems = []
    if password is None or password == "":
        problems.append(
            "liveconnect_jupyter_password is not set, and Jupyter would run code for everyone: put it into the site's"
            " vault file (ansible-vault edit); it has no default."
        )
    elif not isinstance(password, str):
        problems.append("liveconnect_jupyter_password (jupyter_password) is not text: put it in quotes.")
    if scheme not in SCHEMES:
        problems.append(f"jupyter_password_scheme is '{scheme}': choose from {', '.join(SCHEMES)}.")
    elif scheme == "argon2" and not has_argon2:
        problems.append(
            "jupyter_password_scheme is 'argon2', which the control machine's Python does not have: install argon2-cffi"
            " (python3-argon2) for it, or set the option to 'sha512' for all control machines."
        )
    if not isinstance(seed, str) or not seed:
        problems.append("jupyter_password_seed is not a text, or empty: leave it out, or write some text.")
    return problems
