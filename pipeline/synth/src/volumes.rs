//! How much of everything: the published totals, and what follows from them for other territories and months.
//!
//! Bas-Rhin and Haut-Rhin have the figures of the steering committee of 3 October 2024, month by month. The other départements share
//! what is left of a national month of 460 000 search documents, and of 60 000 place documents, by population, with the monthly profile
//! of Bas-Rhin. Other years repeat 2024.

use std::collections::BTreeMap;

use crate::calendar::{YearMonth, month_days, weekday, year_month};
use crate::reference::{Departement, Reference};

/// Search documents a month, January to December. The last three continue the published nine and three days: 1 200 and 330 on 1-3 October.
const BAS_RHIN: [u64; 12] = [10_800, 10_300, 11_000, 11_200, 10_900, 11_300, 11_000, 11_000, 13_300, 10_939, 10_900, 10_300];
const HAUT_RHIN: [u64; 12] = [2_960, 2_830, 3_020, 3_075, 2_990, 3_100, 3_020, 3_020, 3_655, 3_008, 3_000, 2_850];
/// Monday to Sunday.
pub(crate) const WEEKDAY: [f64; 7] = [1.25, 1.2, 1.1, 1.15, 1.05, 0.6, 0.65];

/// With what lies in no département (regions, country, abroad, unknown) it makes about 500 000 a month.
const FRANCE_SEARCHES_A_MONTH: f64 = 460_000.0;
const FRANCE_PLACES: f64 = 60_000.0;
/// Public places among all the place documents of a département.
const PUBLIC_SHARE: f64 = 0.8;
const SERVICES_PER_PLACE: f64 = 3.4;

/// Share of all search documents that lie in no requested département.
pub(crate) const ELSEWHERE: f64 = 0.04;
pub(crate) const SPAIN: f64 = 0.012;
pub(crate) const ANDORRA: f64 = 0.004;
pub(crate) const REGION: f64 = 0.02;
pub(crate) const COUNTRY: f64 = 0.03;
pub(crate) const UNKNOWN: f64 = 0.015;

/// Public places and their services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Supply {
    pub places: u64,
    pub services: u64,
}

/// The volumes of the départements of a request.
#[derive(Debug, Clone)]
pub(crate) struct Volumes {
    /// Population of all départements but the two with published figures.
    other_population: f64,
    scale: f64,
    pub first_day: i64,
    pub last_day: i64,
}

fn rounded(value: f64) -> u64 {
    (value + 0.5) as u64
}

impl Volumes {
    /// `first_day` and `last_day` are inclusive local days.
    pub(crate) fn new(reference: &Reference, scale: f64, first_day: i64, last_day: i64) -> Self {
        let others = reference.departements.iter().filter(|dep| is_departement(dep) && dep.code != "67" && dep.code != "68");
        let other_population = others.map(|dep| dep.population).sum::<u64>() as f64;
        Self { other_population, scale, first_day, last_day }
    }

    fn share(&self, dep: &Departement) -> f64 {
        dep.population as f64 / self.other_population.max(1.0)
    }

    /// The months that the request touches, in order.
    pub(crate) fn months(&self) -> Vec<YearMonth> {
        let mut months: Vec<YearMonth> = (self.first_day..=self.last_day).map(year_month).collect();
        months.dedup();
        months
    }

    /// The requested days of a month.
    pub(crate) fn days(&self, month: YearMonth) -> std::ops::RangeInclusive<i64> {
        let days = month_days(month);
        days.start.max(self.first_day)..=(days.end - 1).min(self.last_day)
    }

