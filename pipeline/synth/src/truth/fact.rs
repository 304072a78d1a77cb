//! What the net rule looks at in one document, read back from its relaxed Extended JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::territory::{Geography, Where, filled};
use crate::reference::Reference;

/// A short digest: two keys are taken as equal when their digests are.
pub(crate) type Key = [u8; 16];

/// Why a document leaves in the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excluded {
    No,
    AdminFlag,
    AdminStatus,
    Robot,
    Localhost,
}

/// One document.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub id: [u8; 12],
    /// `None`: absent, not a date, or impossible. Such a document counts nowhere.
    pub created: Option<i64>,
    pub excluded: Excluded,
    pub mobile: bool,
    pub later_page: bool,
    pub pair: Key,
    pub collapse: Key,
    pub identified: bool,
    pub actor: Key,
    /// Actor, origin, language, presence of a referrer: what a robot cannot help to repeat.
    pub signature: Key,
    /// Category, categories and geoValue: what a robot walks through.
    pub target: Key,
    pub place: Where,
    /// Bits: the known codes, then `inconnu`, then `sans_categorie`.
    pub categories: [u64; 3],
    pub zero: bool,
}

/// Reads documents.
pub(crate) struct Reader {
    geography: Geography,
    codes: Vec<String>,
    index: BTreeMap<String, usize>,
    legacy: BTreeMap<String, String>,
}

pub(crate) const UNKNOWN_CATEGORY: &str = "inconnu";
pub(crate) const NO_CATEGORY: &str = "sans_categorie";
/// 2017-01-01T00:00Z.
const EARLIEST: i64 = 1_483_228_800_000;
const DAY: i64 = 86_400_000;

fn digest(text: &str) -> Key {
    let mut key = [0; 16];
    key.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    key
}

