use crate::{ModelSet, SqlError, nearest::nearest};
use datafusion::arrow::datatypes::SchemaRef;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Where a table stands on the way from private to public. It decides who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Anonymised rows of the vault.
    SafeInput,
    /// Exact counts: what `sql/cubes` makes. They never leave the vault.
    ExactCube,
    /// Counts after protection.
    ProtectedCube,
    /// The public directory of places and services.
    PublicSupply,
    /// A list of `datasets/reference`.
    CodeList,
    /// A published table: what `sql/datasets` makes.
    Dataset,
}

impl Layer {
    /// The layers that a model of this layer may read; none for layers that SQL does not make.
    pub fn may_read(self) -> &'static [Layer] {
        match self {
            Self::ExactCube => &[Self::SafeInput, Self::CodeList],
            Self::Dataset => &[Self::ProtectedCube, Self::PublicSupply, Self::CodeList, Self::Dataset],
            _ => &[],
        }
    }

    /// The layers that a check may read: what anyone who holds a release has too, so that they can run it.
    pub(crate) const CHECK_READS: &'static [Layer] = &[Self::CodeList, Self::Dataset];

    fn folder(self) -> &'static str {
        if self == Self::ExactCube { "sql/cubes" } else { "sql/datasets" }
    }

    /// The file of the model of this name.
    pub(crate) fn place(self, name: &str) -> String {
        format!("{}/{name}.sql", self.folder())
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SafeInput => "safe input",
            Self::ExactCube => "exact cube",
            Self::ProtectedCube => "protected cube",
            Self::PublicSupply => "public supply table",
            Self::CodeList => "code list",
            Self::Dataset => "dataset",
        })
    }
}

/// A table that no model makes.
#[derive(Debug, Clone)]
pub struct BaseTable {
    /// Its name in SQL. A protected cube and an exact cube may share one: no model can read both.
    pub name: String,
    /// Who may read it.
    pub layer: Layer,
    /// Its columns.
    pub schema: SchemaRef,
    /// Columns whose values never come twice and are never NULL; empty when nothing is known. Lets the lint accept an order by them as total.
    pub key: Vec<String>,
}

/// Which model reads what, and the order in which they run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelGraph {
    /// Every model after those that it reads; otherwise by name.
    pub order: Vec<String>,
    /// What each model reads, and the layer of it.
    pub reads: BTreeMap<String, BTreeMap<String, Layer>>,
}

impl ModelGraph {
    /// Finds what each model of the set reads among `base` and the set itself.
    ///
    /// # Errors
    /// For every table that is unknown or of a layer the model may not read, every name that could mean two tables, every circle.
    pub fn new(set: &ModelSet, base: &[BaseTable]) -> Result<Self, Vec<SqlError>> {
        let (graph, errors) = Self::build(set, base);
        if errors.is_empty() { Ok(graph) } else { Err(errors) }
    }

    /// As [`ModelGraph::new`]; models with an error, and those that read them, are not in the order.
    pub(crate) fn build(set: &ModelSet, base: &[BaseTable]) -> (Self, Vec<SqlError>) {
        let mut errors = Vec::new();
        let names = Names::new(set, base, set.layer.may_read());
        errors.extend(names.twice.iter().map(|name| SqlError::Twice { name: name.clone(), reader: set.layer.folder() }));

        let mut reads = BTreeMap::new();
        for model in set.models.values() {
            let mut found = BTreeMap::new();
            let mut sound = true;
            for table in &model.reads {
                match names.resolve(&set.layer.place(&model.name), table) {
                    Ok(layer) => {
                        found.insert(table.clone(), layer);
                    }
                    Err(e) => {
                        errors.push(e);
                        sound = false;
                    }
                }
            }
            if sound {
                reads.insert(model.name.clone(), found);
            }
        }
        let mut graph = Self { order: Vec::new(), reads };
        errors.extend(graph.sort(set));
        graph.reads.retain(|name, _| graph.order.contains(name));
        (graph, errors)
    }

