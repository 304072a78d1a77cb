//! A place document as a tree: its shape varies too much for a fixed type.

use crate::emit::Emitter;

/// A value of a document. Keys keep their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Int(i32),
    Double(f64),
    Text(String),
    Date(i64),
    Id([u8; 12]),
    List(Vec<Node>),
    Object(Vec<(&'static str, Node)>),
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Node {
    fn from(value: i32) -> Self {
        Self::Int(value)
    }
}

/// An object of the given fields.
pub(crate) fn object<const N: usize>(fields: [(&'static str, Node); N]) -> Node {
    Node::Object(fields.into())
}

/// A list of texts.
pub(crate) fn texts(items: &[&str]) -> Node {
    Node::List(items.iter().map(|&item| Node::from(item)).collect())
}

impl Node {
    /// Replaces or appends a field of an object; does nothing to anything else.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<Node>) {
        if let Self::Object(fields) = self {
            match fields.iter_mut().find(|(name, _)| *name == key) {
                Some((_, old)) => *old = value.into(),
                None => fields.push((key, value.into())),
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Self::Object(fields) = self {
            fields.retain(|(name, _)| *name != key);
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Self::Object(fields) => fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The field, made an empty object when it is missing.
    pub(crate) fn part(&mut self, key: &'static str) -> Option<&mut Node> {
        if self.get(key).is_none() {
            self.set(key, Node::Object(Vec::new()));
        }
        match self {
            Self::Object(fields) => fields.iter_mut().find(|(name, _)| *name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Appends the document to `out`. Anything but an object is written as an empty document.
    pub(crate) fn write<E: Emitter>(&self, e: &mut E, out: &mut Vec<u8>) {
        e.begin(out);
        if let Self::Object(fields) = self {
            for (key, value) in fields {
                value.field(e, out, key);
            }
        }
        e.end(out);
    }

    fn field<E: Emitter>(&self, e: &mut E, out: &mut Vec<u8>, key: &str) {
        match self {
            Self::Null => e.null(out, key),
            Self::Bool(value) => e.boolean(out, key, *value),
            Self::Int(value) => e.int(out, key, *value),
            Self::Double(value) => e.double(out, key, *value),
            Self::Text(text) => e.text(out, key, text),
            Self::Date(ms) => e.date(out, key, *ms),
            Self::Id(id) => e.object_id(out, key, id),
            Self::List(items) => {
                e.array(out, key);
                for item in items {
                    item.field(e, out, "");
                }
                e.close_array(out);
            }
            Self::Object(fields) => {
                e.object(out, key);
                for (name, value) in fields {
                    value.field(e, out, name);
                }
                e.close_object(out);
            }
        }
    }
}
