#!/usr/bin/env bash
# usage: ci/pages/tools.sh     sees to it that Debian's R, LibreOffice (Calc, without a screen) and minisign are there, with which the code on the pages is run
set -euo pipefail
[ $# -eq 0 ] || { sed -n '2s/^# //p' "$0" >&2; exit 2; }
missing=()
command -v Rscript >/dev/null || missing+=(r-base-core)
command -v soffice >/dev/null || missing+=(libreoffice-calc-nogui)
command -v minisign >/dev/null || missing+=(minisign)
[ "${#missing[@]}" -gt 0 ] || exit 0
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo -n)
echo "installing ${missing[*]}" >&2
{ ${root[@]+"${root[@]}"} apt-get update -qq && ${root[@]+"${root[@]}"} apt-get install -qq -y --no-install-recommends "${missing[@]}"; } >/dev/null || {
    echo "pages/tools.sh: ${missing[*]} could not be installed: the code on the pages is not run" >&2
    exit 3
}
