//! A portal in memory that does what udata does, and what may happen to it.

use crate::{Change, DatasetRecord, Observed, Step, WantedDataset, changes, next_step};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A portal with at most one dataset.
#[derive(Debug, Clone, Default)]
pub(super) struct Portal {
    pub dataset: Option<Map<String, Value>>,
    pub resources: Vec<Map<String, Value>>,
    pub made: u32,
    pub datasets_made: u32,
}

impl Portal {
    fn id(&mut self) -> Value {
        self.made += 1;
        format!("id{}", self.made).into()
    }

    fn apply(&mut self, step: &Step) -> Option<String> {
        let body = step.body("org");
        let object = || body.clone().unwrap().as_object().unwrap().clone();
        match step {
            Step::Create { .. } => {
                let mut dataset = object();
                dataset.insert("id".into(), self.id());
                self.datasets_made += 1;
                self.dataset = Some(dataset);
                self.dataset.as_ref().unwrap()["id"].as_str().map(str::to_owned)
            }
            Step::Update { .. } => {
                let dataset = self.dataset.as_mut().unwrap();
                for name in ["tags", "temporal_coverage"] {
                    dataset.insert(name.into(), Value::Null);
                }
                dataset.extend(object());
                None
            }
            Step::Add { .. } => {
                let mut resource = object();
                resource.insert("id".into(), self.id());
                let id = resource["id"].as_str().map(str::to_owned);
                self.resources.insert(0, resource);
                id
            }
            Step::Write { id, .. } => {
                self.resources.iter_mut().find(|r| r["id"] == json!(id)).unwrap().extend(object());
                None
            }
            Step::Remove { id } => {
                self.resources.retain(|r| r["id"] != json!(id));
                None
            }
            Step::Order { ids, .. } => {
                assert_eq!(ids.len(), self.resources.len(), "the portal wants every id");
                self.resources.sort_by_key(|r| ids.iter().position(|id| r["id"] == json!(id)).unwrap());
                None
            }
        }
    }

    pub fn look(&self, wanted: &WantedDataset) -> Option<Observed> {
        let mut document = self.dataset.clone()?;
        document.insert("resources".into(), json!(self.resources));
        Some(Observed::read(&Value::Object(document), wanted).unwrap())
    }

    /// Publishes as the effects do; `stop` is after how many requests it is killed, and whether the last of them was done.
    pub fn publish(&mut self, wanted: &WantedDataset, record: &mut DatasetRecord, mend: bool, stop: Option<(usize, bool)>) -> Vec<Change> {
        let mut first = None;
        for at in 0.. {
            assert!(at < 200, "it does not end");
            let portal = self.look(wanted);
            if let Some(portal) = &portal {
                record.see(wanted, portal);
            }
            first.get_or_insert_with(|| changes(wanted, portal.as_ref(), record));
            let Some(step) = next_step(wanted, portal.as_ref(), record, mend) else { break };
            step.intend(record);
            match stop {
                Some((n, false)) if n == at => break,
                Some((n, true)) if n == at => {
                    self.apply(&step);
                    break;
                }
                _ => {}
            }
            let id = self.apply(&step);
            match &step {
                Step::Create { .. } => record.id = id,
                Step::Add { key, .. } => record.resources.entry(key.clone()).or_default().id = id,
                _ => {}
            }
            assert_eq!(step.undone(wanted, &self.look(wanted).unwrap(), record), None, "{step:?}");
        }
        first.unwrap_or_default()
    }

    pub fn ids(&self) -> Vec<(String, String)> {
        let mut ids: Vec<_> = self
            .resources
            .iter()
            .filter_map(|r| Some((r["extras"]["solidata:resource"].as_str()?.to_owned(), r["id"].as_str()?.to_owned())))
            .collect();
        ids.sort();
        ids
    }
}

/// What may happen.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A release is published, and the program is stopped at a request.
    Publish {
        release: usize,
        stop: Option<(usize, bool)>,
    },
    Title,
    Tags,
    Checksum(usize),
    Url(usize),
    Extras(usize),
    Remove(usize),
    Add,
    Reverse,
}

pub(super) fn events(by_hand: bool) -> impl Strategy<Value = Vec<Event>> {
    let publish =
        (0..3usize, proptest::option::of((0..16usize, any::<bool>()))).prop_map(|(release, stop)| Event::Publish { release, stop }).boxed();
    let one = if by_hand {
        prop_oneof![
            4 => publish,
            1 => Just(Event::Title),
            1 => Just(Event::Tags),
            1 => (0..9usize).prop_map(Event::Checksum),
            1 => (0..9usize).prop_map(Event::Url),
            1 => (0..9usize).prop_map(Event::Extras),
            1 => (0..9usize).prop_map(Event::Remove),
            1 => Just(Event::Add),
            1 => Just(Event::Reverse),
        ]
        .boxed()
    } else {
        publish
    };
    prop::collection::vec(one, 1..10)
}

impl Portal {
    pub fn happen(&mut self, event: &Event) {
        let at = |n: &usize, all: usize| n % all.max(1);
        let count = self.resources.len();
        match (event, self.dataset.as_mut()) {
            (Event::Title, Some(dataset)) => drop(dataset.insert("title".into(), "À la main".into())),
            (Event::Tags, Some(dataset)) => drop(dataset.insert("tags".into(), json!(["autre"]))),
            (Event::Add, Some(_)) => {
                let id = self.id();
                let resource = json!({"id": id, "title": "Autre", "url": "https://autre.example.org", "extras": {}});
                self.resources.insert(0, resource.as_object().unwrap().clone());
            }
            (Event::Reverse, _) => self.resources.reverse(),
            (Event::Checksum(n), _) if count > 0 => {
                self.resources[at(n, count)].insert("checksum".into(), json!({"type": "sha256", "value": "00"}));
            }
            (Event::Url(n), _) if count > 0 => drop(self.resources[at(n, count)].insert("url".into(), "https://x.example.org".into())),
            (Event::Extras(n), _) if count > 0 => drop(self.resources[at(n, count)].insert("extras".into(), json!({}))),
            (Event::Remove(n), _) if count > 0 => drop(self.resources.remove(at(n, count))),
            _ => {}
        }
    }
}
