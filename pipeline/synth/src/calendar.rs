//! Local days. Everything is counted in days since 1970-01-01 of a local calendar, and in milliseconds UTC.

use chrono::{DateTime, NaiveDate, TimeZone as _, Timelike as _};
use chrono_tz::Tz;

pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const MINUTE: i64 = 60_000;

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct YearMonth {
    pub year: i32,
    pub month: u32,
}

impl std::fmt::Display for YearMonth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// One local day: its bounds in UTC milliseconds, and the local hour of each of its 23, 24 or 25 hours.
#[derive(Debug, Clone)]
pub(crate) struct DaySpan {
    pub start: i64,
    pub end: i64,
    pub hours: Vec<u8>,
}

pub(crate) fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.to_epoch_days())
}

/// Monday is 0.
pub(crate) fn weekday(day: i64) -> usize {
    (day + 3).rem_euclid(7) as usize
}

pub(crate) fn year_month(day: i64) -> YearMonth {
    let (year, month, _) = crate::text::civil(day);
    YearMonth { year: year as i32, month }
}

/// Days since 1970-01-01 of the first day of a month and of the next one.
pub(crate) fn month_days(month: YearMonth) -> std::ops::Range<i64> {
    let first = |year, month| NaiveDate::from_ymd_opt(year, month, 1).map_or(0, day_number);
    let next = if month.month == 12 { (month.year + 1, 1) } else { (month.year, month.month + 1) };
    first(month.year, month.month)..first(next.0, next.1)
}

fn utc(ms: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

/// The local day and hour of an instant.
pub(crate) fn local(zone: Tz, ms: i64) -> (i64, u32) {
    let time = utc(ms).with_timezone(&zone).naive_local();
    (day_number(time.date()), time.hour())
}

/// The first instant of a local day. No French time zone changes its clocks at midnight, so that it always exists.
pub(crate) fn midnight(zone: Tz, day: i64) -> i64 {
    let naive = utc(day * 24 * HOUR).naive_utc();
    zone.from_local_datetime(&naive).earliest().map_or(day * 24 * HOUR, |time| time.timestamp_millis())
}

pub(crate) fn span(zone: Tz, day: i64) -> DaySpan {
    let (start, end) = (midnight(zone, day), midnight(zone, day + 1));
    let hours = (0..(end - start) / HOUR).map(|hour| local(zone, start + hour * HOUR).1 as u8).collect();
    DaySpan { start, end, hours }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> i64 {
        day_number(NaiveDate::from_ymd_opt(year, month, day).unwrap())
    }

    #[test]
    fn days_of_clock_changes_have_23_and_25_hours() {
        let spring = span(Tz::Europe__Paris, day(2024, 3, 31));
        assert_eq!(spring.hours.len(), 23);
        assert_eq!(&spring.hours[..3], &[0, 1, 3]);
        let autumn = span(Tz::Europe__Paris, day(2024, 10, 27));
        assert_eq!(autumn.hours.len(), 25);
        assert_eq!(&autumn.hours[1..4], &[1, 2, 2]);
    }

    #[test]
    fn overseas_days_begin_elsewhere() {
        let guadeloupe = span(Tz::America__Martinique, day(2024, 7, 1));
        assert_eq!(guadeloupe.start, midnight(Tz::Europe__Paris, day(2024, 7, 1)) + 6 * HOUR);
        assert_eq!(local(Tz::Indian__Reunion, guadeloupe.start), (day(2024, 7, 1), 8));
    }

    #[test]
    fn months_and_weekdays() {
        assert_eq!(weekday(day(2024, 1, 1)), 0);
        let days = month_days(YearMonth { year: 2024, month: 2 });
        assert_eq!(days.end - days.start, 29);
        assert_eq!(year_month(days.start - 1), YearMonth { year: 2024, month: 1 });
    }
}
