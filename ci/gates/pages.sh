#!/usr/bin/env bash
# usage: ci/gates/pages.sh [RELEASE_DIR [SHOTS_DIR]]     (SOLIDATA=PROGRAM makes the release with another program than the one that cargo builds)
# Puts the pages of a release before axe-core in headless Chromium (light and dark, 375 and 1280 pixels), follows their links, and runs every piece of code that
# stands on them: R, pandas, polars, DuckDB, a spreadsheet, a shell. Without a folder it makes a small signed release of synthetic data. SHOTS_DIR gets pictures.
# What cannot be installed is SKIPPED, and fails with CI=true.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -le 2 ] && [ "${1:-}" != "--help" ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -n "${SOLIDATA:-}" ] || cargo build --release --locked --quiet --bin solidata
solidata=$(realpath "${SOLIDATA:-${CARGO_TARGET_DIR:-target}/release/solidata}")

release=${1:-}
if [ -z "$release" ]; then
    ( # with settings of its own, and two months, so that there is something to compare
        cd "$work" &&
            printf 'vault = "vault"\npublic = "public"\n[signing]\nkey = "vault/signing/solidata.key"\n' > solidata.toml &&
            "$solidata" synth --out snapshot --from 2024-08-01 --to 2024-09-30 --departments 67,68 --seed 11 --scale 0.5 --form archive &&
            "$solidata" keygen --no-password --vault vault &&
            "$solidata" run --from 2024-08 --to 2024-09 --lieux snapshot/snapshot.archive.gz --search snapshot/snapshot.archive.gz
    ) > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
    release="$work/public/releases/2024-09/r1"
    CLE=$(tail -1 "$work/vault/signing/solidata.pub")
    export CLE
fi
echo "release: $release"
failed=0
skipped() {
    echo "SKIPPED $1"
    [ "${CI:-}" != true ] || failed=1
}

if browser=$(ci/pages/browser.sh); then
    eval "$browser"
    node ci/pages/check.mjs "$release" ${2:+--shots "$2"} || failed=1
    # A judge that cannot fail proves nothing.
    cp -r "$release" "$work/bad"
    bad="$work/bad/pages/verifier.html"
    find "$work/bad/pages" -name '*.html' ! -name verifier.html -delete
    sed -i 's,<main id="contenu",<p style="width: 900px">x</p><a href="absente.html"></a><main,; s,--ink: #1a2026,--ink: #dddddd,' "$bad"
    if node ci/pages/check.mjs "$work/bad" > "$work/said"; then failed=1; fi
    for word in 'color-contrast (serious)' 'link-name (serious)' 'wider than the screen' 'absente.html is not there' '#contenu: no such section'; do
        grep -qF "$word" "$work/said" || { echo "FAIL the judge of pages does not say: $word"; failed=1; }
    done
else
    skipped "the pages in a browser"
fi

if ci/pages/tools.sh; then
    "$(ci/python/venv.sh pages)/bin/python" ci/pages/snippets.py "$release" --solidata "$solidata" || failed=1
else
    skipped "the code on the pages"
fi
exit "$failed"
