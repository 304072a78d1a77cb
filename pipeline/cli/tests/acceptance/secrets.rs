//! No secret is in what the program says, however much of its log is asked for: not in errors, not in the log of a library, not when it gives up.

use crate::world::{folder, text};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// In every secret of these tests.
const MARK: &str = "Marked7f3a";

/// Runs the program with nothing of the environment but this and the most talkative log; its exit code, and all that it said.
fn said(work: &Path, variables: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_solidata"));
    command.env_clear().env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").envs(variables.iter().copied());
    let mut child = command.current_dir(work).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let streams: Vec<Box<dyn Read + Send>> = vec![Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    let readers: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            thread::spawn(move || {
                let mut text = Vec::new();
                stream.read_to_end(&mut text).map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap()
            })
        })
        .collect();
    // A store that does not answer is asked again for minutes: what is said in the first seconds is enough.
    let start = Instant::now();
    let code = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status.code(),
            None if start.elapsed() > Duration::from_secs(8) => {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    (code, readers.into_iter().map(|reader| reader.join().unwrap()).collect())
}

fn holds_none(said: &str, what: &str) {
    assert!(!said.contains(MARK), "{what}: a secret was said:\n{said}");
}

/// A server that refuses every request and repeats it in its answer, credentials and all; gives its address.
fn parrot() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 16 << 10];
            let length = stream.read(&mut request).unwrap_or(0);
            let heard = String::from_utf8_lossy(&request[..length]).into_owned();
            let answer = format!(
                "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{heard}",
                heard.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn marked(rest: &str) -> String {
    format!("{MARK}{rest}")
}

#[test]
fn credentials_of_buckets_are_not_said() {
    let work = folder();
    // Nobody listens at the second one.
    for (endpoint, answers) in [(parrot(), true), ("http://127.0.0.1:9".to_owned(), false)] {
        let (key, secret, token) = (marked("KeyId"), marked("/Secret+Key="), marked("Session/Token=="));
        let aws = [
            ("AWS_ACCESS_KEY_ID", key.as_str()),
            ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
            ("AWS_SESSION_TOKEN", token.as_str()),
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_REGION", "eu-west-3"),
        ];
        let signature = format!("sv=2022-11-02&ss=b&sig={}", marked("%2Fsig%3D"));
        let azure = [
            ("AZURE_STORAGE_ACCOUNT_NAME", "account"),
            ("AZURE_STORAGE_SAS_KEY", signature.as_str()),
            ("AZURE_STORAGE_ENDPOINT", endpoint.as_str()),
        ];
        for (variables, address) in [(&aws[..], "s3://bucket/solidata"), (&azure[..], "az://container/solidata")] {
            for command in
                [&["verify", address][..], &["status", "--vault", "v", "--public", address], &["attack", address], &["reproduce", address]]
            {
                let (code, said) = said(work.path(), variables, command);
                holds_none(&said, &format!("{command:?} {endpoint}"));
                if answers {
                    assert!(matches!(code, Some(2 | 3)) && said.contains(address), "{command:?}: {code:?} {said}");
                }
            }
        }
    }
}

#[test]
fn credentials_that_are_no_credentials_are_not_said() {
    let work = folder();
    let (json, key) = (format!("{{\"private_key\": \"{MARK}\""), marked("/not base 64"));
    for (variables, address) in [
        ([("GOOGLE_SERVICE_ACCOUNT_KEY", json.as_str()), ("GOOGLE_BUCKET", "b")], "gs://bucket/solidata"),
        ([("AZURE_STORAGE_ACCOUNT_KEY", key.as_str()), ("AZURE_STORAGE_ACCOUNT_NAME", "a")], "az://container/solidata"),
    ] {
        let (_, said) = said(work.path(), &variables, &["verify", address]);
        holds_none(&said, address);
    }
}

#[test]
fn addresses_with_users_are_refused_and_not_repeated() {
    let work = folder();
    let addresses = [
        format!("s3://user:{MARK}@bucket/x"),
        format!("s3://{MARK}@bucket/x"),
        format!("https://user:{MARK}@example.org/x"),
        format!("https://{MARK}@example.org/x"),
        format!("https://example.org/x?token={MARK}"),
        format!("https://example.org/x#{MARK}"),
        format!("gs://user:{MARK}@bucket"),
        format!("az://user:{MARK}@container"),
        format!("abfss://container:{MARK}@account.dfs.core.windows.net/x"),
        format!("ftp://user:{MARK}@host/x"),
        format!("http://user:{MARK}@[bad/x"),
    ];
    for address in &addresses {
        for command in
            [&["verify", address][..], &["attack", address], &["reproduce", address], &["status", "--vault", "v", "--public", address]]
        {
            let (code, said) = said(work.path(), &[], command);
            assert_eq!(code, Some(2), "{command:?}: {said}");
            holds_none(&said, &command.join(" "));
        }
    }
}

#[test]
fn passwords_and_keys_are_not_said() {
    let work = folder();
    let (right, wrong) = (marked(" right"), marked(" wrong"));
    let (code, first) = said(work.path(), &[("SOLIDATA_SIGNING_PASSWORD", &right)], &["keygen", "--vault", "v"]);
    assert_eq!(code, Some(0), "{first}");
    holds_none(&first, "keygen");
    let path = work.path().join("v/signing/solidata.key");
    let good = fs::read_to_string(&path).unwrap();
    let line = good.lines().nth(1).unwrap();
    fs::write(work.path().join("solidata.toml"), format!("[signing]\nkey = \"{}\"\n", text(&path))).unwrap();
    let rotate = ["keygen", "--vault", "v", "--rotate", "--name", "two", "--public", "p"];
    for (file, what) in [
        (good.clone(), "a wrong password"),
        (good.replace(line, &line[..line.len() / 2]), "a cut key"),
        (good.replace(line, &format!("{}!{}", &line[..50], &line[51..])), "a key with another character"),
        (line.to_owned(), "a key without its comment"),
        (format!("{MARK}\n{MARK}\n"), "no key"),
    ] {
        fs::write(&path, &file).unwrap();
        let (code, said) = said(work.path(), &[("SOLIDATA_SIGNING_PASSWORD", &wrong)], &rotate);
        assert_eq!(code, Some(2), "{what}: {said}");
        holds_none(&said, what);
        assert!(!said.contains(&line[20..60]), "{what}: {said}");
    }
    // A password that was written into the settings.
    fs::write(work.path().join("solidata.toml"), format!("[signing]\npassword = \"{MARK}\"\n")).unwrap();
    let (code, said) = said(work.path(), &[], &["status", "--vault", "v", "--public", "p"]);
    assert!(code == Some(2) && said.contains("password"), "{said}");
    holds_none(&said, "settings");
}

#[test]
fn what_a_snapshot_holds_is_not_said() {
    let work = folder();
    let id = |n: u32| format!("{{\"$oid\":\"66e0000000000000000000{n:02}\"}}");
    let lines = [
        format!("{{\"_id\":{},\"mot\":\"{MARK}\",\"createdAt\":{{\"$date\":\"2024-09-10T10:00:00Z\"}},\"nbResults\":\"{MARK}\"}}", id(1)),
        format!("{{\"_id\":{},\"mot\":\"{MARK}\",\"createdAt\":\"{MARK}\"}}", id(2)),
        format!("{{\"_id\":\"{MARK}\",\"{MARK}\":1}}"),
        format!("{{\"_id\":{},\"mot\":\"{MARK}", id(3)),
    ];
    fs::write(work.path().join("search.ndjson"), lines.join("\n") + "\n").unwrap();
    fs::write(
        work.path().join("lieux.ndjson"),
        format!("{{\"lieu_id\":\"{MARK}\",\"name\":\"{MARK}\",\"entity\":{{\"phones\":\"{MARK}\"}}}}\n"),
    )
    .unwrap();
    fs::write(work.path().join("cut.ndjson"), format!("{{\"name\":\"{MARK}")).unwrap();
    for (lieux, search) in [("lieux.ndjson", "search.ndjson"), ("cut.ndjson", "search.ndjson"), ("search.ndjson", "lieux.ndjson")] {
        let args = ["run", "--month", "2024-09", "--lieux", lieux, "--search", search, "--vault", "v", "--public", "p", "--partial"];
        let (code, said) = said(work.path(), &[], &args);
        assert_ne!(code, Some(0), "{said}");
        holds_none(&said, lieux);
    }
    // And the keys of the vault, which were made meanwhile.
    let key = fs::read_dir(work.path().join("v/keys")).unwrap().map(|key| key.unwrap().path()).min().unwrap();
    let hex = fs::read_to_string(&key).unwrap();
    fs::write(key, hex.trim_end()).unwrap();
    let args =
        "run --month 2024-09 --lieux lieux.ndjson --search search.ndjson --vault v --public p --partial".split(' ').collect::<Vec<_>>();
    let (_, said) = said(work.path(), &[], &args);
    assert!(!said.contains(hex.trim_end()) && !said.contains(&hex[8..24]), "{said}");
}

#[cfg(unix)]
#[test]
fn an_environment_that_is_no_text_is_no_reason_to_give_up() {
    use std::os::unix::ffi::OsStrExt;
    let work = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_solidata"));
    command.env("AWS_ODD", std::ffi::OsStr::from_bytes(&[0xff, 0xfe])).current_dir(work.path()).args(["verify", "nowhere"]);
    let out = command.output().unwrap();
    assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stderr));
}
