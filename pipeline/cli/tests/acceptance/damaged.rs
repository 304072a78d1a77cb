//! A broken or changed snapshot stops the run before anything is public.

use crate::world::{expect, files, folder, shared, text};
use std::fs;

#[test]
fn a_cut_or_flipped_archive_is_refused() {
    let Some(archive) = shared("soliguide/soliguide_test.archive.gz") else { return };
    let whole = fs::read(archive).unwrap();
    let work = folder();
    let try_with = |bytes: &[u8], what: &str| {
        // A name of its own: a pin would refuse it for another reason.
        let name = format!("{what}.archive.gz");
        fs::write(work.path().join(&name), bytes).unwrap();
        let said = expect(work.path(), 1, &["run", "--month", "2026-10", "--lieux", &name, "--vault", "vault", "--public", "public"]);
        assert!(said.contains(&name), "the message names the file: {said}");
        assert!(files(&work.path().join("public")).is_empty(), "{what}: something was published");
    };
    for length in [0, 1, 9, 10, 11, 100, whole.len() / 2, whole.len() - 9, whole.len() - 8, whole.len() - 4, whole.len() - 1] {
        try_with(&whole[..length], &format!("cut-{length}"));
    }
    // The header: ten bytes, and the name of the file when a flag says so. What it holds decides nothing, and nothing protects it.
    let named = whole[3] & 8 != 0;
    let header = if named { 10 + whole[10..].iter().position(|b| *b == 0).unwrap() + 1 } else { 10 };
    for at in
        [header, header + 1, 500, whole.len() / 3, whole.len() / 2, whole.len() - 8, whole.len() - 5, whole.len() - 4, whole.len() - 1]
    {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x20;
        try_with(&flipped, &format!("flip-{at}"));
    }
}

#[test]
fn a_pinned_snapshot_may_not_change() {
    let Some(archive) = shared("soliguide/soliguide_test.archive.gz") else { return };
    let work = folder();
    let path = work.path().join("dump.archive.gz");
    fs::copy(&archive, &path).unwrap();
    let run = |code, month: &str| {
        expect(work.path(), code, &["run", "--month", month, "--lieux", "dump.archive.gz", "--vault", "vault", "--public", "public"])
    };
    run(0, "2026-10");
    let before = files(&work.path().join("public"));
    // A byte of the gzip header's time: the content is the same, the snapshot is not.
    let mut bytes = fs::read(&path).unwrap();
    bytes[5] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let said = run(1, "2026-11");
    assert!(said.contains("pinned"), "{said}");
    assert_eq!(files(&work.path().join("public")), before);
    fs::copy(&archive, &path).unwrap();
    run(0, "2026-11");
}

#[test]
fn the_digest_that_is_asked_for_must_be_the_snapshots() {
    let Some(archive) = shared("soliguide/soliguide_test.archive.gz") else { return };
    use sha2::Digest;
    let digest: String = sha2::Sha256::digest(fs::read(&archive).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
    let work = folder();
    let run = |code, sha: &str| {
        let lieux = text(&archive);
        expect(work.path(), code, &["run", "--month", "2026-10", "--lieux", lieux, "--vault", "v", "--public", "p", "--sha256", sha])
    };
    run(1, &"0".repeat(64));
    assert!(files(&work.path().join("p")).is_empty());
    run(2, "nonsense");
    let said = run(0, &digest);
    assert!(said.contains(&digest), "the run prints the digest: {said}");
}
