//! What comes out.

use super::{Audience, Modalities, Precision};
use crate::Breach;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Whether a place stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A fixed address.
    Lieu,
    /// A mobile round.
    ParcoursMobile,
}

impl Kind {
    /// As it is published.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Lieu => "lieu",
            Kind::ParcoursMobile => "parcours_mobile",
        }
    }
}

/// A place of the public directory. Fields are named like the columns of the dataset `structures`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicPlace {
    /// The number in `lieu_id`.
    pub numero: i64,
    /// `lieu-123`.
    pub lieu_id: String,
    /// Name; `None` when it is withheld.
    pub nom: Option<String>,
    /// Fixed or mobile.
    pub type_lieu: Kind,
    /// How precisely the location is shown.
    pub precision: Precision,
    /// Street address without postal code and commune.
    pub adresse: Option<String>,
    /// Five digits.
    pub code_postal: Option<String>,
    /// Official name of the commune.
    pub commune: Option<String>,
    /// INSEE code of the arrondissement in Paris, Lyon and Marseille.
    pub code_arrondissement_municipal: Option<String>,
    /// INSEE code.
    pub code_commune: Option<String>,
    /// SIREN code.
    pub code_epci: Option<String>,
    /// INSEE code; `None` when unknown.
    pub code_departement: Option<String>,
    /// INSEE code; `None` when unknown or where there is no région.
    pub code_region: Option<String>,
    /// Latitude in millionths of a degree, WGS 84; there if and only if the longitude is.
    pub latitude_micro: Option<i32>,
    /// Longitude in millionths of a degree, WGS 84.
    pub longitude_micro: Option<i32>,
    /// Phone numbers of the organisation, in the order of the fiche, separated by `|`; no mobile numbers.
    pub telephone: Option<String>,
    /// Website.
    pub site_web: Option<String>,
    /// Page of the place on Soliguide.
    pub url_fiche: Option<String>,
    /// Who is welcome.
    pub publics: Audience,
    /// Codes of spoken languages, sorted, separated by `|`.
    pub langues: Option<String>,
    /// How one comes in.
    pub modalites: Modalities,
    /// Opening hours: `lu 09:00-12:00,14:00-17:30; ma 09:00-12:00`.
    pub horaires: Option<String>,
    /// First day of a temporary closure that is not over.
    pub fermeture_debut: Option<NaiveDate>,
    /// Its last day; `None` when open ended.
    pub fermeture_fin: Option<NaiveDate>,
    /// Number of published services.
    pub services: u32,
    /// Day of the last update by a person.
    pub date_maj: Option<NaiveDate>,
    /// Where the fiche comes from.
    pub source: String,
    /// Its licence.
    pub licence: String,
    /// Whether the licence is known to be open. A place that is not listed may be counted only.
    pub listable: bool,
}

/// A service of a published place. Fields are named like the columns of the dataset `services`; what a service has not of its own is its
/// place's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicService {
    /// `service-123-1`: place, and rank in the fiche.
    pub service_id: String,
    /// `lieu-123`.
    pub lieu_id: String,
    /// Category.
    pub categorie_code: String,
    /// Who is welcome.
    pub publics: Audience,
    /// How one comes in.
    pub modalites: Modalities,
    /// Opening hours.
    pub horaires: Option<String>,
    /// Whether it is closed on the day of the snapshot.
    pub ferme: bool,
    /// First day of a closure that is not over.
    pub fermeture_debut: Option<NaiveDate>,
    /// Its last day; `None` when open ended.
    pub fermeture_fin: Option<NaiveDate>,
    /// `faible`, `moyenne` or `forte`.
    pub saturation: Option<&'static str>,
}

/// A document, or a service of it, that is put aside. The list stays in the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarantined {
    /// Position of the document in the input, from 0.
    pub document: usize,
    /// Rank of the service in the fiche, from 1; `None` when the whole document is meant.
    pub service: Option<u32>,
    /// Why.
    pub breach: Breach,
}

/// Counts for the run report. They stay in the vault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceCounts {
    /// Documents in.
    pub documents: u64,
    /// By status, `autre` for a status that is in no list; quarantined ones are not here.
    pub by_status: BTreeMap<&'static str, u64>,
    /// Online, but for professionals only.
    pub professionals_only: u64,
    /// Online and visible, by country other than France.
    pub foreign: BTreeMap<&'static str, u64>,
    /// Published by precision.
    pub by_precision: BTreeMap<Precision, u64>,
    /// Published ones that are coarser only because they share position and name, or position and page, with a protected one.
    pub protected_by_likeness: u64,
    /// Published ones whose licence is not known to be open.
    pub unlisted: u64,
    /// Published ones without known département.
    pub without_departement: u64,
    /// Published ones with a département but no certain commune.
    pub without_commune: u64,
    /// Published services.
    pub services: u64,
    /// Names withheld.
    pub names_withheld: u64,
    /// Mobile numbers withheld from unprotected places.
    pub mobile_phones_withheld: u64,
    /// Other numbers that could not be read.
    pub phones_unread: u64,
    /// Websites that are no plain address.
    pub websites_refused: u64,
    /// Unprotected places whose coordinates are those of a failed geocode, or outside of their département's part of the world.
    pub coordinates_refused: u64,
    /// Codes of publics and languages that are in no list.
    pub unknown_codes: u64,
}

/// Everything that [`super::publish_places`] gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceOutcome {
    /// Places by number, the unlisted ones included.
    pub places: Vec<PublicPlace>,
    /// Services by place, then rank.
    pub services: Vec<PublicService>,
    /// Counts for the report.
    pub counts: PlaceCounts,
    /// What was put aside, in order.
    pub quarantine: Vec<Quarantined>,
    /// The day of the snapshot: as the context says, else the newest date of any document (a day of Paris). `None` when no document has a date.
    pub date_photo: Option<NaiveDate>,
}
