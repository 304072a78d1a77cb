use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// One value, one text: keys sorted, two spaces of indentation, `\n` line ends, a final `\n`.
///
/// # Errors
/// When the value has a map whose keys are no strings, which no type of this project has.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(&Sorted(serde_json::to_value(value)?))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A JSON value that writes its keys in order, whatever map `serde_json` was built with.
struct Sorted(Value);

impl Serialize for Sorted {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Object(map) => {
                let sorted: BTreeMap<&String, Sorted> = map.iter().map(|(k, v)| (k, Sorted(v.clone()))).collect();
                s.collect_map(sorted)
            }
            Value::Array(items) => s.collect_seq(items.iter().map(|v| Sorted(v.clone()))),
            other => other.serialize(s),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_sorted() {
        #[derive(serde::Serialize)]
        struct S {
            b: u8,
            a: u8,
        }
        let text = String::from_utf8(super::canonical_json(&S { b: 1, a: 2 }).unwrap()).unwrap();
        assert_eq!(text, "{\n  \"a\": 2,\n  \"b\": 1\n}\n");
    }
}
