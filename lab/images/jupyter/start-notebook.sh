#!/bin/sh
# Starts JupyterLab (or what DOCKER_STACKS_JUPYTER_CMD names), with the options of NOTEBOOK_ARGS and of the command line.
set -eu
# shellcheck disable=SC2086  # NOTEBOOK_ARGS is a list of words
exec jupyter "${DOCKER_STACKS_JUPYTER_CMD:-lab}" ${NOTEBOOK_ARGS:-} "$@"
