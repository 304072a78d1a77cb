//! The public directory, as tables: places and services as precisely as anonymisation lets them be shown.

use crate::{
    Lists, StageError,
    demand::{read_parquet, write_parquet},
    tables::schema,
};
use arrow::{
    array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, SchemaRef},
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use solidata_anonymise::{
    contract::PlaceDoc,
    place::{Audience, Modalities, PlaceContext, PlaceOutcome, PublicPlace, PublicService, publish_places},
};
use solidata_sources::Position;
use solidata_store::StageOutput;
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// What the vault's report says of the directory. Private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplyReport {
    /// The day of the directory: as the operator said, else its newest date.
    pub date_photo: NaiveDate,
    /// Counts by name.
    pub counts: BTreeMap<String, u64>,
    /// Documents and services put aside: position of the document in the snapshot, rank of the service, reason.
    pub quarantine: Vec<(u64, Option<u32>, String)>,
}

const PLACES: &str = "lieux_publics.parquet";
const SERVICES: &str = "services_publics.parquet";
const REPORT: &str = "supply.json";

/// Places and services as the public may see them. Only a verified output of the extraction makes one.
#[derive(Debug)]
pub struct PublicSupply {
    places: Vec<RecordBatch>,
    services: Vec<RecordBatch>,
    report: SupplyReport,
}

impl PublicSupply {
    /// Applies the rules for places and writes the tables into `folder`.
    ///
    /// # Errors
    /// When no document has a date and the operator named no day, or the vault's disk fails.
    pub(crate) fn write(
        docs: Vec<(Position, PlaceDoc)>,
        cut_off: Option<NaiveDate>,
        lists: &Lists,
        folder: &Path,
    ) -> Result<SupplyReport, StageError> {
        let (positions, docs): (Vec<Position>, Vec<PlaceDoc>) = docs.into_iter().unzip();
        let context = PlaceContext {
            geography: &lists.geography,
            localities: &lists.localities,
            categories: &lists.categories,
            lists: &lists.places,
            date_photo: cut_off,
        };
        let outcome = publish_places(docs, &context);
        let date_photo =
            outcome.date_photo.ok_or_else(|| StageError::Usage("no place has a date: say the snapshot's day with --cut-off".into()))?;
        write_parquet(&folder.join(PLACES), &places(&outcome.places)?)?;
        write_parquet(&folder.join(SERVICES), &services(&outcome.services)?)?;
        let report = report(date_photo, &outcome, &positions);
        let path = folder.join(REPORT);
        std::fs::write(&path, solidata_model::canonical_json(&report)?).map_err(|e| StageError::vault(&path, e))?;
        Ok(report)
    }

    /// Opens a verified output.
    ///
    /// # Errors
    /// When the extraction read no places, or a file cannot be read.
    pub fn open(output: &StageOutput) -> Result<Self, StageError> {
        let path = output.file(REPORT)?;
        let bytes = std::fs::read(&path).map_err(|e| StageError::vault(&path, e))?;
        Ok(Self {
            places: read_parquet(&output.file(PLACES)?)?,
            services: read_parquet(&output.file(SERVICES)?)?,
            report: serde_json::from_slice(&bytes)?,
        })
    }

    /// What the run report says of it. Private.
    pub fn report(&self) -> &SupplyReport {
        &self.report
    }

    /// `lieux_publics`.
    pub(crate) fn places(&self) -> &[RecordBatch] {
        &self.places
    }

    /// `services_publics`.
    pub(crate) fn services(&self) -> &[RecordBatch] {
        &self.services
    }

    /// The columns of `lieux_publics`.
    pub fn places_schema() -> SchemaRef {
        let mut columns = vec![
            text("lieu_id"),
            text("nom?"),
            text("type_lieu"),
            text("precision_localisation"),
            text("adresse?"),
            text("code_postal?"),
            text("commune?"),
            text("code_arrondissement_municipal?"),
            text("code_commune?"),
            text("code_epci?"),
            text("code_departement?"),
            text("code_region?"),
            ("latitude?", DataType::Decimal128(8, 6)),
            ("longitude?", DataType::Decimal128(9, 6)),
            text("telephone?"),
            text("site_web?"),
            text("url_fiche?"),
            text("langues?"),
            text("horaires?"),
            day("fermeture_debut?"),
            day("fermeture_fin?"),
            ("services", DataType::Int64),
            day("date_maj?"),
            text("source"),
            text("licence"),
            ("listable", DataType::Boolean),
        ];
        columns.extend(WELCOME);
        schema(&columns)
    }

