//! Look, take one step, look again: until nothing is to be done.

use crate::{
    Api, Current, DatasetRecord, DatasetReport, Observed, PortalError, ReadBack, Record, Report, Result, Settings, Step, WantedDataset,
    WantedResource, changes,
    client::{TRIES, Written, pause},
    desired, next_step,
    observed::marker,
    report::short,
};
use reqwest::Method;
use serde_json::Value;
use solidata_model::PortalIds;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How long after a write the portal may still show what was before: it has copies of its database.
const PATIENCE: [Duration; 4] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];
/// How long after the creation of a dataset that was not answered one looks for it.
const CREATION: Duration = Duration::from_secs(1);

/// What is to be shown where.
#[derive(Debug)]
pub struct Job<'a> {
    /// The portal.
    pub api: &'a Api,
    /// The settings.
    pub settings: &'a Settings,
    /// What is published.
    pub current: &'a Current,
    /// The ids of `dataset.toml`, by dataset and host.
    pub ids: &'a BTreeMap<String, BTreeMap<String, PortalIds>>,
    /// Whether changes by hand are put right.
    pub mend: bool,
}

/// Who is told of what happens.
pub trait Watch: Send {
    /// The record is to be kept, now: the next request depends on it.
    ///
    /// # Errors
    /// When it cannot be kept. Nothing more is sent then.
    fn keep(&mut self, record: &Record) -> Result<()>;

    /// Work on something begins.
    fn begin(&mut self, what: &str);
}

