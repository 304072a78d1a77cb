//! Territories: départements with their communes and how often each is searched for.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::centroids::CENTROIDS;
use super::secrets::{Secrets, token};
use crate::SynthError;
use crate::reference::{Commune, Departement, Reference};
use crate::rng::{Rng, Weighted, rank_power_1_3};
use crate::spec::{Departments, SynthSpec};
use crate::text::slug;
use crate::volumes::is_departement;

/// A commune, or a borough of Paris, Lyon or Marseille.
#[derive(Debug, Clone)]
pub(crate) struct Town {
    pub insee: String,
    pub name: String,
    pub slug: String,
    pub postal: String,
    /// `strasbourg-67000`
    pub geo_value: String,
    /// `Strasbourg (67000)`
    pub label: String,
    /// Degrees × 1 000 000.
    pub lon: i64,
    pub lat: i64,
    /// 0 is the most searched one.
    pub rank: usize,
    /// Postal code and name alone tell this commune, and its postal code tells its département: only such documents may lose fields.
    pub robust: bool,
    pub borough: bool,
}

/// A département.
#[derive(Debug, Clone)]
pub(crate) struct Land {
    pub row: Departement,
    pub slug: String,
    pub region_name: String,
    pub towns: Vec<Town>,
    pub weights: Weighted,
    /// Towns that chance never draws: the disclosure traps use them.
    pub reserved: Vec<usize>,
    /// Street names; each holds a planted token.
    pub streets: Vec<String>,
    pub lon: i64,
    pub lat: i64,
}

/// A region of mainland France.
#[derive(Debug, Clone)]
pub(crate) struct RegionLand {
    pub code: String,
    pub name: String,
    pub geo_value: String,
}

/// All territories of a request.
#[derive(Debug, Clone)]
pub(crate) struct Lands {
    /// The requested départements, by code.
    pub chosen: Vec<Land>,
    /// Some others, where stray searches happen. Empty when all are requested.
    pub elsewhere: Vec<Land>,
    pub regions: Vec<RegionLand>,
}

/// Share of searches in percent; the other communes share the rest.
const BAS_RHIN: &[(&str, f64)] = &[
    ("67482", 61.0),
    ("67180", 6.0),
    ("67447", 4.5),
    ("67218", 2.6),
    ("67462", 2.8),
    ("67437", 2.4),
    ("67267", 1.8),
    ("67043", 1.6),
    ("67300", 1.4),
    ("67348", 1.1),
    ("67046", 1.0),
    ("67365", 0.9),
    ("67544", 0.9),
    ("67130", 0.7),
    ("67067", 0.6),
];
const HAUT_RHIN: &[(&str, f64)] = &[
    ("68224", 44.0),
    ("68066", 27.0),
    ("68297", 4.0),
    ("68376", 2.5),
    ("68154", 2.0),
    ("68166", 1.8),
    ("68112", 2.6),
    ("68063", 2.2),
    ("68334", 2.0),
    ("68271", 1.0),
    ("68278", 1.0),
    ("68004", 1.4),
    ("68375", 0.9),
    ("68082", 0.7),
    ("68195", 0.5),
];
/// Postal codes whose département, as Soliguide computes it, is not that of their communes.
pub(crate) const POSTAL_EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("01200", "74", "Haute-Savoie"),
    ("01410", "39", "Jura"),
    ("01590", "39", "Jura"),
    ("05110", "04", "Alpes-de-Haute-Provence"),
    ("05130", "04", "Alpes-de-Haute-Provence"),
    ("05160", "04", "Alpes-de-Haute-Provence"),
    ("05700", "26", "Drôme"),
    ("13780", "83", "Var"),
    ("21340", "71", "Saône-et-Loire"),
    ("33220", "24", "Dordogne"),
    ("37160", "86", "Vienne"),
    ("42620", "03", "Allier"),
    ("43450", "15", "Cantal"),
    ("48250", "07", "Ardèche"),
    ("52100", "51", "Marne"),
    ("94390", "91", "Essonne"),
];
/// Where stray searches go: Corsica, overseas, boroughs, postal codes of another département, a département with one commune only, and
/// the two whose codes are also those of Barcelona and of Andorra la Vella.
const STRAY: &[&str] = &["01", "05", "07", "08", "13", "2A", "2B", "48", "69", "75", "93", "971", "973", "974", "976"];
const STREETS: &[&str] = &[
    "Rue des Orphelins",
    "Rue du Faubourg National",
    "Avenue de la Paix",
    "Place de la Gare",
    "Rue de la Fontaine",
    "Quai des Bateliers",
    "Impasse du Moulin",
    "Boulevard de la Liberté",
    "Chemin du Canal",
    "Allée des Tilleuls",
    "Rue de l'Église",
    "Rue Haute",
];

