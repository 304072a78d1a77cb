//! The paths of a release's files: such that every system can hold them beside one another, and none leads out of the release's folder.

use super::{MANIFEST, MANIFEST_SIGNATURE, SUMS, TOMBSTONE, TOMBSTONE_SIGNATURE};
use std::collections::BTreeSet;

/// The longest path, in bytes.
const PATH_MAX: usize = 200;
/// The longest name of a folder or file, in bytes.
const NAME_MAX: usize = 100;
/// The most folders and files in one another. A folder store holds some more, with those that lead to the release.
const DEPTH_MAX: usize = 8;
/// Names of devices on Windows, whatever their ending and their case.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Whether the paths of a release are plain, relative and short, and no two of them are one on a system that takes no notice of case.
///
/// # Errors
/// The first path that is not so, in words.
pub(super) fn check<'a>(paths: impl Iterator<Item = &'a str> + Clone) -> Result<(), String> {
    // What lies there is made last, and described by no manifest.
    let mut files: BTreeSet<String> =
        [MANIFEST, MANIFEST_SIGNATURE, SUMS, TOMBSTONE, TOMBSTONE_SIGNATURE].map(str::to_ascii_lowercase).into();
    for path in paths.clone() {
        if !is_plain(path) || files.contains(&path.to_ascii_lowercase()) {
            return Err(format!("'{}' is no path of a file of a release", shown(path)));
        }
    }
    for path in paths.clone() {
        if !files.insert(path.to_ascii_lowercase()) {
            return Err(format!("'{path}' is there twice, or differs from another path in case only"));
        }
    }
    for path in paths {
        let lower = path.to_ascii_lowercase();
        let mut above = lower.as_str();
        while let Some((folder, _)) = above.rsplit_once('/') {
            if files.contains(folder) {
                return Err(format!("'{path}' lies in a folder that is a file too"));
            }
            above = folder;
        }
    }
    Ok(())
}

/// ASCII letters, digits, `.`, `_`, `-` and `/`; no part is empty, begins or ends with a dot, or is a device.
fn is_plain(path: &str) -> bool {
    let plain = path.len() <= PATH_MAX && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
    plain && path.split('/').count() <= DEPTH_MAX && path.split('/').all(is_plain_name)
}

fn is_plain_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let port = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
    let device = DEVICES.contains(&stem.as_str()) || port.is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
    !name.is_empty() && name.len() <= NAME_MAX && !name.starts_with('.') && !name.ends_with('.') && !device
}

/// A path for a message: it may be as long as a document.
fn shown(path: &str) -> String {
    path.chars().take(PATH_MAX).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder_or_stands_in_the_way_of_another() {
        let refused = |paths: &[&str]| check(paths.iter().copied()).unwrap_err();
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a/..",
            ".",
            "./a",
            "a/./b",
            "a//b",
            "a/",
            ".a",
            "a/.b",
            "a\\b",
            "..\\a",
            "C:/a",
            "a\0b",
            "a b",
            "a\nb",
            "é",
            "e\u{301}",
            "a\u{2215}b",
            "~/a",
            "a:b",
            "a.",
            "a./b",
            "CON",
            "con.csv",
            "a/nul",
            "Aux.parquet",
            "com1.csv",
            "lpt9",
            "a/b/c/d/e/f/g/h/i",
            "manifest.json",
            "Manifest.JSON",
            "sha256sums",
            "WITHDRAWN.json",
        ] {
            assert!(refused(&[bad]).contains("no path"), "{bad:?}");
        }
        assert!(refused(&[&"a".repeat(101)]).len() < 400 && refused(&[&"a/".repeat(1 << 20)]).len() < 400);
        for twins in [["data/a.csv", "data/A.csv"], ["data/a.csv", "Data/a.csv"], ["a", "a"]] {
            assert!(refused(&twins).contains("case"), "{twins:?}");
        }
        for both in [["a", "a/b"], ["a/b/c", "A"], ["manifest.json/a", "b"], ["SHA256SUMS/a", "b"]] {
            assert!(refused(&both).contains("a file too"), "{both:?}");
        }
        let good = [
            "data/a.csv",
            "data/a.parquet",
            "sql/tests/m/case/given/t.csv",
            "datasets/reference/cog-2024/communes.csv",
            "common.csv",
            "com.csv",
            "a..b",
        ];
        assert_eq!(check(good.into_iter()), Ok(()));
    }
}