impl Job<'_> {
    /// Compares, and writes nothing.
    ///
    /// # Errors
    /// When the portal does not answer or refuses, or ids contradict each other.
    pub async fn compare(&self, record: &mut Record) -> Result<Report> {
        let mut report = Report::new(self.settings, self.current, true, self.mend);
        let mut list = None;
        for (wanted, mut known) in self.begin(record)? {
            let portal = self.find(&wanted, &mut known, &mut list).await?;
            report.datasets.push(self.describe(&wanted, portal.as_ref(), &known));
        }
        report.absent = self.absent(record);
        Ok(report)
    }

    /// Brings the portal to what it should show. It may be stopped anywhere: the same call goes on where it was.
    ///
    /// # Errors
    /// As [`Job::compare`]; when what was written does not read back.
    pub async fn publish(&self, record: &mut Record, watch: &mut dyn Watch) -> Result<Report> {
        let mut report = Report::new(self.settings, self.current, false, self.mend);
        let (mut kept, mut list) = (record.clone(), None);
        for (wanted, known) in self.begin(record)? {
            watch.begin(&wanted.id);
            record.datasets.insert(wanted.id.clone(), known);
            report.datasets.push(self.settle(&wanted, (record, &mut kept), &mut list, watch).await?);
        }
        report.absent = self.absent(record);
        Ok(report)
    }

    /// What is wanted, with what is known of each; ids must not contradict each other.
    fn begin(&self, record: &Record) -> Result<Vec<(WantedDataset, DatasetRecord)>> {
        let host = self.settings.host();
        let mut all = Vec::new();
        for wanted in desired(self.current, self.settings)? {
            let mut known = record.datasets.get(&wanted.id).cloned().unwrap_or_default();
            if let Some(ids) = self.ids.get(&wanted.id).and_then(|hosts| hosts.get(&host)) {
                join(&wanted.id, &mut known, ids)?;
            }
            all.push((wanted, known));
        }
        for (at, (wanted, known)) in all.iter().enumerate() {
            let twin = all.iter().take(at).find(|(_, other)| known.id.is_some() && other.id == known.id);
            if let Some((other, _)) = twin {
                let detail = format!("{} has the same id on the portal: correct dataset.toml", other.id);
                return Err(PortalError::Ids { dataset: wanted.id.clone(), detail });
            }
        }
        Ok(all)
    }

    /// Datasets that are known and not wanted.
    fn absent(&self, record: &Record) -> Vec<String> {
        let wanted = |id: &str| self.current.specs.iter().any(|spec| spec.id == id);
        record.datasets.iter().filter(|(id, known)| known.id.is_some() && !wanted(id)).map(|(id, _)| id.clone()).collect()
    }

    /// The dataset as the portal shows it; looked for by its mark when its id is not known.
    async fn find(&self, wanted: &WantedDataset, known: &mut DatasetRecord, list: &mut Option<Vec<Value>>) -> Result<Option<Observed>> {
        if known.id.is_none() {
            let all = match list.take() {
                Some(all) => all,
                None => self.api.datasets_of(&self.settings.organization).await?,
            };
            let ours = |d: &&Value| marker(d) == Some((&wanted.id, &self.settings.base_url));
            let there = |d: &&Value| d.get("deleted").is_none_or(Value::is_null);
            // One that was deleted is taken too: it is shown as such, and no other one takes its place unasked.
            let found = all.iter().filter(ours).find(there).or_else(|| all.iter().find(ours));
            known.id = found.and_then(|d| d.get("id")).and_then(Value::as_str).map(str::to_owned);
            *list = Some(all);
        }
        match &known.id {
            None => Ok(None),
            Some(id) => self.look(wanted, id).await,
        }
    }

    async fn look(&self, wanted: &WantedDataset, id: &str) -> Result<Option<Observed>> {
        let action = format!("read the dataset {} ({id})", wanted.id);
        let Some(document) = self.api.get(&format!("datasets/{id}/"), &action).await? else { return Ok(None) };
        let portal = Observed::read(&document, wanted).map_err(|e| self.api.other(&action, &e))?;
        match portal.marked() {
            Some(other) if other != wanted.id => {
                let detail = format!("{id} on the portal shows {other}: correct the ids in dataset.toml");
                Err(PortalError::Ids { dataset: wanted.id.clone(), detail })
            }
            _ => Ok(Some(portal)),
        }
    }

    fn describe(&self, wanted: &WantedDataset, portal: Option<&Observed>, known: &DatasetRecord) -> DatasetReport {
        let left = changes(wanted, portal, known);
        let held = portal.map(|p| p.held(wanted, known)).unwrap_or_default();
        let resources: BTreeMap<String, String> = held.iter().map(|(key, r)| ((*key).to_owned(), r.id.clone())).collect();
        let pasted = self.ids.get(&wanted.id).and_then(|hosts| hosts.get(&self.settings.host()));
        let id = portal.map(|p| p.id.clone());
        let complete = pasted.is_some_and(|ids| {
            let known = |(key, id): (&String, &String)| !WantedResource::is_lasting(key) || ids.resources.get(key) == Some(id);
            Some(&ids.dataset) == id.as_ref() && resources.iter().all(known)
        });
        DatasetReport {
            dataset: wanted.id.clone(),
            id,
            page: portal.and_then(|p| p.page.clone()),
            ids_to_paste: !complete,
            resources,
            changes: left.clone(),
            done: Vec::new(),
            left,
            foreign: portal.map(|p| p.others(wanted, known).1.iter().map(|r| r.title().to_owned()).collect()).unwrap_or_default(),
            score: portal.and_then(|p| p.score),
            unmet: portal.map(|p| p.unmet.clone()).unwrap_or_default(),
        }
    }

    /// Brings one dataset to what it should be.
    async fn settle(
        &self,
        wanted: &WantedDataset,
        (record, kept): (&mut Record, &mut Record),
        list: &mut Option<Vec<Value>>,
        watch: &mut dyn Watch,
    ) -> Result<DatasetReport> {
        let mut state = State { wanted, record, kept, watch };
        let mut portal = self.find(wanted, state.known(), list).await?;
        state.see(portal.as_ref())?;
        let changes = changes(wanted, portal.as_ref(), state.known());
        let (mut done, mut tried) = (Vec::new(), 0);
        // Each step makes one thing right: more steps than things means that something undoes them.
        let mut allowed = 3 * wanted.resources.len() + portal.as_ref().map_or(0, |p| p.resources.len()) + 6;
        while let Some(step) = next_step(wanted, portal.as_ref(), state.known(), self.mend) {
            allowed = allowed.checked_sub(1).ok_or_else(|| {
                self.api.unavailable(&step.words(), format!("{} changes while it is written: is someone else at work on it?", wanted.id))
            })?;
            state.intend(&step)?;
            let action = format!("{}: {}", wanted.id, step.words());
            let (method, path) = request(&step, portal.as_ref());
            match self.api.write(method, &path, step.body(&self.settings.organization).as_ref(), &action).await? {
                Written::Done(answer) => {
                    tried = 0;
                    state.done(&step, answer.as_ref())?;
                    portal = self.verify(&step, &mut state).await?;
                    done.push(step.words());
                }
                Written::Unknown { detail, wait } => {
                    tried += 1;
                    if tried >= TRIES {
                        return Err(self.api.unavailable(&action, detail));
                    }
                    tracing::warn!(host = self.api.host(), action, detail, tried, "a change was not answered: the portal is looked at");
                    pause(tried, wait).await;
                    portal = self.look_after(&step, &mut state).await?;
                    if portal.as_ref().is_some_and(|p| step.undone(wanted, p, state.known()).is_none()) {
                        done.push(step.words());
                    }
                }
            }
        }
        let known = state.known().clone();
        Ok(DatasetReport { changes, done, ..self.describe(wanted, portal.as_ref(), &known) })
    }

    /// Looks whether a step that was not answered was done.
    async fn look_after(&self, step: &Step, state: &mut State<'_>) -> Result<Option<Observed>> {
        let wanted = state.wanted;
        let mut portal = self.find(wanted, state.known(), &mut None).await?;
        let makes = matches!(step, Step::Create { .. } | Step::Add { .. });
        let seen = portal.as_ref().is_some_and(|p| step.undone(wanted, p, state.known()).is_none());
        if makes && !seen {
            // What is made twice stays there twice: one more look at what may come late.
            tokio::time::sleep(CREATION).await;
            portal = self.find(wanted, state.known(), &mut None).await?;
        }
        state.see(portal.as_ref())?;
        Ok(portal)
    }

    /// Reads back what was written.
    async fn verify(&self, step: &Step, state: &mut State<'_>) -> Result<Option<Observed>> {
        let wanted = state.wanted;
        let mut wrong = None;
        for wait in PATIENCE {
            tokio::time::sleep(wait).await;
            let portal = self.find(wanted, state.known(), &mut None).await?;
            wrong = match &portal {
                None => Some((None, "id".into(), Value::Null, Value::Null)),
                Some(portal) => step.undone(wanted, portal, state.known()),
            };
            if wrong.is_none() {
                state.see(portal.as_ref())?;
                return Ok(portal);
            }
        }
        let (resource, field, sent, seen) = wrong.unwrap_or_default();
        let place = resource.map_or_else(|| wanted.id.clone(), |key| format!("{}, resource {key}", wanted.id));
        let remedy = remedy(&field);
        let found = ReadBack { host: self.api.host().into(), place, field, wanted: short(&sent), portal: short(&seen), remedy };
        Err(PortalError::ReadBack(Box::new(found)))
    }
}