impl Lands {
    pub(crate) fn build(spec: &SynthSpec, reference: &Reference, secrets: &mut Secrets) -> Result<Self, SynthError> {
        let index = Index::new(reference);
        let find = |code: &str| reference.departements.iter().find(|dep| dep.code == code);
        let mut chosen: Vec<&Departement> = match &spec.departments {
            Departments::All => reference.departements.iter().filter(|dep| is_departement(dep)).collect(),
            Departments::List(codes) => {
                let row = |code: &String| find(code).ok_or_else(|| SynthError::UnknownDepartement(code.clone()));
                codes.iter().map(row).collect::<Result<_, _>>()?
            }
        };
        chosen.sort_by(|a, b| a.code.cmp(&b.code));
        chosen.dedup_by(|a, b| a.code == b.code);
        let mut largest: Option<&Departement> = None;
        for dep in chosen.iter().filter(|dep| index.communes.get(dep.code.as_str()).is_some_and(|list| list.len() > 100)) {
            if dep.code == "67" || largest.is_none_or(|best| best.code != "67" && dep.population > best.population) {
                largest = Some(dep);
            }
        }
        let mut lands = Vec::new();
        for dep in &chosen {
            let reserved = if largest.is_some_and(|best| best.code == dep.code) { RESERVED } else { 0 };
            lands.push(index.land(spec.seed, dep, reserved, secrets)?);
        }
        let mut elsewhere = Vec::new();
        if matches!(spec.departments, Departments::List(_)) {
            for code in STRAY {
                if let Some(dep) = find(code).filter(|dep| !chosen.iter().any(|other| other.code == dep.code)) {
                    elsewhere.push(index.land(spec.seed, dep, 0, secrets)?);
                }
            }
        }
        let mainland = reference.regions.iter().filter(|region| region.zone == "metro");
        let regions = mainland
            .map(|region| RegionLand {
                code: region.code.clone(),
                name: region.name.clone(),
                geo_value: format!("region-{}", slug(&region.name)),
            })
            .collect();
        Ok(Self { chosen: lands, elsewhere, regions })
    }
}

/// Communes kept for the disclosure traps.
const RESERVED: usize = 8;

struct Index<'r> {
    reference: &'r Reference,
    communes: BTreeMap<&'r str, Vec<&'r Commune>>,
    /// How many communes have a postal code and the slug of a name.
    same: BTreeMap<(String, String), usize>,
}

impl<'r> Index<'r> {
    fn new(reference: &'r Reference) -> Self {
        let mut communes: BTreeMap<&str, Vec<&Commune>> = BTreeMap::new();
        let mut same = BTreeMap::new();
        for commune in &reference.communes {
            communes.entry(&commune.departement).or_default().push(commune);
            for postal in &commune.postal_codes {
                *same.entry((postal.clone(), slug(&commune.name))).or_default() += 1;
            }
        }
        Self { reference, communes, same }
    }

    fn land(&self, seed: u64, row: &Departement, reserved: usize, secrets: &mut Secrets) -> Result<Land, SynthError> {
        let mut rng = Rng::derive(seed, "land", &[label(&row.code)]);
        let (lon, lat) = CENTROIDS
            .iter()
            .find(|(code, _, _)| *code == row.code)
            .map_or((2_350_000, 46_600_000), |(_, lon, lat)| (i64::from(*lon) * 10_000, i64::from(*lat) * 10_000));
        let mut found = self.towns(row);
        if found.is_empty() {
            return Err(SynthError::UnknownDepartement(row.code.clone()));
        }
        if row.code == "48" {
            found.truncate(1);
        }
        let weights: Vec<f64> = found.iter().map(|(_, weight)| *weight).collect();
        let mut towns: Vec<Town> = found.into_iter().map(|(town, _)| town).collect();
        for (rank, town) in towns.iter_mut().enumerate() {
            town.rank = rank;
            town.lon = lon + rng.between(-220_000, 220_000);
            town.lat = lat + rng.between(-180_000, 180_000);
        }
        let kept: Vec<usize> = (0..towns.len()).rev().filter(|&i| towns[i].robust).take(reserved).collect();
        let weights = Weighted::new(weights.iter().enumerate().map(|(i, weight)| if kept.contains(&i) { 0.0 } else { *weight }));
        let streets = (0..24)
            .map(|i| {
                let token = token(&mut rng);
                secrets.plant("adresse", format!("{} {token}", STREETS[i % STREETS.len()]), &token)
            })
            .collect();
        let region_name = self.reference.regions.iter().find(|region| region.code == row.region);
        Ok(Land {
            slug: slug(&row.name),
            region_name: region_name.map(|region| region.name.clone()).unwrap_or_default(),
            row: row.clone(),
            towns,
            weights,
            reserved: kept,
            streets,
            lon,
            lat,
        })
    }

