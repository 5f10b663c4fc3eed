#!/usr/bin/env bash
# What Python and Ansible need of the machine and pip cannot bring: the venv module and an SSH client.
set -euo pipefail

missing=()
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
command -v ssh >/dev/null && command -v sftp >/dev/null || missing+=(openssh-client)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Please install ${missing[*]} (or your distribution's name for it), then run make again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
