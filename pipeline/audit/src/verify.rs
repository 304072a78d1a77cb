use crate::{
    AuditError, Code, Report, chain, index, latest, release,
    signature::{self, Signers},
    withdrawn,
};
use solidata_model::{Digest, Month, ReleaseState, Tombstone, kind};
use solidata_signing::PublicKey;
use solidata_store::{
    INDEX, Phase, Progress, PublicStore, StoreError,
    release::{MANIFEST, TOMBSTONE},
};

/// What a verification looks at beside the store.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// Only the releases of this month.
    pub month: Option<Month>,
    /// A key that the reader trusts: it must be among the keys of the store, which must all be endorsed. For one release alone, the key that
    /// signed it.
    pub key: Option<PublicKey>,
    /// sha256 of an `index.json` or of a manifest of this store that the reader saw before: it must be in the history.
    pub since: Option<Digest<kind::File>>,
}

/// Verifies what lies at an address: a public store (`index.json` at its root) with its signature, history, chain and every release, or those of
/// one month; or one release (`manifest.json` at its root).
///
/// `vars` is the environment, for the credentials of a bucket. Tables are copied one by one to a temporary file of this machine.
///
/// # Errors
/// When the address cannot be read or is neither, the month is not published, or `since` is asked of one release. What is wrong with the releases is in the report.
pub async fn verify(
    location: &str,
    options: &VerifyOptions,
    vars: impl IntoIterator<Item = (String, String)>,
    progress: &dyn Progress,
) -> Result<Report, AuditError> {
    let store = PublicStore::open(location, vars)?;
    if !store.exists() {
        let detail = "there is no such folder".into();
        return Err(StoreError::Location { location: location.into(), detail }.into());
    }
    verify_store(&store, options, progress).await
}

/// As [`verify`], for a store that is open.
///
/// # Errors
/// As [`verify`].
pub async fn verify_store(store: &PublicStore, options: &VerifyOptions, progress: &dyn Progress) -> Result<Report, AuditError> {
    let mut report = Report::default();
    if !store.can_list() {
        report.notes.push("this address cannot be listed: objects that nothing names were not looked for".into());
    }
    if store.head(INDEX).await?.is_some() {
        verify_releases(store, options, progress, &mut report).await?;
    } else if store.head(MANIFEST).await?.is_some() {
        if options.since.is_some() {
            return Err(AuditError::NoHistory { address: store.address().into() });
        }
        let alone = release::Place::Alone { key: options.key.as_ref() };
        release::verify(store, "", alone, progress, &mut report).await?;
    } else if let Some(bytes) = store.get(TOMBSTONE).await? {
        // The folder of one release that is not there any more.
        let class = serde_json::from_slice::<Tombstone>(&bytes).map_or_else(|_| "for no known reason".to_owned(), |t| t.class.to_string());
        report.notes.push(format!("this release was withdrawn ({class}): verify the store, whose index says so too"));
    } else if store.can_list() && !(store.list("releases").await?.is_empty() && store.list("chain").await?.is_empty()) {
        report.find(Code::Missing, INDEX, "there are releases and no index.json: none of them is published");
    } else {
        return Err(AuditError::Nothing { address: store.address().into() });
    }
    Ok(report.finish())
}

async fn verify_releases(
    store: &PublicStore,
    options: &VerifyOptions,
    progress: &dyn Progress,
    report: &mut Report,
) -> Result<(), AuditError> {
    let Some(index) = index::read(store, report).await? else { return Ok(()) };
    let signers = Signers::check(&index, options.key.as_ref(), report);
    if let Some(since) = options.since {
        signature::check_since(&index, since, report);
    }
    let links = chain::verify(store, &index, report).await?;
    let month = options.month;
    let wanted: Vec<_> = index.releases.iter().filter(|r| month.is_none_or(|m| r.month == m)).collect();
    if let (Some(month), true) = (month, wanted.is_empty()) {
        return Err(AuditError::NoSuchMonth { address: store.address().into(), month });
    }
    for entry in wanted {
        if entry.state == ReleaseState::Withdrawn {
            withdrawn::verify(store, (&index, entry), &signers, report).await?;
            continue;
        }
        let place = release::Place::InStore { entry, links: &links, signer: signers.of(&index, &entry.prefix) };
        release::verify(store, &entry.prefix, place, progress, report).await?;
    }
    if month.is_none() {
        latest::verify(store, &index, progress, report).await?;
    }
    if store.can_list() && month.is_none() {
        index::note_unnamed(store, &index, report).await?;
    }
    Ok(())
}

/// The phase under which a verification reports how far it has come.
pub(crate) const PHASE: Phase = Phase::Verify;
