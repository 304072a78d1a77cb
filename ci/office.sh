#!/usr/bin/env bash
# usage: ci/office.sh        sees to it that Debian's LibreOffice Calc and R are there, with which the gate `readers` opens what is published
# Without them that gate says SKIPPED, or fails with CI=true.
set -euo pipefail
[ $# -eq 0 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
missing=()
command -v soffice > /dev/null || missing+=(libreoffice-calc-nogui)
command -v Rscript > /dev/null || missing+=(r-base-core)
[ "${#missing[@]}" -gt 0 ] || exit 0
install() { # as root, or as someone who becomes root without being asked
    local root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo -n)
    ${root[@]+"${root[@]}"} apt-get update -qq && ${root[@]+"${root[@]}"} apt-get install -qq -y --no-install-recommends "${missing[@]}"
}
if ! install > /dev/null; then
    echo "office.sh: ${missing[*]} could not be installed: what is published is not opened with them" >&2
    [ "${CI:-}" != true ] || exit 3
fi
