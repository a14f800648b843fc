#!/bin/sh
# Makes dist/hadir_VERSION_ARCH.deb out of the bundle for ARCH: the bundle inside, installed by its own installer.
set -eu
arch=${1:?usage: packaging/deb.sh ARCH}
cd "$(dirname "$0")/.."
bundle=$(ls -t dist/hadir-*-"$arch".tar | head -1)
version=$(basename "$bundle" | sed "s/^hadir-\(.*\)-$arch\.tar$/\1/")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/usr/share" "$work/DEBIAN"
tar xf "$bundle" -C "$work/usr/share"
mv "$work/usr/share/hadir-$version" "$work/usr/share/hadir"

cat >"$work/DEBIAN/control" <<CONTROL
Package: hadir
Version: $version
Architecture: $arch
Maintainer: Hadir
Section: misc
Priority: optional
Installed-Size: $(du -sk "$work/usr" | cut -f1)
Depends: python3 (>= 3.11), python3 (<< 3.14), systemd, udev
Recommends: $(cat packaging/screen-packages packaging/bare-screen-packages | paste -sd, | sed 's/,/, /g')
Description: attendance terminal for schools and government offices
 Fingerprint readers, face kiosk, rules and delivery: no power cut loses a punch.
 The programs go to /opt/hadir, settings to /etc/hadir, the ledger to /var/lib/hadir.
CONTROL

cat >"$work/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
[ "$1" != configure ] || HADIR_NO_APT=1 /usr/share/hadir/install
POSTINST

cat >"$work/DEBIAN/prerm" <<'PRERM'
#!/bin/sh
set -e
[ "$1" != remove ] || ! [ -x /opt/hadir/current/bin/hadir-install ] || /opt/hadir/current/bin/hadir-install uninstall
PRERM

cat >"$work/DEBIAN/postrm" <<'POSTRM'
#!/bin/sh
set -e
[ "$1" != purge ] || rm -rf /etc/hadir /var/lib/hadir /var/lib/hadir-centre
POSTRM

chmod 755 "$work/DEBIAN/postinst" "$work/DEBIAN/prerm" "$work/DEBIAN/postrm" "$work"
# Wheels are compressed already.
dpkg-deb --root-owner-group -Znone --build "$work" "dist/hadir_${version}_$arch.deb" >&2
echo "dist/hadir_${version}_$arch.deb"
