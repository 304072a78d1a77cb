//! What a reproduction came to.

use super::{Depth, fetch::Fetched, fetch::Found, same_program};
use crate::{StageError, release::running};
use serde::Serialize;
use solidata_audit::{Difference, Verdict, compare_files};
use solidata_model::{Digest, Tool};
use solidata_store::release::{MANIFEST, MANIFEST_SCHEMA, Release, SUMS, Sealed};
use std::{collections::BTreeMap, fmt};

/// A file that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Its path in the release.
    pub path: String,
    /// How it compares.
    pub verdict: Verdict,
    /// Whether what is published is not what the manifest of the release names: it was damaged or replaced since.
    pub altered: bool,
    /// Where it differs first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Difference>,
}

/// A release that was made again.
#[derive(Debug, Clone, Serialize)]
pub struct Reproduction {
    /// Where it lies.
    pub release: String,
    /// From what it was made.
    pub depth: Depth,
    /// The least that holds of its files.
    pub verdict: Verdict,
    /// Whether the program that ran is the one that made it.
    pub same_program: bool,
    /// The program that made it.
    pub made_by: Tool,
    /// The program that ran.
    pub ran: Tool,
    /// How many files were compared.
    pub files: usize,
    /// Those that are not the same, the first one first.
    pub differences: Vec<FileReport>,
    /// What to know.
    pub notes: Vec<String>,
}

impl Reproduction {
    /// Whether the release is what it says: the same bytes, or the same data where another version of the program made it.
    pub fn holds(&self) -> bool {
        let altered = self.differences.iter().any(|file| file.altered);
        !altered && (self.verdict == Verdict::SameBytes || self.verdict == Verdict::SameData && !self.same_program)
    }
}

/// Compares the files of a release with those that were made again.
pub(super) fn compare(
    depth: Depth,
    fetched: &Fetched,
    again: &Release<Sealed>,
    mut notes: Vec<String>,
) -> Result<Reproduction, StageError> {
    let manifest = &fetched.manifest;
    let folder = again.dir().with_extension("made");
    again.write_to(&folder)?;
    let rebuilt = again.manifest().files.iter().map(|f| f.path.as_str());
    let mut paths: BTreeMap<&str, bool> = rebuilt.chain([MANIFEST, SUMS]).map(|path| (path, true)).collect();
    for file in &manifest.files {
        paths.entry(&file.path).or_insert(false);
    }
    let same_program = same_program(manifest);
    let mut differences = Vec::new();
    for (path, made) in &paths {
        let altered = matches!(fetched.found.get(*path), Some(Found::Altered | Found::Missing));
        let one_sided =
            |published: &str, rebuilt: &str| Difference { published: published.into(), rebuilt: rebuilt.into(), ..Difference::default() };
        let (verdict, first) = match (fetched.published(path).filter(|p| p.exists()), made) {
            (None, _) => (Verdict::Different, Some(one_sided("no such file", "a file"))),
            (Some(_), false) => (Verdict::Different, Some(one_sided("a file", "no such file"))),
            (Some(published), true) => {
                let schema = manifest.files.iter().find(|f| f.path == **path).and_then(|f| f.schema.as_ref());
                let schema = schema.map(|s| std::fs::read(folder.join(s)).map_err(|e| StageError::vault(&folder, e))).transpose()?;
                compare_files(path, &published, &folder.join(path), schema.as_deref())?
            }
        };
        if verdict != Verdict::SameBytes || altered {
            differences.push(FileReport { path: (*path).to_owned(), verdict, altered, first });
        }
    }
    // Tables first: what describes them differs because they do.
    differences.sort_by_key(|file| (!file.path.starts_with("cubes/"), !file.path.starts_with("data/"), file.path.clone()));
    // The manifest, what is made from it and the pages name the digests of the files, and pages are worded by the program: they can only be the same data.
    let descriptions = [MANIFEST, SUMS, MANIFEST_SCHEMA, "datapackage.json", solidata_model::PROVENANCE];
    let described = |path: &str| descriptions.contains(&path) || path.starts_with(solidata_pages::FOLDER);
    let tables = differences.iter().filter(|f| !described(&f.path)).map(|f| f.verdict).max();
    let verdict = match (tables, differences.iter().map(|f| f.verdict).max()) {
        (_, None) => Verdict::SameBytes,
        (Some(tables), _) if tables > Verdict::SameBytes => tables,
        (_, Some(_)) if !same_program => Verdict::SameData,
        (_, Some(all)) => all,
    };
    if !same_program {
        notes.push("another version of the program made the release: other bytes of the same data are no error then".into());
    }
    if Digest::<solidata_model::kind::File>::of(&fetched.manifest_bytes) != again.manifest_sha256() && differences.is_empty() {
        return Err(StageError::Defect("the manifests differ and no file does".into()));
    }
    Ok(Reproduction {
        release: fetched.address.clone(),
        depth,
        verdict,
        same_program,
        made_by: manifest.tool.clone(),
        ran: running(),
        files: paths.len(),
        differences,
        notes,
    })
}

impl fmt::Display for Reproduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self.depth {
            Depth::Public => "what it carries itself (public depth)",
            Depth::SafeInputs => "the anonymised searches and the directory of the vault (full depth)",
            Depth::Snapshots => "the raw snapshots (full depth)",
        };
        writeln!(f, "{}: made again from {from}, {} file(s) compared", self.release, self.files)?;
        if !self.same_program {
            let lock = |tool: &Tool| tool.cargo_lock_sha256.to_string().chars().take(12).collect::<String>();
            let (made, ran) = (&self.made_by, &self.ran);
            writeln!(
                f,
                "made by {} {} (libraries {}), compared by {} {} (libraries {})",
                made.name,
                made.version,
                lock(made),
                ran.name,
                ran.version,
                lock(ran)
            )?;
        }
        for file in &self.differences {
            let altered = if file.altered { ", and not what the manifest names" } else { "" };
            let what = match file.verdict {
                Verdict::SameBytes => "same bytes",
                Verdict::SameData => "same data in other bytes",
                Verdict::Different => "different",
            };
            write!(f, "{}: {what}{altered}", file.path)?;
            match &file.first {
                Some(first) => writeln!(f, ": {first}")?,
                None => writeln!(f)?,
            }
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        f.write_str(match self.verdict {
            Verdict::SameBytes => "same bytes",
            Verdict::SameData => "same data",
            Verdict::Different => "different",
        })
    }
}
