//! Local days, hours and months, without asking a time zone library for every event.

use crate::AnonymiseError;
use chrono::{DateTime, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;
use solidata_model::Month;

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;
/// 2016-12-01 and 2107-01-01: a search is never before 2017, and an ObjectId ends in 2106.
const FIRST_S: i64 = 1_480_550_400;
const LAST_S: i64 = 4_323_196_800;

/// The offsets of one time zone, ready for look-up.
#[derive(Debug, Clone)]
pub struct Zone {
    /// (UTC second from which it holds, seconds to add), ascending.
    offsets: Vec<(i64, i32)>,
}

impl Zone {
    /// The zone of an IANA name.
    ///
    /// # Errors
    /// [`AnonymiseError::TimeZone`] when the name is unknown.
    pub fn new(name: &str) -> Result<Self, AnonymiseError> {
        let tz: Tz = name.parse().map_err(|_| AnonymiseError::TimeZone(name.to_owned()))?;
        let offset = |s: i64| match DateTime::from_timestamp(s, 0) {
            Some(utc) => tz.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc(),
            None => 0,
        };
        let mut offsets = vec![(i64::MIN, offset(FIRST_S))];
        let (mut from, mut current) = (FIRST_S, offset(FIRST_S));
        // No zone of ours changes twice within a week, so a week that begins and ends alike has no change.
        while from < LAST_S {
            let to = from + 7 * DAY_S;
            if offset(to) != current {
                let (mut before, mut after) = (from, to);
                while after - before > 1 {
                    let middle = before + (after - before) / 2;
                    if offset(middle) == current { before = middle } else { after = middle }
                }
                current = offset(after);
                offsets.push((after, current));
            }
            from = to;
        }
        Ok(Self { offsets })
    }

    /// Local second since 1970 of a UTC millisecond.
    fn local_second(&self, utc_ms: i64) -> i64 {
        let second = utc_ms.div_euclid(1_000);
        let next = self.offsets.partition_point(|(from, _)| *from <= second);
        second + self.offsets.get(next.wrapping_sub(1)).map_or(0, |(_, add)| i64::from(*add))
    }

    /// The local day, in days since 1970-01-01.
    pub fn day(&self, utc_ms: i64) -> i64 {
        self.local_second(utc_ms).div_euclid(DAY_S)
    }

    /// The local day and hour (0 to 23).
    pub fn day_and_hour(&self, utc_ms: i64) -> (i64, usize) {
        let second = self.local_second(utc_ms);
        (second.div_euclid(DAY_S), (second.rem_euclid(DAY_S) / HOUR_S) as usize)
    }

    /// The local date; `None` outside of the years a date can have.
    pub fn date(&self, utc_ms: i64) -> Option<NaiveDate> {
        DateTime::from_timestamp(self.local_second(utc_ms), 0).map(|local| local.date_naive())
    }

    /// The local month; `None` outside of the years 1900 to 9999.
    pub fn month(&self, utc_ms: i64) -> Option<Month> {
        let (year, month) = year_and_month(self.day(utc_ms));
        Month::new(i32::try_from(year).ok()?, month)
    }
}

/// Year and month of a day since 1970 (Howard Hinnant's algorithm: years begin in March).
fn year_and_month(day: i64) -> (i64, u32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::iso_to_ms;

    #[test]
    fn paris_changes_twice_a_year() {
        let paris = Zone::new("Europe/Paris").unwrap();
        for (utc, local) in [
            ("2024-01-31T22:59:59.999Z", "2024-01"),
            ("2024-01-31T23:00:00.000Z", "2024-02"),
            ("2024-08-31T21:59:59.999Z", "2024-08"),
            ("2024-08-31T22:00:00.000Z", "2024-09"),
            ("2099-06-30T22:00:00.000Z", "2099-07"),
        ] {
            assert_eq!(paris.month(iso_to_ms(utc).unwrap()).unwrap().to_string(), local, "{utc}");
        }
        let hour = |utc: &str| paris.day_and_hour(iso_to_ms(utc).unwrap()).1;
        assert_eq!((hour("2024-03-31T00:59:59Z"), hour("2024-03-31T01:00:00Z")), (1, 3));
        assert_eq!((hour("2024-10-27T00:59:59Z"), hour("2024-10-27T01:00:00Z")), (2, 2));
    }

    #[test]
    fn agrees_with_chrono_in_every_zone_of_ours() {
        for name in ["Europe/Paris", "Indian/Reunion", "Pacific/Marquesas", "America/Miquelon", "Pacific/Noumea", "UTC"] {
            let tz: Tz = name.parse().unwrap();
            let zone = Zone::new(name).unwrap();
            for step in 0..3_000 {
                let ms = (FIRST_S + step * 947_113) * 1_000 + 77;
                let local = DateTime::from_timestamp_millis(ms).unwrap().with_timezone(&tz);
                assert_eq!(zone.date(ms).unwrap(), local.date_naive(), "{name}");
                assert_eq!(zone.month(ms), Month::of(local.date_naive()), "{name}");
            }
        }
        assert!(Zone::new("Europe/Atlantis").is_err());
    }
}
