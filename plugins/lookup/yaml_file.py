# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML files of the control machine, with templates in their values."""

from __future__ import annotations

DOCUMENTATION = r"""
name: yaml_file
short_description: Read YAML files and template their values
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Returns what YAML files on the control machine hold. A file is read as YAML first, and the templates in its keys and
    values are replaced then, so that whatever is in a variable arrives as it is. Leading zeros, C(#), quotes,
    backslashes and line breaks of a password are neither YAML nor a template.
  - A template must be in quotes, as in C(password) set to C("{{ vault_password }}"); without them YAML reads its braces
    as a dictionary, which is refused. So is a value without quotes that YAML would change, such as V(0123), V(yes) or
    V(2024-05-01 10:00:00).
  - Files and values of Ansible's vault are opened.
options:
  _terms:
    description: Paths of the files; relative ones are looked for where Ansible looks for files.
    type: list
    elements: path
    required: true
"""

EXAMPLES = r"""
- name: Show the names of connectors
  ansible.builtin.debug:
    msg: "{{ lookup('igrafx.liveconnect.yaml_file', 'pipelines/incidents/connectors.yml') | map(attribute='name') }}"
"""

RETURN = r"""
_raw:
  description: What each file holds.
  type: list
  elements: raw
"""

import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.template import trust_as_template
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._text import decoded
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.declared_yaml import yaml_problems


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[str], variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """What each file holds."""
        self.set_options(var_options=variables, direct=kwargs)
        return [self._templated(self._read(term, variables)) for term in terms]

    def _read(self, term: str, variables: t.Any) -> t.Any:
        found = self.find_file_in_search_path(variables, "files", term)
        if not found:
            raise AnsibleLookupError(f"{term} is not there.")
        try:
            text = decoded(Path(self._loader.get_real_file(found)).read_bytes(), term)
        except (InvalidInputError, OSError) as error:
            raise AnsibleLookupError(str(error)) from error
        if problems := yaml_problems(text):
            raise AnsibleLookupError("\n".join(f"{term}: {problem}" for problem in problems))
        # A file of the operator's own may have templates, as a playbook does.
        return self._loader.load(trust_as_template(text), file_name=found, show_content=False)

    def _templated(self, value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {self._templar.template(key): self._templated(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._templated(item) for item in value]
        return self._templar.template(value)
