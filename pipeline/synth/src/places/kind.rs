//! What each place is: ordinary, one that protects people, one that must not be published, one whose licence is unknown.

use crate::rng::Rng;
use crate::volumes::Supply;

/// Why a place is located coarsely, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    None,
    /// Only for victims of violence.
    Violence,
    /// Accommodation only for women.
    Women,
    /// Accommodation only for asylum seekers.
    Asylum,
    /// Accommodation only for people in prostitution.
    Prostitution,
    /// One service of an ordinary place is such an accommodation.
    ServicePublics,
    Orientation,
    /// One service of an ordinary place, with its own modalities.
    ServiceOrientation,
    CitizenHousing,
    Mobile,
    /// Looks like a guarded one and is none: a day centre for women, stale modalities of a service, violence among those welcome.
    DecoyWomen,
    DecoyModalities,
    DecoyViolence,
}

impl Guard {
    /// Whether address, coordinates, contact and slug must stay hidden.
    pub(crate) fn hides(self) -> bool {
        !matches!(self, Self::None | Self::DecoyWomen | Self::DecoyModalities | Self::DecoyViolence)
    }

    /// Whether only the département may be shown.
    #[cfg(test)]
    pub(crate) fn endangered(self) -> bool {
        matches!(self, Self::Violence | Self::Women | Self::Asylum | Self::Prostitution | Self::ServicePublics)
    }
}

/// Whether a place is public, and if not why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Public,
    Draft,
    Offline,
    Closed,
    Professionals,
    Spain,
    Andorra,
}

/// Licence of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Licence {
    /// No source: Soliguide's own work.
    Own,
    Dora,
    Open,
    /// Counted, not listed.
    Missing,
    Unknown,
    Closed,
    /// One open source and one unknown one.
    Mixed,
}

impl Licence {
    pub(crate) fn listed(self) -> bool {
        matches!(self, Self::Own | Self::Dora | Self::Open)
    }
}

/// What is decided of a place before it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kind {
    pub standing: Standing,
    pub guard: Guard,
    pub licence: Licence,
    pub services: usize,
    /// Copies position and name (`Name`) or position and page (`Page`) of the guarded place that is this many before it.
    pub twin: Option<Twin>,
}

/// How a copy resembles a guarded place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twin {
    Name(usize),
    Page(usize),
}

/// Guards and their share of public places, in thousandths.
const SHARES: [(Guard, u64); 12] = [
    (Guard::Violence, 12),
    (Guard::Women, 10),
    (Guard::Asylum, 7),
    (Guard::Prostitution, 3),
    (Guard::ServicePublics, 5),
    (Guard::Orientation, 30),
    (Guard::ServiceOrientation, 15),
    (Guard::CitizenHousing, 5),
    (Guard::Mobile, 30),
    (Guard::DecoyWomen, 7),
    (Guard::DecoyModalities, 10),
    (Guard::DecoyViolence, 7),
];

/// Decides all places of a département. Public ones and their services are exactly those of `supply`.
pub(crate) fn decide(rng: &mut Rng, supply: Supply) -> Vec<Kind> {
    let public = supply.places as usize;
    let mut guards = Vec::with_capacity(public);
    for (guard, share) in SHARES {
        let count = (supply.places * share).div_ceil(1_000) as usize;
        // Small départements of small samples have no room for every kind.
        if public >= 60 || guards.len() + 2 < public {
            guards.extend(std::iter::repeat_n(guard, count));
        }
    }
    guards.truncate(public.saturating_sub(public / 10 + 4));
    let twins = if guards.len() >= 8 { (public / 200).clamp(2, 6) } else { 0 };
    guards.resize(public - twins, Guard::None);
    shuffle(rng, &mut guards);
    let mut kinds: Vec<Kind> = guards.into_iter().map(|guard| ordinary(rng, guard)).collect();
    for number in 0..twins {
        // A copy of a listed, guarded, fixed place; it is itself nothing special.
        let is_source = |kind: &Kind| kind.guard.hides() && kind.guard != Guard::Mobile && kind.licence.listed() && kind.twin.is_none();
        let sources: Vec<usize> = (0..kinds.len()).filter(|&i| is_source(&kinds[i])).collect();
        let Some(&source) = sources.get(number * sources.len() / twins) else { continue };
        let back = kinds.len() - source;
        let twin = if number % 2 == 0 { Twin::Name(back) } else { Twin::Page(back) };
        kinds.push(Kind { standing: Standing::Public, guard: Guard::None, licence: Licence::Own, services: 1, twin: Some(twin) });
    }
    kinds.resize_with(public, || ordinary(rng, Guard::None));
    share_services(rng, &mut kinds, supply.services as usize);
    let hidden = public / 4;
    for _ in 0..hidden {
        kinds.push(not_public(rng));
    }
    kinds
}

