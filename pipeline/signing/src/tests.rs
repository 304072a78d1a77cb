use super::*;
use proptest::prelude::*;
use solidata_model::{Done, Index, canonical_json};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

fn new_key() -> SecretKey {
    SecretKey::read(NewKey::generate(None).unwrap().secret_file(), None).unwrap()
}

/// Whether a program is there. Without it the test says that it was skipped, or fails in CI.
fn have(program: &str, option: &str) -> bool {
    let there = Command::new(program).arg(option).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{program} is missing: run ci/minisign.sh");
        println!("SKIPPED: no {program} on this machine");
    }
    there
}

/// Runs Debian's minisign in a folder; what it is told is a password.
fn minisign(dir: &Path, args: &[&str], told: &str) -> bool {
    let mut child = Command::new("minisign")
        .args(args)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It may end without listening.
    let _ = child.stdin.take().unwrap().write_all(told.as_bytes());
    child.wait().unwrap().success()
}

#[test]
fn debian_verifies_what_we_sign_and_signs_the_same() {
    if !have("minisign", "-v") {
        return;
    }
    for password in [None, Some("a « pass » word")] {
        let dir = tempfile::tempdir().unwrap();
        let files = NewKey::generate(password).unwrap();
        let (secret, public) = files.write(dir.path(), "k").unwrap();
        let key = SecretKey::load(&secret, password).unwrap();
        assert_eq!(PublicKey::parse_or_load(public.to_str().unwrap()).unwrap(), *files.public());
        assert_eq!(key.public(), files.public());
        for bytes in [&b""[..], b"bytes\n", &[0xff; 100_000]] {
            fs::write(dir.path().join("m"), bytes).unwrap();
            let ours = key.sign(bytes, "solidata releases/2024-09/r1 manifest.json").unwrap();
            fs::write(dir.path().join("m.minisig"), &ours).unwrap();
            assert!(minisign(dir.path(), &["-V", "-m", "m", "-p", "k.pub"], ""));
            assert!(minisign(dir.path(), &["-V", "-m", "m", "-P", &key.public().to_string()], ""));
            let args = ["-S", "-s", "k.key", "-m", "m", "-x", "theirs", "-t", "solidata releases/2024-09/r1 manifest.json"];
            assert!(minisign(dir.path(), &args, &format!("{}\n", password.unwrap_or_default())));
            let theirs = fs::read_to_string(dir.path().join("theirs")).unwrap();
            let signed = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(signed(&ours), signed(&theirs));
            key.public().verify(bytes, &theirs, "solidata releases/2024-09/r1 manifest.json").unwrap();
        }
    }
}

#[test]
fn keys_of_debian_are_read() {
    if !have("minisign", "-v") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (password, args) in [(None, &["-G", "-W", "-p", "a.pub", "-s", "a.key"][..]), (Some("pw"), &["-G", "-p", "b.pub", "-s", "b.key"])] {
        assert!(minisign(dir.path(), args, "pw\npw\n"));
        let key = SecretKey::load(&dir.path().join(args[args.len() - 1]), password).unwrap();
        let public = PublicKey::parse(&fs::read_to_string(dir.path().join(args[args.len() - 3])).unwrap()).unwrap();
        assert_eq!(*key.public(), public);
        let signature = key.sign(b"bytes", "c").unwrap();
        public.verify(b"bytes", &signature, "c").unwrap();
    }
}

#[test]
fn secrets_are_not_shown() {
    let files = NewKey::generate(Some("hunter2")).unwrap();
    let key = SecretKey::read(files.secret_file(), Some("hunter2")).unwrap();
    let shown = [format!("{files:?}"), format!("{key:?}")];
    assert_eq!(shown, [format!("NewKey({})", key.public().id()), format!("SecretKey({})", key.public().id())]);
    let e = SecretKey::read(files.secret_file(), Some("hunter3")).unwrap_err();
    assert!(matches!(e, SigningError::Password), "{e}");
    assert!(!format!("{e} {e:?}").contains("hunter"));
    assert!(matches!(SecretKey::read(files.secret_file(), None).unwrap_err(), SigningError::PasswordNeeded));
    // A key without password takes no notice of one.
    SecretKey::read(NewKey::generate(None).unwrap().secret_file(), Some("hunter2")).unwrap();
    let secret = files.secret_file();
    for text in ["", "x", "x\ny\n", &secret[..secret.len() - 9], &secret.replace("RWRTY", "RWRTX"), &files.public().to_file()] {
        let e = SecretKey::read(text, Some("hunter2")).unwrap_err();
        assert!(matches!(e, SigningError::SecretKey), "{text}: {e}");
    }
}

