//! Tampers with a signed store in every way that came to mind, and writes down what catches it: coreutils, Debian's minisign, and `verify`.

mod list;
mod store;

use crate::{Report, VerifyOptions, tests::none, verify};
use list::TAMPERINGS;
use std::{collections::BTreeSet, fmt::Write, fs, path::Path, process::Command};
use store::World;

/// Rewrites `TAMPERING.md` when it is set.
const REWRITE: &str = "SOLIDATA_REWRITE_TAMPERING";

/// What the ordinary tools refuse.
struct Tools {
    sums: bool,
    /// `manifest`, `index`.
    signatures: BTreeSet<&'static str>,
}

fn succeeds(program: &str, args: &[&str], dir: &Path) -> bool {
    // A folder that is gone fails as well.
    Command::new(program).args(args).current_dir(dir).output().is_ok_and(|o| o.status.success())
}

/// Whether the programs are there. Without them the tests say that they were skipped, or fail in CI.
fn have_tools() -> bool {
    let missing = ["minisign", "jq", "sha256sum"].into_iter().find(|program| Command::new(program).arg("-v").output().is_err());
    if let Some(program) = missing {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{program} is missing: run ci/minisign.sh");
        println!("SKIPPED: no {program} on this machine");
    }
    missing.is_none()
}

/// What a reader does who has the public keys and no `solidata`.
fn ask_tools(world: &World, root: &Path) -> Tools {
    let mut tools = Tools { sums: false, signatures: BTreeSet::new() };
    for (prefix, key) in world.releases() {
        let dir = root.join(prefix);
        tools.sums |= !succeeds("sha256sum", &["--check", "--strict", "--quiet", "SHA256SUMS"], &dir);
        if !succeeds("minisign", &["-Vq", "-m", "manifest.json", "-P", &key.to_string()], &dir) {
            tools.signatures.insert("manifest");
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let extract = "jq -S 'del(.signature)' \"$0/index.json\" > signed && jq -j .signature \"$0/index.json\" > signed.minisig";
    let (root, newest) = (root.to_str().unwrap(), world.newest().to_string());
    let good = succeeds("sh", &["-c", extract, root], scratch.path())
        && succeeds("minisign", &["-Vq", "-m", "signed", "-P", &newest], scratch.path());
    if !good {
        tools.signatures.insert("index");
    }
    tools
}

async fn ask_verify(root: &Path, options: &VerifyOptions) -> Report {
    verify(root.to_str().unwrap(), options, none(), &()).await.unwrap()
}

/// The codes of the findings, as scripts see them.
fn codes(report: &Report) -> BTreeSet<String> {
    let code = |f: &crate::Finding| format!("`{}`", serde_json::to_value(f.code).unwrap().as_str().unwrap());
    report.findings.iter().map(code).collect()
}

fn list_of(words: impl IntoIterator<Item = impl Into<String>>) -> String {
    words.into_iter().map(Into::into).collect::<Vec<String>>().join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_tamperings_is_what_happens() {
    if !have_tools() {
        return;
    }
    let world = World::publish().await;
    let untouched = world.copy();
    let (tools, good) = (ask_tools(&world, untouched.path()), ask_verify(untouched.path(), &world.trusting()).await);
    assert!(!tools.sums && tools.signatures.is_empty());
    assert_eq!(good.findings, []);
    assert_eq!(good.notes, Vec::<String>::new());
    assert_eq!(good.signed_by, Some(world.newest().id()));
    assert!(TAMPERINGS.len() >= 20);
    let mut text = include_str!("head.md").to_owned();
    for (number, (what, tamper)) in (1..).zip(TAMPERINGS) {
        let copy = world.copy();
        tamper(&world, copy.path());
        let tools = ask_tools(&world, copy.path());
        let alone = ask_verify(copy.path(), &VerifyOptions::default()).await;
        let with_key = ask_verify(copy.path(), &VerifyOptions { since: None, ..world.trusting() }).await;
        let trusting = ask_verify(copy.path(), &world.trusting()).await;
        assert!(!trusting.findings.is_empty(), "{what}: verify does not notice");
        let refused = |by: String| if by.is_empty() { "passes".into() } else { format!("refuses: {by}") };
        let (signatures, sums) = (refused(list_of(tools.signatures)), if tools.sums { "refuses" } else { "passes" });
        let [alone, with_key, trusting] = [alone, with_key, trusting].map(|report| codes(&report));
        let (key, since) = (list_of(&with_key - &alone), list_of(&trusting - &with_key));
        let _ = writeln!(text, "| {number} | {what} | {sums} | {signatures} | {} | {key} | {since} |", refused(list_of(alone)));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("TAMPERING.md");
    if std::env::var_os(REWRITE).is_some() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "TAMPERING.md is not what happens; run this test with {REWRITE}=1, and read the difference");
}

/// Whatever coreutils or minisign refuse, `verify` refuses: any file with one changed byte, at several places.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_tools_refuse_verify_refuses() {
    if !have_tools() {
        return;
    }
    let world = World::publish().await;
    let copy = world.copy();
    let mut refused = 0;
    for path in solidata_store::walk(copy.path()).unwrap() {
        let file = copy.path().join(&path);
        let before = fs::read(&file).unwrap();
        // Places and bits that are the same at every run and differ from file to file.
        for pick in solidata_model::Digest::<solidata_model::kind::File>::of(path.as_bytes()).as_bytes().chunks(8).take(3) {
            let at = u32::from_le_bytes([pick[0], pick[1], pick[2], pick[3]]) as usize % before.len();
            let mut bytes = before.clone();
            bytes[at] ^= 1 << (pick[4] % 8);
            fs::write(&file, &bytes).unwrap();
            let tools = ask_tools(&world, copy.path());
            let found = ask_verify(copy.path(), &world.trusting()).await;
            let by_tools = tools.sums || !tools.signatures.is_empty();
            assert!(!by_tools || !found.findings.is_empty(), "{path}: byte {at}");
            refused += usize::from(by_tools);
        }
        fs::write(&file, before).unwrap();
    }
    assert!(refused > 40, "{refused}");
    assert_eq!(ask_verify(copy.path(), &world.trusting()).await.findings, []);
}
