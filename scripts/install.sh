#!/bin/sh
# Install or upgrade Hadir on this machine, from a checkout or (as `install`) from a bundle. Run it again: nothing changes.
set -eu
here=$(dirname "$(readlink -f "$0")")
if [ ! -d "$here/wheels" ]; then here=$(dirname "$here"); fi
[ "$(id -u)" = 0 ] || { echo "install: run me as root: sudo $0" >&2; exit 1; }

# What the screen needs beyond Python, and on a checkout the means to fetch. A bundle needs no network at all.
missing() {
    packages=$(cat "$here/packaging/screen-packages" "$here/packaging/bare-screen-packages")
    [ -d "$here/wheels" ] || packages="$packages python3-venv"
    for package in python3 $packages; do
        state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
        [ "$state" = "install ok installed" ] || echo "$package"
    done
}

# Asking servers that cannot be reached takes half a minute.
has_route() { awk '$2 == "00000000" { found = 1 } END { exit !found }' /proc/net/route 2>/dev/null; }

if [ -z "${HADIR_NO_APT:-}" ] && command -v apt-get >/dev/null; then
    wanted=$(missing)
    if [ -n "$wanted" ]; then
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086
        fetch() { apt-get install -qq -y --no-install-recommends $wanted >/dev/null 2>&1; }
        if ! { has_route && { fetch || { apt-get update -qq >/dev/null 2>&1 && fetch; }; }; }; then
            echo "install: no packages to be had now; the screen may lack: $(echo "$wanted" | tr '\n' ' ')" >&2
        fi
    fi
fi
command -v python3 >/dev/null || { echo "install: python3 is needed: sudo apt-get install python3" >&2; exit 1; }
code=$here
for wheel in "$here"/wheels/hadir-*.whl; do [ ! -e "$wheel" ] || code=$wheel; done
export PYTHONPATH="$code" PYTHONDONTWRITEBYTECODE=1
exec python3 -m kiosk.install install "$here" "$@"
