#!/bin/sh
# A virtual screen (Xvfb with Mesa's software OpenGL) and the xcb libraries that Qt loads, on Debian and Ubuntu.
# Does nothing where they are, and on systems that have a screen of their own (macOS, Windows).
set -eu
[ "$(uname -s)" = Linux ] || exit 0
packages="xvfb libegl1 libgl1 libopengl0 libgl1-mesa-dri libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 fonts-dejavu-core
libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
libxcb-xinerama0 libxcb-xkb1"
if ! command -v dpkg >/dev/null 2>&1; then
    command -v Xvfb >/dev/null 2>&1 && exit 0
    echo "The GUI tests need Xvfb and Qt's xcb libraries. Install them with this system's package manager, then run again." >&2
    exit 1
fi
missing=""
for package in $packages; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "The GUI tests need a virtual screen. Run once: sudo apt-get install$missing" >&2
        exit 1
    fi
    as_root="sudo"
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
