//! The columns of a table and their types.

use crate::{CodeList, Digest, kind};
use chrono::NaiveDate;
use serde::Deserialize;

/// The columns of a dataset.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Semantic version of the schema.
    pub version: String,
    /// The day of its first version.
    pub created: Option<NaiveDate>,
    /// The day of this version.
    pub updated: Option<NaiveDate>,
    /// The columns, in published order.
    pub columns: Vec<Column>,
    /// Digest of `schema.toml`.
    pub digest: Digest<kind::Text>,
}

/// One published column.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// French `snake_case` name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether it may be empty.
    #[serde(default)]
    pub null: bool,
    /// French description.
    pub fr: String,
    /// English description.
    pub en: String,
    /// The schema version that brought it.
    pub since: String,
    /// A value as an example.
    #[serde(default)]
    pub example: Option<String>,
    /// The code list its values come from: a file of `datasets/reference/`.
    #[serde(default)]
    pub code_list: Option<String>,
    /// The values it may take, when they are few.
    #[serde(default)]
    pub values: Vec<String>,
    /// A regular expression that every value matches.
    #[serde(default)]
    pub pattern: Option<String>,
    /// The least number it may hold, as the CSV writes it.
    #[serde(default)]
    pub minimum: Option<String>,
    /// The greatest number it may hold, as the CSV writes it.
    #[serde(default)]
    pub maximum: Option<String>,
    /// Which codes of its code list it takes, where the list is of several dimensions: those of this one.
    #[serde(default)]
    pub dimension: Option<String>,
    /// Values that it may have beside the codes of its list.
    #[serde(default)]
    pub besides: Vec<String>,
    /// What stands between the codes of a cell, where it may have several.
    #[serde(default)]
    pub separator: Option<char>,
    /// The codes of its list. `schema.toml` only names the list: whoever has the lists fills this in.
    #[serde(skip)]
    pub codes: Option<CodeList>,
}

impl Column {
    /// Whether its list of values, or its code list where that is known and short enough, has a text; true where there is no list.
    pub fn lists(&self, text: &str) -> bool {
        if !self.values.is_empty() {
            return self.values.iter().any(|value| value == text);
        }
        let Some(list) = self.codes.as_ref().filter(|list| !list.codes.is_empty()) else { return true };
        let known = |code: &str| list.codes.iter().any(|known| known == code);
        self.besides.iter().any(|value| value == text)
            || match self.separator {
                None => known(text),
                Some(separator) => text.split(separator).all(known),
            }
    }

    /// What is wrong with what it says of its list and its bounds.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let of_list = self.dimension.is_some() || !self.besides.is_empty() || self.separator.is_some();
        if of_list && self.code_list.is_none() {
            return Some("`dimension`, `besides` and `separator` are for a column that has a code_list");
        }
        if self.code_list.is_some() && !self.values.is_empty() {
            return Some("it has both `values` and a code_list: name further values in `besides`");
        }
        if self.separator.is_some() && self.pattern.is_some() {
            return Some("it has both a separator and a pattern: the pattern of several codes follows from the code list");
        }
        let number = matches!(self.kind, ColumnType::Integer | ColumnType::Decimal { .. });
        if (self.minimum.is_some() || self.maximum.is_some()) && !number {
            return Some("`minimum` and `maximum` are for columns of type integer or decimal(p,s)");
        }
        None
    }
}

/// The type of a column. There is no floating-point type: published figures are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ColumnType {
    /// `string`: UTF-8 text.
    Text,
    /// `integer`: 64 bits, signed.
    Integer,
    /// `decimal(p,s)`: an exact decimal of at most `p` digits, `s` of them after the point.
    Decimal {
        /// Digits in all, up to 38.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// `date`: a day.
    Date,
    /// `boolean`.
    Boolean,
}

impl TryFrom<String> for ColumnType {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let unknown = || format!("'{text}' is not a column type: string, integer, decimal(p,s), date or boolean");
        match text.as_str() {
            "string" => Ok(Self::Text),
            "integer" => Ok(Self::Integer),
            "date" => Ok(Self::Date),
            "boolean" => Ok(Self::Boolean),
            other => {
                let inner = other.strip_prefix("decimal(").and_then(|r| r.strip_suffix(')')).ok_or_else(unknown)?;
                let (p, s) = inner.split_once(',').ok_or_else(unknown)?;
                let precision: u8 = p.trim().parse().map_err(|_| unknown())?;
                let scale: i8 = s.trim().parse().map_err(|_| unknown())?;
                if precision == 0 || precision > 38 || scale < 0 || scale as u8 > precision {
                    return Err(unknown());
                }
                Ok(Self::Decimal { precision, scale })
            }
        }
    }
}

impl ColumnType {
    /// The type as `schema.toml` writes it.
    pub fn name(self) -> String {
        match self {
            Self::Text => "string".into(),
            Self::Integer => "integer".into(),
            Self::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
            Self::Date => "date".into(),
            Self::Boolean => "boolean".into(),
        }
    }
}