    /// The columns of `services_publics`.
    pub fn services_schema() -> SchemaRef {
        let mut columns = vec![
            text("service_id"),
            text("lieu_id"),
            text("categorie_code"),
            text("horaires?"),
            ("ferme", DataType::Boolean),
            day("fermeture_debut?"),
            day("fermeture_fin?"),
            text("saturation?"),
        ];
        columns.extend(WELCOME);
        schema(&columns)
    }
}

/// Columns that say who is welcome and how one comes in; places and services have them alike.
const WELCOME: [(&str, DataType); 14] = [
    ("accueil?", DataType::Utf8),
    ("public_genre?", DataType::Utf8),
    ("public_administratif?", DataType::Utf8),
    ("public_familial?", DataType::Utf8),
    ("public_autre?", DataType::Utf8),
    ("age_min?", DataType::Int64),
    ("age_max?", DataType::Int64),
    ("sans_condition?", DataType::Boolean),
    ("sur_rendez_vous?", DataType::Boolean),
    ("sur_inscription?", DataType::Boolean),
    ("sur_orientation?", DataType::Boolean),
    ("payant?", DataType::Boolean),
    ("animaux_acceptes?", DataType::Boolean),
    ("accessible_pmr?", DataType::Boolean),
];

fn text(name: &str) -> (&str, DataType) {
    (name, DataType::Utf8)
}

fn day(name: &str) -> (&str, DataType) {
    (name, DataType::Date32)
}

fn places(rows: &[PublicPlace]) -> Result<RecordBatch, StageError> {
    let mut columns = vec![
        texts(rows, |p| Some(&p.lieu_id)),
        texts(rows, |p| p.nom.as_deref()),
        texts(rows, |p| Some(p.type_lieu.name())),
        texts(rows, |p| Some(p.precision.name())),
        texts(rows, |p| p.adresse.as_deref()),
        texts(rows, |p| p.code_postal.as_deref()),
        texts(rows, |p| p.commune.as_deref()),
        texts(rows, |p| p.code_arrondissement_municipal.as_deref()),
        texts(rows, |p| p.code_commune.as_deref()),
        texts(rows, |p| p.code_epci.as_deref()),
        texts(rows, |p| p.code_departement.as_deref()),
        texts(rows, |p| p.code_region.as_deref()),
        degrees(rows, 8, |p| p.latitude_micro)?,
        degrees(rows, 9, |p| p.longitude_micro)?,
        texts(rows, |p| p.telephone.as_deref()),
        texts(rows, |p| p.site_web.as_deref()),
        texts(rows, |p| p.url_fiche.as_deref()),
        texts(rows, |p| p.langues.as_deref()),
        texts(rows, |p| p.horaires.as_deref()),
        days(rows, |p| p.fermeture_debut),
        days(rows, |p| p.fermeture_fin),
        integers(rows, |p| Some(i64::from(p.services))),
        days(rows, |p| p.date_maj),
        texts(rows, |p| Some(&p.source)),
        texts(rows, |p| Some(&p.licence)),
        booleans(rows, |p| Some(p.listable)),
    ];
    columns.extend(welcome(rows, |p| (&p.publics, &p.modalites)));
    Ok(RecordBatch::try_new(PublicSupply::places_schema(), columns)?)
}

fn services(rows: &[PublicService]) -> Result<RecordBatch, StageError> {
    let mut columns = vec![
        texts(rows, |s| Some(&s.service_id)),
        texts(rows, |s| Some(&s.lieu_id)),
        texts(rows, |s| Some(&s.categorie_code)),
        texts(rows, |s| s.horaires.as_deref()),
        booleans(rows, |s| Some(s.ferme)),
        days(rows, |s| s.fermeture_debut),
        days(rows, |s| s.fermeture_fin),
        texts(rows, |s| s.saturation),
    ];
    columns.extend(welcome(rows, |s| (&s.publics, &s.modalites)));
    Ok(RecordBatch::try_new(PublicSupply::services_schema(), columns)?)
}

