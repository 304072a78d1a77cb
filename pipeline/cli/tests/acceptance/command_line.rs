//! Exit codes, help, and what a user does wrong.

use crate::world::{expect, folder, solidata};

#[test]
fn every_command_explains_itself_with_an_example() {
    let work = folder();
    for command in [
        "check",
        "plan",
        "run",
        "synth",
        "snapshot",
        "verify",
        "status",
        "attack",
        "explain",
        "publish",
        "diff",
        "rollback",
        "withdraw",
        "errata",
        "fetch",
        "gc",
        "keygen",
        "reproduce",
    ] {
        let help = expect(work.path(), 0, &[command, "--help"]);
        assert!(help.contains("Example") && help.contains(&format!("solidata {command}")), "{help}");
    }
    let help = expect(work.path(), 0, &["--help"]);
    assert!(help.contains("Exit codes"));
}

#[test]
fn what_is_wrong_is_said_with_code_2() {
    let work = folder();
    expect(work.path(), 2, &["run"]);
    expect(work.path(), 2, &["run", "--month", "2024-13", "--lieux", "x"]);
    assert!(expect(work.path(), 2, &["publish", "--dry-run"]).contains("--datagouv"));
    assert!(expect(work.path(), 2, &["publish", "--datagouv"]).contains("[datagouv] organization"));
    expect(work.path(), 2, &["run", "--month", "2024-01", "--from", "2024-01", "--to", "2024-02", "--lieux", "x"]);
    std::fs::write(work.path().join("bad.toml"), "colour = 1").unwrap();
    let said = expect(work.path(), 2, &["run", "--month", "2024-01", "--lieux", "x", "--config", "bad.toml"]);
    assert!(said.contains("bad.toml") && said.contains("colour"), "{said}");
}

#[test]
fn what_is_missing_is_said_with_code_3() {
    let work = folder();
    let said = expect(work.path(), 3, &["run", "--month", "2024-01", "--lieux", "nowhere.ndjson", "--vault", "v", "--public", "p"]);
    assert!(said.contains("nowhere.ndjson"), "{said}");
    expect(work.path(), 2, &["verify", "nowhere"]);
}

#[test]
fn check_runs_without_data_and_says_json() {
    let work = folder();
    let out = solidata(work.path(), &["check", "--json"]);
    assert!(out.status.success());
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("\"demande_territoires\"") && text.contains("\"findings\""), "{text}");
}
