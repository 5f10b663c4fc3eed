# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which declared templates of nginx are refused, and in which words."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.nginx import nginx_problems

PATHS = ["/site/nginx", "/site/one.conf.template"]
FILES = ["/site/one.conf.template", "/site/nginx/a.conf.template", "/site/nginx/b.conf.template"]


def test_files_and_directories_that_are_there_pass() -> None:
    assert nginx_problems(PATHS, FILES) == []
    assert nginx_problems([], []) == []


@pytest.mark.parametrize(
    ("paths", "files", "words"),
    [
        (PATHS, FILES[1:], "there is no file '/site/one.conf.template' on the control machine"),
        (PATHS, FILES[:1], "there is no file '/site/nginx' on the control machine, and no directory with files"),
        (["/site/a.conf"], ["/site/a.conf"], "'/site/a.conf' only with a name that ends in .conf.template"),
        (
            [*PATHS, "/site/a.conf.template"],
            [*FILES, "/site/a.conf.template"],
            "'/site/a.conf.template' has the name of '/site/nginx/a.conf.template'",
        ),
    ],
)
def test_what_nginx_would_not_read_is_one_sentence(paths: list[str], files: list[str], words: str) -> None:
    (sentence,) = nginx_problems(paths, files)
    assert sentence.startswith("nginx_templates: ")
    assert words in sentence
