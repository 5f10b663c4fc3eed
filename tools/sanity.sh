#!/usr/bin/env bash
# ansible-test sanity on the collection as it ships: built from what git knows, and unpacked under the collection's own path.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/.venv/bin:$PATH

workspace=$(mktemp -d)
trap 'rm -rf "$workspace"' EXIT
checkout=$workspace/checkout
collection=$workspace/ansible_collections/igrafx/liveconnect
mkdir -p "$checkout" "$collection"

# A file that was deleted and not yet committed is still in git's list.
git ls-files --cached --others --exclude-standard -z \
    | tar --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -xf - -C "$checkout"
ansible-galaxy collection build "$checkout" --output-path "$workspace" >/dev/null
tar -xzf "$workspace"/igrafx-liveconnect-*.tar.gz -C "$collection"

# ansible-test fetches pip's installer from the network; Python carries the same.
export HOME=$PWD/.build/home
mkdir -p "$HOME/.ansible/test/cache"
printf 'import ensurepip\n\nensurepip.bootstrap()\n' >"$HOME/.ansible/test/cache/get_pip_24_2.py"

python=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cd "$collection"
ansible-test sanity --local --python "$python" --color no "$@"
