//! A release that could be: the datasets as they are promised, and figures made up for it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use solidata_model::{
    ChangedKeys, Changes, CheckResult, CodeListEntry, ColumnChange, DatasetChanges, DatasetSpec, Digest, Feeds, FileEntry, IndicatorChange,
    Presence, RemovedKey, RevisionSpec, RowCounts, RunSpec, SchemaChange, SchemaChanges, SchemaLevel, Thresholds,
};
use solidata_pages::{CodeList, Dataset, Levels, Release, Share, Tally, Texts};
use std::{collections::BTreeMap, fs, path::PathBuf};

pub const DATASETS: [&str; 6] =
    ["structures", "services", "offre_territoires", "demande_territoires", "demande_locale", "demande_diffusion"];

/// Everything that a release borrows from.
pub struct World {
    pub run: RunSpec,
    pub revision: u32,
    pub specs: Vec<DatasetSpec>,
    pub texts: BTreeMap<String, String>,
    pub files: Vec<FileEntry>,
    pub lists: Vec<CodeListEntry>,
    pub checks: Vec<CheckResult>,
    pub changes: Option<Changes>,
}

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into())).join("../../datasets")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("datasets/{path}: {e}"))
}

fn entry(path: &str, rows: Option<u64>) -> FileEntry {
    let sha256 = Digest::of(path.as_bytes());
    FileEntry {
        path: path.into(),
        media_type: "text/plain".into(),
        bytes: 12_345 * (1 + path.len() as u64),
        sha256,
        logical_sha256: None,
        rows,
        schema: None,
        part: None,
    }
}

impl World {
    pub fn new() -> Self {
        let specs =
            DATASETS.map(|id| DatasetSpec::parse(id, &read(&format!("{id}/dataset.toml")), &read(&format!("{id}/schema.toml"))).unwrap());
        let mut texts = BTreeMap::new();
        for path in ["confidentialite.md", "contrat.md", "formats.md", "versions.md", "verifier.md"] {
            texts.insert(path.to_owned(), read(path));
        }
        let mut files = Vec::new();
        let mut checks = Vec::new();
        for id in DATASETS {
            for page in ["README.md", "CHANGELOG.md"] {
                texts.insert(format!("{id}/{page}"), read(&format!("{id}/{page}")));
            }
            let rows = 1_000 + 7 * id.len() as u64 * id.len() as u64 * 100;
            files.extend([
                entry(&format!("data/{id}.csv"), Some(rows)),
                entry(&format!("data/{id}.parquet"), Some(rows)),
                entry(&format!("schemas/{id}.json"), None),
            ]);
            let check = |name: String| CheckResult { sha256: Digest::of(name.as_bytes()), name, violations: 0 };
            checks.extend([check(format!("contrat/{id}/cle")), check(format!("sql/checks/{id}/sommes.sql"))]);
        }
        files.extend([entry("data/structures.xlsx", None), entry("geo/structures.geojson", None), entry("geo/structures.parquet", None)]);
        files.extend([entry("data/structures.csv.gz", None), entry("parts/structures/code_region-44.xlsx", None)]);
        let list = |name: &str, vintage: &str| CodeListEntry {
            name: name.into(),
            vintage: vintage.into(),
            licence: "etalab-2.0".into(),
            sha256: Digest::of(name.as_bytes()),
        };
        let mut lists = Vec::new();
        for name in ["communes.csv", "epci.csv", "departements.csv", "regions.csv", "arrondissements_municipaux.csv"] {
            files.push(entry(&format!("datasets/reference/cog-2024/{name}"), None));
            lists.push(list(name, "COG 2024"));
        }
        for name in ["categories.csv", "publics.csv", "langues.csv"] {
            files.push(entry(&format!("datasets/reference/{name}"), None));
            lists.push(list(name, "2026-08"));
        }
        let run = RunSpec {
            month: "2024-09".parse().unwrap(),
            snapshots: Vec::new(),
            date_photo: "2024-10-01".parse().unwrap(),
            now: "2024-10-03".parse().unwrap(),
            partial: false,
            covered_until: Some("2024-09-30".parse().unwrap()),
            cut_off: None,
            thresholds: Thresholds::default(),
            since: None,
            revision: None,
        };
        Self { run, revision: 1, specs: specs.into(), texts, files, lists, checks, changes: None }
    }

    /// A correction, with everything that can change.
    pub fn corrected() -> Self {
        let mut world = Self::new();
        world.revision = 2;
        world.run.partial = true;
        world.run.covered_until = "2024-09-21".parse().ok();
        let corrects = "releases/2024-09/r1".to_owned();
        world.run.revision = Some(RevisionSpec {
            reason: "Adresses mal géocodées <dans le Bas-Rhin>.".into(),
            corrects: corrects.clone(),
            demand_kept: true,
        });
        world.changes = Some(changes(Some(corrects)));
        world
    }

    pub fn text(&self, path: &str) -> &str {
        &self.texts[path]
    }