    /// The models of the set that `model` reads, directly or through others.
    pub fn upstream(&self, model: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut todo = vec![model];
        while let Some(name) = todo.pop() {
            for table in self.reads.get(name).into_iter().flatten().map(|(table, _)| table) {
                if self.reads.contains_key(table) && found.insert(table.clone()) {
                    todo.push(table);
                }
            }
        }
        found
    }

    /// Puts the models in order, taking the first name that is ready; what is left over lies on or behind a circle.
    fn sort(&mut self, set: &ModelSet) -> Vec<SqlError> {
        let inner = |name: &String| -> Vec<String> {
            self.reads.get(name).into_iter().flatten().map(|(t, _)| t).filter(|t| set.models.contains_key(*t)).cloned().collect()
        };
        let mut left: BTreeMap<String, Vec<String>> = self.reads.keys().map(|name| (name.clone(), inner(name))).collect();
        let mut order: Vec<String> = Vec::new();
        while let Some(name) = left.iter().find(|(_, needs)| needs.iter().all(|n| order.contains(n))).map(|(name, _)| name.clone()) {
            left.remove(&name);
            order.push(name);
        }
        self.order = order;
        let place = |path: &[String]| set.layer.place(path.first().map_or("", String::as_str));
        circles(&left).into_iter().map(|path| SqlError::Cycle { place: place(&path), path }).collect()
    }
}

/// Circles among the models that could not be put in order: at least one when no other error keeps a model out.
fn circles(left: &BTreeMap<String, Vec<String>>) -> Vec<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for start in left.keys() {
        let mut path: Vec<&String> = Vec::new();
        let mut next = Some(start);
        while let Some(name) = next {
            if let Some(from) = path.iter().position(|n| *n == name) {
                found.push(path.iter().skip(from).copied().chain([name]).cloned().collect());
                break;
            }
            if !seen.insert(name) {
                break;
            }
            path.push(name);
            next = left.get(name).and_then(|needs| needs.iter().find_map(|n| left.get_key_value(n)).map(|(key, _)| key));
        }
    }
    found
}

/// The tables that a reader could mean by a name.
pub(crate) struct Names {
    may_read: &'static [Layer],
    readable: BTreeMap<String, Layer>,
    hidden: BTreeMap<String, Layer>,
    twice: BTreeSet<String>,
}

impl Names {
    pub(crate) fn new(set: &ModelSet, base: &[BaseTable], may_read: &'static [Layer]) -> Self {
        let mut names = Self { may_read, readable: BTreeMap::new(), hidden: BTreeMap::new(), twice: BTreeSet::new() };
        let made = set.models.keys().map(|name| (name.clone(), set.layer));
        for (name, layer) in made.chain(base.iter().map(|b| (b.name.clone(), b.layer))) {
            if !may_read.contains(&layer) {
                names.hidden.entry(name).or_insert(layer);
            } else if names.readable.insert(name.clone(), layer).is_some() {
                names.twice.insert(name);
            }
        }
        names
    }