    /// Towns by falling weight.
    fn towns(&self, row: &Departement) -> Vec<(Town, f64)> {
        let listed: &[(&str, f64)] = match row.code.as_str() {
            "67" => BAS_RHIN,
            "68" => HAUT_RHIN,
            _ => &[],
        };
        let mut communes: Vec<&Commune> = self.communes.get(row.code.as_str()).cloned().unwrap_or_default();
        communes.sort_by(|a, b| b.population.cmp(&a.population).then_with(|| a.code.cmp(&b.code)));
        let mut towns: Vec<(Town, f64)> = Vec::new();
        let rest: Vec<f64> = (1..=communes.len()).map(rank_power_1_3).collect();
        let rest_sum: f64 = rest.iter().take(communes.len().saturating_sub(listed.len())).sum();
        let missing = 100.0 - listed.iter().map(|(_, share)| share).sum::<f64>();
        let mut rank = 0;
        for commune in communes.iter().filter(|commune| commune.population > 0) {
            let boroughs: Vec<_> = self.reference.boroughs.iter().filter(|borough| borough.commune == commune.code).collect();
            for borough in &boroughs {
                if let Some(postal) = borough.postal_codes.first() {
                    towns.push((self.town(&borough.code, &commune.name, postal, true), borough.population as f64 * 6.0));
                }
            }
            let Some(postal) = commune.postal_codes.first().or_else(|| boroughs.first()?.postal_codes.first()) else { continue };
            let weight = if let Some((_, share)) = listed.iter().find(|(code, _)| *code == commune.code) {
                *share
            } else if listed.is_empty() {
                let people = commune.population as f64;
                people * people.sqrt().sqrt() / if boroughs.is_empty() { 1.0 } else { 40.0 }
            } else {
                rank += 1;
                missing * rest[rank - 1] / rest_sum
            };
            let mut town = self.town(&commune.code, &commune.name, postal, false);
            town.robust &= boroughs.is_empty();
            towns.push((town, weight));
        }
        towns.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.insee.cmp(&b.insee)));
        towns
    }

    fn town(&self, insee: &str, name: &str, postal: &str, borough: bool) -> Town {
        let slug = slug(name);
        let exception = POSTAL_EXCEPTIONS.iter().any(|(code, _, _)| *code == postal);
        let unique = self.same.get(&(postal.to_owned(), slug.clone())).is_some_and(|&count| count == 1);
        Town {
            insee: insee.to_owned(),
            geo_value: format!("{slug}-{postal}"),
            label: format!("{name} ({postal})"),
            name: name.to_owned(),
            postal: postal.to_owned(),
            slug,
            lon: 0,
            lat: 0,
            rank: 0,
            robust: unique && !exception && !borough && !name.contains(['(', ')']),
            borough,
        }
    }
}

/// A number for a code such as `2A`, to derive streams of chance from.
pub(crate) fn label(code: &str) -> i64 {
    code.bytes().fold(0, |number, byte| number * 256 + i64::from(byte))
}

impl Land {
    pub(crate) fn zone(&self) -> Tz {
        self.row.time_zone
    }

    pub(crate) fn draw_town(&self, rng: &mut Rng) -> &Town {
        &self.towns[self.weights.draw(rng)]
    }

    /// The département code and name that Soliguide computes from a postal code.
    pub(crate) fn computed_departement(&self, postal: &str) -> (&str, &str) {
        match POSTAL_EXCEPTIONS.iter().find(|(code, _, _)| *code == postal) {
            Some((_, code, name)) => (code, name),
            None => (&self.row.code, &self.row.name),
        }
    }
}