    pub fn release(&self) -> Release<'_> {
        let tally = |id: &str| {
            let (column, rows): (&str, &[(&str, u64)]) = match id {
                "structures" => ("precision_localisation", &[("adresse", 1_104), ("commune", 161), ("departement", 66)]),
                "services" => ("precision_localisation", &[("adresse", 4_023), ("commune", 460), ("departement", 414)]),
                "demande_locale" => ("territoire_niveau", &[("commune", 31), ("departement", 12_034), ("epci", 240), ("", 3)]),
                _ => return None,
            };
            Some(Tally { column: column.into(), rows: rows.iter().map(|(value, n)| ((*value).to_owned(), *n)).collect() })
        };
        let levels = |id: &str| match id {
            "demande_territoires" => [
                ("france", 431, 0),
                ("region", 402, 29),
                ("departement", 1_204, 611),
                ("epci", 512, 2_961),
                ("commune", 48, 3_012),
                ("commune_sans_precision", 0, 7),
            ]
            .map(|(level, published, withheld)| Levels { level: level.into(), published, withheld })
            .into(),
            _ => Vec::new(),
        };
        let dataset = |spec| {
            let spec: &DatasetSpec = spec;
            let text = |page: &str| self.text(&format!("{}/{page}", spec.id));
            Dataset { spec, readme: text("README.md"), changelog: text("CHANGELOG.md"), tally: tally(&spec.id), levels: levels(&spec.id) }
        };
        let share = |level: &str, category_level: &str, percent| Share {
            period_type: "mois".into(),
            period: "2024-09".into(),
            level: level.into(),
            category_level: category_level.into(),
            percent,
        };
        Release {
            month: self.run.month,
            revision: self.revision,
            run: &self.run,
            licence: "etalab-2.0",
            publisher: "Solinum",
            datasets: self.specs.iter().map(dataset).collect(),
            files: &self.files,
            code_lists: self
                .lists
                .iter()
                .map(|entry| CodeList { entry, title: "Communes actuelles", source: "INSEE : code officiel géographique" })
                .collect(),
            checks: &self.checks,
            changes: self.changes.as_ref(),
            shares: vec![
                share("france", "toutes", 100),
                share("departement", "toutes", 98),
                share("departement", "feuille", 61),
                share("epci", "toutes", 72),
            ],
            texts: Texts {
                confidentiality: self.specs.iter().any(|s| s.feeds == Feeds::Demand).then(|| self.text("confidentialite.md")),
                contract: self.text("contrat.md"),
                formats: self.text("formats.md"),
                versions: self.text("versions.md"),
                verifying: self.text("verifier.md"),
            },
        }
    }
}

fn changes(since: Option<String>) -> Changes {
    let column = |column: &str, what: SchemaChange| ColumnChange { column: column.into(), what, level: what.level() };
    let schema = SchemaChanges {
        from: "1.0.0".into(),
        to: "2.0.0".into(),
        level: Some(SchemaLevel::Major),
        changes: vec![
            column("fax", SchemaChange::Removed),
            column("horaires", SchemaChange::Description),
            column("*", SchemaChange::Reordered),
        ],
    };
    let same = SchemaChanges { from: "1.0.0".into(), to: "1.0.0".into(), level: None, changes: Vec::new() };
    let rows = RowCounts { before: 1_310, after: 1_331, added: 35, removed: 14, changed: 402 };
    let keys = ChangedKeys {
        added: vec!["lieu-9001".into()],
        removed: vec![RemovedKey { key: "lieu-12".into(), reason: "retirée".into() }],
        changed: Vec::new(),
    };
    let indicator = |id: &str, fr: &str, territoire_id: Option<&str>, before, after| IndicatorChange {
        id: id.into(),
        fr: fr.into(),
        en: fr.into(),
        territoire_id: territoire_id.map(str::to_owned),
        territoire_libelle: territoire_id.map(|_| "Bas-Rhin".to_owned()),
        before,
        after,
    };
    let kept = |dataset: &str, schema, rows, keys, indicators| DatasetChanges {
        dataset: dataset.into(),
        presence: Presence::Kept,
        schema: Some(schema),
        rows,
        keys,
        indicators,
    };
    let added = DatasetChanges {
        dataset: "demande_diffusion".into(),
        presence: Presence::Added,
        schema: None,
        rows: None,
        keys: None,
        indicators: Vec::new(),
    };
    Changes {
        format: Changes::FORMAT.into(),
        release: "releases/2024-09/r2".into(),
        since,
        reason: Some("Adresses mal géocodées".into()),
        datasets: vec![
            added,
            kept(
                "demande_territoires",
                same.clone(),
                None,
                None,
                vec![
                    indicator("recherches", "Recherches nettes", Some("dep-67"), Some(12_034), Some(11_950)),
                    indicator("recherches", "Recherches nettes", Some("dep-68"), None, None),
                ],
            ),
            kept("services", same, Some(RowCounts::default()), None, Vec::new()),
            kept("structures", schema, Some(rows), Some(keys), vec![indicator("lieux", "Lieux en ligne", None, Some(1_310), Some(1_331))]),
        ],
    }
}