fn welcome<T>(rows: &[T], of: impl Fn(&T) -> (&Audience, &Modalities)) -> Vec<ArrayRef> {
    vec![
        texts(rows, |r| of(r).0.accueil),
        texts(rows, |r| of(r).0.genre.as_deref()),
        texts(rows, |r| of(r).0.administratif.as_deref()),
        texts(rows, |r| of(r).0.familial.as_deref()),
        texts(rows, |r| of(r).0.autre.as_deref()),
        integers(rows, |r| of(r).0.age_min.map(i64::from)),
        integers(rows, |r| of(r).0.age_max.map(i64::from)),
        booleans(rows, |r| of(r).1.sans_condition),
        booleans(rows, |r| of(r).1.sur_rendez_vous),
        booleans(rows, |r| of(r).1.sur_inscription),
        booleans(rows, |r| of(r).1.sur_orientation),
        booleans(rows, |r| of(r).1.payant),
        booleans(rows, |r| of(r).1.animaux_acceptes),
        booleans(rows, |r| of(r).1.accessible_pmr),
    ]
}

fn texts<T>(rows: &[T], of: impl Fn(&T) -> Option<&str>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<StringArray>())
}

fn integers<T>(rows: &[T], of: impl Fn(&T) -> Option<i64>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<Int64Array>())
}

fn booleans<T>(rows: &[T], of: impl Fn(&T) -> Option<bool>) -> ArrayRef {
    Arc::new(rows.iter().map(of).collect::<BooleanArray>())
}

fn days<T>(rows: &[T], of: impl Fn(&T) -> Option<NaiveDate>) -> ArrayRef {
    let since_epoch = |d: NaiveDate| i32::try_from(d.signed_duration_since(NaiveDate::default()).num_days()).ok();
    Arc::new(rows.iter().map(|r| of(r).and_then(since_epoch)).collect::<Date32Array>())
}

fn degrees<T>(rows: &[T], precision: u8, of: impl Fn(&T) -> Option<i32>) -> Result<ArrayRef, StageError> {
    let micro: Decimal128Array = rows.iter().map(|r| of(r).map(i128::from)).collect();
    Ok(Arc::new(micro.with_precision_and_scale(precision, 6)?))
}

fn report(date_photo: NaiveDate, outcome: &PlaceOutcome, positions: &[Position]) -> SupplyReport {
    let c = &outcome.counts;
    let mut counts: BTreeMap<String, u64> = [
        ("documents", c.documents),
        ("publics", outcome.places.len() as u64),
        ("services", c.services),
        ("pro_seulement", c.professionals_only),
        ("proteges_par_ressemblance", c.protected_by_likeness),
        ("licence_non_ouverte", c.unlisted),
        ("departement_inconnu", c.without_departement),
        ("commune_inconnue", c.without_commune),
        ("noms_retires", c.names_withheld),
        ("mobiles_retires", c.mobile_phones_withheld),
        ("telephones_illisibles", c.phones_unread),
        ("sites_refuses", c.websites_refused),
        ("coordonnees_refusees", c.coordinates_refused),
        ("codes_inconnus", c.unknown_codes),
    ]
    .into_iter()
    .map(|(name, n)| (name.to_owned(), n))
    .collect();
    counts.extend(c.by_status.iter().map(|(status, n)| (format!("statut_{status}"), *n)));
    counts.extend(c.foreign.iter().map(|(country, n)| (format!("pays_{country}"), *n)));
    counts.extend(c.by_precision.iter().map(|(precision, n)| (format!("precision_{}", precision.name()), *n)));
    let at = |document: usize| positions.get(document).map_or(0, |p| p.0);
    let quarantine = outcome.quarantine.iter().map(|q| (at(q.document), q.service, q.breach.code().to_owned())).collect();
    SupplyReport { date_photo, counts, quarantine }
}