fn ordinary(rng: &mut Rng, guard: Guard) -> Kind {
    let licence = match rng.below(100) {
        0..=7 => Licence::Dora,
        8..=11 => Licence::Open,
        12..=13 => Licence::Missing,
        14 => Licence::Unknown,
        15 => Licence::Closed,
        16 => Licence::Mixed,
        _ => Licence::Own,
    };
    Kind { standing: Standing::Public, guard, licence, services: 1, twin: None }
}

fn not_public(rng: &mut Rng) -> Kind {
    let standing = match rng.below(100) {
        0..=39 => Standing::Draft,
        40..=69 => Standing::Offline,
        70..=81 => Standing::Closed,
        82..=93 => Standing::Professionals,
        94..=96 => Standing::Spain,
        _ => Standing::Andorra,
    };
    let guard = if rng.chance(0.05) { Guard::Violence } else { Guard::None };
    Kind { standing, guard, licence: Licence::Own, services: rng.below(4) as usize, twin: None }
}

fn shuffle<T>(rng: &mut Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, rng.index(last + 1));
    }
}

/// One service each, and the others where there are some already: a Pólya urn, whose shares are geometric.
fn share_services(rng: &mut Rng, kinds: &mut [Kind], services: usize) {
    let mut owners: Vec<usize> = (0..kinds.len()).collect();
    while owners.len() < services && !kinds.is_empty() {
        let owner = owners[rng.index(owners.len())];
        kinds[owner].services += 1;
        owners.push(owner);
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Licence, SHARES, Standing, Twin, decide};
    use crate::rng::Rng as Chance;
    use crate::volumes::Supply;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_are_exact(places in 1_u64..900, more in 0_u64..3_000, seed: u64) {
            let supply = Supply { places, services: places + more };
            let kinds = decide(&mut Chance::derive(seed, "test", &[]), supply);
            let public: Vec<&Kind> = kinds.iter().filter(|kind| kind.standing == Standing::Public).collect();
            prop_assert_eq!(public.len() as u64, places);
            prop_assert_eq!(public.iter().map(|kind| kind.services as u64).sum::<u64>(), places + more);
            prop_assert!(public.iter().all(|kind| kind.services >= 1));
            for (i, kind) in kinds.iter().enumerate() {
                if let Some(Twin::Name(back) | Twin::Page(back)) = kind.twin {
                    prop_assert!(kinds[i - back].guard.hides());
                }
            }
        }
    }

    #[test]
    fn a_whole_departement_has_every_kind() {
        let kinds = decide(&mut Chance::derive(7, "test", &[]), Supply { places: 513, services: 2_179 });
        for (guard, _) in SHARES {
            assert!(kinds.iter().any(|kind| kind.guard == guard), "{guard:?}");
        }
        for licence in [Licence::Dora, Licence::Open, Licence::Missing, Licence::Unknown, Licence::Closed, Licence::Mixed] {
            assert!(kinds.iter().any(|kind| kind.licence == licence), "{licence:?}");
        }
        assert!(kinds.iter().any(|kind| matches!(kind.twin, Some(Twin::Name(_)))));
        assert!(kinds.iter().any(|kind| matches!(kind.twin, Some(Twin::Page(_)))));
    }
}
