//! A month of invented searches over the real code lists, read and attacked as the public would, with the time of each step.
//!
//! `attack_france REFERENCE_DIR SEARCHES THRESHOLD [intervals]`: below THRESHOLD at commune level whole rows of all levels of categories are withheld, elsewhere what is
//! from 1 to 10. That is no protection; it only gives the attack something to do.

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use solidata_audit::{AttackSettings, CodeListFiles, CodeLists, DemandReader, History, ReleaseId, attack_history};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    error::Error,
    sync::Arc,
    time::Instant,
};

type Failure = Box<dyn Error>;
/// Level, territory, category, outcome.
type Key = (&'static str, String, String, &'static str);

fn table(bytes: &[u8]) -> Result<Vec<HashMap<String, String>>, Failure> {
    let mut reader = csv::Reader::from_reader(bytes);
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().collect();
    let [_, dir, searches, threshold, rest @ ..] = args.as_slice() else {
        return Err("attack_france REFERENCE_DIR SEARCHES THRESHOLD [intervals]".into());
    };
    let (searches, threshold): (u64, i64) = (searches.parse()?, threshold.parse()?);
    let read = |name: &str| std::fs::read(format!("{dir}/{name}"));
    let (communes, boroughs, epci) = (read("communes.csv")?, read("arrondissements_municipaux.csv")?, read("epci.csv")?);
    let (departements, regions) = (read("departements.csv")?, read("regions.csv")?);
    let (categories, links) = (read("categories.csv")?, read("categories_liens.csv")?);
    let files = CodeListFiles {
        communes: &communes,
        arrondissements_municipaux: &boroughs,
        epci: &epci,
        departements: &departements,
        regions: &regions,
        categories: &categories,
        categories_liens: &links,
    };
    let mut clock = Instant::now();
    let mut lap = |what: &str| {
        println!("{what}: {:.2} s", clock.elapsed().as_secs_f64());
        clock = Instant::now();
    };
    let lists = CodeLists::read(&files)?;
    lap("code lists");
    let rows = invent(&communes, &departements, &categories, &links, searches)?;
    println!("{} rows", rows.len());
    lap("inventing");
    let children: BTreeSet<String> = table(&links)?.into_iter().map(|link| link["categorie_code"].clone()).collect();
    let id = ReleaseId { prefix: "releases/2024-09/r1".into(), month: "2024-09".parse()?, revision: 1, sealed: 1 };
    let mut reader = DemandReader::new(&lists, id);
    let rows: Vec<(Key, i64)> = rows.into_iter().collect();
    for chunk in rows.chunks(8192) {
        reader.push(&batch(chunk, threshold, &children)?)?;
    }
    let release = reader.finish();
    lap("reading");
    let settings = AttackSettings { intervals: rest.iter().any(|a| a == "intervals"), words: 3, ..AttackSettings::default() };
    let outcome = attack_history(&lists, History { releases: vec![release], notes: Vec::new() }, &settings)?;
    lap("attacking");
    println!("{} telltales, {:?}", outcome.telltales.len(), outcome.numbers);
    outcome.fallen.iter().for_each(|words| println!("{words}"));
    Ok(())
}

