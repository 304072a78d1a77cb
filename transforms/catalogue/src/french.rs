//! How a month, a day and a size are said in French.

use chrono::{Datelike, NaiveDate};
use solidata_model::Month;

const MONTHS: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];

fn name(number: u32) -> &'static str {
    (number as usize).checked_sub(1).and_then(|i| MONTHS.get(i)).copied().unwrap_or_default()
}

/// `septembre 2024`.
pub(crate) fn month(of: Month) -> String {
    format!("{} {}", name(of.number()), of.year())
}

/// `de septembre 2024`, `d’août 2024`.
pub(crate) fn of_month(of: Month) -> String {
    let month = month(of);
    if month.starts_with(['a', 'o']) { format!("d’{month}") } else { format!("de {month}") }
}

/// `3 octobre 2024`, `1er octobre 2024`.
pub(crate) fn day(of: NaiveDate) -> String {
    let number = if of.day() == 1 { "1er".to_owned() } else { of.day().to_string() };
    format!("{number} {} {}", name(of.month()), of.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_are_said_as_people_do() {
        assert_eq!(of_month("2024-08".parse().unwrap()), "d’août 2024");
        assert_eq!(of_month("2024-10".parse().unwrap()), "d’octobre 2024");
        assert_eq!(of_month("2024-09".parse().unwrap()), "de septembre 2024");
        assert_eq!(day(NaiveDate::from_ymd_opt(2024, 10, 1).unwrap()), "1er octobre 2024");
        assert_eq!(day(NaiveDate::from_ymd_opt(2024, 12, 31).unwrap()), "31 décembre 2024");
    }
}
