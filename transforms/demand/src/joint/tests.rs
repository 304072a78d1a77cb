use super::*;
use crate::{
    Given,
    testing::{self, rules},
};
use std::sync::LazyLock;

static LISTS: LazyLock<Lists> = LazyLock::new(testing::lists);

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn inner(month: &str, territory: &str, category: &str, outcome: &str, net: u64) -> Inner {
    Inner {
        month: month.parse().unwrap(),
        territory: territory.into(),
        category: category.into(),
        outcome: outcome.into(),
        who: None,
        gross: net,
        net,
    }
}

/// Protects and gives the rows as text by key: net, and gross where it is given.
fn protected(scope: &Scope, inner: &[Inner], before: &Before) -> BTreeMap<String, (String, String)> {
    let rules = rules();
    let joint = Joint::new(&LISTS, &rules, scope, inner, before, 2).unwrap();
    let (rows, _) = joint.rows(&joint.protect(2)).unwrap();
    let text = |n: Option<u64>| n.map_or("secret".into(), |n| n.to_string());
    (0..rows.kind.len())
        .map(|i| {
            let key = format!("{}/{}/{}/{}", rows.period[i], rows.territory[i], rows.category[i], rows.outcome[i]);
            (key, (text(rows.net[i]), rows.gross[i].map_or("-".into(), text)))
        })
        .collect()
}

fn alone(text: &str) -> Scope {
    Scope::month(month(text))
}

#[test]
fn totals_are_true_sums_and_small_cells_are_withheld() {
    let rows = [
        inner("2024-09", "com-67482", "food_packages", "trouve", 100),
        inner("2024-09", "com-67482", "food.sans_precision", "rien", 60),
        inner("2024-09", "com-67180", "food_packages", "trouve", 7),
        inner("2024-09", "com-67218", "food_packages", "trouve", 90),
        inner("2024-09", "dep-67", "food_packages", "trouve", 40),
        inner("2024-09", "pays-es", "food_packages", "trouve", 1_000),
    ];
    let given = protected(&alone("2024-09"), &rows, &Before::default());
    let get = |key: &str| given[&format!("2024-09/{key}")].0.as_str();
    assert_eq!(get("dep-67/toutes/tous"), "297");
    assert_eq!(get("dep-67/food/rien"), "60");
    assert_eq!(get("dep-67-sp/food_packages/trouve"), if get("com-67482/food_packages/trouve") == "secret" { "40" } else { "secret" });
    assert_eq!(get("com-67180/food_packages/trouve"), "secret");
    assert_eq!(get("com-67180/food/tous"), "secret");
    assert!(!given.contains_key("2024-09/pays-es/food/tous") && !given.keys().any(|k| k.contains("retirees")));
    // Gross searches are given from the département upward, for all outcomes together.
    assert_eq!(given["2024-09/dep-67/toutes/tous"].1, "297");
    assert_eq!((given["2024-09/com-67482/toutes/tous"].1.as_str(), given["2024-09/dep-67/toutes/rien"].1.as_str()), ("-", "-"));
}

#[test]
fn the_report_says_how_much_is_given() {
    let rows = [inner("2024-09", "com-67482", "food_packages", "trouve", 100), inner("2024-09", "com-67180", "food_packages", "trouve", 7)];
    let (rules, scope) = (rules(), alone("2024-09"));
    let joint = Joint::new(&LISTS, &rules, &scope, &rows, &Before::default(), 1).unwrap();
    let (_, report) = joint.rows(&joint.protect(1)).unwrap();
    let of =
        |territory: &str, category: &str| report.loss.iter().find(|l| (l.territory.as_str(), l.category.as_str()) == (territory, category));
    let loss = of("commune", "total").unwrap();
    assert_eq!((loss.period.as_str(), loss.cells, loss.searches, loss.published, loss.searches_published), ("mois", 2, 107, 0, 0));
    let loss = of("departement", "total").unwrap();
    assert_eq!((loss.cells, loss.searches, loss.published, loss.searches_published), (1, 107, 1, 107));
}

#[test]
fn gross_searches_give_way_when_they_would_tell_the_removed_ones() {
    let mut rows =
        vec![inner("2024-09", "com-67482", "food_packages", "trouve", 100), inner("2024-09", "com-68224", "shower", "trouve", 300)];
    rows[0].gross = 104;
    rows[1].gross = 400;
    let given = protected(&alone("2024-09"), &rows, &Before::default());
    assert_eq!(given["2024-09/dep-67/food/tous"], ("100".into(), "secret".into()));
    assert_eq!(given["2024-09/dep-68/shower/tous"].0, "300");
    // 104 = gross of Grand Est - gross of Haut-Rhin: another one is withheld with it.
    let gross = |key: &str| given[&format!("2024-09/{key}/toutes/tous")].1.clone();
    assert!([gross("dep-68"), gross("reg-44"), gross("fr")].iter().any(|g| g == "secret"));
    // What must not be found out is what was removed; 104 itself is no secret.
    let rules = rules();
    let primaries = Joint::primaries_of(&LISTS, &rules, &alone("2024-09"), &rows).unwrap();
    let named = |measure: &str| primaries.contains(&["2024-09", "dep-67", "food", measure].map(str::to_owned));
    assert!(named(REMOVED) && !named(GROSS) && !named("tous"), "{primaries:?}");
}

