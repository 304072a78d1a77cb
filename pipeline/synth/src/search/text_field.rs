//! A field that may be missing in two ways.

use std::borrow::Cow;

/// A field that may be absent, null or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text<'w> {
    Absent,
    Null,
    Is(Cow<'w, str>),
}

impl<'w> From<&'w str> for Text<'w> {
    fn from(text: &'w str) -> Self {
        Self::Is(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Is(Cow::Owned(text))
    }
}
