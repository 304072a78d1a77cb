//! `truth.json`: what the documents hold, under the net rule, and what was planted. Its format is documented in the crate's README.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::fact::Reader;
use super::rule::{Fate, Judged};
use super::territory::Where;
use crate::calendar::{local, year_month};
use crate::reference::Reference;

/// Searches of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub brute: u64,
    pub nette: u64,
    pub nette_sans_resultat: u64,
}

/// Documents of a territory at each step, from the valid ones to the net searches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Waterfall {
    pub valides: u64,
    pub admin_drapeau: u64,
    pub admin_statut: u64,
    pub brute: u64,
    pub robots: u64,
    pub localhost: u64,
    pub jumeaux: u64,
    pub pages: u64,
    pub repetitions: u64,
    pub rafales: u64,
    pub plafond: u64,
    pub nette: u64,
}

/// A row: where, when, what, how many.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row<T> {
    /// `dep-67`, `reg-44`, `fr`, `es`, `ad`, `etranger`, `inconnu`.
    pub territoire: String,
    /// The code, for a département only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commune: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mois: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categorie: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub racine: Option<String>,
    #[serde(flatten)]
    pub counts: T,
}

/// All tables of the rule.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// Territory, month, category.
    pub cells: BTreeMap<(String, String, String), Counts>,
    /// Territory, month, root category.
    pub roots: BTreeMap<(String, String, String), Counts>,
    /// Territory, month; each search once.
    pub months: BTreeMap<(String, String), Counts>,
    /// Commune, month; each search once.
    pub communes: BTreeMap<(String, String), Counts>,
    /// Territory, month.
    pub waterfalls: BTreeMap<(String, String), Waterfall>,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.brute += other.brute;
        self.nette += other.nette;
        self.nette_sans_resultat += other.nette_sans_resultat;
    }
}

impl Waterfall {
    fn count(&mut self, fate: Fate) {
        self.valides += 1;
        self.brute += u64::from(fate.is_gross());
        let step = match fate {
            Fate::AdminFlag => &mut self.admin_drapeau,
            Fate::AdminStatus => &mut self.admin_statut,
            Fate::Robot => &mut self.robots,
            Fate::Localhost => &mut self.localhost,
            Fate::Twin => &mut self.jumeaux,
            Fate::Page => &mut self.pages,
            Fate::Repeat => &mut self.repetitions,
            Fate::Burst => &mut self.rafales,
            Fate::Cap => &mut self.plafond,
            Fate::Net => &mut self.nette,
        };
        *step += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.valides += other.valides;
        self.admin_drapeau += other.admin_drapeau;
        self.admin_statut += other.admin_statut;
        self.brute += other.brute;
        self.robots += other.robots;
        self.localhost += other.localhost;
        self.jumeaux += other.jumeaux;
        self.pages += other.pages;
        self.repetitions += other.repetitions;
        self.rafales += other.rafales;
        self.plafond += other.plafond;
        self.nette += other.nette;
    }
}

fn territory(reader: &Reader, place: Where) -> String {
    let geography = reader.geography();
    match place {
        Where::Departement(index, _) => format!("dep-{}", geography.departement_code(index)),
        Where::Region(index) => format!("reg-{}", geography.region_code(index)),
        Where::France => "fr".to_owned(),
        Where::Spain => "es".to_owned(),
        Where::Andorra => "ad".to_owned(),
        Where::Abroad => "etranger".to_owned(),
        Where::Unknown => "inconnu".to_owned(),
    }
}

impl Tables {
    /// Counts what was judged.
    pub(crate) fn new(judged: &Judged, reader: &Reader, reference: &Reference) -> Self {
        let mut tables = Self::default();
        for (fact, fate) in &judged.facts {
            let place = territory(reader, fact.place);
            let (day, _) = local(reader.geography().zone(fact.place), fact.created.unwrap_or_default());
            let month = year_month(day).to_string();
            let net = *fate == Fate::Net;
            let counts =
                Counts { brute: u64::from(fate.is_gross()), nette: u64::from(net), nette_sans_resultat: u64::from(net && fact.zero) };
            tables.waterfalls.entry((place.clone(), month.clone())).or_default().count(*fate);
            if counts == Counts::default() {
                continue;
            }
            let mut roots: Vec<&str> = Vec::new();
            for code in reader.codes(&fact.categories) {
                tables.cells.entry((place.clone(), month.clone(), code.to_owned())).or_default().add(counts);
                match reference.roots.get(code) {
                    Some(list) => roots.extend(list.iter().map(String::as_str)),
                    None => roots.push(code),
                }
            }
            roots.sort_unstable();
            roots.dedup();
            for root in roots {
                tables.roots.entry((place.clone(), month.clone(), root.to_owned())).or_default().add(counts);
            }
            if let Where::Departement(_, Some(commune)) = fact.place {
                let code = reader.geography().commune_code(commune).to_owned();
                tables.communes.entry((code, month.clone())).or_default().add(counts);
            }
            tables.months.entry((place, month)).or_default().add(counts);
        }
        tables
    }

