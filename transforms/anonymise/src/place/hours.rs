//! Opening hours as text.

use crate::contract::place::{HoursDoc, SlotDoc};

const DAYS: [&str; 7] = ["lu", "ma", "me", "je", "ve", "sa", "di"];

/// `lu 09:00-12:00,14:00-17:30; ma 09:00-12:00`: the days that are open, slots by start. A slot may end after midnight. Slots that are no
/// times are left out, as are days without slots; `None` when nothing is left.
pub(super) fn text(hours: &HoursDoc) -> Option<String> {
    let mut week = Vec::new();
    for (name, day) in DAYS.iter().zip(hours.days()).filter(|(_, day)| day.open) {
        let mut slots: Vec<(u16, u16)> = day.slots.iter().filter_map(slot).collect();
        slots.sort_unstable();
        slots.dedup();
        if !slots.is_empty() {
            let slots: Vec<String> = slots.into_iter().map(|(from, to)| format!("{}-{}", clock(from), clock(to))).collect();
            week.push(format!("{name} {}", slots.join(",")));
        }
    }
    (!week.is_empty()).then(|| week.join("; "))
}

fn slot(slot: &SlotDoc) -> Option<(u16, u16)> {
    let (from, to) = (time(slot.start?)?, time(slot.end?)?);
    (from != to).then_some((from, to))
}

/// A time as HHMM, 24:00 included.
fn time(hhmm: i64) -> Option<u16> {
    let valid = (0..=2400).contains(&hhmm) && hhmm % 100 < 60;
    valid.then_some(hhmm as u16)
}

fn clock(hhmm: u16) -> String {
    format!("{:02}:{:02}", hhmm / 100, hhmm % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::place::DayDoc;

    fn day(open: bool, slots: &[(i64, i64)]) -> DayDoc {
        DayDoc { open, slots: slots.iter().map(|(a, b)| SlotDoc { start: Some(*a), end: Some(*b) }).collect() }
    }

    #[test]
    fn hours_are_written() {
        let week = HoursDoc {
            monday: day(true, &[(1400, 1730), (900, 1200), (900, 1200)]),
            tuesday: day(false, &[(900, 1200)]),
            wednesday: day(true, &[]),
            thursday: day(true, &[(2200, 200), (0, 2359)]),
            friday: day(true, &[(960, 1200), (-1, 5), (900, 900), (900, 2401)]),
            sunday: day(true, &[(930, 2400)]),
            ..HoursDoc::default()
        };
        assert_eq!(text(&week).unwrap(), "lu 09:00-12:00,14:00-17:30; je 00:00-23:59,22:00-02:00; di 09:30-24:00");
        assert_eq!(text(&HoursDoc::default()), None);
    }
}
