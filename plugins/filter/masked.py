# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another program said, fit to be shown."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import masking
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.roles import specifications
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.specification import with_options_of_roles

DOCUMENTATION = r"""
name: masked
short_description: Output of another program without secrets
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Puts asterisks for every secret in a text that another program printed, such as the last lines of a container's log.
  - Secrets are what the argument specifications of this collection's roles mark as such, at any depth, in the forms in
    which programs write them (in JSON, in addresses, with dollars doubled); further, hashes of passwords, private keys,
    and what stands behind words such as C(password=), whoever declared them.
positional: _input, declared
options:
  _input:
    description: The text.
    type: str
    required: true
  declared:
    description: Variables of the roles and of the site with their values; those that hold no secret do no harm.
    type: dict
    required: true
  secrets:
    description: More secrets, such as those that are made on the node.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the end of a log
  ansible.builtin.debug:
    msg: "{{ log.stdout | igrafx.liveconnect.masked({'jupyter_password': jupyter_password}) }}"
"""

RETURN = r"""
_value:
  description: The text without secrets.
  type: str
"""


def masked(said: str, declared: t.Mapping[str, t.Any], *, secrets: t.Iterable[str] = ()) -> str:
    """See DOCUMENTATION."""
    entries = [entry["options"] for specification in specifications().values() for entry in specification.values()]
    options = with_options_of_roles({name: option for entry in entries for name, option in entry.items()}, entries)
    return masking.masked(said, [*masking.declared_secrets(declared, options), *secrets])


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"masked": masked}
