use crate::{args::SnapshotArgs, exit::CliError, output::Output};
use serde::Serialize;
use solidata_model::SnapshotRole;
use solidata_stages::Progress;
use solidata_store::VaultView;
use std::{fmt::Write, path::PathBuf};

#[derive(Serialize)]
struct Seen {
    path: PathBuf,
    form: String,
    bytes: u64,
    sha256: String,
    /// Whether it is what the vault pinned; null when it is not pinned, or no vault was named.
    as_pinned: Option<bool>,
}

struct Bridge<'a>(&'a Output);

impl solidata_sources::Progress for Bridge<'_> {
    fn advance(&self, bytes: u64) {
        self.0.advance(bytes);
    }
}

/// `solidata snapshot`
///
/// # Errors
/// With exit code 1 when a snapshot is not what was pinned.
pub fn snapshot(args: SnapshotArgs, output: &Output) -> Result<(), CliError> {
    let view = args.vault.as_deref().map(VaultView::open).transpose()?.flatten();
    let mut seen = Vec::new();
    for path in args.paths {
        output.begin(&format!("hash {}", path.display()), None);
        let digest = solidata_sources::digest_snapshot(&path, &Bridge(output))?;
        output.end();
        let mut as_pinned = None;
        for role in [SnapshotRole::Lieux, SnapshotRole::Search] {
            if let Some(pin) = view.as_ref().map(|v| v.pinned(&path, role)).transpose()?.flatten() {
                as_pinned = Some(as_pinned.unwrap_or(true) && pin.sha256.as_bytes() == &digest.sha256.0);
            }
        }
        seen.push(Seen { path, form: digest.form.to_string(), bytes: digest.bytes, sha256: digest.sha256.to_string(), as_pinned });
    }
    output.outcome(&seen, || {
        let mut text = String::new();
        for s in &seen {
            let pinned = match s.as_pinned {
                Some(true) => ", as pinned",
                Some(false) => ", NOT what was pinned",
                None => "",
            };
            let _ = writeln!(text, "{}  {} ({}, {} bytes{pinned})", s.sha256, s.path.display(), s.form, s.bytes);
        }
        text
    })?;
    match seen.iter().find(|s| s.as_pinned == Some(false)) {
        Some(s) => Err(CliError::Findings(format!("{} changed since it was pinned", s.path.display()))),
        None => Ok(()),
    }
}