    /// Search documents located in a département in a month, cut to the requested days.
    pub(crate) fn searches(&self, dep: &Departement, month: YearMonth) -> u64 {
        let index = (month.month - 1) as usize;
        let full = match dep.code.as_str() {
            "67" => BAS_RHIN[index] as f64,
            "68" => HAUT_RHIN[index] as f64,
            _ => {
                let alsace_a_year: u64 = BAS_RHIN.iter().chain(&HAUT_RHIN).sum();
                let others = FRANCE_SEARCHES_A_MONTH - alsace_a_year as f64 / 12.0;
                let profile = BAS_RHIN[index] as f64 * 12.0 / BAS_RHIN.iter().sum::<u64>() as f64;
                others * self.share(dep) * profile
            }
        };
        let weight = |days: &mut dyn Iterator<Item = i64>| days.map(|day| WEEKDAY[weekday(day)]).sum::<f64>();
        let covered = weight(&mut self.days(month)) / weight(&mut month_days(month));
        rounded(full * covered * self.scale)
    }

    /// Public places and services of a département.
    pub(crate) fn supply(&self, dep: &Departement) -> Supply {
        let (places, services) = match dep.code.as_str() {
            "67" => (818.0, 2_718.0),
            "68" => (513.0, 2_179.0),
            _ => {
                let places = (FRANCE_PLACES * PUBLIC_SHARE - 1_331.0) * self.share(dep);
                (places, places * SERVICES_PER_PLACE)
            }
        };
        let places = rounded(places * self.scale).max(1);
        Supply { places, services: rounded(services * self.scale).max(places) }
    }
}

/// The 101 départements; collectivities such as 975 or 988 are not.
pub(crate) fn is_departement(dep: &Departement) -> bool {
    dep.zone != "com"
}

/// Documents a day: `total` split by the weekday weights.
pub(crate) fn by_day(total: u64, days: std::ops::RangeInclusive<i64>) -> BTreeMap<i64, u64> {
    let weights: Vec<f64> = days.clone().map(|day| WEEKDAY[weekday(day)]).collect();
    days.zip(crate::rng::largest_remainder(total, &weights)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::day_number;
    use chrono::NaiveDate;

    fn volumes(from: (i32, u32, u32), to: (i32, u32, u32)) -> (Reference, Volumes) {
        let reference = Reference::read(&crate::reference::tests::Files::load().bytes()).unwrap();
        let day = |(y, m, d)| day_number(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        let volumes = Volumes::new(&reference, 1.0, day(from), day(to));
        (reference, volumes)
    }

    #[test]
    fn alsace_has_the_published_totals() {
        let (reference, volumes) = volumes((2024, 1, 1), (2024, 10, 3));
        let total = |code: &str| {
            let dep = reference.departements.iter().find(|dep| dep.code == code).unwrap();
            (volumes.months().into_iter().map(|month| volumes.searches(dep, month)).sum::<u64>(), volumes.supply(dep))
        };
        assert_eq!(total("67"), (102_000, Supply { places: 818, services: 2_718 }));
        assert_eq!(total("68"), (28_000, Supply { places: 513, services: 2_179 }));
    }

    #[test]
    fn france_has_about_half_a_million_searches_a_month() {
        let (reference, volumes) = volumes((2024, 9, 1), (2024, 9, 30));
        let month = volumes.months()[0];
        let total: u64 = reference.departements.iter().filter(|dep| is_departement(dep)).map(|dep| volumes.searches(dep, month)).sum();
        assert!((480_000..580_000).contains(&total), "{total}");
        let places: u64 = reference.departements.iter().filter(|dep| is_departement(dep)).map(|dep| volumes.supply(dep).places).sum();
        assert!((47_900..48_100).contains(&places), "{places}");
    }

    #[test]
    fn a_partial_month_has_its_share() {
        let (reference, volumes) = volumes((2024, 10, 1), (2024, 10, 3));
        let dep = reference.departements.iter().find(|dep| dep.code == "67").unwrap();
        let month = volumes.months()[0];
        let total = volumes.searches(dep, month);
        assert_eq!(total, 1_200);
        assert_eq!(by_day(total, volumes.days(month)).values().sum::<u64>(), 1_200);
    }
}
