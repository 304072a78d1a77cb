//! From documents to rows.

use super::audience::{Audience, Modalities, languages};
use super::contact::{Phone, page, phone, website};
use super::context::PlaceContext;
use super::location::{Location, Point, address, point, territory_of};
use super::outcome::{PlaceCounts, PlaceOutcome, PublicPlace, PublicService, Quarantined};
use super::precision::{Precision, kind_of, of_all, own};
use super::{dates, hours, name};
use crate::contract::PlaceDoc;
use crate::contract::place::{PhoneDoc, ServiceDoc};
use crate::{Breach, Zone};
use chrono::NaiveDate;
use solidata_territory::Level;
use std::collections::BTreeMap;

/// The public rows of all documents of a snapshot. The order of the documents decides nothing but positions in the quarantine.
pub fn publish_places(docs: Vec<PlaceDoc>, context: &PlaceContext<'_>) -> PlaceOutcome {
    let mut outcome = PlaceOutcome { date_photo: context.date_photo.or_else(|| newest_day(&docs, context)), ..PlaceOutcome::default() };
    outcome.counts.documents = docs.len() as u64;
    let precisions = of_all(&docs, context.categories);
    for (number, at) in one_for_each_number(&docs, &mut outcome.quarantine) {
        if let (Some(doc), Some(precision)) = (docs.get(at), precisions.get(at)) {
            Publisher { context, at, number, doc, precision: *precision, outcome: &mut outcome }.publish();
        }
    }
    outcome.quarantine.sort_unstable();
    outcome
}

/// The newest date of any document, as a day of Paris.
fn newest_day(docs: &[PlaceDoc], context: &PlaceContext<'_>) -> Option<NaiveDate> {
    let moments = docs.iter().flat_map(|doc| [doc.created_at, doc.updated_at, doc.updated_by_user_at]);
    context.localities.paris().date(moments.filter_map(|moment| moment.ms()).max()?)
}

/// For each number the position of its document: the one updated last. Of two updated at once one is taken by its content, so that the
/// order of the documents decides nothing.
fn one_for_each_number(docs: &[PlaceDoc], quarantine: &mut Vec<Quarantined>) -> BTreeMap<i64, usize> {
    let mut kept: BTreeMap<i64, usize> = BTreeMap::new();
    let mut aside = |document, breach| quarantine.push(Quarantined { document, service: None, breach });
    let age = |at: usize| docs.get(at).map(|doc| (doc.updated_at.ms(), doc.updated_by_user_at.ms()));
    let content = |at: usize| docs.get(at).map(|doc| format!("{doc:?}"));
    for (at, doc) in docs.iter().enumerate() {
        let Some(number) = doc.lieu_id.filter(|number| *number > 0) else {
            aside(at, Breach::PlaceIdMissing);
            continue;
        };
        match kept.get(&number).copied() {
            Some(before) if age(before).cmp(&age(at)).then_with(|| content(before).cmp(&content(at))).is_ge() => {
                aside(at, Breach::PlaceIdTwice)
            }
            Some(before) => {
                aside(before, Breach::PlaceIdTwice);
                kept.insert(number, at);
            }
            None => {
                kept.insert(number, at);
            }
        }
    }
    kept
}

struct Publisher<'a> {
    context: &'a PlaceContext<'a>,
    at: usize,
    number: i64,
    doc: &'a PlaceDoc,
    precision: Precision,
    outcome: &'a mut PlaceOutcome,
}

