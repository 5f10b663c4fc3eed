# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The groups of meta/runtime.yml that a module is in."""

from __future__ import annotations


class ModuleDocFragment:
    """C(igrafx.liveconnect.action_group)."""

    # What talks to a server over HTTP.
    DOCUMENTATION = r"""
attributes:
  action_group:
    support: full
    description: Use C(group/igrafx.liveconnect.all) in C(module_defaults) for what is the same for all servers, such as
      O(ca_path).
    membership:
      - igrafx.liveconnect.all
"""

    CONNECT = r"""
attributes:
  action_group:
    support: full
    description: Use C(group/igrafx.liveconnect.connect) in C(module_defaults) to set O(url) and credentials once, and
      C(group/igrafx.liveconnect.all) for what is the same for all servers.
    membership:
      - igrafx.liveconnect.all
      - igrafx.liveconnect.connect
"""

    KSQL = r"""
attributes:
  action_group:
    support: full
    description: Use C(group/igrafx.liveconnect.ksql) in C(module_defaults) to set O(url) and credentials once, and
      C(group/igrafx.liveconnect.all) for what is the same for all servers.
    membership:
      - igrafx.liveconnect.all
      - igrafx.liveconnect.ksql
"""
