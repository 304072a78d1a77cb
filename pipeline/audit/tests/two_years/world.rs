//! A small country with two years of searches: places, categories, and what each month counts.

pub const K: u64 = 11;
pub const COMMUNES: usize = 14;
/// Communes, and searches made for a whole département.
pub const LEAVES: usize = COMMUNES + 3;
pub const CATEGORIES: [&str; 6] = ["a1", "a2", "b1", "b2", "ab", "c"];
/// `ab` has two parents.
pub const FAMILIES: [(&str, &[usize]); 3] = [("a", &[0, 1, 4]), ("b", &[2, 3, 4]), ("toutes", &[0, 1, 2, 3, 4, 5])];
pub const OUTCOMES: [(&str, &[usize]); 3] = [("trouve", &[0]), ("rien", &[1]), ("tous", &[0, 1])];

/// Numbers that depend on the seed only (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn poisson(&mut self, mean: f64) -> u64 {
        let (floor, mut product, mut n) = ((-mean).exp(), self.unit(), 0);
        while product > floor {
            product *= self.unit();
            n += 1;
        }
        n
    }
}

/// A place and the leaves that it holds.
pub type Place = (String, Vec<usize>);

pub fn commune(i: usize) -> String {
    format!("com-{i:02}")
}

pub fn leaf(i: usize) -> String {
    if i < COMMUNES { commune(i) } else { format!("dep-{}-sans-precision", i - COMMUNES) }
}

pub fn members(place: &str) -> Vec<usize> {
    match place {
        "dep-0" => vec![0, 1, 2, 3, 4, 5, 14],
        "dep-1" => vec![6, 7, 8, 9, 15],
        "dep-2" => vec![10, 11, 12, 13, 16],
        "epci-0" => vec![0, 1, 2, 3],
        // Across a border of départements, as the next one.
        "epci-1" => vec![4, 5, 6],
        "epci-2" => vec![7, 8, 9, 10],
        "epci-3" => vec![11, 12, 13],
        _ => (0..LEAVES).collect(),
    }
}

/// The places of a year. In the second one commune 3 is part of commune 2, and commune 11 has gone over to another EPCI.
pub fn places(second: bool) -> Vec<Place> {
    let merged = |list: Vec<usize>| list.into_iter().filter(|i| !second || *i != 3).collect::<Vec<_>>();
    let mut all: Vec<Place> = merged((0..LEAVES).collect()).into_iter().map(|i| (leaf(i), vec![i])).collect();
    for place in ["dep-0", "dep-1", "dep-2", "fr"] {
        all.push((place.to_owned(), merged(members(place))));
    }
    all.extend(epci(second).into_iter().map(|(name, list)| (name, merged(list))));
    all
}

/// The EPCI of a vintage of the geography.
pub fn epci(second: bool) -> Vec<Place> {
    let vintage = if second { "@2025" } else { "@2024" };
    let mut all: Vec<Place> = (0..4).map(|e| (format!("epci-{e}"), members(&format!("epci-{e}")))).collect();
    if second {
        all[3].1.retain(|i| *i != 11);
        all[2].1.push(11);
    }
    all.into_iter().map(|(name, list)| (name + vintage, list)).collect()
}

/// What adds up among places: sums of leaves, and the country of its départements and of its EPCI.
pub fn place_sums(all: &[Place]) -> Vec<(String, Vec<String>)> {
    let mut sums: Vec<(String, Vec<String>)> =
        all.iter().filter(|(_, list)| list.len() > 1).map(|(name, list)| (name.clone(), list.iter().map(|i| leaf(*i)).collect())).collect();
    sums.push(("fr".to_owned(), (0..3).map(|d| format!("dep-{d}")).collect()));
    let inside = all.iter().map(|(name, _)| name).filter(|name| name.starts_with("epci"));
    sums.push(("fr".to_owned(), inside.cloned().chain((COMMUNES..LEAVES).map(leaf)).collect()));
    sums
}

/// A cell: what it counts, and of which vintage of the data (`@r08`; nothing for the first).
pub type Key = (String, String);

/// A table of one period, as one release gives it.
pub struct Sheet {
    pub period: String,
    pub vintage: String,
    /// The number of the release.
    pub release: usize,
    pub places: Vec<Place>,
    pub place_sums: Vec<(String, Vec<String>)>,
    pub inner: Vec<u64>,
    /// Periods, with their vintages, that it is the sum of.
    pub parts: Vec<(String, String)>,
    pub revised: bool,
}

pub fn inner_at(place: usize, category: usize, outcome: usize) -> usize {
    (place * CATEGORIES.len() + category) * 2 + outcome
}

impl Sheet {
    pub fn key(&self, place: &str, category: &str, outcome: &str) -> Key {
        (format!("{}|{place}|{category}|{outcome}", self.period), self.vintage.clone())
    }

    pub fn categories() -> Vec<(&'static str, Vec<usize>)> {
        let leaves = CATEGORIES.iter().enumerate().map(|(i, name)| (*name, vec![i]));
        leaves.chain(FAMILIES.iter().map(|(name, parts)| (*name, parts.to_vec()))).collect()
    }

    pub fn cells(&self) -> Vec<(Key, u64)> {
        let mut cells = Vec::new();
        for (place, leaves) in &self.places {
            for (category, parts) in Self::categories() {
                for (outcome, ways) in OUTCOMES {
                    let inner = leaves.iter().flat_map(|l| parts.iter().flat_map(move |c| ways.iter().map(move |o| inner_at(*l, *c, *o))));
                    cells.push((self.key(place, category, outcome), inner.map(|i| self.inner[i]).sum()));
                }
            }
        }
        cells
    }

