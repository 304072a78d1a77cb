//! What the portal says when it refuses, and what to do about it. Statuses and names of fields are looked at, never its sentences: they are translated.

use crate::{FieldError, PortalError};
use reqwest::StatusCode;
use serde_json::Value;

/// The longest sentence of the portal that is passed on.
const SAID_MAX: usize = 300;

impl FieldError {
    /// What an answer says, field by field.
    pub(crate) fn all(text: &[u8]) -> Vec<Self> {
        let Ok(document) = serde_json::from_slice::<Value>(text) else { return Vec::new() };
        let mut found = Vec::new();
        match document.get("errors") {
            Some(errors) => collect(errors, "", &mut found),
            None => collect(document.get("message").unwrap_or(&Value::Null), "", &mut found),
        }
        found
    }
}

fn collect(value: &Value, path: &str, found: &mut Vec<FieldError>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                // `__all__` is the whole.
                let inner_path = match (path, name.as_str()) {
                    (path, "__all__") => path.to_owned(),
                    ("", name) => name.to_owned(),
                    (path, name) => format!("{path}.{name}"),
                };
                collect(inner, &inner_path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, found)),
        Value::Null => {}
        Value::String(said) => found.push(FieldError { path: path.into(), said: said.chars().take(SAID_MAX).collect() }),
        other => found.push(FieldError { path: path.into(), said: other.to_string().chars().take(SAID_MAX).collect() }),
    }
}

/// The error of an answer that refuses.
pub(crate) fn refusal(host: &str, action: &str, status: StatusCode, fields: Vec<FieldError>) -> PortalError {
    let remedy = remedy(status.as_u16(), &fields);
    PortalError::Refused { host: host.into(), action: action.into(), status: status.as_u16(), fields, remedy }
}

fn remedy(status: u16, fields: &[FieldError]) -> &'static str {
    match status {
        400 => {
            let first = |f: &FieldError| f.path.split('.').next().unwrap_or_default().to_owned();
            let names: Vec<String> = fields.iter().map(first).collect();
            let of = |name: &str| names.iter().any(|n| n == name);
            match () {
                () if of("organization") => "Check [datagouv] organization: the key's account must be an editor of it",
                () if of("spatial") => {
                    "Check [datagouv] zone: the portal knows the zones that its page of territories lists, such as country:fr"
                }
                () if of("tags") => "Check [datagouv] tags",
                () if of("schema") => {
                    "Check [datagouv.schemas]: the name and the version of the contract must be in the portal's catalogue"
                }
                () if of("contact_points") => "Check [datagouv] contact_point: it is the id of a contact point of the organisation",
                () if of("url") => "Check [datagouv] base_url: the portal takes public https addresses only",
                () if of("license") || of("frequency") => "Check licence and cadence in dataset.toml",
                () if of("title") || of("description") => "Check title_fr and description_fr in dataset.toml",
                () => "Nothing was changed by this request; the portal does not take what is sent: look at the named field",
            }
        }
        401 => "Check DATAGOUV_API_KEY: the portal does not know the key, or it was revoked or is too old; each portal has its own",
        403 => {
            "The account of the key may not do this: it must be an editor of the organisation, and the dataset must be the organisation's"
        }
        404 => "Check [datagouv] url and organization, and the ids in dataset.toml",
        409 | 410 => "Someone changed or removed it meanwhile: run the same command again",
        413 => "The portal finds it too large: shorten description_fr in dataset.toml",
        _ => "Look at the portal, then run the same command again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(document: Value) -> Vec<String> {
        FieldError::all(document.to_string().as_bytes()).into_iter().map(|f| f.path).collect()
    }

    #[test]
    fn errors_are_told_by_field() {
        assert_eq!(
            paths(json!({"errors": {"spatial": {"zones": ["inconnu"]}, "title": ["requis", "trop long"]}})),
            ["spatial.zones", "title", "title"]
        );
        assert_eq!(paths(json!({"errors": {"__all__": "x"}, "message": "y"})), [""]);
        assert_eq!(paths(json!({"message": "'often' is not valid"})), [""]);
        assert_eq!(paths(json!(["x"])), Vec::<String>::new());
        assert_eq!(FieldError::all(b"<html>"), []);
    }

    #[test]
    fn each_has_a_remedy() {
        let zone = FieldError { path: "spatial.zones".into(), said: "inconnu".into() };
        let text = refusal("demo.data.gouv.fr", "create the dataset", StatusCode::BAD_REQUEST, vec![zone]).to_string();
        assert!(text.contains("HTTP 400; spatial.zones: inconnu. Check [datagouv] zone"), "{text}");
        for status in [401, 403, 404, 410, 413, 418] {
            assert!(!remedy(status, &[]).is_empty());
        }
    }
}