#[cfg(unix)]
#[test]
fn key_files_are_private_and_never_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("vault/signing");
    let (secret, public) = NewKey::generate(None).unwrap().write(&folder, "solidata").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&secret)), (0o700, 0o600));
    let before = fs::read(&secret).unwrap();
    for gone in [None, Some(&public)] {
        if let Some(gone) = gone {
            fs::remove_file(gone).unwrap();
        }
        let e = NewKey::generate(None).unwrap().write(&folder, "solidata").unwrap_err();
        assert!(matches!(e, SigningError::Exists { .. }), "{e}");
    }
    assert_eq!(fs::read(&secret).unwrap(), before);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(SecretKey::load(&secret, None).unwrap_err(), SigningError::Exposed { .. }));
    assert!(matches!(SecretKey::load(&folder.join("none"), None).unwrap_err(), SigningError::Io { .. }));
}

#[test]
fn public_keys_are_read_in_one_form() {
    let key = new_key().public().clone();
    let text = key.to_string();
    assert_eq!((text.len(), key.id().len()), (56, 16));
    for good in [text.clone(), format!(" {text}\n"), key.to_file()] {
        assert_eq!(PublicKey::parse(&good).unwrap(), key);
    }
    let legacy = format!("RU{}", &text[2..]);
    for bad in ["", "RW", &text[1..], &legacy, &format!("{text}A"), &format!("x\n{text}\n"), &format!("{}\nmore\n", key.to_file())] {
        assert!(matches!(PublicKey::parse(bad), Err(SigningError::PublicKey)), "{bad}");
    }
    assert!(PublicKey::parse_or_load("/none").is_err());
}

#[test]
fn signatures_are_read_in_one_form() {
    let (key, other) = (new_key(), new_key());
    let good = key.sign(b"bytes", "a comment").unwrap();
    let verify = |bytes: &[u8], text: &str, comment: &str| key.public().verify(bytes, text, comment);
    verify(b"bytes", &good, "a comment").unwrap();
    assert!(matches!(verify(b"bites", &good, "a comment").unwrap_err(), SigningError::Forged));
    assert!(matches!(verify(b"bytes", &good, "another comment").unwrap_err(), SigningError::Comment { .. }));
    let edited = good.replace("a comment", "b comment");
    assert!(matches!(verify(b"bytes", &edited, "b comment").unwrap_err(), SigningError::Forged));
    let e = other.public().verify(b"bytes", &good, "a comment").unwrap_err();
    assert!(matches!(&e, SigningError::OtherKey { found, .. } if *found == key.public().id()), "{e}");
    let lines: Vec<&str> = good.lines().collect();
    let long = "x".repeat(3_000);
    for bad in [
        String::new(),
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!("{good}x\n"),
        good.replace('\n', "\r\n"),
        good.replacen("untrusted", "trusted", 1),
        good.replace("\ntrusted comment:", "\ntrusted comments:"),
        good.replacen("of the", "of\tthe", 1),
        good.replacen("of the", &long, 1),
        good.replacen("\nRU", "\nRW", 1),
        good.replace("==\n", "\n"),
        good.replace("=\n", "\n"),
        [lines[0], lines[3], lines[2], lines[1], ""].join("\n"),
        [lines[0], lines[1], lines[3], lines[2], ""].join("\n"),
    ] {
        let e = verify(b"bytes", &bad, "a comment").unwrap_err();
        assert!(matches!(e, SigningError::Form), "{bad}: {e}");
    }
    for comment in ["two\nlines", "é", &"x".repeat(501)] {
        assert!(matches!(key.sign(b"bytes", comment).unwrap_err(), SigningError::BadComment));
    }
}