/// Text, or what stands for none: null, absent and empty are equal.
fn text(object: &Value, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A list read as a set, as text that cannot be confused with another.
fn set(object: &Value, key: &str) -> String {
    let items: BTreeSet<String> = object.get(key).and_then(Value::as_array).into_iter().flatten().map(Value::to_string).collect();
    format!("{items:?}")
}

/// An account identifier: text, number, or an ObjectId's digits.
fn identifier(object: &Value, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Object(oid) => oid.get("$oid")?.as_str().map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Reader {
    pub(crate) fn new(reference: &Reference) -> Self {
        let codes: Vec<String> = reference.categories.iter().map(|row| row.code.clone()).collect();
        let index = codes.iter().enumerate().map(|(i, code)| (code.clone(), i)).collect();
        Self { geography: Geography::new(reference), codes, index, legacy: reference.legacy.clone() }
    }

    pub(crate) fn geography(&self) -> &Geography {
        &self.geography
    }

    /// The codes of a document's bits, in the order of the code list.
    pub(crate) fn codes<'s>(&'s self, bits: &[u64; 3]) -> impl Iterator<Item = &'s str> {
        let bits = *bits;
        let pseudo = [UNKNOWN_CATEGORY, NO_CATEGORY];
        let names = self.codes.iter().map(String::as_str).chain(pseudo);
        names.enumerate().filter(move |(i, _)| bits[i / 64] >> (i % 64) & 1 == 1).map(|(_, code)| code)
    }

    fn bit(&self, code: &str) -> usize {
        let code = self.legacy.get(code).map_or(code, String::as_str);
        self.index.get(code).copied().unwrap_or(self.codes.len())
    }

    /// Reads one document. The error says what is not as the generator must write it.
    pub(crate) fn read(&self, json: &[u8]) -> Result<Fact, String> {
        let doc: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let empty = Value::Null;
        let part = |key: &str| doc.get(key).unwrap_or(&empty);
        let oid = doc.get("_id").and_then(|id| id.get("$oid")).and_then(Value::as_str).ok_or("no _id")?;
        let mut id = [0; 12];
        for (i, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(oid.get(2 * i..2 * i + 2).ok_or("short _id")?, 16).map_err(|error| error.to_string())?;
        }
        let user = part("userData");
        let status = text(user, "status");
        let origin = text(user, "origin");
        let excluded = if doc.get("adminSearch") == Some(&Value::Bool(true)) {
            Excluded::AdminFlag
        } else if matches!(status.as_str(), "ADMIN_TERRITORY" | "ADMIN_SOLIGUIDE") {
            Excluded::AdminStatus
        } else if matches!(status.as_str(), "API_USER" | "SOLI_BOT") {
            Excluded::Robot
        } else if origin == "LOCALHOST_DEV" {
            Excluded::Localhost
        } else {
            Excluded::No
        };
        let account = identifier(user, "user_id")
            .or_else(|| identifier(user, "userObjectId"))
            .or_else(|| identifier(&doc, "user"))
            .or_else(|| Some(text(user, "email").trim().to_lowercase()).filter(|mail| !mail.is_empty()));
        let (identified, actor) = match (status.as_str(), account) {
            ("WIDGET_USER", _) => {
                let name = identifier(user, "orgaId").unwrap_or_else(|| text(user, "orgaName"));
                (false, format!("widget {name}"))
            }
            ("NOT_LOGGED", _) | (_, None) => (false, "anonymous".to_owned()),
            (_, Some(account)) => (true, format!("account {account}")),
        };
        let location = part("location");
        let category = text(&doc, "category");
        let categories = set(&doc, "categories");
        let geo_value = text(location, "geoValue");
        let publics = part("publics");
        let lists = ["administrative", "familialle", "gender", "other"].map(|key| set(publics, key));
        let publics = format!("{:?} {:?} {lists:?}", number(publics, "accueil"), number(publics, "age"));
        let flags = ["animal", "appointment", "inconditionnel", "inscription", "orientation", "pmr", "price"];
        let modalities = format!("{:?}", flags.map(|key| part("modalities").get(key).and_then(Value::as_bool)));
        let open = doc.get("openToday").and_then(Value::as_bool);
        let same = format!("{actor:?} {category:?} {categories} {:?} {geo_value:?} {publics} {modalities} {open:?}", text(&doc, "word"));
        let page = number(part("options"), "page").unwrap_or(1.0);
        Ok(Fact {
            created: self.created(&doc, &id),
            id,
            excluded,
            mobile: doc.get("placeType").and_then(Value::as_str) == Some("PARCOURS_MOBILE"),
            later_page: page > 1.0,
            pair: digest(&same),
            collapse: digest(&format!("{same} {:?} {origin:?}", text(&doc, "languages"))),
            identified,
            actor: digest(&actor),
            signature: digest(&format!("{actor:?} {origin:?} {:?} {}", text(user, "language"), !text(user, "referrer").is_empty())),
            target: digest(&format!("{category:?} {categories} {geo_value:?}")),
            place: self.geography.search(location),
            categories: self.categories(&doc, &category),
            zero: number(&doc, "nbResults") == Some(0.0),
        })
    }

    fn created(&self, doc: &Value, id: &[u8; 12]) -> Option<i64> {
        let date = filled(doc.get("createdAt")?, "$date")?;
        let created = chrono::DateTime::parse_from_rfc3339(date).ok()?.timestamp_millis();
        let seconds = u32::from_be_bytes([id[0], id[1], id[2], id[3]]);
        let latest = i64::from(seconds) * 1_000 + DAY;
        (EARLIEST..=latest).contains(&created).then_some(created)
    }

    fn categories(&self, doc: &Value, category: &str) -> [u64; 3] {
        let list = doc.get("categories").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut bits = [0; 3];
        for code in list.chain([category]).filter(|code| !code.is_empty()) {
            let bit = self.bit(code);
            bits[bit / 64] |= 1 << (bit % 64);
        }
        if bits == [0; 3] {
            let bit = self.codes.len() + 1;
            bits[bit / 64] |= 1 << (bit % 64);
        }
        bits
    }
}

fn number(object: &Value, key: &str) -> Option<f64> {
    object.get(key)?.as_f64()
}
