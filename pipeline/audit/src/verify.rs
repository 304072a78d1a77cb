use crate::{AuditError, Code, Report, chain, index, release};
use solidata_model::Month;
use solidata_store::{INDEX, Phase, Progress, PublicStore, StoreError, release::MANIFEST};

/// Verifies what lies at an address: a public store (`index.json` at its root) with its chain and every release, or those of one `month`; or
/// one release (`manifest.json` at its root).
///
/// `vars` is the environment, for the credentials of a bucket. Tables are copied one by one to a temporary file of this machine.
///
/// # Errors
/// When the address cannot be read or is neither, or the month is not published. What is wrong with the releases is in the report.
pub async fn verify(
    location: &str,
    month: Option<Month>,
    vars: impl IntoIterator<Item = (String, String)>,
    progress: &dyn Progress,
) -> Result<Report, AuditError> {
    let store = PublicStore::open(location, vars)?;
    if !store.exists() {
        let detail = "there is no such folder".into();
        return Err(StoreError::Location { location: location.into(), detail }.into());
    }
    verify_store(&store, month, progress).await
}

/// As [`verify`], for a store that is open.
///
/// # Errors
/// As [`verify`].
pub async fn verify_store(store: &PublicStore, month: Option<Month>, progress: &dyn Progress) -> Result<Report, AuditError> {
    let mut report = Report::default();
    if !store.can_list() {
        report.notes.push("this address cannot be listed: objects that nothing names were not looked for".into());
    }
    if store.head(INDEX).await?.is_some() {
        verify_releases(store, month, progress, &mut report).await?;
    } else if store.head(MANIFEST).await?.is_some() {
        release::verify(store, "", None, progress, &mut report).await?;
    } else if store.can_list() && !(store.list("releases").await?.is_empty() && store.list("chain").await?.is_empty()) {
        report.find(Code::Missing, INDEX, "there are releases and no index.json: none of them is published");
    } else {
        return Err(AuditError::Nothing { address: store.address().into() });
    }
    Ok(report.finish())
}

async fn verify_releases(
    store: &PublicStore,
    month: Option<Month>,
    progress: &dyn Progress,
    report: &mut Report,
) -> Result<(), AuditError> {
    let Some(index) = index::read(store, report).await? else { return Ok(()) };
    let links = chain::verify(store, &index, report).await?;
    let wanted: Vec<_> = index.releases.iter().filter(|r| month.is_none_or(|m| r.month == m)).collect();
    if let (Some(month), true) = (month, wanted.is_empty()) {
        return Err(AuditError::NoSuchMonth { address: store.address().into(), month });
    }
    for entry in wanted {
        let place = release::Place { entry, links: &links };
        release::verify(store, &entry.prefix, Some(place), progress, report).await?;
    }
    if store.can_list() && month.is_none() {
        index::note_unnamed(store, &index, report).await?;
    }
    Ok(())
}

/// The phase under which a verification reports how far it has come.
pub(crate) const PHASE: Phase = Phase::Verify;
