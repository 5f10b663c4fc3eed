# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line: ``python -m lab <command>``, from the checkout."""

from __future__ import annotations

import argparse
import sys

import docker.errors

from lab import build, clean, engine, nodes, show, site
from lab.report import LabError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="A whole LiveConnect site in containers.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("engine", help="make sure that a Docker engine answers")
    images = commands.add_parser("images", help="build the lab's images; what has not changed is left alone")
    images.add_argument("names", nargs="*", help="lab image names (default: all)")
    up = commands.add_parser("up", help="bring a site up; what is there already stays as it is")
    up.add_argument(
        "--nodes",
        default=nodes.DEFAULT_NODES,
        help=f"name:kind,… with a kind of {', '.join(nodes.IMAGE_OF_KIND)} (default: %(default)s)",
    )
    up.add_argument("--images", nargs="+", help="lab images that the registry must serve (default: all published)")
    down = commands.add_parser("down", help="remove a site with everything it holds")
    shown = commands.add_parser("show", help="send a file through a converged site, and print what came out")
    reboot = commands.add_parser("reboot", help="restart a node as a power cycle would")
    reboot.add_argument("node")
    for command in (up, down, shown, reboot):
        command.add_argument("--name", default="demo", help="the site (default: %(default)s)")
    commands.add_parser("status", help="say what is up")
    commands.add_parser("clean", help="remove all sites, the lab's images, volumes and caches")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        match options.command:
            case "engine":
                engine.ensure(site.STATE)
            case "images":
                build.ensure(engine.client(), options.names or None)
            case "up":
                site.up(engine.client(), options.name, nodes.parse(options.nodes), options.images)
            case "down":
                site.down(engine.client(), options.name)
            case "show":
                show.show(site.folder(options.name))
            case "reboot":
                site.reboot(engine.client(), options.name, options.node)
            case "status":
                print(site.status(engine.client()))
            case "clean":
                clean.everything(engine.client())
    except (LabError, build.BuildError, docker.errors.DockerException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
