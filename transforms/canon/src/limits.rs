//! What a value may be beside its type: one of a list, a number within bounds.

use solidata_model::{Column, ColumnType};
use std::collections::BTreeSet;

/// The texts that a column may have.
#[derive(Debug)]
pub(crate) struct Listed {
    /// By themselves.
    whole: BTreeSet<String>,
    /// Several of them, with a character between.
    several: Option<(char, BTreeSet<String>)>,
}

impl Listed {
    /// Those of a contract's column.
    pub fn of(column: &Column) -> Option<Self> {
        let texts = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<_>>();
        if !column.values.is_empty() {
            return Some(Self { whole: texts(&column.values), several: None });
        }
        let codes = &column.codes.as_ref().filter(|list| !list.codes.is_empty())?.codes;
        let mut whole = texts(&column.besides);
        match column.separator {
            Some(separator) => Some(Self { whole, several: Some((separator, texts(codes))) }),
            None => {
                whole.extend(codes.iter().cloned());
                Some(Self { whole, several: None })
            }
        }
    }

    /// Whether a value keeps to them.
    pub fn has(&self, text: &str) -> bool {
        let several = |(separator, codes): &(char, BTreeSet<String>)| text.split(*separator).all(|code| codes.contains(code));
        self.whole.contains(text) || self.several.as_ref().is_some_and(several)
    }
}

/// The least and the greatest number of a column, in units of its last digit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Range {
    least: Option<i128>,
    greatest: Option<i128>,
}

impl Range {
    /// Those of a contract's column.
    ///
    /// # Errors
    /// In words, when a bound is no number of the column's type.
    pub fn of(column: &Column) -> Result<Self, String> {
        let bound = |text: &Option<String>| match text {
            None => Ok(None),
            Some(text) => {
                units(column.kind, text).map(Some).ok_or_else(|| format!("the bound '{text}' is not written as the CSV would write it"))
            }
        };
        let range = Self { least: bound(&column.minimum)?, greatest: bound(&column.maximum)? };
        match (range.least, range.greatest) {
            (Some(least), Some(greatest)) if least > greatest => Err("its minimum is greater than its maximum".into()),
            _ => Ok(range),
        }
    }

    /// Whether a value keeps to them.
    pub fn has(self, value: i128) -> bool {
        self.least.is_none_or(|least| least <= value) && self.greatest.is_none_or(|greatest| value <= greatest)
    }
}

impl Range {
    /// Whether it lets through nothing that another one does not.
    pub fn within(self, other: Self) -> bool {
        let least = other.least.is_none_or(|bound| self.least.is_some_and(|own| bound <= own));
        let greatest = other.greatest.is_none_or(|bound| self.greatest.is_some_and(|own| own <= bound));
        least && greatest
    }
}

/// A canonical number in units of its last digit.
fn units(kind: ColumnType, text: &str) -> Option<i128> {
    let numeric = matches!(kind, ColumnType::Integer | ColumnType::Decimal { .. });
    let digits = text.replacen('.', "", 1);
    (numeric && crate::csv_read::is_canonical(kind, text)).then(|| digits.parse().ok()).flatten()
}
