//! The files of a project, as the program was built with them or as a folder has them.

use crate::StageError;
use include_dir::{Dir, include_dir};
use std::{collections::BTreeMap, fs, path::Path};

static DATASETS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../datasets");
static SQL: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../sql");

/// The files that the program was built with.
pub(super) fn embedded() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (root, dir) in [("datasets", &DATASETS), ("sql", &SQL)] {
        collect(root, dir, &mut files);
    }
    files
}

/// The files of a folder that holds `datasets/` and `sql/`.
pub(super) fn folder(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, StageError> {
    let mut files = BTreeMap::new();
    for root in ["datasets", "sql"] {
        walk(&folder.join(root), root, &mut files)?;
    }
    Ok(files)
}

fn collect(root: &str, dir: &'static Dir<'static>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in dir.files() {
        let path = file.path().components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        files.insert(format!("{root}/{path}"), file.contents().to_vec());
    }
    for inner in dir.dirs() {
        collect(root, inner, files);
    }
}

fn walk(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), StageError> {
    let failed = |e: std::io::Error| StageError::project(name, &format!("cannot be read: {e}"));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let inner = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&entry.path(), &inner, files)?;
        } else {
            files.insert(inner, fs::read(entry.path()).map_err(failed)?);
        }
    }
    Ok(())
}
