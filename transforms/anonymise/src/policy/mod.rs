//! The field policy: what becomes of each field of a collection, as data.
//!
//! `policy/lieux.toml` and `policy/search.toml` name every field of the contract with an action and a reason. The readers of [`crate::contract`]
//! read exactly the fields whose action is not "drop" (a test holds them together); a field that no policy names is dropped and, through
//! [`UnknownFields`], reported.

mod unknown;

pub use unknown::UnknownFields;

use crate::AnonymiseError;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Goes on as it is.
    Keep,
    /// Goes on more coarsely, under conditions, or only decides what goes on.
    Generalise,
    /// Survives as a keyed hash only.
    Hash,
    /// Is not read.
    Drop,
}

/// An action and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What becomes of the field.
    pub action: Action,
    /// Why.
    pub why: String,
}

/// The policy of one collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    collection: &'static str,
    /// By path without braces.
    rules: BTreeMap<String, Rule>,
    /// Paths below which everything is named (`a` for `a.**`).
    subtrees: BTreeMap<String, Rule>,
    /// Objects on the way to a named path.
    objects: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    collection: String,
    field: Vec<FieldEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldEntry {
    path: String,
    action: Action,
    why: String,
}

impl Policy {
    /// The text of the policy of `lieux`; part of the key of what is made with it.
    pub const LIEUX_TOML: &'static str = include_str!("../../policy/lieux.toml");
    /// The text of the policy of `search`.
    pub const SEARCH_TOML: &'static str = include_str!("../../policy/search.toml");

    /// The policy of `lieux`.
    ///
    /// # Errors
    /// [`AnonymiseError::Policy`] when the text compiled in is wrong.
    pub fn lieux() -> Result<Self, AnonymiseError> {
        Self::parse("lieux", Self::LIEUX_TOML)
    }

    /// The policy of `search`.
    ///
    /// # Errors
    /// [`AnonymiseError::Policy`] when the text compiled in is wrong.
    pub fn search() -> Result<Self, AnonymiseError> {
        Self::parse("search", Self::SEARCH_TOML)
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// [`AnonymiseError::Policy`] when it is of another collection, names a path twice, gives no reason, or keeps a whole subtree.
    pub fn parse(collection: &'static str, text: &str) -> Result<Self, AnonymiseError> {
        let wrong = |reason: String| AnonymiseError::Policy { collection, reason };
        let file: File = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        if file.collection != collection {
            return Err(wrong(format!("it is for {}", file.collection)));
        }
        let mut policy = Self { collection, rules: BTreeMap::new(), subtrees: BTreeMap::new(), objects: BTreeSet::new() };
        for entry in file.field {
            if entry.why.trim().is_empty() {
                return Err(wrong(format!("no reason for {}", entry.path)));
            }
            for path in expand(&entry.path).ok_or_else(|| wrong(format!("unbalanced braces in {}", entry.path)))? {
                let rule = Rule { action: entry.action, why: entry.why.clone() };
                policy.add(path, rule).map_err(wrong)?;
            }
        }
        Ok(policy)
    }

    fn add(&mut self, path: String, rule: Rule) -> Result<(), String> {
        for (at, _) in path.match_indices('.') {
            let above = path.get(..at).unwrap_or_default();
            self.objects.insert(above.to_owned());
            self.objects.insert(above.trim_end_matches("[]").to_owned());
        }
        let (target, path) = match path.strip_suffix(".**") {
            Some(_) if rule.action != Action::Drop => return Err(format!("{path} keeps what nobody has looked at")),
            Some(above) => (&mut self.subtrees, above.to_owned()),
            None => (&mut self.rules, path),
        };
        if path.is_empty() || target.contains_key(&path) {
            return Err(format!("'{path}' is named twice or empty"));
        }
        target.insert(path, rule);
        Ok(())
    }

    /// The collection it is for.
    pub fn collection(&self) -> &'static str {
        self.collection
    }

