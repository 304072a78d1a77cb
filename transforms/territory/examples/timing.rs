//! Prints what one resolution costs. `cargo run --release -p solidata-territory --example timing`
use std::hint::black_box;
use std::time::Instant;

use solidata_territory::{Clues, Geography, reference_tables};

const ROUNDS: usize = 40;

fn main() -> Result<(), solidata_territory::ReferenceError> {
    let start = Instant::now();
    let geography = Geography::from_csv(&reference_tables!("/../../datasets/reference"))?;
    println!("build the geography: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);

    let postal: std::collections::BTreeMap<&str, &str> =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/reference/codes_postaux.csv"))
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(','))
            .map(|(postal, commune)| (commune, postal))
            .collect();
    let rows: Vec<(String, String, String, &str)> = geography
        .communes()
        .iter()
        .filter_map(|row| {
            let postal = *postal.get(row.code.as_str())?;
            Some((row.code.to_string(), row.nom.clone(), format!("{}-{postal}", solidata_territory::slug(&row.nom)), postal))
        })
        .collect();
    // A fixed shuffle, so that neighbours in the list are not neighbours in time: worse for the caches than real searches are.
    let order: Vec<usize> = (0..rows.len()).map(|at| at * 7_919 % rows.len()).collect();
    let clues = |at: &usize| {
        let (code, name, slug, postal) = &rows[*at];
        let departement =
            geography.departements().iter().find(|row| code.starts_with(row.code.as_str())).map(|row| (row.code, row.nom.as_str()));
        (code, name, slug, postal, departement)
    };
    let all: Vec<_> = order.iter().map(clues).collect();
    let base: Vec<Clues<'_>> = all
        .iter()
        .map(|(code, name, slug, postal, departement)| Clues {
            country: Some("fr"),
            geo_type: Some("ville"),
            geo_value: Some(slug),
            city_code: Some(code),
            city: Some(name),
            ville: Some(name),
            postal_code: Some(postal),
            code_postal: Some(postal),
            department_code: departement.as_ref().map(|(code, _)| code.as_str()),
            department: departement.as_ref().map(|(_, name)| *name),
            ..Clues::default()
        })
        .collect();
    time(&geography, "INSEE code and name", &base);
    time(&geography, "the same, one city", &vec![base[0]; base.len()]);
    let old: Vec<_> = base.iter().map(|clues| Clues { city_code: clues.postal_code, ..*clues }).collect();
    time(&geography, "postal code in cityCode, and name", &old);
    let slug: Vec<_> =
        base.iter().map(|c| Clues { country: c.country, geo_type: c.geo_type, geo_value: c.geo_value, ..Clues::default() }).collect();
    time(&geography, "slug only", &slug);
    let name: Vec<_> = base
        .iter()
        .map(|c| Clues { country: c.country, geo_type: Some("departement"), department: c.department, ..Clues::default() })
        .collect();
    time(&geography, "name of a département", &name);
    Ok(())
}

/// Prints the best of all rounds: the others were interrupted by whatever else the machine does.
fn time(geography: &Geography, what: &str, clues: &[Clues<'_>]) {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for one in clues {
            black_box(geography.resolve_search(black_box(one)));
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let unknown = clues.iter().filter(|one| geography.resolve_search(one) == geography.unknown_id()).count();
    println!("{what}: {:.0} ns a search ({unknown} of {} unknown)", best * 1e9 / clues.len() as f64, clues.len());
}