    pub(crate) fn resolve(&self, place: &str, table: &str) -> Result<Layer, SqlError> {
        if let Some(layer) = self.readable.get(table) {
            return Ok(*layer);
        }
        if let Some(layer) = self.hidden.get(table) {
            let readable = self.may_read.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(SqlError::Layering { place: place.into(), table: table.into(), layer: *layer, readable });
        }
        let nearest = nearest(table, self.readable.keys().map(String::as_str));
        Err(SqlError::UnknownTable { place: place.into(), table: table.into(), nearest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::columns;

    fn set(layer: Layer, texts: &[(&str, &str)]) -> ModelSet {
        ModelSet::parse(layer, &texts.iter().map(|(n, s)| ((*n).to_owned(), (*s).to_owned())).collect()).unwrap()
    }

    fn base() -> Vec<BaseTable> {
        [
            ("recherches", Layer::SafeInput),
            ("demande", Layer::ExactCube),
            ("demande", Layer::ProtectedCube),
            ("lieux", Layer::PublicSupply),
            ("communes", Layer::CodeList),
        ]
        .into_iter()
        .map(|(name, layer)| BaseTable { name: name.into(), layer, schema: columns(), key: vec![] })
        .collect()
    }

    fn errors(layer: Layer, texts: &[(&str, &str)]) -> Vec<String> {
        ModelGraph::new(&set(layer, texts), &base()).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn models_come_after_those_they_read() {
        let texts = [
            ("a", "SELECT id FROM b"),
            ("b", "SELECT c.id FROM c JOIN d ON c.id = d.id"),
            ("c", "SELECT id FROM lieux"),
            ("d", "SELECT id FROM demande"),
        ];
        let graph = ModelGraph::new(&set(Layer::Dataset, &texts), &base()).unwrap();
        assert_eq!(graph.order, ["c", "d", "b", "a"]);
        assert_eq!(graph.reads["d"]["demande"], Layer::ProtectedCube);
        assert_eq!(graph.upstream("a").into_iter().collect::<Vec<_>>(), ["b", "c", "d"]);
        assert!(graph.upstream("c").is_empty());
    }

    #[test]
    fn circles_are_named() {
        let found = errors(
            Layer::Dataset,
            &[("a", "SELECT id FROM c"), ("b", "SELECT id FROM a"), ("c", "SELECT id FROM b"), ("d", "SELECT id FROM a")],
        );
        assert_eq!(found, ["sql/datasets/a.sql: models read each other in a circle: a -> c -> b -> a; break it"]);
        let found = errors(Layer::Dataset, &[("a", "SELECT id FROM a"), ("x", "SELECT id FROM y"), ("y", "SELECT id FROM x")]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("a -> a") && found[1].contains("x -> y -> x"), "{found:?}");
    }

    #[test]
    fn unknown_tables_have_a_nearest_name() {
        let found = errors(Layer::Dataset, &[("a", "SELECT id FROM comunes"), ("b", "SELECT id FROM nothing_like_it")]);
        assert_eq!(found[0], "sql/datasets/a.sql: unknown table 'comunes'; did you mean 'communes'?");
        assert_eq!(found[1], "sql/datasets/b.sql: unknown table 'nothing_like_it'");
        // Names that may not be read are not suggested.
        assert!(!errors(Layer::Dataset, &[("a", "SELECT id FROM recherche")])[0].contains("mean"));
    }

    #[test]
    fn private_tables_stay_out_of_public_models() {
        for (layer, table, word) in [
            (Layer::Dataset, "recherches", "safe input"),
            (Layer::ExactCube, "lieux", "public supply"),
            (Layer::ExactCube, "other", "exact cube"),
        ] {
            let sql = format!("SELECT id FROM {table}");
            let mut texts = vec![("a", sql.as_str())];
            if table == "other" {
                texts.push(("other", "SELECT id FROM recherches"));
            }
            let found = errors(layer, &texts);
            assert_eq!(found.len(), 1);
            assert!(found[0].contains(word) && found[0].contains("may not read"), "{found:?}");
        }
        let mut base = base();
        base.retain(|b| b.layer != Layer::ProtectedCube);
        let found = ModelGraph::new(&set(Layer::Dataset, &[("a", "SELECT id FROM demande")]), &base).unwrap_err();
        assert_eq!(found[0].code(), "layering");
        assert!(
            ModelGraph::new(&set(Layer::ExactCube, &[("a", "SELECT r.id FROM recherches r JOIN communes c ON c.id = r.id")]), &base)
                .is_ok()
        );
    }

    #[test]
    fn a_name_means_one_table() {
        let found = errors(Layer::Dataset, &[("lieux", "SELECT id FROM communes")]);
        assert!(found[0].contains("'lieux' is defined twice"), "{found:?}");
    }
}
