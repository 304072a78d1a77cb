use crate::error::CanonError;
use solidata_model::{Digest, kind};
use std::collections::BTreeMap;

/// `SHA256SUMS` as coreutils writes and checks it: digest, two spaces, path, line feed; sorted by the path's bytes.
///
/// # Errors
/// When a path is there twice, is empty, absolute or climbs out of the folder, or holds a backslash or a control character (coreutils would
/// write such names in another form).
pub fn sha256sums<'a>(entries: impl IntoIterator<Item = (&'a str, Digest<kind::File>)>) -> Result<Vec<u8>, CanonError> {
    let mut sorted = BTreeMap::new();
    for (path, digest) in entries {
        check_path(path)?;
        if sorted.insert(path, digest).is_some() {
            return Err(CanonError::Sums(format!("'{path}' is there twice")));
        }
    }
    Ok(sorted.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect::<String>().into_bytes())
}

/// Reads what [`sha256sums`] writes; `*` before a path (coreutils' binary mode) is read too.
///
/// # Errors
/// When a line is not of that form, or a path is one that [`sha256sums`] would refuse.
pub fn read_sha256sums(bytes: &[u8]) -> Result<BTreeMap<String, Digest<kind::File>>, CanonError> {
    let text = std::str::from_utf8(bytes).map_err(|_| CanonError::Sums("not UTF-8".into()))?;
    let mut sums = BTreeMap::new();
    for (i, line) in text.split_terminator('\n').enumerate() {
        let wrong = || CanonError::Sums(format!("line {}: a digest, two spaces and a path are expected", i + 1));
        let (digest, rest) = line.split_once(' ').ok_or_else(wrong)?;
        let path = rest.strip_prefix(' ').or_else(|| rest.strip_prefix('*')).ok_or_else(wrong)?;
        check_path(path)?;
        if sums.insert(path.to_owned(), digest.parse().map_err(|_| wrong())?).is_some() {
            return Err(CanonError::Sums(format!("'{path}' is there twice")));
        }
    }
    Ok(sums)
}

fn check_path(path: &str) -> Result<(), CanonError> {
    let plain = !path.contains('\\') && !path.chars().any(char::is_control);
    let inside = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if plain && inside { Ok(()) } else { Err(CanonError::Sums(format!("{path:?} is no plain relative path"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_coreutils_writes_them() {
        let (a, b) = (Digest::of(b"a"), Digest::of(b""));
        let sums = sha256sums([("data/b.csv", a), ("data/a.csv", b), ("data.json", b)]).unwrap();
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  data.json\n\
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  data/a.csv\n\
            ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  data/b.csv\n";
        assert_eq!(String::from_utf8(sums.clone()).unwrap(), expected);
        assert_eq!(read_sha256sums(&sums).unwrap().get("data/b.csv"), Some(&a));
        for bad in ["", "/a", "a/../b", "./a", "a//b", "a\nb", "a\\b"] {
            assert!(sha256sums([(bad, a)]).is_err(), "{bad:?}");
        }
        assert!(sha256sums([("a", a), ("a", b)]).is_err());
        assert!(read_sha256sums(b"xyz  a\n").is_err() && read_sha256sums(b"a\n").is_err());
    }
}
