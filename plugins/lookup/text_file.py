# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text files of the control machine, whatever editor wrote them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: text_file
short_description: Read text files as editors write them
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Returns the text of files on the control machine, like P(ansible.builtin.file#lookup), for programs that take only
    plain text, such as those that run SQL scripts.
  - A byte order mark at the beginning is left out, and lines that end in CR LF end in LF.
  - A file in UTF-16 or in anything else than UTF-8 is refused with a sentence that says how to convert it.
options:
  _terms:
    description: Paths of the files; relative ones are looked for where Ansible looks for files.
    type: list
    elements: path
    required: true
"""

EXAMPLES = r"""
- name: Show a script
  ansible.builtin.debug:
    msg: "{{ lookup('igrafx.liveconnect.text_file', 'pipelines/incidents/streams.sql') }}"
"""

RETURN = r"""
_raw:
  description: The text of each file.
  type: list
  elements: str
"""

import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._text import decoded


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[str], variables: t.Any = None, **kwargs: t.Any) -> list[str]:
        """The text of each file."""
        self.set_options(var_options=variables, direct=kwargs)
        return [self._text(term, variables) for term in terms]

    def _text(self, term: str, variables: t.Any) -> str:
        found = self.find_file_in_search_path(variables, "files", term)
        if not found:
            raise AnsibleLookupError(f"{term} is not there.")
        try:
            # The loader opens vaults, too.
            return decoded(Path(self._loader.get_real_file(found)).read_bytes(), term)
        except (InvalidInputError, OSError) as error:
            raise AnsibleLookupError(str(error)) from error
