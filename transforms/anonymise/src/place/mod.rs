//! Places and services as the public may see them.
//!
//! A place is published when it is online, visible to all and in France. How precisely its location may be shown is decided first, over all
//! documents together ([`Precision`]); everything that is written afterwards takes no more than that precision allows:
//!
//! | precision | why | shown |
//! |---|---|---|
//! | `adresse` | no reason against | address, coordinates, contacts, page |
//! | `commune` | on referral only, mobile round, citizen housing | commune |
//! | `departement` | it protects people in danger | département; the name only when it tells no more |
//!
//! Free text, mail, labels and authors are no field of the documents this module reads. Texts that are published (name, address, source)
//! are withheld when they hold a mail address or a phone number.

mod audience;
mod contact;
mod context;
mod dates;
mod hours;
mod licence;
mod location;
mod name;
mod outcome;
mod precision;
mod publish;
mod words;

pub use audience::{Audience, Modalities};
pub use context::{PlaceContext, PlaceLists, PlaceTables};
pub use outcome::{Kind, PlaceCounts, PlaceOutcome, PublicPlace, PublicService, Quarantined};
pub use precision::Precision;
pub use publish::publish_places;