/// Searches that fall on communes by their population, and on categories by their rank.
fn invent(communes: &[u8], departements: &[u8], categories: &[u8], links: &[u8], searches: u64) -> Result<BTreeMap<Key, i64>, Failure> {
    let region: HashMap<String, String> =
        table(departements)?.into_iter().map(|d| (d["code_departement"].clone(), d["code_region"].clone())).collect();
    let mut parents: HashMap<String, Vec<String>> = HashMap::new();
    for link in table(links)? {
        parents.entry(link["categorie_code"].clone()).or_default().push(link["categorie_parent"].clone());
    }
    let with_children: BTreeSet<&String> = parents.values().flatten().collect();
    let leaves: Vec<String> = table(categories)?
        .into_iter()
        .map(|c| c["categorie_code"].clone())
        .map(|code| if with_children.contains(&code) { format!("{code}.sans_precision") } else { code })
        .chain(["sans_categorie".to_owned()])
        .collect();
    let mut places = Vec::new();
    let mut people = 0u64;
    for c in table(communes)? {
        people += c["population"].parse::<u64>().unwrap_or(0);
        let (departement, epci) = (&c["code_departement"], &c["code_epci"]);
        let mut above = vec![("commune", format!("com-{}", c["code_commune"])), ("departement", format!("dep-{departement}"))];
        above.extend((!epci.is_empty()).then(|| ("epci", format!("epci-{epci}"))));
        above.extend(region.get(departement).filter(|r| !r.is_empty()).map(|r| ("region", format!("reg-{r}"))));
        above.push(("france", "fr".to_owned()));
        places.push((people, above));
    }
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % n
    };
    let mut rows: BTreeMap<Key, i64> = BTreeMap::new();
    for _ in 0..searches {
        let at = next(people);
        let Some((_, above)) = places.get(places.partition_point(|(upto, _)| *upto <= at)) else { continue };
        // a few categories are searched for often
        let rank = next(leaves.len() as u64).min(next(leaves.len() as u64)).min(next(leaves.len() as u64));
        let mut under = vec![leaves[rank as usize].clone()];
        let mut open: Vec<String> = match under[0].strip_suffix(".sans_precision") {
            Some(code) => vec![code.to_owned()],
            None => parents.get(&under[0]).cloned().unwrap_or_default(),
        };
        while let Some(code) = open.pop() {
            if !under.contains(&code) {
                open.extend(parents.get(&code).cloned().unwrap_or_default());
                under.push(code);
            }
        }
        under.push("toutes".to_owned());
        let outcome = ["trouve", "trouve", "trouve", "rien", "inconnu"][next(5) as usize];
        for (level, place) in above {
            for category in &under {
                for outcome in [outcome, "tous"] {
                    *rows.entry((level, place.clone(), category.clone(), outcome)).or_insert(0) += 1;
                }
            }
        }
    }
    Ok(rows)
}

fn batch(rows: &[(Key, i64)], threshold: i64, children: &BTreeSet<String>) -> Result<RecordBatch, Failure> {
    let text = |of: &dyn Fn(&Key) -> String| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(|(key, _)| of(key)))) };
    let gross = |key: &Key| ["departement", "region", "france"].contains(&key.0) && key.3 == "tous";
    let secret = |key: &Key, n: i64| if key.0 == "commune" || key.0 == "epci" { n < threshold } else { n < 11 };
    let status = |key: &Key, n: i64| if secret(key, n) { "secret" } else { "publie" };
    let level = |key: &Key| match key.2.as_str() {
        "toutes" => "total",
        "sans_categorie" => "sans_categorie",
        code if code.ends_with(".sans_precision") => "sans_precision",
        code if children.contains(code) => "categorie",
        _ => "racine",
    };
    let net = rows.iter().map(|(key, n)| (!secret(key, *n)).then_some(*n));
    let gross_count = rows.iter().map(|(key, n)| (gross(key) && !secret(key, *n)).then_some(*n + *n / 11 * 11));
    let gross_status = rows.iter().map(|(key, n)| if gross(key) { status(key, *n) } else { "non_diffuse" });
    let nothing: ArrayRef = Arc::new(StringArray::new_null(rows.len()));
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("periode_type", text(&|_| "mois".into()), true),
        ("periode", text(&|_| "2024-09".into()), true),
        ("territoire_niveau", text(&|key| key.0.into()), true),
        ("territoire_id", text(&|key| key.1.clone()), true),
        ("territoire_libelle", text(&|key| key.1.clone()), true),
        ("code_departement", Arc::clone(&nothing), true),
        ("code_region", nothing, true),
        ("categorie_niveau", text(&|key| level(key).into()), true),
        ("categorie_code", text(&|key| key.2.clone()), true),
        ("categorie_libelle", text(&|key| key.2.clone()), true),
        ("resultat", text(&|key| key.3.into()), true),
        ("recherches", Arc::new(Int64Array::from_iter(net)), true),
        ("recherches_brutes", Arc::new(Int64Array::from_iter(gross_count)), true),
        ("statut", Arc::new(StringArray::from_iter_values(rows.iter().map(|(key, n)| status(key, *n)))), true),
        ("statut_brutes", Arc::new(StringArray::from_iter_values(gross_status)), true),
        ("periode_complete", Arc::new(BooleanArray::from(vec![true; rows.len()])), true),
    ])?)
}