impl Publisher<'_> {
    fn publish(mut self) {
        let (doc, context) = (self.doc, self.context);
        let status = status_name(doc.status.as_deref());
        *self.counts().by_status.entry(status).or_default() += 1;
        if status != "ONLINE" {
            return;
        }
        if doc.visibility.as_deref() != Some("ALL") {
            self.counts().professionals_only += 1;
            return;
        }
        let id = territory_of(doc, context);
        let territory = context.geography.territory(id);
        if territory.level == Level::Foreign {
            *self.counts().foreign.entry(territory.country.as_str()).or_default() += 1;
            return;
        }
        if doc.name.is_none() {
            self.set_aside(None, Breach::PlaceNameMissing);
            return;
        }
        let zone = context.localities.zone(id);
        let location = Location::shown(doc, territory, self.precision, context);
        let nom = name::shown(doc, territory, self.precision, context);
        let contacts = self.contacts();
        let (latitude_micro, longitude_micro) = match point(doc, territory) {
            Point::At(lat, lon) if self.precision == Precision::Adresse => (Some(lat), Some(lon)),
            Point::Refused if self.precision == Precision::Adresse => {
                self.counts().coordinates_refused += 1;
                (None, None)
            }
            _ => (None, None),
        };
        let closure = dates::closure(&doc.temp_infos.closure, zone, self.outcome.date_photo);
        // A place further east may already be on the day after the snapshot's day in Paris.
        let date_maj = dates::day(doc.updated_by_user_at, zone).map(|day| self.outcome.date_photo.map_or(day, |photo| day.min(photo)));
        let origin = context.lists.licences.origin(&doc.sources);
        let lieu_id = format!("lieu-{}", self.number);
        let services = self.services(&lieu_id, zone);
        self.count(&location, nom.is_none(), origin.open);
        let unknown = &mut self.outcome.counts.unknown_codes;
        let place = PublicPlace {
            numero: self.number,
            lieu_id,
            nom,
            type_lieu: kind_of(doc),
            precision: self.precision,
            adresse: if self.precision == Precision::Adresse { address(doc) } else { None },
            code_postal: location.postal_code,
            commune: location.commune_name,
            code_arrondissement_municipal: location.borough,
            code_commune: location.commune,
            code_epci: location.epci,
            code_departement: location.departement,
            code_region: location.region,
            latitude_micro,
            longitude_micro,
            telephone: contacts.phones,
            site_web: contacts.website,
            url_fiche: contacts.page,
            publics: Audience::of(&doc.publics, context.lists, unknown),
            langues: languages(&doc.languages, context.lists, unknown),
            modalites: Modalities::of(&doc.modalities),
            horaires: doc.hours.as_ref().and_then(hours::text),
            fermeture_debut: closure.from,
            fermeture_fin: closure.to,
            services,
            date_maj,
            source: origin.source,
            licence: origin.licence,
            listable: origin.open,
        };
        self.outcome.places.push(place);
    }

    fn counts(&mut self) -> &mut PlaceCounts {
        &mut self.outcome.counts
    }

    fn set_aside(&mut self, service: Option<u32>, breach: Breach) {
        self.outcome.quarantine.push(Quarantined { document: self.at, service, breach });
    }

    fn count(&mut self, location: &Location, name_withheld: bool, open: bool) {
        let likeness = self.precision > own(self.doc, self.context.categories);
        let precision = self.precision;
        let counts = self.counts();
        *counts.by_precision.entry(precision).or_default() += 1;
        counts.protected_by_likeness += u64::from(likeness);
        counts.unlisted += u64::from(!open);
        counts.names_withheld += u64::from(name_withheld);
        counts.without_departement += u64::from(location.departement.is_none());
        counts.without_commune +=
            u64::from(precision <= Precision::Commune && location.departement.is_some() && location.commune.is_none());
    }

    /// Contacts and page of a place that nothing protects; of another one none.
    fn contacts(&mut self) -> Contacts {
        if self.precision != Precision::Adresse {
            return Contacts::default();
        }
        let doc = self.doc;
        let phones = self.phones(&doc.entity.phones);
        let said = doc.entity.website.as_deref();
        let website = said.and_then(website);
        self.counts().websites_refused += u64::from(said.is_some() && website.is_none());
        Contacts { phones, website, page: doc.seo_url.as_deref().and_then(page) }
    }

    fn phones(&mut self, docs: &[PhoneDoc]) -> Option<String> {
        let mut numbers: Vec<String> = Vec::new();
        for doc in docs {
            match phone(doc) {
                Some(Phone::Number(number)) if !numbers.contains(&number) => numbers.push(number),
                Some(Phone::Mobile) => self.counts().mobile_phones_withheld += 1,
                Some(Phone::Unread) => self.counts().phones_unread += 1,
                _ => {}
            }
        }
        (!numbers.is_empty()).then(|| numbers.join("|"))
    }

    /// Publishes the services whose category is known; how many they are.
    fn services(&mut self, lieu_id: &str, zone: &Zone) -> u32 {
        let doc = self.doc;
        let mut published = 0;
        for (rank, service) in (1..).zip(&doc.services) {
            match service.category.as_deref().and_then(|code| self.context.categories.current(code)) {
                Some(category) => {
                    published += 1;
                    let row = self.service(service, rank, lieu_id, category, zone);
                    self.outcome.services.push(row);
                }
                None => self.set_aside(Some(rank), Breach::CategoryUnknown),
            }
        }
        self.counts().services += u64::from(published);
        published
    }

    fn service(&mut self, service: &ServiceDoc, rank: u32, lieu_id: &str, category: &str, zone: &Zone) -> PublicService {
        let doc = self.doc;
        let publics = service.publics.as_deref().filter(|_| service.different_publics).unwrap_or(&doc.publics);
        let modalities = service.modalities.as_deref().filter(|_| service.different_modalities).unwrap_or(&doc.modalities);
        let own_hours = service.hours.as_deref().filter(|_| service.different_hours);
        let closure = dates::closure(&service.close, zone, self.outcome.date_photo);
        PublicService {
            service_id: format!("service-{}-{rank}", self.number),
            lieu_id: lieu_id.to_owned(),
            categorie_code: category.to_owned(),
            publics: Audience::of(publics, self.context.lists, &mut self.outcome.counts.unknown_codes),
            modalites: Modalities::of(modalities),
            horaires: own_hours.or(doc.hours.as_ref()).and_then(hours::text),
            ferme: closure.closed,
            fermeture_debut: closure.from,
            fermeture_fin: closure.to,
            saturation: match service.saturated.status.as_deref().map(str::to_ascii_uppercase).as_deref() {
                Some("LOW") => Some("faible"),
                Some("MODERATE") => Some("moyenne"),
                Some("HIGH") => Some("forte"),
                _ => None,
            },
        }
    }
}

#[derive(Default)]
struct Contacts {
    phones: Option<String>,
    website: Option<String>,
    page: Option<String>,
}

fn status_name(status: Option<&str>) -> &'static str {
    match status {
        Some("ONLINE") => "ONLINE",
        Some("OFFLINE") => "OFFLINE",
        Some("DRAFT") | None => "DRAFT",
        Some("PERMANENTLY_CLOSED") => "PERMANENTLY_CLOSED",
        Some(_) => "autre",
    }
}
