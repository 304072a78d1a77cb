//! Worlds that differ in what is secret only: what is published of them must be the same to the byte.

use super::joint::{key, protected};
use super::made::{near_batch, near_spec, shares_batch, shares_spec};
use super::world::{Inner, Line, batch, rows, searches, spec, threshold, withhold};
use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow::buffer::NullBuffer;
use parquet::arrow::ArrowWriter;
use solidata_canon::{TableWriter, table_schema};
use solidata_model::DatasetSpec;
use std::{collections::BTreeSet, sync::Arc};

const MONTH: &str = "2024-09";
/// What two communes have of 20 searches. Which cell a rule withholds, and which one is withheld for its sake, is not the same in all of them.
const SPLITS: [(i64, i64); 5] = [(6, 14), (14, 6), (7, 13), (10, 10), (4, 16)];

/// A world: what is so, and what the protector withholds of it.
struct World {
    open: Vec<Line>,
    withheld: BTreeSet<String>,
    primaries: BTreeSet<String>,
}

impl World {
    fn new((first, second): (i64, i64)) -> Self {
        let hidden = |place, net| Inner { place, category: "lodging", outcome: "trouve", net, removed: 0 };
        let elsewhere = |i: &Inner| i.place.starts_with("com-02") && i.category == "lodging" && i.outcome == "trouve";
        let mut found: Vec<Inner> = searches(7).into_iter().filter(elsewhere).collect();
        found.iter_mut().for_each(|inner| (inner.net, inner.removed) = (inner.net + 40, 0));
        found.extend([hidden("com-03001", first), hidden("com-03002", second)]);
        let open = rows("mois", MONTH, &found);
        let primaries = open.iter().filter(|line| threshold(line, false)).map(|line| key(line, false)).collect();
        Self { withheld: protected(&open, &found), open, primaries }
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = self.open.clone();
        withhold(&mut lines, |line, gross| self.withheld.contains(&key(line, gross)));
        lines
    }

    /// The table of the demand, with the secret counts where no value is: a batch may hold anything there.
    fn batch_with_secrets_beneath(&self) -> RecordBatch {
        let shown = batch(&self.lines());
        let with = |name: &str, secret: Vec<i64>| {
            let column = shown.column_by_name(name).unwrap();
            let there: Vec<bool> = (0..column.len()).map(|at| column.is_valid(at)).collect();
            Arc::new(Int64Array::new(secret.into(), Some(NullBuffer::from(there)))) as ArrayRef
        };
        let net = with("recherches", self.open.iter().map(|line| line.net.unwrap_or(0)).collect());
        let gross = with("recherches_brutes", self.open.iter().map(|line| line.gross.unwrap_or(0)).collect());
        let schema = shown.schema();
        let columns = schema.fields().iter().zip(shown.columns()).map(|(field, column)| match field.name().as_str() {
            "recherches" => net.clone(),
            "recherches_brutes" => gross.clone(),
            _ => column.clone(),
        });
        RecordBatch::try_new(shown.schema(), columns.collect::<Vec<ArrayRef>>()).unwrap()
    }
}

/// The files of a table.
fn files(spec: &DatasetSpec, batch: &RecordBatch) -> Vec<Vec<u8>> {
    let (mut parquet, mut csv) = (Vec::new(), Vec::new());
    let mut writer = TableWriter::new(spec, &mut parquet, &mut csv).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    vec![parquet, csv, table_schema(spec).unwrap()]
}

/// All files of the tables of the demand.
fn published(world: &World) -> Vec<Vec<u8>> {
    let lines = world.lines();
    let (near, shares) = (near_batch(&super::made::near(&lines, MONTH)), shares_batch(&super::made::shares(&lines, MONTH)));
    let tables = [(spec(), world.batch_with_secrets_beneath()), (near_spec(&near), near), (shares_spec(&shares), shares)];
    tables.iter().flat_map(|(spec, batch)| files(spec, batch)).collect()
}

/// The first world of which something else is written than of the first of all.
fn first_difference<R: PartialEq>(worlds: &[World], write: impl Fn(&World) -> R) -> Option<usize> {
    let written = write(&worlds[0]);
    worlds.iter().position(|world| write(world) != written)
}

#[test]
fn worlds_that_differ_in_what_is_secret_are_published_alike() {
    let worlds = SPLITS.map(World::new);
    // they do differ, in what is withheld of them and in why
    for world in &worlds[1..] {
        assert!(world.withheld == worlds[0].withheld && !world.withheld.is_empty());
        let given = |world: &World, withheld: bool| -> Vec<Option<i64>> {
            world.open.iter().filter(|line| world.withheld.contains(&key(line, false)) == withheld).map(|line| line.net).collect()
        };
        assert!(given(world, false) == given(&worlds[0], false) && given(world, true) != given(&worlds[0], true));
    }
    assert!(worlds[1].primaries != worlds[0].primaries && worlds[3].primaries.len() > worlds[0].primaries.len());
    assert!(worlds.iter().all(|world| world.primaries.is_subset(&world.withheld)));
    assert_eq!(first_difference(&worlds, published), None);
}

/// What a careless program could write is found.
#[test]
fn a_planted_tell_makes_a_difference() {
    let worlds = SPLITS.map(World::new);
    let table = |lines: &[Line]| files(&spec(), &batch(lines));
    // a marker of its own for what a rule withholds
    let marker = |world: &World| {
        let mut lines = world.lines();
        lines.iter_mut().filter(|line| world.primaries.contains(&key(line, false))).for_each(|line| line.status = "secret primaire".into());
        table(&lines)
    };
    assert_eq!(first_difference(&worlds, marker), Some(1));
    // rows in the order of what they hold, with a row left out, and statistics of what was withheld
    let by_hand = |batch: &RecordBatch| {
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        bytes
    };
    let order = |world: &World| {
        let mut lines: Vec<(Option<i64>, Line)> = world.open.iter().map(|line| line.net).zip(world.lines()).collect();
        lines.sort_by_key(|line| line.0);
        by_hand(&batch(&lines.into_iter().map(|line| line.1).collect::<Vec<_>>()))
    };
    assert_eq!(first_difference(&worlds, order), Some(1));
    let missing = |world: &World| {
        let lines: Vec<Line> = world.lines().into_iter().filter(|line| !world.primaries.contains(&key(line, false))).collect();
        table(&lines)
    };
    assert_eq!(first_difference(&worlds, missing), Some(1));
    let statistics = |world: &World| {
        let least = world.open.iter().filter_map(|line| line.net).min().unwrap();
        let mut lines = world.lines();
        lines.iter_mut().filter(|line| line.net.is_none()).for_each(|line| line.net = Some(least));
        by_hand(&batch(&lines))
    };
    assert!(first_difference(&worlds, statistics).is_some());
    // the finest counts of communes, made of what is so, and how much a rule withholds
    let finest = |world: &World| near_batch(&super::made::near(&world.open, MONTH));
    assert_eq!(first_difference(&worlds, finest), Some(1));
    let of_rules = |line: &&Line, world: &World| world.primaries.contains(&key(line, false));
    let loss = |world: &World| world.open.iter().filter(|line| of_rules(line, world)).filter_map(|line| line.net).sum::<i64>();
    assert_eq!(first_difference(&worlds, loss), Some(2));
}