/// Every bit of a signature is changed in turn: what is still good here is good to minisign.
#[test]
fn whatever_passes_here_passes_debian() {
    if !have("minisign", "-v") {
        return;
    }
    let (dir, key) = (tempfile::tempdir().unwrap(), new_key());
    fs::write(dir.path().join("m"), "bytes").unwrap();
    let good = key.sign(b"bytes", "a comment").unwrap();
    let (mut passed, mut refused) = (0, 0);
    for (at, bit) in (0..good.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = good.clone().into_bytes();
        bytes[at] ^= 1 << bit;
        let ours = String::from_utf8(bytes.clone()).is_ok_and(|text| key.public().verify(b"bytes", &text, "a comment").is_ok());
        if ours {
            fs::write(dir.path().join("m.minisig"), bytes).unwrap();
            assert!(minisign(dir.path(), &["-V", "-m", "m", "-P", &key.public().to_string()], ""), "byte {at}, bit {bit}");
        }
        passed += usize::from(ours);
        refused += usize::from(!ours);
    }
    // Only the first line says nothing.
    assert!(passed > 100 && refused > 1_500, "{passed} {refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_changed_byte_of_a_signature_is_noticed(at in 0usize..400, to in 0u8..=255) {
        let key = new_key();
        let good = key.sign(b"bytes", "a comment").unwrap();
        let mut bytes = good.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        // The first line says nothing; it may be changed.
        let first = good.find('\n').unwrap();
        if let Ok(text) = String::from_utf8(bytes) && at >= first {
            prop_assert!(key.public().verify(b"bytes", &text, "a comment").is_err());
        }
    }

    #[test]
    fn hostile_texts_are_refused(text in "(?s).{0,400}") {
        prop_assert!(new_key().public().verify(b"bytes", &text, "").is_err());
        prop_assert!(PublicKey::parse(&text).is_err());
        prop_assert!(SecretKey::read(&text, Some("x")).is_err());
    }
}

/// A signed index, then one under a second key.
fn signed() -> ([SecretKey; 2], [Index; 2]) {
    let keys = [new_key(), new_key()];
    let rotate = |key: &SecretKey| Done::Rotate { public_key: key.public().to_string() };
    let entry = key_entry(keys[0].public(), 1, None).unwrap();
    let first = Index::empty().next(None, vec![rotate(&keys[0])], vec![], Some(entry)).unwrap();
    let first = sign_index(first, &keys[0]).unwrap();
    let before = solidata_model::Digest::of(&canonical_json(&first).unwrap());
    let entry = key_entry(keys[1].public(), 2, Some(&keys[0])).unwrap();
    let second = first.next(Some(before), vec![rotate(&keys[1])], vec![], Some(entry)).unwrap();
    assert!(sign_index(second.clone(), &keys[0]).is_err(), "the key before signs no more");
    let second = sign_index(second, &keys[1]).unwrap();
    (keys, [first, second])
}

fn check(index: &Index) -> Result<Vec<PublicKey>> {
    let keys = check_keys(index)?;
    check_index_signature(index, keys.last())?;
    Ok(keys)
}

#[test]
fn the_keys_of_an_index_lead_to_the_one_that_signed_it() {
    let (keys, [first, second]) = signed();
    assert_eq!(check(&first).unwrap(), [keys[0].public().clone()]);
    assert_eq!(check(&second).unwrap(), keys.each_ref().map(|k| k.public().clone()));
    assert_eq!(check(&Index::empty()).unwrap(), []);
    assert!(sign_index(Index::empty(), &keys[0]).is_err());
    let stranger = new_key();
    let edits: [&dyn Fn(&mut Index); 8] = [
        &|i| i.counter += 1,
        &|i| i.signature = None,
        &|i| i.signature = first.signature.clone(),
        &|i| i.keys.truncate(1),
        &|i| i.keys[1].endorsement = None,
        &|i| i.keys[1].since = 3,
        &|i| i.keys[1] = key_entry(stranger.public(), 2, Some(&stranger)).unwrap(),
        &|i| i.keys.clear(),
    ];
    for (n, edit) in edits.iter().enumerate() {
        let mut index = second.clone();
        edit(&mut index);
        assert!(check(&index).is_err(), "edit {n}");
    }
    // Signed again by a stranger who put himself in the list.
    let mut index = second.clone();
    index.keys[1] = key_entry(stranger.public(), 2, Some(&stranger)).unwrap();
    let index = sign_index(index, &stranger).unwrap();
    let e = check(&index).unwrap_err();
    assert!(e.to_string().contains("endorsement by the key before it does not hold"), "{e}");
}

