#!/bin/sh
# Make everything that `make run` (run), `make test` (test) or `make test-slow` (slow) needs: system packages, then .venv from the lock.
# Repeats are instant: .venv/.ready-KIND holds a hash of all that went in.
set -eu
kind=${1:?usage: scripts/setup.sh run|test|slow}
cd "$(dirname "$0")/.."
exec 9<"$0"
flock 9

# The screen's typeface, and what the SDL inside pygame-ce looks for at run time.
packages="mosquitto $(tr '\n' ' ' <packaging/screen-packages)"
test="dosfstools e2fsprogs git mosquitto-clients postgresql procps sqlite3 strace systemd udev xauth xdotool xvfb"
case $kind in
run) ;;
test) packages="$packages $test" ;;
slow)
    packages="$packages $test debootstrap dpkg-dev gcc iproute2 libc6-dev nftables systemd-container qemu-user-static binfmt-support"
    # A whole machine to cut: its kernel knows 9p, unlike the cloud kernels.
    [ "$(uname -m)" != x86_64 ] || packages="$packages busybox-static cpio kmod linux-image-amd64 mtools qemu-system-x86"
    ;;
*) echo "setup: no such kind: $kind (run, test or slow)" >&2 && exit 2 ;;
esac

say() { echo "setup: $*" >&2; }

python_of_right_age() {
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
}

# The Python found can make virtual environments: Debian ships that part apart.
python_is_whole() { [ -n "$python" ] && "$python" -c 'import ensurepip, venv' 2>/dev/null; }

missing_packages() {
    for package in $packages; do
        state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
        [ "$state" = "install ok installed" ] || echo "$package"
    done
    python_is_whole || echo "python3-venv"
}

become_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive INITRD="${INITRD:-}" "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n env DEBIAN_FRONTEND=noninteractive INITRD="${INITRD:-}" "$@"
    else
        return 1
    fi
}

# A container, where systemd does not run, is thrown away: no initramfs for its kernel, no fsync after each file.
unsafe_io=
[ -d /run/systemd/system ] || { INITRD=No && unsafe_io="-o Dpkg::Options::=--force-unsafe-io"; }

# shellcheck disable=SC2086
apt_install() { become_root apt-get install -qq -y --no-install-recommends $unsafe_io "$@"; }

# Debian starts a server as it is installed. Ours are started by the tests and the demo, on their own ports, so the
# distribution's Mosquitto and PostgreSQL are kept from starting, but only where this very run installs them.
install_packages() {
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'become_root rm -f "$policy"' EXIT
        become_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy"
    fi
    apt_install "$@" >/dev/null 2>&1 || { become_root apt-get update -qq && apt_install "$@"; } >&2
    [ -d /run/systemd/system ] || return 0
    for service in mosquitto postgresql; do
        case " $* " in *" $service "*) become_root systemctl disable --now -q "$service" || true ;; esac
    done
}

system_packages() {
    command -v dpkg-query >/dev/null || { say "not Debian: you need what these packages hold: $packages" && return; }
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if become_root true; then
        say "installing $missing"
        # shellcheck disable=SC2086
        install_packages $missing
        return
    fi
    say "neither root nor passwordless sudo: please run: sudo apt-get install $missing"
    # A demo does without Mosquitto and a good typeface; the tests don't.
    [ "$kind" = run ]
}

pinned() { awk -v name="$1" '/^[^ #]/ { on = index($0, name "==") == 1 } on' requirements.lock; }

pip() { .venv/bin/python -m pip "$@" -qq --no-deps --disable-pip-version-check --root-user-action=ignore; }

virtual_environment() {
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
    # pip and setuptools first, by their hashes: a few packages are source only and nothing unpinned may build them.
    { pinned pip && pinned setuptools; } >.venv/first.txt
    pip install --require-hashes -r .venv/first.txt
    pip install --require-hashes --no-build-isolation --use-pep517 -r requirements.lock
}

hash_of() { { echo "$PWD" && "$python" --version && cat "$@"; } 2>/dev/null | sha256sum; }

python=$(python_of_right_age)
all=$(hash_of requirements.lock setup.cfg scripts/setup.sh packaging/screen-packages)
[ "$(cat ".venv/.ready-$kind" 2>/dev/null)" != "$all" ] || exit 0
system_packages
python=$(python_of_right_age)
if ! python_is_whole; then
    say "Python 3.11, 3.12 or 3.13 with venv is needed: name one with PYTHON=..."
    exit 1
fi
locked=$(hash_of requirements.lock)
all=$(hash_of requirements.lock setup.cfg scripts/setup.sh packaging/screen-packages)
if [ "$(cat .venv/.locked 2>/dev/null)" != "$locked" ]; then
    virtual_environment
    echo "$locked" >.venv/.locked
fi
pip install --no-build-isolation --config-settings editable_mode=compat -e . 2>/dev/null
# Each kind has all that the ones before it have.
for done in run test slow; do
    echo "$all" >".venv/.ready-$done"
    [ "$done" != "$kind" ] || break
done