    /// What becomes of a leaf; `None` when no rule names it, which means that it is dropped and reported.
    pub fn rule(&self, path: &str) -> Option<&Rule> {
        self.rules.get(path).or_else(|| {
            let above = std::iter::successors(Some(path), |path| path.rsplit_once('.').map(|(above, _)| above));
            above.into_iter().find_map(|above| self.subtrees.get(above).or_else(|| self.subtrees.get(above.trim_end_matches("[]"))))
        })
    }

    /// [`Policy::rule`] without its reason.
    pub fn action(&self, path: &str) -> Option<Action> {
        self.rule(path).map(|rule| rule.action)
    }

    /// Whether a key of a document is known: a leaf or a subtree that is named, or an object on the way to one.
    pub fn knows(&self, path: &str) -> bool {
        self.objects.contains(path) || self.rule(path).is_some()
    }

    /// All named leaves, sorted.
    pub fn leaves(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.rules.iter().map(|(path, rule)| (path.as_str(), rule))
    }
}

/// sha256 of both policies, in hexadecimal: part of the key of whatever is made with them.
pub fn digest() -> String {
    let mut hasher = Sha256::new();
    for text in [Policy::LIEUX_TOML, Policy::SEARCH_TOML] {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All paths that a path with braces stands for; `None` when the braces do not match.
fn expand(pattern: &str) -> Option<Vec<String>> {
    let Some(open) = pattern.find('{') else {
        return (!pattern.contains('}')).then(|| vec![pattern.to_owned()]);
    };
    let close = open + pattern.get(open..)?.find('}')?;
    let (head, tail) = (pattern.get(..open)?, pattern.get(close + 1..)?);
    let tails = expand(tail)?;
    let choices = pattern.get(open + 1..close)?.split(',');
    Some(choices.flat_map(|choice| tails.iter().map(move |tail| format!("{head}{choice}{tail}"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{wanted_of_place, wanted_of_search};

    #[test]
    fn braces_are_expanded() {
        assert_eq!(expand("{a,b[].}x.{y,z}").unwrap(), ["ax.y", "ax.z", "b[].x.y", "b[].x.z"]);
        assert!(expand("{a").is_none() && expand("a}").is_none() && expand("{a{b}}").is_none());
    }

    #[test]
    fn what_is_read_is_what_the_policy_does_not_drop() {
        for (policy, wanted) in [(Policy::lieux().unwrap(), wanted_of_place()), (Policy::search().unwrap(), wanted_of_search())] {
            let read: Vec<&str> = policy.leaves().filter(|(_, rule)| rule.action != Action::Drop).map(|(path, _)| path).collect();
            assert_eq!(wanted, read, "{}", policy.collection());
        }
    }

    #[test]
    fn the_digest_is_of_fixed_form() {
        assert!(digest().len() == 64 && digest() == digest());
    }

    #[test]
    fn bad_policies_are_refused() {
        let policy = |path: &str, action: &str, why: &str| {
            Policy::parse("x", &format!("collection = 'x'\n[[field]]\npath = '{path}'\naction = '{action}'\nwhy = '{why}'\n"))
        };
        assert!(policy("a", "keep", "because").is_ok());
        assert!(policy("a", "keep", " ").is_err());
        assert!(policy("a.**", "keep", "because").is_err());
        assert!(policy("{a,a}", "keep", "because").is_err());
        assert!(policy("a", "publish", "because").is_err());
        assert!(Policy::parse("y", "collection = 'x'\nfield = []\n").is_err());
    }

    #[test]
    fn subtrees_and_objects_are_known() {
        let lieux = Policy::lieux().unwrap();
        assert_eq!(lieux.action("campaigns.ANY_2031.general.changes"), Some(Action::Drop));
        assert_eq!(lieux.action("photos[].path"), Some(Action::Drop));
        assert_eq!(lieux.action("abTest"), None);
        assert!(lieux.knows("position") && lieux.knows("services_all") && lieux.knows("services_all[].close") && lieux.knows("campaigns"));
        assert!(!lieux.knows("services_all[].abTest"));
    }
}
