//! The seeds: small files of every form, made by the repository's writers, so that no binary lies in the repository.

use crate::sample::{self, KEYS, LISTS, STORE};
use solidata_canon::{sha256sums, table_schema};
use solidata_model::Digest;
use solidata_synth::{Compression, Departments, Form, ReferenceBytes, Silent, SynthSpec, generate};
use std::{fs, path::PathBuf};

/// Longer pieces of a snapshot are cut to this: a fuzzer changes little of a long input.
const PIECE: usize = 6_000;

struct Seeds(PathBuf);

impl Seeds {
    fn add(&self, target: &str, name: &str, bytes: &[u8]) {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), bytes).expect("a file");
    }
}

/// Writes them into the folder of `FUZZ_SEEDS`, one folder a target.
pub fn write() {
    let seeds = Seeds(std::env::var_os("FUZZ_SEEDS").expect("FUZZ_SEEDS names the folder for the seeds").into());
    snapshots(&seeds);
    for rows in [0, 1, 20, 300] {
        let (parquet, csv) = sample::table(rows);
        seeds.add("parquet", &format!("{rows}"), &parquet);
        seeds.add("csv", &format!("{rows}"), &csv);
    }
    seeds.add("table_schema", "sample", &table_schema(sample::contract()).expect("a schema"));
    seeds.add("contracts", "sample", sample::contract_texts().as_bytes());
    let files = [("data/a.csv", Digest::of(b"a")), ("manifest.json", Digest::of(b"m"))];
    seeds.add("sums", "sample", &sha256sums(files).expect("a list"));
    let (secret, public) = &*KEYS;
    seeds.add("signature", "signature", secret.sign(b"bytes", "what this is").expect("a signature").as_bytes());
    seeds.add("signature", "public", public.to_file().as_bytes());
    seeds.add("signature", "secret", solidata_signing::NewKey::generate(None).expect("randomness").secret_file().as_bytes());
    for (name, text) in [
        ("month", "2024-09"),
        ("type", "decimal(9,6)"),
        ("moment", "2022-03-04T14:14:09.556+01:00"),
        ("digest", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ] {
        seeds.add("texts", name, text.as_bytes());
    }
    STORE.with(|store| {
        for (number, bytes) in store.objects() {
            seeds.add("store", &format!("{number}"), &[&[number as u8], bytes.as_ref()].concat());
            if bytes.starts_with(b"{\"counter\"") || bytes.windows(9).any(|w| w == b"\"counter\"") {
                seeds.add("index", &format!("{number}"), bytes);
            } else if bytes.starts_with(b"{") {
                seeds.add("manifest", &format!("{number}"), bytes);
            }
        }
    });
    for (number, bytes) in LISTS.pieces() {
        seeds.add("code_lists", &format!("{number}"), &[&[number as u8], bytes.as_slice()].concat());
    }
}

/// A synthetic snapshot in each form. A fuzzer wants short inputs: the first records are enough.
fn snapshots(seeds: &Seeds) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/reference");
    let read = |name: &str| fs::read(folder.join(name)).expect("a code list");
    let lists = [
        "communes.csv",
        "arrondissements_municipaux.csv",
        "codes_postaux.csv",
        "departements.csv",
        "regions.csv",
        "categories.csv",
        "categories_anciennes.csv",
        "categories_racines.csv",
        "suggestions.csv",
    ]
    .map(read);
    let [communes, arrondissements, codes_postaux, departements, regions, categories, anciennes, racines, suggestions] = &lists;
    let reference = ReferenceBytes {
        communes,
        arrondissements,
        codes_postaux,
        departements,
        regions,
        categories,
        categories_anciennes: anciennes,
        categories_racines: racines,
        suggestions,
    };
    for (form, target) in [(Form::Archive, "archive"), (Form::Bson, "bson"), (Form::Ndjson, "json"), (Form::NdjsonCanonical, "json")] {
        let out = tempfile::tempdir().expect("a folder");
        let day = |text: &str| text.parse().expect("a day");
        let mut spec = SynthSpec::new(day("2024-09-01"), day("2024-09-02"), Departments::List(vec!["67".into()]), 5, form);
        (spec.scale, spec.truth, spec.compression) = (0.02, false, Compression::None);
        generate(&spec, &reference, out.path(), &Silent).expect("a snapshot");
        for entry in fs::read_dir(out.path()).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                continue;
            }
            let (name, bytes) = (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), fs::read(&path).expect("a file"));
            let first = u8::from(name.starts_with("lieux"));
            match target {
                "archive" if name.ends_with(".archive.gz") => {
                    let mut plain = Vec::new();
                    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), &mut plain).expect("a gzip");
                    seeds.add(target, "whole", plain.get(4..).unwrap_or_default());
                    seeds.add(target, "cut", plain.get(4..PIECE).unwrap_or_default());
                }
                "bson" if name.ends_with(".bson") => seeds.add(target, &name, &[&[first], whole_documents(&bytes)].concat()),
                "json" if name.ends_with("json") && !name.contains("metadata") => {
                    let lines: Vec<u8> = bytes.split_inclusive(|b| *b == b'\n').take(3).flatten().copied().collect();
                    let name = format!("{form:?}-{name}");
                    seeds.add(target, &name, &[&[first], lines.as_slice()].concat());
                    let list = String::from_utf8_lossy(&lines).trim_end().replace('\n', ",");
                    seeds.add(target, &format!("{name}-list"), format!("{}[{list}]", char::from(first)).as_bytes());
                    seeds.add("compressed", &format!("{name}.gz"), &[&[first], sample::gzip(&lines).as_slice()].concat());
                    seeds.add("compressed", &format!("{name}.zst"), &[&[first], sample::zstd(&lines).as_slice()].concat());
                    seeds.add("compressed", &name, &[&[first], lines.as_slice()].concat());
                }
                _ => {}
            }
        }
    }
}

/// The first BSON documents, no more than a piece.
fn whole_documents(bytes: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(length) = bytes.get(at..at + 4).and_then(|head| head.first_chunk::<4>()) {
        let next = at + u32::from_le_bytes(*length) as usize;
        if next > bytes.len() || (at > 0 && next > PIECE) {
            break;
        }
        at = next;
    }
    bytes.get(..at).unwrap_or_default()
}
