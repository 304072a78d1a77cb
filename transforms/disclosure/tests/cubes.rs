//! Cubes: tables that share dimensions, alternatives, explanations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use solidata_disclosure::{
    Cell, Constraints, Cube, Dimension, DimensionBuilder, Explanation, Fate, Objective, Options, Outcome, Pool, Problem, Table, computable,
    explain, protect,
};

const K: u64 = 11;

/// Twelve communes in four EPCI that cross the border of two départements, each with a part without commune; four categories of two roots.
fn dimensions() -> Vec<Dimension> {
    let mut geo = DimensionBuilder::new("territoire").node("pays", "fr");
    let name = |c: usize| format!("com-{c:02}");
    for c in 0..12 {
        geo = geo.node("commune", name(c));
    }
    for e in 0..4 {
        geo = geo.node("epci", format!("epci-{e}")).sum(format!("epci-{e}"), (3 * e..3 * e + 3).map(name));
    }
    for d in 0..2 {
        let outside = format!("dep-{d}-sans-precision");
        geo = geo.node("sans precision", outside.clone()).node("departement", format!("dep-{d}"));
        geo = geo.sum(format!("dep-{d}"), (0..12).filter(|c| usize::from(*c >= 5) == d).map(name).chain([outside]));
    }
    geo = geo.sum("fr", ["dep-0", "dep-1"]);
    let cat = ["a1", "a2", "b1", "b2"].iter().fold(DimensionBuilder::new("categorie"), |b, n| b.node("feuille", *n));
    let cat = ["a", "b"].iter().fold(cat, |c, r| c.node("racine", *r).sum(*r, [format!("{r}1"), format!("{r}2")]));
    let cat = cat.node("toutes", "toutes").sum("toutes", ["a", "b"]);
    vec![geo.build().unwrap(), cat.build().unwrap(), Dimension::total("mesure", "brute", ["nette", "ecart"]).unwrap()]
}

fn cube() -> Cube {
    let dimensions = dimensions();
    let mut inner = Vec::new();
    for g in (0..dimensions[0].len() as u32).filter(|g| dimensions[0].is_leaf(*g)) {
        for c in (0..dimensions[1].len() as u32).filter(|c| dimensions[1].is_leaf(*c)) {
            for m in (0..3).filter(|m| dimensions[2].is_leaf(*m)) {
                let n = u64::from((g * 7 + c * 5 + m * 11 + g * c * 3) % 23);
                inner.push(([g, c, m], if g % 3 == 0 { n * 3 } else { n }));
            }
        }
    }
    Cube::fold(dimensions, inner).unwrap()
}

#[test]
fn tables_of_one_cube_form_one_problem() {
    let cube = cube();
    // Communes by root only, départements by every category, no gross count below the département.
    let tables = [
        Table::new().levels("territoire", ["commune", "epci"]).levels("categorie", ["racine", "toutes"]).levels("mesure", ["part"]),
        Table::new().levels("territoire", ["departement", "pays"]),
    ];
    let problem = cube.problem(&tables, |_, n| (n < K, Fate::Free), 1).unwrap();
    let options = Options { pool: Pool::Searches { k: K }, objective: Objective::Value, ..Options::default() };
    let pattern = protect(&problem, &options);
    assert!(pattern.safe() && pattern.count(Outcome::Secondary) > 0 && pattern.count(Outcome::Hidden) > 0);
    let shown = |cell: u32| pattern.outcomes()[cell as usize] == Outcome::Published;
    assert_eq!(computable(&problem, shown), Vec::<u32>::new());
    assert!(cube.problem(&[Table::new().levels("territoire", ["canton"])], |_, _| (false, Fate::Free), 1).is_err());
}

#[test]
fn pools_count_contributors_not_searches() {
    // Three communes of one organisation each, and an anonymous part: the pool of two small communes is one organisation at least, not two.
    let mut sums = Constraints::new();
    sums.sum(0, 1..5);
    let values = [120, 8, 9, 43, 60];
    let problem = Problem::new(values.map(|n| Cell::new(n, n < K)).to_vec(), &sums).unwrap();
    let of_cell = vec![(12, 60), (6, 0), (7, 0), (11, 8), (12, 52)];
    let by = |pool: Pool| protect(&problem, &Options { pool, ..Options::default() }).count(Outcome::Secondary);
    assert_eq!(by(Pool::Off), 0);
    assert_eq!(by(Pool::Searches { k: K }), 0, "17 searches");
    assert_eq!(by(Pool::Contributors { k: K, per_person: 2, of_cell }), 1, "at least 7 contributors are too few");
}

#[test]
fn a_formula_computes_what_it_says() {
    let cube = cube();
    let problem = cube.problem(&[Table::new()], |_, n| (n < K, Fate::Free), 1).unwrap();
    let pattern = protect(&problem, &Options::default());
    let mut seen = 0;
    for cell in (0..cube.len() as u32).filter(|c| pattern.outcomes()[*c as usize] == Outcome::Secondary) {
        let Explanation::Secondary { protects, formula, .. } = explain(&problem, &pattern, cell) else { panic!() };
        assert!(!protects.is_empty(), "every secondary of a pruned pattern protects a primary");
        let formula = formula.unwrap();
        let value = |c: u32| cube.value(c as usize) as f64;
        let sum: f64 = formula.terms.iter().map(|(c, num, den)| value(*c) * *num as f64 / *den as f64).sum();
        assert!((sum - value(formula.cell)).abs() < 1e-6);
        seen += 1;
    }
    assert!(seen > 0);
    assert!(matches!(explain(&problem, &pattern, 0), Explanation::Published | Explanation::Primary | Explanation::Secondary { .. }));
}
