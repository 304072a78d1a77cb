//! The collection `lieux`: places, exact in number, with all that must not leave the vault planted in them.

mod address;
mod fiche;
mod kind;
mod node;
mod parts;
mod service;
mod texts;

use std::collections::HashMap;

pub(crate) use fiche::MARK;
use kind::{Kind, Twin};
pub(crate) use node::Node;

use crate::SynthError;
use crate::calendar::HOUR;
use crate::emit::{Bson, Json};
use crate::rng::Rng;
use crate::spec::Form;
use crate::truth::{PlaceFact, PlaceReader};
use crate::world::{Secret, World, label};

/// The places of one département.
#[derive(Default)]
pub(crate) struct PlaceBatch {
    pub bytes: Vec<u8>,
    pub count: u64,
    /// Read back for the truth; empty when it is not wanted.
    pub facts: Vec<PlaceFact>,
    pub secrets: Vec<Secret>,
}

/// Makes the places of the chosen départements.
pub(crate) struct Places<'w> {
    pub world: &'w World,
    pub form: Form,
    pub reader: Option<&'w PlaceReader<'w>>,
    /// What was decided for each département, and the first number of its places.
    decided: Vec<(Vec<Kind>, i32)>,
}

impl<'w> Places<'w> {
    pub(crate) fn new(world: &'w World, form: Form, reader: Option<&'w PlaceReader<'w>>) -> Self {
        let mut next = 1;
        let decided = world
            .lands
            .chosen
            .iter()
            .map(|land| {
                let mut rng = Rng::derive(world.seed, "kinds", &[label(&land.row.code)]);
                let kinds = kind::decide(&mut rng, world.volumes.supply(&land.row));
                let first = next;
                next += kinds.len() as i32;
                (kinds, first)
            })
            .collect();
        Self { world, form, reader, decided }
    }

    /// # Errors
    /// [`SynthError::Truth`] when a document cannot be read back.
    pub(crate) fn make(&self, index: usize) -> Result<PlaceBatch, SynthError> {
        let land = &self.world.lands.chosen[index];
        let (kinds, first) = &self.decided[index];
        let mut rng = Rng::derive(self.world.seed, "places", &[label(&land.row.code)]);
        let machine = rng.bits().to_be_bytes();
        // The morning of the last day, so that searches are the newest documents.
        let now = self.world.volumes.last_day * 24 * HOUR + 6 * HOUR;
        let texts = texts::Texts::new(&mut rng);
        let mut maker = fiche::Maker { rng, land, texts, now, machine };
        let mut batch = PlaceBatch::default();
        let mut copied = HashMap::new();
        let wanted: Vec<usize> = kinds.iter().enumerate().filter_map(|(i, kind)| Some(i - back(kind.twin?))).collect();
        let mut scratch = Vec::new();
        for (i, kind) in kinds.iter().enumerate() {
            let source = kind.twin.and_then(|twin| copied.get(&(i - back(twin))));
            let (doc, made) = maker.fiche(*kind, first + i as i32, source);
            if wanted.contains(&i) {
                copied.insert(i, made);
            }
            self.write(&doc, &mut batch.bytes);
            batch.count += 1;
            if let Some(reader) = self.reader {
                scratch.clear();
                doc.write(&mut Json::relaxed(), &mut scratch);
                let fact = reader.read(&scratch).map_err(|problem| SynthError::Truth { position: i, problem })?;
                batch.facts.push(fact);
            }
        }
        batch.secrets = maker.texts.secrets.0;
        Ok(batch)
    }

    fn write(&self, doc: &Node, out: &mut Vec<u8>) {
        match self.form {
            Form::Ndjson => doc.write(&mut Json::relaxed(), out),
            Form::NdjsonCanonical => doc.write(&mut Json::canonical(), out),
            Form::Archive | Form::Bson => doc.write(&mut Bson::default(), out),
        }
    }

    /// Public places that were decided, with their numbers.
    #[cfg(test)]
    fn decided_public(&self) -> impl Iterator<Item = (i32, &Kind)> {
        let numbered =
            self.decided.iter().flat_map(|(kinds, first)| kinds.iter().enumerate().map(move |(i, kind)| (first + i as i32, kind)));
        numbered.filter(|(_, kind)| kind.standing == kind::Standing::Public)
    }
}

fn back(twin: Twin) -> usize {
    match twin {
        Twin::Name(back) | Twin::Page(back) => back,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::reference::Reference;
    use crate::reference::tests::Files;
    use crate::tests::date;
    use crate::truth::{Precision, Supply};
    use crate::{Departments, SynthSpec};

    /// What was decided is what an independent reading of the documents finds: totals, protected places, and those that resemble them.
    #[test]
    fn the_truth_finds_what_was_decided() {
        let reference = Reference::read(&Files::load().bytes()).unwrap();
        let departments = Departments::List(vec!["67".to_owned(), "68".to_owned()]);
        let spec = SynthSpec::new(date(2024, 9, 1), date(2024, 10, 3), departments, 7, Form::Ndjson);
        let world = World::build(&spec, &reference).unwrap();
        let reader = PlaceReader::new(&reference);
        let places = Places::new(&world, Form::Ndjson, Some(&reader));
        let facts: Vec<PlaceFact> = (0..2).flat_map(|land| places.make(land).unwrap().facts).collect();
        let supply = Supply::new(&facts, &reader);
        let count = |code: &str| supply.departements[code].0;
        assert_eq!((count("67").lieux, count("67").services), (818, 2_718));
        assert_eq!((count("68").lieux, count("68").services), (513, 2_179));
        assert_eq!(supply.departements.len(), 2);
        assert!(supply.departements.values().all(|(offer, listed)| *listed < offer.lieux && *listed > offer.lieux * 8 / 10));
        let found: BTreeMap<i64, Precision> = supply.protected.iter().map(|row| (row.lieu_id, row.precision)).collect();
        let decided: BTreeMap<i32, &Kind> = places.decided_public().collect();
        let precision = |number: i32| {
            let kind = decided[&number];
            let guard = kind.twin.map_or(kind.guard, |twin| decided[&(number - back(twin) as i32)].guard);
            match guard {
                guard if guard.endangered() => Some(Precision::Departement),
                guard if guard.hides() => Some(Precision::Commune),
                _ => None,
            }
        };
        for number in decided.keys() {
            assert_eq!(found.get(&i64::from(*number)).copied(), precision(*number), "{number} {:?}", decided[number]);
        }
        assert!(supply.protected.iter().any(|row| row.regles.contains(&"ressemble_a_un_lieu_protege")));
    }
}
