//! Snapshots that must be refused: each is a small one, damaged in one way.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::SynthError;
use crate::output::{Archive, Collection};
use crate::places::Places;
use crate::search::{Days, Plan};
use crate::spec::Form;
use crate::world::World;

/// What is wrong with a file of `damaged/`.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Damage {
    #[serde(rename = "fichier")]
    pub name: &'static str,
    #[serde(rename = "defaut")]
    pub what: &'static str,
}

/// All files of the folder.
pub(crate) const DAMAGES: &[Damage] = &[
    Damage { name: "search-ligne-coupee.ndjson", what: "la dernière ligne est coupée au milieu d'un document" },
    Damage { name: "search-sans-fin-de-ligne.ndjson", what: "le dernier document est coupé dans un texte, sans fin de ligne" },
    Damage { name: "search-lignes-cassees.ndjson", what: "trois lignes de suite à la fin sont coupées" },
    Damage { name: "lieux-ligne-coupee.ndjson", what: "la dernière ligne est coupée au milieu d'un document" },
    Damage { name: "search-coupe.bson", what: "le dernier document est coupé au milieu" },
    Damage { name: "search-longueur-fausse.bson", what: "la longueur annoncée du dernier document dépasse le fichier" },
    Damage { name: "sans-fin.archive.gz", what: "aucune collection n'a de fin (EOF) : l'archive est tronquée" },
    Damage { name: "crc-faux.archive.gz", what: "un octet d'un document a changé : le CRC-64 ne correspond plus" },
    Damage { name: "crc-annonce-faux.archive.gz", what: "le CRC-64 annoncé à la fin a un bit changé" },
    Damage { name: "bloc-coupe.archive.gz", what: "l'archive s'arrête au milieu d'un bloc" },
    Damage { name: "gzip-coupe.archive.gz", what: "le flux gzip est coupé" },
    Damage { name: "search-coupe.ndjson.gz", what: "le flux gzip est coupé" },
    Damage { name: "search-coupe.ndjson.zst", what: "le flux zstd est coupé" },
];

const DOCUMENTS: usize = 40;

/// Some documents of both collections in a form, one after another, with the start of the last search.
struct Sample {
    lieux: Vec<u8>,
    search: Vec<u8>,
    last: usize,
    starts: Vec<usize>,
}

fn sample(world: &World, plan: &Plan<'_>, form: Form) -> Result<Sample, SynthError> {
    let days = Days { world, plan, form, target: crate::Target::Brute, reader: None };
    let batch = days.make(world.volumes.first_day)?;
    let (mut search, mut starts) = (Vec::new(), Vec::new());
    for entry in batch.entries.iter().take(DOCUMENTS) {
        starts.push(search.len());
        search.extend_from_slice(&batch.bytes[entry.start..entry.end]);
    }
    let places = Places::new(world, form, None).make(0)?;
    let lieux = first_documents(&places.bytes, form, 5);
    Ok(Sample { lieux, last: starts.last().copied().unwrap_or(0), search, starts })
}

fn first_documents(bytes: &[u8], form: Form, count: usize) -> Vec<u8> {
    let mut end = 0;
    for _ in 0..count {
        end += match form {
            Form::Archive | Form::Bson => {
                let length = bytes.get(end..end + 4).and_then(|head| head.try_into().ok()).map_or(0, i32::from_le_bytes);
                usize::try_from(length).unwrap_or(0)
            }
            _ => bytes[end..].iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1),
        };
    }
    bytes[..end].to_vec()
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(2));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn archive(sample: &Sample, ended: bool) -> std::io::Result<Vec<u8>> {
    let mut archive = Archive::begin(Vec::new())?;
    archive.block(Collection::Lieux.name(), &sample.lieux)?;
    archive.block(Collection::Search.name(), &sample.search)?;
    if ended { archive.end() } else { Ok(archive.abandon()) }
}

/// Writes the folder.
pub(crate) fn write(world: &World, plan: &Plan<'_>, out: &Path) -> Result<(), SynthError> {
    let folder = out.join("damaged");
    std::fs::create_dir_all(&folder).map_err(SynthError::write(&folder))?;
    let text = sample(world, plan, Form::Ndjson)?;
    let binary = sample(world, plan, Form::Bson)?;
    let make = |name: &str| -> std::io::Result<Vec<u8>> { content(name, &text, &binary) };
    for damage in DAMAGES {
        let path = folder.join(damage.name);
        let bytes = make(damage.name).map_err(SynthError::write(&path))?;
        std::fs::write(&path, bytes).map_err(SynthError::write(&path))?;
    }
    Ok(())
}

fn content(name: &str, text: &Sample, binary: &Sample) -> std::io::Result<Vec<u8>> {
    let halfway = |sample: &Sample| (sample.last + sample.search.len()) / 2;
    Ok(match name {
        "search-ligne-coupee.ndjson" => [&text.search[..halfway(text)], b"\n"].concat(),
        "search-sans-fin-de-ligne.ndjson" => text.search[..text.search.len() - 12].to_vec(),
        "search-lignes-cassees.ndjson" => {
            let first = text.starts[text.starts.len().saturating_sub(3)];
            let cut = |line: &[u8]| [&line[..line.len() * 2 / 3], b"\n"].concat();
            let broken: Vec<u8> = text.search[first..].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).flat_map(cut).collect();
            [&text.search[..first], &broken].concat()
        }
        "lieux-ligne-coupee.ndjson" => text.lieux[..text.lieux.len() - 200].to_vec(),
        "search-coupe.bson" => binary.search[..halfway(binary)].to_vec(),
        "search-longueur-fausse.bson" => {
            let mut bytes = binary.search.clone();
            bytes[binary.last + 1] ^= 0x40;
            bytes
        }
        "sans-fin.archive.gz" => gzip(&archive(binary, false)?)?,
        "crc-faux.archive.gz" => {
            let mut bytes = archive(binary, true)?;
            // A letter of a text becomes another: the structure stays whole.
            if let Some(at) = bytes.windows(11).rposition(|window| window == b"NOT_LOGGED\0") {
                bytes[at] = b'M';
            }
            gzip(&bytes)?
        }
        "crc-annonce-faux.archive.gz" => {
            let mut bytes = archive(binary, true)?;
            if let Some(at) = bytes.windows(5).rposition(|window| window == b"\x12CRC\0").filter(|at| at + 5 < bytes.len()) {
                bytes[at + 5] ^= 1;
            }
            gzip(&bytes)?
        }
        "bloc-coupe.archive.gz" => {
            let bytes = archive(binary, false)?;
            gzip(&bytes[..bytes.len() - 300])?
        }
        "gzip-coupe.archive.gz" => {
            let bytes = gzip(&archive(binary, true)?)?;
            bytes[..bytes.len() * 3 / 4].to_vec()
        }
        "search-coupe.ndjson.gz" => {
            let bytes = gzip(&text.search)?;
            bytes[..bytes.len() * 3 / 4].to_vec()
        }
        _ => {
            let bytes = zstd::stream::encode_all(&text.search[..], 3)?;
            bytes[..bytes.len() * 3 / 4].to_vec()
        }
    })
}
