#!/usr/bin/env bash
# What `make release` does: builds, makes a sample snapshot, publishes a release into a local folder and says what to look at.
set -euo pipefail
cd "$(dirname "$0")/.."
out="${OUT:-out}"
cargo build --release --locked --bin solidata
solidata="${CARGO_TARGET_DIR:-target}/release/solidata"
mkdir -p "$out"
solidata=$(realpath "$solidata")
cd "$out"
# A key without password is for a sample only.
[ -f vault/signing/solidata.key ] || "$solidata" keygen --no-password --vault vault
printf 'vault = "vault"\npublic = "public"\n[signing]\nkey = "vault/signing/solidata.key"\n' > solidata.toml
if [ ! -f "snapshot/snapshot.archive.gz" ]; then
    "$solidata" synth --out "snapshot" --from 2024-09-01 --to 2024-10-03 --departments 67,68 --seed 7 --form archive
fi
"$solidata" run --month 2024-09 --lieux "snapshot/snapshot.archive.gz" --search "snapshot/snapshot.archive.gz" \
    --vault vault --public public
"$solidata" verify public
cat <<END

A release of synthetic data lies in $out/public/releases/2024-09/r1:
  data/structures.csv, data/demande_territoires.csv ...   the tables (also as Parquet)
  pages/, schemas/                                        what each table and column means
  manifest.json, SHA256SUMS                               what it was made from; check it: (cd $out/public/releases/2024-09/r1 && sha256sum -c SHA256SUMS)
The private side, with the run report, is $out/vault: it never leaves the operator's machine.
END
