#!/usr/bin/env bash
# What Python and Ansible need of the machine and pip cannot bring: the venv module and an SSH client. With the argument
# `browser`, what tests/integration/web needs: Chromium with its driver, a tool for the authorities it trusts, a TLS scanner.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
if [ "${1:-}" = browser ]; then
    need chromium chromium
    need chromedriver chromium-driver
    need certutil libnss3-tools
    need sslscan sslscan
else
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    command -v ssh >/dev/null && command -v sftp >/dev/null || missing+=(openssh-client)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Please install ${missing[*]} (or your distribution's name for it), then run make again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
