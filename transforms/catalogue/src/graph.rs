//! A description as a tree of nodes: what JSON-LD and Turtle are both written from, so that they cannot say different things.

use crate::iri::Iri;
use chrono::NaiveDate;

/// A name with a prefix of [`crate::vocabulary::PREFIXES`], such as `dct:title`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Term(pub &'static str);

/// Something that is described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its address; none when nobody else needs to name it.
    pub id: Option<Iri>,
    /// What it is.
    pub types: Vec<Term>,
    /// What is said of it, in this order.
    pub properties: Vec<(Term, Value)>,
}

/// What a property says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A plain text.
    Text(String),
    /// A text in a language.
    In(&'static str, String),
    /// A text of a datatype.
    Typed(Term, String),
    /// Something that is described elsewhere.
    Iri(Iri),
    /// The same, where it has a prefix.
    Name(Term),
    /// Something that is described here.
    Node(Node),
}

impl Node {
    /// Something with an address.
    pub fn named(id: Iri, types: &[Term]) -> Self {
        Self { id: Some(id), types: types.to_vec(), properties: Vec::new() }
    }

    /// Something without one.
    pub fn blank(types: &[Term]) -> Self {
        Self { id: None, types: types.to_vec(), properties: Vec::new() }
    }

    /// With one more property.
    pub fn with(mut self, property: Term, value: impl Into<Value>) -> Self {
        self.properties.push((property, value.into()));
        self
    }

    /// With a property for each value.
    pub fn with_all<V: Into<Value>>(mut self, property: Term, values: impl IntoIterator<Item = V>) -> Self {
        self.properties.extend(values.into_iter().map(|value| (property, value.into())));
        self
    }

    /// With a French text.
    pub fn french(self, property: Term, text: impl Into<String>) -> Self {
        self.with(property, Value::In("fr", text.into()))
    }

    /// With an English text.
    pub fn english(self, property: Term, text: impl Into<String>) -> Self {
        self.with(property, Value::In("en", text.into()))
    }

    /// With a plain text.
    pub fn text(self, property: Term, text: impl Into<String>) -> Self {
        self.with(property, Value::Text(text.into()))
    }
}

impl From<Iri> for Value {
    fn from(iri: Iri) -> Self {
        Self::Iri(iri)
    }
}

impl From<Term> for Value {
    fn from(term: Term) -> Self {
        Self::Name(term)
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        Self::Node(node)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Typed(crate::vocabulary::XSD_DATE, day.to_string())
    }
}
