//! What the tests stand on: the program, the shared real files, and readers of what was published.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A row of a CSV file by column.
pub type Row = BTreeMap<String, String>;

/// A file of the shared folder of real material; `None`, with a word about it, where that folder is not there. In CI it must be.
pub fn shared(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SOLIDATA_SHARED").map_or_else(
        || {
            PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()))
                .join("../../../shared")
        },
        PathBuf::from,
    );
    let path = folder.join(file);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing, and CI must have it", path.display());
    eprintln!("SKIPPED: ../shared is missing");
    None
}

/// Runs the program in a folder of its own.
pub fn solidata(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_solidata")).current_dir(folder).args(args).output().unwrap()
}

/// Runs the program and expects an exit code; gives what it printed, both streams.
pub fn expect(folder: &Path, code: i32, args: &[&str]) -> String {
    let out = solidata(folder, args);
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(code), "solidata {}\n{said}", args.join(" "));
    said
}

/// The rows of a CSV file.
pub fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    reader.deserialize().map(|r| r.unwrap()).collect()
}

/// Every file below a folder, by relative path.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                out.insert(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"), fs::read(&path).unwrap());
            }
        }
    }
    let mut out = BTreeMap::new();
    if folder.exists() {
        walk(folder, folder, &mut out);
    }
    out
}

/// Everything that can be read in published files: the bytes, and what Parquet and gzip hide.
pub fn readable(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for (path, bytes) in files(folder) {
        if path.ends_with(".parquet") {
            out.push((format!("{path} (decoded)"), parquet_text(bytes.clone()).into_bytes()));
        }
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
            out.push((format!("{path} (decoded)"), plain));
        }
        out.push((path, bytes));
    }
    out
}

/// The rows of a Parquet file, each value as text; `null` for none.
pub fn parquet_rows(bytes: Vec<u8>) -> Vec<Row> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        let text = |field: &parquet::record::Field| match field {
            parquet::record::Field::Str(s) => s.clone(),
            other => other.to_string(),
        };
        row.unwrap().get_column_iter().map(|(name, field)| (name.clone(), text(field))).collect()
    })
    .collect()
}

/// The rows of a Parquet file as text, one a line.
pub fn parquet_text(bytes: Vec<u8>) -> String {
    parquet_rows(bytes).iter().map(|row| format!("{row:?}\n")).collect()
}

/// Asserts that none of some strings can be read anywhere.
pub fn assert_absent(where_: &[(String, Vec<u8>)], secrets: &[String]) {
    let searcher = aho_corasick::AhoCorasick::new(secrets).unwrap();
    for (path, bytes) in where_ {
        if let Some(found) = searcher.find(bytes) {
            panic!("{path} holds secret number {} of those planted", found.pattern().as_usize());
        }
    }
}

/// A folder of the test's own.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