    /// What adds up within the table, and in time.
    pub fn sums(&self) -> Vec<(Key, Vec<Key>)> {
        let mut sums = Vec::new();
        for (category, _) in Self::categories() {
            for (outcome, _) in OUTCOMES {
                for (parent, children) in &self.place_sums {
                    sums.push((self.key(parent, category, outcome), children.iter().map(|c| self.key(c, category, outcome)).collect()));
                }
            }
        }
        for (place, _) in &self.places {
            for (outcome, _) in OUTCOMES {
                for (family, parts) in FAMILIES {
                    let children = parts.iter().map(|c| self.key(place, CATEGORIES[*c], outcome)).collect();
                    sums.push((self.key(place, family, outcome), children));
                }
            }
            for (category, _) in Self::categories() {
                let children = ["trouve", "rien"].map(|o| self.key(place, category, o)).to_vec();
                sums.push((self.key(place, category, "tous"), children));
            }
        }
        for (key, _) in self.cells().iter().filter(|_| !self.parts.is_empty()) {
            let what = key.0.split_once('|').unwrap().1;
            sums.push((key.clone(), self.parts.iter().map(|(period, vintage)| (format!("{period}|{what}"), vintage.clone())).collect()));
        }
        sums
    }
}

pub fn added(sheets: &[Sheet], parts: &[(String, String)]) -> Vec<u64> {
    let of = |part: &(String, String)| sheets.iter().find(|s| (&s.period, &s.vintage) == (&part.0, &part.1)).unwrap();
    (0..LEAVES * CATEGORIES.len() * 2).map(|i| parts.iter().map(|p| of(p).inner[i]).sum()).collect()
}

/// All tables of two years, in the order of their releases.
pub fn world(seed: u64, revisions: bool) -> Vec<Sheet> {
    let mut dice = Dice(seed);
    let weights: Vec<f64> = (0..LEAVES).map(|_| (3.0 * dice.unit() - 1.0).exp() * 2.0).collect();
    let mut sheets: Vec<Sheet> = Vec::new();
    // The last vintage of each month.
    let mut latest: Vec<(String, String)> = Vec::new();
    for month in 0..24 {
        let (year, release) = (month / 12, month + 1);
        let second = year == 1;
        let mut inner = vec![0; LEAVES * CATEGORIES.len() * 2];
        for place in (0..LEAVES).filter(|p| !second || *p != 3) {
            for category in 0..CATEGORIES.len() {
                for outcome in 0..2 {
                    let mean = weights[place] * 6.0 / (category + 1) as f64 / (outcome + 1) as f64;
                    inner[inner_at(place, category, outcome)] = dice.poisson(mean);
                }
            }
        }
        let sheet = |period: String, inner: Vec<u64>, parts: Vec<(String, String)>| Sheet {
            period,
            vintage: String::new(),
            release,
            places: places(second),
            place_sums: place_sums(&places(second)),
            inner,
            parts,
            revised: false,
        };
        let name = format!("{}-{:02}", 2024 + year, month % 12 + 1);
        sheets.push(sheet(name.clone(), inner, Vec::new()));
        latest.push((name, String::new()));
        // May gets late searches in August, September many in November, October loses some in April: the year has them.
        for (when, which, change) in [(8, 4, 2i64), (11, 8, 25), (16, 9, -1)] {
            if revisions && when == release {
                let before = sheets.iter().find(|s| s.period == latest[which].0).unwrap();
                let (period, mut inner) = (before.period.clone(), before.inner.clone());
                for i in 0..9 {
                    let at = inner_at(dice.below(LEAVES), dice.below(CATEGORIES.len()), dice.below(2));
                    let change = if i % 3 == 0 { change.signum() } else { change };
                    inner[at] = inner[at].saturating_add_signed(change);
                }
                let vintage = format!("@r{release:02}");
                latest[which].1.clone_from(&vintage);
                let (places, place_sums) = (places(false), place_sums(&places(false)));
                sheets.push(Sheet { period, vintage, release, places, place_sums, inner, parts: Vec::new(), revised: true });
            }
        }
        for (size, letter) in [(3, "-T"), (12, "")] {
            if release % size == 0 {
                let parts = latest[release - size..release].to_vec();
                let number = if size == 3 { (month % 12 / 3 + 1).to_string() } else { String::new() };
                let inner = added(&sheets, &parts);
                sheets.push(sheet(format!("{}{letter}{number}", 2024 + year), inner, parts));
            }
        }
        if release == 13 {
            // The first year again, above the communes, in the geography of the second.
            let inner = sheets.iter().find(|s| s.period == "2024").unwrap().inner.clone();
            let places = epci(true);
            let mut sums: Vec<(String, Vec<String>)> =
                places.iter().map(|(name, list)| (name.clone(), list.iter().map(|i| leaf(*i)).collect())).collect();
            sums.push(("fr".to_owned(), places.iter().map(|p| p.0.clone()).chain((COMMUNES..LEAVES).map(leaf)).collect()));
            let (period, vintage) = ("2024".to_owned(), String::new());
            sheets.push(Sheet { period, vintage, release, places, place_sums: sums, inner, parts: Vec::new(), revised: false });
        }
    }
    sheets
}