fn remedy(field: &str) -> &'static str {
    match field {
        "license" => "The portal does not have this licence: check the licence in dataset.toml",
        "schema" => "The portal knows this schema by name: write the name in [datagouv.schemas]",
        "tags" => "The portal writes this keyword otherwise: check [datagouv] tags",
        "spatial" => "Check [datagouv] zone",
        _ => "Look at the page on the portal, then run the same command again",
    }
}

fn request(step: &Step, portal: Option<&Observed>) -> (Method, String) {
    let dataset = portal.map(|p| p.id.as_str()).unwrap_or_default();
    match step {
        Step::Create { .. } => (Method::POST, "datasets/".into()),
        Step::Update { .. } => (Method::PUT, format!("datasets/{dataset}/")),
        Step::Add { .. } => (Method::POST, format!("datasets/{dataset}/resources/")),
        Step::Write { id, .. } => (Method::PUT, format!("datasets/{dataset}/resources/{id}/")),
        Step::Remove { id } => (Method::DELETE, format!("datasets/{dataset}/resources/{id}/")),
        Step::Order { .. } => (Method::PUT, format!("datasets/{dataset}/resources/")),
    }
}

/// Takes the ids that an operator wrote in `dataset.toml`; they win where nothing else is known.
fn join(dataset: &str, known: &mut DatasetRecord, ids: &PortalIds) -> Result<()> {
    let differs = |what: &str, written: &str, remembered: &str| PortalError::Ids {
        dataset: dataset.into(),
        detail: format!(
            "{what} is {written} in dataset.toml and {remembered} in the vault: correct dataset.toml, or, if it is right, take the dataset out of the \
             file in the vault's folder portal"
        ),
    };
    match &known.id {
        Some(id) if *id != ids.dataset => return Err(differs("the dataset's id", &ids.dataset, id)),
        _ => known.id = Some(ids.dataset.clone()),
    }
    let mut seen = BTreeSet::new();
    for (key, written) in ids.resources.iter().filter(|(key, _)| WantedResource::is_lasting(key)) {
        if !seen.insert(written) {
            let detail = format!("{written} is the id of {key} and of another resource in dataset.toml: correct it");
            return Err(PortalError::Ids { dataset: dataset.into(), detail });
        }
        let resource = known.resources.entry(key.clone()).or_default();
        match &resource.id {
            Some(id) if id != written => return Err(differs(&format!("the id of {key}"), written, id)),
            _ => resource.id = Some(written.clone()),
        }
    }
    Ok(())
}

/// The record of one dataset while it is worked on.
struct State<'a> {
    wanted: &'a WantedDataset,
    record: &'a mut Record,
    kept: &'a mut Record,
    watch: &'a mut dyn Watch,
}

impl State<'_> {
    fn known(&mut self) -> &mut DatasetRecord {
        self.record.datasets.entry(self.wanted.id.clone()).or_default()
    }

    fn keep(&mut self) -> Result<()> {
        if self.record != self.kept {
            self.watch.keep(self.record)?;
            self.kept.clone_from(self.record);
        }
        Ok(())
    }

    /// Takes note of what the portal shows.
    fn see(&mut self, portal: Option<&Observed>) -> Result<()> {
        if let Some(portal) = portal {
            let wanted = self.wanted;
            self.known().see(wanted, portal);
        }
        self.keep()
    }

    /// Takes note of what is about to be written, before it is.
    fn intend(&mut self, step: &Step) -> Result<()> {
        step.intend(self.known());
        self.keep()
    }

    /// Takes note of the id of what was made.
    fn done(&mut self, step: &Step, answer: Option<&Value>) -> Result<()> {
        let id = answer.and_then(|a| a.get("id")).and_then(Value::as_str).map(str::to_owned);
        match step {
            Step::Create { .. } => self.known().id = id,
            Step::Add { key, .. } => self.known().resources.entry(key.clone()).or_default().id = id,
            _ => {}
        }
        self.keep()
    }
}