    /// Sums over months.
    pub(crate) fn by_territory(&self) -> BTreeMap<String, Counts> {
        let mut out: BTreeMap<String, Counts> = BTreeMap::new();
        for ((place, _), counts) in &self.months {
            out.entry(place.clone()).or_default().add(*counts);
        }
        out
    }

    /// Sums over months.
    pub(crate) fn waterfall_by_territory(&self) -> BTreeMap<String, Waterfall> {
        let mut out: BTreeMap<String, Waterfall> = BTreeMap::new();
        for ((place, _), waterfall) in &self.waterfalls {
            out.entry(place.clone()).or_default().add(waterfall);
        }
        out
    }
}

/// A row of a territory; the département is read off its name.
pub(crate) fn row<T>(place: &str, counts: T) -> Row<T> {
    Row {
        territoire: place.to_owned(),
        departement: place.strip_prefix("dep-").map(str::to_owned),
        commune: None,
        mois: None,
        categorie: None,
        racine: None,
        counts,
    }
}

/// Writes a JSON object whose values are plain or arrays with one element a line, so that `grep` and `diff` work on it.
pub(crate) struct Object<W> {
    out: W,
    started: bool,
}

impl<W: Write> Object<W> {
    pub(crate) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(b"{\n")?;
        Ok(Self { out, started: false })
    }

    fn key(&mut self, key: &str) -> io::Result<()> {
        if self.started {
            self.out.write_all(b",\n")?;
        }
        self.started = true;
        write!(self.out, "\"{key}\": ")
    }

    pub(crate) fn value(&mut self, key: &str, value: &impl Serialize) -> io::Result<()> {
        self.key(key)?;
        serde_json::to_writer(&mut self.out, value).map_err(io::Error::from)
    }

    pub(crate) fn rows<T: Serialize>(&mut self, key: &str, rows: impl IntoIterator<Item = T>) -> io::Result<()> {
        self.key(key)?;
        self.out.write_all(b"[")?;
        for (i, row) in rows.into_iter().enumerate() {
            self.out.write_all(if i == 0 { b"\n  " } else { b",\n  " })?;
            serde_json::to_writer(&mut self.out, &row).map_err(io::Error::from)?;
        }
        self.out.write_all(b"\n]")
    }

    pub(crate) fn end(mut self) -> io::Result<W> {
        self.out.write_all(b"\n}\n")?;
        Ok(self.out)
    }
}

impl Tables {
    /// Writes the tables of the rule.
    pub(crate) fn write<W: Write>(&self, object: &mut Object<W>) -> io::Result<()> {
        object.rows(
            "rule",
            self.cells.iter().map(|((place, month, code), counts)| Row {
                mois: Some(month.clone()),
                categorie: Some(code.clone()),
                ..row(place, *counts)
            }),
        )?;
        object.rows(
            "rule_by_root",
            self.roots.iter().map(|((place, month, code), counts)| Row {
                mois: Some(month.clone()),
                racine: Some(code.clone()),
                ..row(place, *counts)
            }),
        )?;
        let months = self.months.iter();
        object.rows("rule_by_month", months.map(|((place, month), counts)| Row { mois: Some(month.clone()), ..row(place, *counts) }))?;
        object.rows("rule_by_departement", self.by_territory().iter().map(|(place, counts)| row(place, *counts)))?;
        object.rows(
            "rule_by_commune",
            self.communes.iter().map(|((code, month), counts)| Row {
                commune: Some(code.clone()),
                mois: Some(month.clone()),
                ..row(&format!("com-{code}"), *counts)
            }),
        )?;
        object.rows("waterfall", self.waterfall_by_territory().iter().map(|(place, counts)| row(place, *counts)))?;
        let by_month = self.waterfalls.iter();
        object.rows("waterfall_by_month", by_month.map(|((place, month), counts)| Row { mois: Some(month.clone()), ..row(place, *counts) }))
    }
}
