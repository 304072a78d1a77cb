use crate::limits::Range;
use solidata_model::{Column, ColumnChange, Contract, SchemaChange, SchemaLevel};
use std::collections::BTreeSet;

/// How two schemas of a dataset differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDiff {
    /// The version before.
    pub from: String,
    /// The version after.
    pub to: String,
    /// Every change, in the order of the columns.
    pub changes: Vec<ColumnChange>,
}

impl SchemaDiff {
    /// Compares two contracts with their sort keys.
    pub fn of(before: (&Contract, &[String]), after: (&Contract, &[String])) -> Self {
        let mut changes = Vec::new();
        let mut add = |column: &str, what: SchemaChange| changes.push(ColumnChange { column: column.into(), what, level: what.level() });
        let (a, b) = (&before.0.columns, &after.0.columns);
        let find = |columns: &'_ [Column], name: &str| columns.iter().position(|c| c.name == name);
        for column in a {
            match find(b, &column.name).and_then(|i| b.get(i)) {
                None => add(&column.name, SchemaChange::Removed),
                Some(now) => compare(column, now, &mut add),
            }
        }
        for column in b.iter().filter(|c| find(a, &c.name).is_none()) {
            add(&column.name, SchemaChange::Added);
        }
        let common = |of: &'_ [Column], other: &[Column]| -> Vec<String> {
            of.iter().filter(|c| find(other, &c.name).is_some()).map(|c| c.name.clone()).collect()
        };
        if common(a, b) != common(b, a) {
            add("*", SchemaChange::Reordered);
        }
        if before.1 != after.1 {
            add("*", SchemaChange::SortKey);
        }
        Self { from: before.0.version.clone(), to: after.0.version.clone(), changes }
    }

    /// What the changes ask of importers; none when nothing changed.
    pub fn level(&self) -> Option<SchemaLevel> {
        self.changes.iter().map(|c| c.level).max()
    }

    /// What the versions promise; none when they are the same, an error when the version went back or is none.
    ///
    /// # Errors
    /// In words.
    pub fn declared(&self) -> Result<Option<SchemaLevel>, String> {
        let parse = |text: &str| -> Option<[u64; 3]> {
            let parts: Vec<u64> = text.split('.').map(|p| p.parse().ok()).collect::<Option<_>>()?;
            parts.try_into().ok()
        };
        let wrong = |text: &str| format!("'{text}' is no version: write major.minor.patch");
        let (from, to) = (parse(&self.from).ok_or_else(|| wrong(&self.from))?, parse(&self.to).ok_or_else(|| wrong(&self.to))?);
        if to < from {
            return Err(format!("the version went back from {} to {}", self.from, self.to));
        }
        Ok([SchemaLevel::Major, SchemaLevel::Minor, SchemaLevel::Patch]
            .into_iter()
            .zip(from.iter().zip(&to))
            .find(|(_, (a, b))| a != b)
            .map(|(level, _)| level))
    }

    /// Whether the declared version says at least what changed.
    ///
    /// # Errors
    /// What changed, and which version it needs.
    pub fn check(&self) -> Result<(), String> {
        let (needed, declared) = (self.level(), self.declared()?);
        if needed <= declared {
            return Ok(());
        }
        let level = needed.unwrap_or(SchemaLevel::Patch);
        let what: Vec<String> =
            self.changes.iter().filter(|c| Some(c.level) == needed).map(|c| format!("{}: {}", c.column, c.what.en())).collect();
        Err(format!("this is a {level} change ({}), and the version went from {} to {}", what.join("; "), self.from, self.to))
    }
}

fn compare(a: &Column, b: &Column, add: &mut impl FnMut(&str, SchemaChange)) {
    let mut differ = |holds: bool, what| {
        if holds {
            add(&a.name, what);
        }
    };
    differ(a.kind != b.kind, SchemaChange::Type);
    differ(!a.null && b.null, SchemaChange::MayBeEmpty);
    differ(a.null && !b.null, SchemaChange::NeverEmpty);
    differ(a.pattern != b.pattern, SchemaChange::Pattern);
    let list = |c: &Column| (c.code_list.clone(), c.dimension.clone(), c.separator, c.besides.clone());
    differ(list(a) != list(b), SchemaChange::CodeList);
    // Bounds that cannot be read are refused where a contract is used, and count here as none.
    if let (Ok(before), Ok(now)) = (Range::of(a), Range::of(b)) {
        differ(!now.within(before), SchemaChange::BoundsWidened);
        differ(now != before && now.within(before), SchemaChange::BoundsNarrowed);
    }
    // A code list has its own vintage: only what it loses may break an import.
    let codes = |c: &Column| c.codes.iter().flat_map(|list| list.codes.clone()).collect::<BTreeSet<_>>();
    let (listed, now) = (codes(a), codes(b));
    differ(!now.is_empty() && listed.difference(&now).next().is_some(), SchemaChange::ValuesRemoved);
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (a.values.iter().collect(), b.values.iter().collect());
    match (before.is_empty(), after.is_empty()) {
        (true, true) => {}
        (true, false) => differ(true, SchemaChange::ValuesListed),
        (false, true) => differ(true, SchemaChange::ValuesUnlisted),
        (false, false) => {
            differ(before.difference(&after).next().is_some(), SchemaChange::ValuesRemoved);
            differ(after.difference(&before).next().is_some(), SchemaChange::ValuesAdded);
        }
    }
    differ((&a.fr, &a.en, &a.example) != (&b.fr, &b.en, &b.example), SchemaChange::Description);
}
