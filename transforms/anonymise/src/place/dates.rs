//! Days from moments.

use crate::Zone;
use crate::contract::Moment;
use crate::contract::place::ClosureDoc;
use chrono::{DateTime, NaiveDate};

const DAY_MS: i64 = 86_400_000;

/// The local day of a moment.
pub(super) fn day(moment: Moment, zone: &Zone) -> Option<NaiveDate> {
    zone.date(moment.ms()?)
}

/// The day that a bound of a closure means. The source writes it as midnight or the last millisecond of a day, of UTC or of the place.
fn bound(moment: Moment, zone: &Zone) -> Option<NaiveDate> {
    let ms = moment.ms()?;
    let of_day = ms.rem_euclid(DAY_MS);
    // Local midnight is never UTC midnight but in zones without offset, where both say the same.
    if of_day == 0 || of_day >= DAY_MS - 1_000 { DateTime::from_timestamp_millis(ms).map(|utc| utc.date_naive()) } else { zone.date(ms) }
}

/// A closure that is not over on the day of the snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Closure {
    pub(super) closed: bool,
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
}

/// What a closure says on the day `today`. Bounds that contradict each other are left out.
pub(super) fn closure(doc: &ClosureDoc, zone: &Zone, today: Option<NaiveDate>) -> Closure {
    if !doc.active {
        return Closure::default();
    }
    let (mut from, mut to) = (bound(doc.start, zone), bound(doc.end, zone));
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        (from, to) = (None, None);
    }
    if to.zip(today).is_some_and(|(to, today)| to < today) {
        return Closure::default();
    }
    let begun = from.zip(today).is_none_or(|(from, today)| from <= today);
    Closure { closed: begun, from, to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::iso_to_ms;

    fn at(text: &str) -> Moment {
        iso_to_ms(text).map_or(Moment::Absent, Moment::At)
    }

    fn date(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn bounds_are_days_of_the_place() {
        let paris = Zone::new("Europe/Paris").unwrap();
        let guadeloupe = Zone::new("America/Guadeloupe").unwrap();
        assert_eq!(bound(at("2024-08-01T00:00:00Z"), &paris), date("2024-08-01"));
        assert_eq!(bound(at("2024-08-01T00:00:00Z"), &guadeloupe), date("2024-08-01"));
        assert_eq!(bound(at("2024-07-31T22:00:00Z"), &paris), date("2024-08-01"));
        assert_eq!(bound(at("2024-12-31T23:00:00Z"), &paris), date("2025-01-01"));
        assert_eq!(bound(at("2024-08-31T23:59:59.999Z"), &paris), date("2024-08-31"));
        assert_eq!(bound(at("2024-08-31T21:59:59.999Z"), &paris), date("2024-08-31"));
        assert_eq!(day(at("2024-08-31T23:59:59.999Z"), &paris), date("2024-09-01"));
    }

    #[test]
    fn closures_are_over_running_or_to_come() {
        let paris = Zone::new("Europe/Paris").unwrap();
        let today = date("2024-08-15");
        let close = |from: &str, to: &str| closure(&ClosureDoc { active: true, start: at(from), end: at(to) }, &paris, today);
        assert!(close("2024-08-01T00:00:00Z", "2024-08-31T23:59:59Z").closed);
        assert_eq!(close("2024-08-01T00:00:00Z", "2024-08-14T23:59:59Z"), Closure::default());
        assert_eq!(close("2024-08-16T00:00:00Z", ""), Closure { closed: false, from: date("2024-08-16"), to: None });
        assert_eq!(close("", ""), Closure { closed: true, from: None, to: None });
        assert_eq!(close("2024-08-20T00:00:00Z", "2024-08-10T00:00:00Z"), Closure { closed: true, from: None, to: None });
        assert_eq!(closure(&ClosureDoc::default(), &paris, today), Closure::default());
    }
}
