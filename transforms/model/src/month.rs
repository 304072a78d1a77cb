use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A calendar month, written `2024-09`. The only partition of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = r"^\d{4}-(0[1-9]|1[0-2])$"))]
pub struct Month {
    year: u16,
    month: u8,
}

/// Why a text is no month.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is not a month: write it as 2024-09")]
pub struct MonthError(String);

impl Month {
    /// The month of a year, `month` from 1 to 12; `None` outside of that or of the years 1900 to 9999.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        let ok = (1900..=9999).contains(&year) && (1..=12).contains(&month);
        ok.then_some(Self { year: year as u16, month: month as u8 })
    }

    /// The month a day lies in; `None` outside of the years 1900 to 9999.
    pub fn of(day: NaiveDate) -> Option<Self> {
        Self::new(day.year(), day.month())
    }

    /// Its year.
    pub fn year(self) -> i32 {
        i32::from(self.year)
    }

    /// Its number, from 1.
    pub fn number(self) -> u32 {
        u32::from(self.month)
    }

    /// The month after this one.
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            m => Self { year: self.year, month: m + 1 },
        }
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year(), self.number(), 1).unwrap_or(NaiveDate::MIN)
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.next().first_day().pred_opt().unwrap_or(NaiveDate::MIN)
    }
}

/// Every month from `from` to `to`, both included; empty when `from` is after `to`.
pub fn month_range(from: Month, to: Month) -> Vec<Month> {
    std::iter::successors(Some(from), |m| Some(m.next())).take_while(|m| *m <= to).collect()
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = MonthError;
    fn from_str(s: &str) -> Result<Self, MonthError> {
        let wrong = || MonthError(s.to_owned());
        let (y, m) = s.split_once('-').ok_or_else(wrong)?;
        if y.len() != 4 || m.len() != 2 || !s.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return Err(wrong());
        }
        let (y, m) = (y.parse().map_err(|_| wrong())?, m.parse().map_err(|_| wrong())?);
        Self::new(y, m).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Month {
    type Error = MonthError;
    fn try_from(s: String) -> Result<Self, MonthError> {
        s.parse()
    }
}

impl From<Month> for String {
    fn from(m: Month) -> Self {
        m.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let m: Month = "2024-12".parse().unwrap();
        assert_eq!(m.next().to_string(), "2025-01");
        assert_eq!(m.last_day().to_string(), "2024-12-31");
        for bad in ["2024-13", "2024-1", "24-01", "2024/01", "2024-00", "+024-01", ""] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
        let range = month_range("2023-11".parse().unwrap(), "2024-02".parse().unwrap());
        assert_eq!(range.len(), 4);
        assert!(month_range(range[3], range[0]).is_empty());
    }
}