#[test]
fn jq_gives_the_bytes_that_the_signature_of_an_index_signs() {
    if !have("jq", "--version") || !have("minisign", "-v") {
        return;
    }
    let (keys, [first, _]) = signed();
    let dir = tempfile::tempdir().unwrap();
    let prefix = "releases/2024-09/r1".to_owned();
    let entry = |revision: u32, sealed| solidata_model::IndexEntry {
        month: "2024-09".parse().unwrap(),
        revision,
        prefix: format!("releases/2024-09/r{revision}"),
        manifest_sha256: solidata_model::Digest::of(b"m"),
        partial: false,
        sealed,
        state: Default::default(),
    };
    let sha256 = |index: &Index| Some(solidata_model::Digest::of(&canonical_json(index).unwrap()));
    let second = first.next(sha256(&first), vec![Done::Publish { prefix }], vec![entry(1, 1)], None).unwrap();
    let reason = Some("é « \u{2028}\u{1f600} \" \\ </script> & ' \u{a0}".into());
    let revise = Done::Revise { prefix: "releases/2024-09/r2".into(), reason };
    let third = second.next(sha256(&second), vec![revise], vec![entry(2, 2)], None).unwrap();
    for index in [first, sign_index(second, &keys[0]).unwrap(), sign_index(third, &keys[0]).unwrap()] {
        fs::write(dir.path().join("index.json"), canonical_json(&index).unwrap()).unwrap();
        let ran = |args: &[&str]| Command::new("jq").args(args).arg("index.json").current_dir(dir.path()).output().unwrap().stdout;
        let signed = ran(&["-S", "del(.signature)"]);
        assert_eq!(String::from_utf8(signed.clone()).unwrap(), String::from_utf8(index.signed_bytes().unwrap()).unwrap());
        fs::write(dir.path().join("signed"), signed).unwrap();
        fs::write(dir.path().join("signed.minisig"), ran(&["-j", ".signature"])).unwrap();
        assert!(minisign(dir.path(), &["-V", "-m", "signed", "-P", &index.keys[0].public_key], ""));
    }
}

/// The limits of a key file say how much work a password costs: a damaged one could ask for more than any machine has.
#[test]
fn a_key_file_asks_for_no_more_work_than_a_password_is_worth() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let files = NewKey::generate(Some("a password")).unwrap();
    let lines: Vec<&str> = files.secret_file().lines().collect();
    let bytes = STANDARD.decode(lines[1]).unwrap();
    for at in [38, 46] {
        let mut damaged = bytes.clone();
        damaged[at..at + 8].fill(0x7f);
        let text = format!("{}\n{}\n", lines[0], STANDARD.encode(damaged));
        assert!(matches!(SecretKey::read(&text, Some("a password")), Err(SigningError::SecretKey)), "{at}");
    }
    let long = format!("{}\n{}\n", lines[0], STANDARD.encode([bytes.as_slice(), &[0; 1_000]].concat()));
    assert!(matches!(SecretKey::read(&long, Some("a password")), Err(SigningError::SecretKey)));
}

#[test]
fn a_file_that_goes_on_is_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long");
    fs::write(&path, "a".repeat(1 << 20)).unwrap();
    assert!(matches!(PublicKey::parse_or_load(path.to_str().unwrap()), Err(SigningError::PublicKey)));
}
