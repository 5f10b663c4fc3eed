#!/usr/bin/env bash
# ansible-test sanity on a copy of what git knows: it refuses a symbolic link and wants the collection's own path.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$PWD/.build/sanity/ansible_collections/igrafx/liveconnect
rm -rf "$copy"
mkdir -p "$copy"
# A file that was deleted and not yet committed is still in git's list.
git ls-files --cached --others --exclude-standard -z \
    | tar --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -xf - -C "$copy"

# ansible-test fetches pip's installer from the network; Python carries the same.
export HOME=$PWD/.build/home
mkdir -p "$HOME/.ansible/test/cache"
printf 'import ensurepip\n\nensurepip.bootstrap()\n' >"$HOME/.ansible/test/cache/get_pip_24_2.py"

python=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
export PATH=$PWD/.venv/bin:$PATH
cd "$copy"
exec ansible-test sanity --local --python "$python" --color no "$@"
