//! Writes `truth.json`.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::report::{Object, Row, Tables, row};
use super::rule::Judged;
use super::supply::{Offer, Supply};
use crate::generate::Gathered;
use crate::output::FileReport;
use crate::search::TRAP_LABELS;
use crate::spec::{Compression, Departments, Form, Target};
use crate::world::World;
use crate::{SynthError, SynthSpec};

pub(crate) const NAME: &str = "truth.json";

#[derive(Serialize)]
struct Intention<'a> {
    departement: &'a str,
    mois: String,
    categorie: &'a str,
    intentions: u64,
    documents: u64,
}

#[derive(Serialize)]
struct Trap<'a> {
    piege: &'a str,
    documents: u64,
    /// Whether `ids` lists them all.
    complet: bool,
    ids: Vec<String>,
}

fn spec_json(spec: &SynthSpec, world: &World) -> serde_json::Value {
    let codes: Vec<&str> = world.lands.chosen.iter().map(|land| land.row.code.as_str()).collect();
    json!({
        "from": spec.from.to_string(),
        "to": spec.to.to_string(),
        "departments": if spec.departments == Departments::All { json!("all") } else { json!(codes) },
        "seed": spec.seed,
        "form": match spec.form {
            Form::Archive => "archive",
            Form::Bson => "bson",
            Form::Ndjson => "ndjson",
            Form::NdjsonCanonical => "ndjson-canonical",
        },
        "compression": match spec.compression {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        },
        "scale": spec.scale,
        "target": if spec.target == Target::Brute { "brute" } else { "nette" },
    })
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    offer: Offer,
    lieux_listes: u64,
}

fn write_supply<W: std::io::Write>(o: &mut Object<W>, supply: &Supply) -> std::io::Result<()> {
    o.value("lieux_non_publics", &supply.not_public)?;
    let place = |code: &String| if code == "inconnu" { code.clone() } else { format!("dep-{code}") };
    o.rows(
        "supply",
        supply.departements.iter().map(|(code, (offer, listed))| row(&place(code), Listed { offer: *offer, lieux_listes: *listed })),
    )?;
    o.rows(
        "supply_by_category",
        supply.categories.iter().map(|((code, category), offer)| Row { categorie: Some(category.clone()), ..row(&place(code), *offer) }),
    )?;
    o.rows(
        "supply_by_root",
        supply.roots.iter().map(|((code, root), offer)| Row { racine: Some(root.clone()), ..row(&place(code), *offer) }),
    )?;
    o.rows("protected", &supply.protected)
}

/// What the file tells.
pub(crate) struct Truth<'a> {
    pub spec: &'a SynthSpec,
    pub world: &'a World,
    pub gathered: &'a Gathered,
    pub judged: &'a Judged,
    pub tables: &'a Tables,
    pub supply: &'a Supply,
    pub files: &'a [FileReport],
}

/// Writes the file; gives its report and the gross and net totals.
pub(crate) fn write(truth: &Truth<'_>, out: &Path) -> Result<(FileReport, u64, u64), SynthError> {
    let Truth { spec, world, gathered, judged, tables, supply, files } = *truth;
    let path = out.join(NAME);
    let file = std::fs::File::create(&path).map_err(SynthError::write(&path))?;
    let mut object = Object::begin(BufWriter::new(file)).map_err(SynthError::write(&path))?;
    let mut total = super::report::Waterfall::default();
    tables.waterfalls.values().for_each(|waterfall| total.add(waterfall));
    let mut fill = || -> std::io::Result<()> {
        let o = &mut object;
        o.value("synthetic", &true)?;
        o.value("avertissement", &"Données synthétiques : aucune recherche, aucun lieu, aucune personne n'est réelle.")?;
        o.value("format", &"solidata-synth-truth/1")?;
        o.value("spec", &spec_json(spec, world))?;
        o.value("files", &files)?;
        o.rows("damaged", crate::damaged::DAMAGES)?;
        o.value(
            "documents",
            &json!({
                "search": gathered.searches,
                "lieux": gathered.places,
                "search_date_invalide": judged.invalid,
                "search_id_en_double": judged.repeated_ids,
            }),
        )?;
        o.value("ratio_brute_nette", &(total.brute as f64 / total.nette.max(1) as f64))?;
        o.value("waterfall_total", &total)?;
        o.value(
            "rafales",
            &json!({
                "tranches_minute": judged.minutes,
                "tranches_minute_historique_incomplet": judged.minutes_short_history,
                "recherches_par_debit": judged.by_rate,
                "recherches_par_balayage": judged.by_sweep,
                "recherches_par_les_deux": judged.by_both,
            }),
        )?;
        o.rows(
            "intentions",
            gathered.intended.iter().map(|((land, month, category), intended)| Intention {
                departement: &world.lands.chosen[*land].row.code,
                mois: format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1),
                categorie: category,
                intentions: intended.searches,
                documents: intended.documents,
            }),
        )?;
        tables.write(o)?;
        o.rows(
            "traps",
            TRAP_LABELS.iter().zip(&gathered.traps).map(|((name, _, _), (count, ids))| Trap {
                piege: name,
                documents: *count,
                complet: *count == ids.len() as u64,
                ids: ids.iter().map(crate::text::hex_text).collect(),
            }),
        )?;
        write_supply(o, supply)?;
        o.rows("secrets", world.secrets.0.iter().chain(&gathered.secrets))
    };
    fill().map_err(SynthError::write(&path))?;
    let mut writer = object.end().map_err(SynthError::write(&path))?;
    writer.flush().map_err(SynthError::write(&path))?;
    let bytes = writer.get_ref().metadata().map_err(SynthError::write(&path))?.len();
    Ok((FileReport { name: NAME.to_owned(), bytes, document_bytes: bytes, documents: 0 }, total.brute, total.nette))
}
