#!/usr/bin/env bash
# usage: ci/minisign.sh        sees to it that Debian's minisign and jq are there, with which tests check what Solidata signs
# Without them those tests say SKIPPED, or fail with CI=true.
set -euo pipefail
[ $# -eq 0 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
missing=()
for program in minisign jq; do command -v "$program" > /dev/null || missing+=("$program"); done
[ "${#missing[@]}" -gt 0 ] || exit 0
install() { # as root, or as someone who becomes root without being asked
    local root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo -n)
    ${root[@]+"${root[@]}"} apt-get update -qq && ${root[@]+"${root[@]}"} apt-get install -qq -y --no-install-recommends "${missing[@]}"
}
if ! install > /dev/null; then
    echo "minisign.sh: ${missing[*]} could not be installed: what is signed is not checked with them" >&2
    [ "${CI:-}" != true ] || exit 3
fi
