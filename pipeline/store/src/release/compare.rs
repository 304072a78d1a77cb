//! Whether two manifests describe the same release.

use solidata_model::{Manifest, PROVENANCE};
use std::collections::BTreeSet;

/// The parts in which two releases of a month differ, in words, sorted; none when they are the same release.
///
/// `previous` and `revision` are not compared: they say where a release stands in the history, not what it is. Both manifests are public, so
/// naming what differs gives nothing away.
pub fn differences(a: &Manifest, b: &Manifest) -> Vec<String> {
    let mut found = Vec::new();
    let mut differ = |same: bool, what: &str| {
        if !same {
            found.push(what.to_owned());
        }
    };
    differ(a.format == b.format, "format");
    differ(a.month == b.month, "month");
    differ(a.licence == b.licence, "licence");
    differ(a.run.snapshots == b.run.snapshots, "snapshots");
    differ(a.run.thresholds == b.run.thresholds, "thresholds");
    let dates = |m: &Manifest| (m.run.date_photo, m.run.now, m.run.covered_until, m.run.partial);
    differ(dates(a) == dates(b), "dates of the snapshots");
    differ(a.code_lists == b.code_lists, "code lists");
    differ(a.sql == b.sql, "SQL models");
    differ(a.contracts == b.contracts, "dataset contracts");
    differ(a.tool == b.tool, "program");
    differ(a.checks == b.checks, "checks");
    differ(a.tests == b.tests, "tests");
    let paths: BTreeSet<&str> = a.files.iter().chain(&b.files).map(|f| f.path.as_str()).collect();
    // The provenance follows from all the rest.
    for path in paths.into_iter().filter(|path| *path != PROVENANCE) {
        let find = |m: &Manifest| m.files.iter().find(|f| f.path == path).cloned();
        differ(find(a) == find(b), path);
    }
    // Whatever a later field of the manifest says and is not named above.
    let bare = |m: &Manifest| Manifest { previous: None, revision: 0, ..m.clone() };
    if found.is_empty() && bare(a) != bare(b) {
        found.push("manifest".into());
    }
    found
}
