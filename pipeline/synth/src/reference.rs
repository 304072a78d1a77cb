//! The rows of the code lists (`datasets/reference/*.csv`), as plain data. Nothing is interpreted here: the generator and the truth each
//! build their own look-ups from these rows.

use std::collections::BTreeMap;

use crate::SynthError;

/// The bytes of the code lists that the generator reads. Column names are those of `datasets/reference/README.md`.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceBytes<'a> {
    /// `communes.csv`
    pub communes: &'a [u8],
    /// `arrondissements_municipaux.csv`
    pub arrondissements: &'a [u8],
    /// `codes_postaux.csv`
    pub codes_postaux: &'a [u8],
    /// `departements.csv`
    pub departements: &'a [u8],
    /// `regions.csv`
    pub regions: &'a [u8],
    /// `categories.csv`
    pub categories: &'a [u8],
    /// `categories_anciennes.csv`
    pub categories_anciennes: &'a [u8],
    /// `categories_racines.csv`
    pub categories_racines: &'a [u8],
    /// `suggestions.csv`
    pub suggestions: &'a [u8],
}

#[derive(Debug, Clone)]
pub(crate) struct Commune {
    pub code: String,
    pub name: String,
    pub departement: String,
    pub population: u64,
    pub postal_codes: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Borough {
    pub code: String,
    pub commune: String,
    pub population: u64,
    pub postal_codes: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Departement {
    pub code: String,
    pub name: String,
    pub region: String,
    pub zone: String,
    pub time_zone: chrono_tz::Tz,
    pub population: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub code: String,
    pub name: String,
    pub zone: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Category {
    pub code: String,
    pub leaf: bool,
    pub french: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Suggestion {
    pub slug: String,
    pub kind: String,
}

/// All rows, in file order.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub communes: Vec<Commune>,
    pub boroughs: Vec<Borough>,
    pub departements: Vec<Departement>,
    pub regions: Vec<Region>,
    pub categories: Vec<Category>,
    /// Old code → present code.
    pub legacy: BTreeMap<String, String>,
    /// Category → its roots.
    pub roots: BTreeMap<String, Vec<String>>,
    pub suggestions: Vec<Suggestion>,
}

/// One CSV file with its header, read row by row.
struct Table {
    file: &'static str,
    header: csv::StringRecord,
    rows: Vec<csv::StringRecord>,
}

struct Row<'t> {
    table: &'t Table,
    number: usize,
    record: &'t csv::StringRecord,
}

impl Table {
    fn read(file: &'static str, bytes: &[u8]) -> Result<Self, SynthError> {
        let bad = |row: usize, error: csv::Error| SynthError::Reference { file, row, problem: error.to_string() };
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader.headers().map_err(|error| bad(1, error))?.clone();
        let rows = reader.records().enumerate().map(|(i, row)| row.map_err(|error| bad(i + 2, error))).collect::<Result<_, _>>()?;
        Ok(Self { file, header, rows })
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().enumerate().map(|(i, record)| Row { table: self, number: i + 2, record })
    }
}

impl Row<'_> {
    fn problem(&self, problem: impl Into<String>) -> SynthError {
        SynthError::Reference { file: self.table.file, row: self.number, problem: problem.into() }
    }

    fn text(&self, column: &str) -> Result<String, SynthError> {
        let at = self.table.header.iter().position(|name| name == column);
        let cell = at.and_then(|at| self.record.get(at));
        cell.map(str::to_owned).ok_or_else(|| self.problem(format!("column {column} is missing")))
    }

    /// An empty cell is 0: the population of a few uninhabited communes.
    fn number(&self, column: &str) -> Result<u64, SynthError> {
        let cell = self.text(column)?;
        if cell.is_empty() {
            return Ok(0);
        }
        cell.parse().map_err(|_| self.problem(format!("{column} is not a number")))
    }
}

impl Reference {
    /// Reads the rows.
    ///
    /// # Errors
    /// [`SynthError::Reference`] names the file and row that lacks a column or holds a bad cell.
    pub(crate) fn read(bytes: &ReferenceBytes<'_>) -> Result<Self, SynthError> {
        let mut postal: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in Table::read("codes_postaux.csv", bytes.codes_postaux)?.rows() {
            postal.entry(row.text("code_insee")?).or_default().push(row.text("code_postal")?);
        }
        let postal_of = |code: &str| postal.get(code).cloned().unwrap_or_default();
        let communes = collect("communes.csv", bytes.communes, |row| {
            let code = row.text("code_commune")?;
            Ok(Commune {
                postal_codes: postal_of(&code),
                code,
                name: row.text("nom")?,
                departement: row.text("code_departement")?,
                population: row.number("population")?,
            })
        })?;
        let boroughs = collect("arrondissements_municipaux.csv", bytes.arrondissements, |row| {
            let code = row.text("code_arrondissement_municipal")?;
            Ok(Borough { postal_codes: postal_of(&code), code, commune: row.text("code_commune")?, population: row.number("population")? })
        })?;
        let departements = collect("departements.csv", bytes.departements, |row| {
            let zone = row.text("fuseau_horaire")?;
            Ok(Departement {
                code: row.text("code_departement")?,
                name: row.text("nom")?,
                region: row.text("code_region")?,
                zone: row.text("zone")?,
                time_zone: zone.parse().map_err(|_| row.problem(format!("unknown time zone {zone}")))?,
                population: row.number("population")?,
            })
        })?;
        let regions = collect("regions.csv", bytes.regions, |row| {
            Ok(Region { code: row.text("code_region")?, name: row.text("nom")?, zone: row.text("zone")? })
        })?;
        let categories = collect("categories.csv", bytes.categories, |row| {
            let themes = row.text("themes")?;
            Ok(Category {
                code: row.text("categorie_code")?,
                leaf: row.text("feuille")? == "true",
                french: themes.split('|').any(|theme| theme == "all" || theme == "fr"),
            })
        })?;
        let suggestions =
            collect("suggestions.csv", bytes.suggestions, |row| Ok(Suggestion { slug: row.text("slug")?, kind: row.text("type")? }))?;
        let legacy = collect("categories_anciennes.csv", bytes.categories_anciennes, |row| {
            Ok((row.text("code_ancien")?, row.text("categorie_code")?))
        })?;
        let mut roots: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in Table::read("categories_racines.csv", bytes.categories_racines)?.rows() {
            roots.entry(row.text("categorie_code")?).or_default().push(row.text("categorie_racine")?);
        }
        let legacy = legacy.into_iter().collect();
        Ok(Self { communes, boroughs, departements, regions, categories, legacy, roots, suggestions })
    }
}

fn collect<T>(file: &'static str, bytes: &[u8], make: impl Fn(&Row<'_>) -> Result<T, SynthError>) -> Result<Vec<T>, SynthError> {
    Table::read(file, bytes)?.rows().map(|row| make(&row)).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The code lists of the repository. They are part of it, so that their absence is a failure.
    pub(crate) struct Files(BTreeMap<&'static str, Vec<u8>>);

    impl Files {
        pub(crate) fn load() -> Self {
            let folder =
                std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()))
                    .join("../../datasets/reference");
            let names = [
                "communes.csv",
                "arrondissements_municipaux.csv",
                "codes_postaux.csv",
                "departements.csv",
                "regions.csv",
                "categories.csv",
                "categories_anciennes.csv",
                "categories_racines.csv",
                "suggestions.csv",
            ];
            Self(names.into_iter().map(|name| (name, std::fs::read(folder.join(name)).unwrap())).collect())
        }

        pub(crate) fn bytes(&self) -> ReferenceBytes<'_> {
            ReferenceBytes {
                communes: &self.0["communes.csv"],
                arrondissements: &self.0["arrondissements_municipaux.csv"],
                codes_postaux: &self.0["codes_postaux.csv"],
                departements: &self.0["departements.csv"],
                regions: &self.0["regions.csv"],
                categories: &self.0["categories.csv"],
                categories_anciennes: &self.0["categories_anciennes.csv"],
                categories_racines: &self.0["categories_racines.csv"],
                suggestions: &self.0["suggestions.csv"],
            }
        }
    }

    #[test]
    fn reads_the_code_lists_of_the_repository() {
        let files = Files::load();
        let reference = Reference::read(&files.bytes()).unwrap();
        let strasbourg = reference.communes.iter().find(|commune| commune.code == "67482").unwrap();
        assert_eq!((strasbourg.name.as_str(), strasbourg.departement.as_str()), ("Strasbourg", "67"));
        assert!(strasbourg.postal_codes.contains(&"67000".to_owned()));
        assert_eq!(reference.boroughs.len(), 45);
        assert_eq!(reference.categories.len(), 134);
        assert_eq!(reference.legacy["carpooling"], "transportation_mobility");
    }

    #[test]
    fn a_bad_cell_is_named() {
        let files = Files::load();
        let bytes = ReferenceBytes { regions: b"code_region,nom\n44,Grand Est\n", ..files.bytes() };
        let error = Reference::read(&bytes).unwrap_err().to_string();
        assert!(error.starts_with("code list regions.csv, row 2: column zone is missing"), "{error}");
    }
}