#[test]
fn an_organisation_counts_once_and_sensitive_categories_need_more() {
    let mut rows: Vec<Inner> = Vec::new();
    for hash in 0..12 {
        let who = Some(Who { kind: Contributor::Organisation, hash: hash / 2 });
        rows.push(Inner { who, ..inner("2024-09", "com-67482", "food_packages", "trouve", 50) });
    }
    rows.push(inner("2024-09", "com-67482", "abortion", "trouve", 30));
    rows.push(inner("2024-09", "com-67482", "shower", "trouve", 30));
    // 1 000 inhabitants at most: no sensitive category, however many searched.
    rows.push(inner("2024-09", "com-01002", "abortion", "trouve", 500));
    let given = protected(&alone("2024-09"), &rows, &Before::default());
    let net = |key: &str| given[&format!("2024-09/com-{key}/tous")].0.as_str();
    assert_eq!(net("67482/food_packages"), "secret", "six organisations");
    assert_eq!(net("67482/abortion"), "secret", "ten persons of three searches");
    assert_eq!(net("01002/abortion"), "secret");
}

fn add(before: &mut Before, given: &BTreeMap<String, (String, String)>) {
    let shown = |text: &str| text.parse().map_or(Shown::Withheld, Shown::Value);
    for (key, (net, gross)) in given {
        let parts: Vec<&str> = key.split('/').collect();
        let gross = (gross != "-").then(|| shown(gross));
        let row = Given { territory: parts[1], category: parts[2], outcome: parts[3], net: shown(net), gross };
        before.add(&LISTS, parts[0], &row).unwrap();
    }
}

#[test]
fn a_quarter_does_not_open_its_months() {
    let months = ["2024-07", "2024-08", "2024-09"];
    let of = |m: &str, small: u64| {
        vec![
            inner(m, "com-67482", "food_packages", "trouve", 100),
            inner(m, "com-67180", "food_packages", "trouve", small),
            inner(m, "com-67218", "food_packages", "trouve", 60),
            inner(m, "dep-67", "food_packages", "trouve", 25),
        ]
    };
    // The small cell is withheld in August only.
    let counts = [of(months[0], 40), of(months[1], 5), of(months[2], 40)];
    let mut before = Before::default();
    for i in 0..3 {
        add(&mut before, &protected(&alone(months[i]), &counts[i], &Before::default()));
    }
    let scope = Scope::closing(month("2024-09"), |_| true).unwrap();
    let given = protected(&scope, &counts.concat(), &before);
    assert!(given.keys().all(|k| k.starts_with("2024-T3/")));
    assert_eq!(given["2024-T3/com-67180/food_packages/tous"].0, "secret", "85 - 40 - 40 would be August");
    assert_eq!(given["2024-T3/dep-67/toutes/tous"].0, "640");
    // Counts that are not those that were published are refused.
    let mut other = counts.concat();
    other[0].net += 1;
    other[0].gross += 1;
    let rules = rules();
    assert!(matches!(Joint::new(&LISTS, &rules, &scope, &other, &before, 2), Err(DemandError::Before { .. })));
}

#[test]
fn the_order_of_counts_changes_nothing_and_cells_are_explained() {
    let rows = [
        inner("2024-09", "com-67482", "food_packages", "trouve", 100),
        inner("2024-09", "com-67180", "food_packages", "trouve", 7),
        inner("2024-09", "com-67218", "shower", "trouve", 90),
        inner("2024-09", "dep-67", "food_packages", "trouve", 40),
    ];
    let (rules, scope, before) = (rules(), alone("2024-09"), Before::default());
    let joint = Joint::new(&LISTS, &rules, &scope, &rows, &before, 1).unwrap();
    let mut turned = rows.clone();
    turned.reverse();
    assert_eq!(protected(&scope, &turned, &before), protected(&scope, &rows, &before));
    let pattern = joint.protect(1);
    let explained = |cell: &str| joint.explain(&pattern, cell).unwrap();
    assert!(explained("2024-09/com-67180/food_packages/tous").contains("primary: fewer contributors"));
    assert!(explained("2024-09/dep-67/toutes/tous").ends_with("published"));
    assert!(explained("2024-09/com-67180/shower/tous").contains("zero"));
    assert!(joint.explain(&pattern, "2024-09/com-67180").is_err());
    let secondary = ["com-67482", "dep-67-sp", "epci-246700488"].map(|t| explained(&format!("2024-09/{t}/food_packages/trouve")));
    assert!(secondary.iter().any(|text| text.contains("secondary") && text.contains("anyone could compute")), "{secondary:?}");
}
