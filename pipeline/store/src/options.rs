use std::{fmt, slice, vec};

/// The settings of a store's client, by name: the environment as it was read once. Credentials are among them, so no value is in its `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StoreOptions(Vec<(String, String)>);

impl StoreOptions {
    /// Names and values.
    pub fn iter(&self) -> slice::Iter<'_, (String, String)> {
        self.0.iter()
    }
}

impl FromIterator<(String, String)> for StoreOptions {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(options: I) -> Self {
        Self(options.into_iter().collect())
    }
}

impl IntoIterator for StoreOptions {
    type Item = (String, String);
    type IntoIter = vec::IntoIter<(String, String)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreOptions({} settings)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_shown() {
        let options: StoreOptions = [("AWS_SECRET_ACCESS_KEY".to_owned(), "marked".to_owned())].into_iter().collect();
        assert_eq!(format!("{options:?}"), "StoreOptions(1 settings)");
    }
}
