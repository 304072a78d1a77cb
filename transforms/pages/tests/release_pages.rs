//! What the pages of a release say, and what they never do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{DATASETS, World};
use solidata_model::Changes;
use solidata_pages::{Page, PagesError, pages};
use std::collections::BTreeMap;

fn made(world: &World) -> BTreeMap<String, String> {
    let text = |page: Page| (page.path, String::from_utf8(page.bytes).unwrap());
    pages(&world.release()).unwrap().into_iter().map(text).collect()
}

#[test]
fn the_same_facts_give_the_same_pages_in_order() {
    let first = pages(&World::corrected().release()).unwrap();
    assert_eq!(first, pages(&World::corrected().release()).unwrap());
    assert!(first.is_sorted_by(|a, b| a.path < b.path));
    let mut names: Vec<String> =
        ["index", "confidentialite", "contrat", "formats", "versions", "verifier"].into_iter().chain(DATASETS).map(str::to_owned).collect();
    names = names.iter().flat_map(|name| [format!("pages/{name}.html"), format!("pages/{name}.md")]).collect();
    names.sort();
    assert_eq!(first.iter().map(|page| page.path.clone()).collect::<Vec<_>>(), names);
    assert!(first.iter().all(|page| page.media_type.starts_with(if page.path.ends_with(".md") { "text/markdown" } else { "text/html" })));
}

#[test]
fn without_demand_there_is_no_page_on_its_protection() {
    let mut world = World::new();
    world.specs.retain(|spec| spec.protection.is_none());
    let pages = made(&world);
    assert_eq!(pages.len(), 2 * 8);
    assert!(!pages["pages/index.html"].contains("confidentialite.html"));
}

#[test]
fn a_dataset_has_every_section_in_both_languages() {
    let pages = made(&World::new());
    let sections = [
        ("L’essentiel", "Key facts"),
        ("Fichiers", "Files"),
        ("Colonnes", "Columns"),
        ("Méthode", "Method"),
        ("Limites", "Limits"),
        ("Ruptures", "Breaks"),
        ("Cellules masquées", "Withheld cells"),
        ("Perte d’information", "Information loss"),
        ("Ce qui change", "Changes since the last release"),
        ("Charger les données", "Loading the data"),
        ("Vérifier", "Verifying"),
        ("Citer", "Citation"),
        ("Licence", "Licence"),
        ("Journal du schéma", "Schema changelog"),
    ];
    for id in DATASETS {
        let (markdown, html) = (&pages[&format!("pages/{id}.md")], &pages[&format!("pages/{id}.html")]);
        for (french, english) in sections {
            assert!(html.contains(&format!(">{french} <span class=\"en\" lang=\"en\">{english}</span></h2>")), "{id}: {french}");
            let generated = format!("## {french} · *{english}*\n");
            assert!(markdown.contains(&generated) || markdown.contains(&format!("## {french} · {english}\n")), "{id}: {french}");
        }
    }
    // Code lists only where a column has one; the places of an earlier year's list are its own.
    assert!(!pages["pages/demande_diffusion.md"].contains("## Listes de codes"));
    assert!(pages["pages/structures.md"].contains("[communes.csv](../datasets/reference/cog-2024/communes.csv)"));
    for column in &World::new().specs[0].contract.columns {
        assert!(pages["pages/structures.md"].contains(&format!("| `{}` |", column.name)), "{}", column.name);
    }
}

#[test]
fn the_figures_are_there_as_french_writes_them() {
    let pages = made(&World::new());
    let structures = &pages["pages/structures.md"];
    assert!(structures.contains("| Lignes · *Rows* | 71\u{202f}000 |"), "{structures}");
    assert!(
        structures.contains("1er\u{a0}octobre 2024")
            && structures.contains("2 contrôles passés, sans écart".replacen(' ', "\u{a0}", 1).as_str())
    );
    assert!(structures.contains("| `commune` | 161 | 12,0\u{202f}% |"), "{structures}");
    assert!(pages["pages/demande_locale.md"].contains("| (vide) | 3 | \\< 0,1\u{202f}% |"), "{}", pages["pages/demande_locale.md"]);
    let demand = &pages["pages/demande_territoires.md"];
    assert!(demand.contains("| commune | 48 | 3\u{202f}012 | 98,4\u{202f}% |"), "{demand}");
    assert!(demand.contains("| commune, sans précision | 0 | 7 | 100,0\u{202f}% |"), "{demand}");
    // A level without a row in the table of shares is zero.
    assert!(demand.contains("| commune | septembre\u{a0}2024 | 0\u{202f}% | 0\u{202f}% |"), "{demand}");
    assert!(demand.contains("moins de **11\u{a0}contributeurs**") && demand.contains("**5\u{202f}000 habitants**"), "{demand}");
}

#[test]
fn every_form_of_a_table_is_named_and_parts_apart() {
    let pages = made(&World::new());
    let structures = &pages["pages/structures.md"];
    for (path, form) in [
        ("data/structures.csv", "CSV : UTF-8, virgule"),
        ("data/structures.parquet", "Parquet"),
        ("data/structures.xlsx", "Classeur Excel ou LibreOffice"),
        ("data/structures.csv.gz", "CSV compressé (gzip)"),
        ("geo/structures.geojson", "GeoJSON"),
        ("geo/structures.parquet", "GeoParquet"),
    ] {
        let row = format!("| [{}](../{path}) | {} |", path.replace('_', "\\_"), form.replace(" :", "\u{a0}:"));
        assert!(structures.contains(&row), "{row}: {structures}");
    }
    assert!(structures.contains("- [parts/structures/code\\_region-44.xlsx](../parts/structures/code_region-44.xlsx)"), "{structures}");
    assert!(structures.contains("ouvrir [data/structures.xlsx](../data/structures.xlsx)"), "{structures}");
    assert!(pages["pages/index.md"].contains("[geoparquet](../geo/structures.parquet)") && !pages["pages/index.md"].contains("parts/"));
}

#[test]
fn changes_say_what_is_known_and_no_more() {
    let mut world = World::new();
    assert!(made(&world)["pages/structures.md"].contains("n’a pas été relevé"));
    world.changes = Some(Changes {
        format: Changes::FORMAT.into(),
        release: "releases/2024-09/r1".into(),
        since: None,
        reason: None,
        datasets: Vec::new(),
    });
    assert!(made(&world)["pages/structures.md"].contains("C’est la première édition"));

    let pages = made(&World::corrected());
    let structures = &pages["pages/structures.md"];
    for part in [
        "la version 1.0.0 à la version 2.0.0. Évolution majeure",
        "| `fax` | retirée | majeure",
        "| retirées | 14 |",
        "| 1\u{202f}310 | 1\u{202f}331 | +21 |",
    ] {
        assert!(structures.contains(part), "{part}: {structures}");
    }
    // Keys are for machines: no page lists a place that was retired.
    assert!(pages.values().all(|page| !page.contains("lieu-12\u{60}") && !page.contains("lieu-9001")));
    let demand = &pages["pages/demande_territoires.md"];
    assert!(demand.contains("| 12\u{202f}034 | 11\u{202f}950 | −84 |") && demand.contains("| – | – | – |"), "{demand}");
    assert!(pages["pages/demande_diffusion.md"].contains("est nouveau"));
    assert!(pages["pages/demande_locale.md"].contains("Rien de relevé"));
}

#[test]
fn what_must_be_seen_first_is_said_on_every_page_of_figures() {
    let pages = made(&World::corrected());
    for name in DATASETS.into_iter().chain(["index"]) {
        let html = &pages[&format!("pages/{name}.html")];
        assert!(html.contains("Mois incomplet") && html.contains("s’arrêtent au 21\u{a0}septembre 2024"), "{name}");
        assert!(html.contains("corrige l’édition r1 de septembre\u{a0}2024") && html.contains("&lt;dans le Bas-Rhin&gt;"), "{name}");
        assert!(!html.contains("<dans"), "{name}");
    }
}

#[test]
fn html_is_one_document_that_asks_for_nothing() {
    for (path, html) in made(&World::corrected()).iter().filter(|(path, _)| path.ends_with(".html")) {
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"fr\">\n"), "{path}");
        for never in ["<script", " src=", "@import", "url(", "<img", "javascript:", " style=", " onclick"] {
            assert!(!html.contains(never), "{path}: {never}");
        }
        for tag in [
            "div", "p", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tr", "th", "td", "pre", "code", "a", "span", "nav",
            "main", "h2", "h3", "strong",
        ] {
            let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{path}: {tag}");
        }
        assert_eq!(html.matches("<h1>").count(), 1, "{path}");
        assert_eq!(html.matches("<table").count(), html.matches("<caption id=").count(), "{path}");
    }
}

#[test]
fn html_in_hand_written_pages_is_shown_and_not_obeyed() {
    let mut world = World::new();
    let page = world.texts.get_mut("structures/README.md").unwrap();
    *page = page.replacen(
        "## Limites",
        "<script>alert(1)</script>\n\nUn <b onclick=\"x\">mot</b>, [ici](javascript:alert(2)), ![image](x.png), [voisine](services.md).\n\n## Limites",
        1,
    );
    let html = &made(&world)["pages/structures.html"];
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && html.contains("&lt;b onclick="), "{html}");
    assert!(!html.contains("<script") && !html.contains("<b ") && !html.contains("javascript:") && !html.contains("<img"));
    assert!(html.contains("<a href=\"services.html\">voisine</a>"));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let mut world = World::new();
    world.files.retain(|file| file.path != "data/services.parquet");
    assert_eq!(pages(&world.release()), Err(PagesError::Missing { path: "data/services.parquet".into() }));

    let wrong = |path: &str, from: &str, to: &str, word: &str| {
        let mut world = World::new();
        let page = world.texts.get_mut(path).unwrap();
        assert!(page.contains(from), "{path}: {from}");
        *page = page.replacen(from, to, 1);
        let told = pages(&world.release()).unwrap_err().to_string();
        assert!(told.starts_with(&format!("datasets/{path}: ")) && told.contains(word), "{told}");
    };
    wrong("services/README.md", "## Ruptures", "## Autres", "'## Ruptures · …'");
    wrong("contrat.md", "# Contrat", "Contrat", "does not begin with a title");
    wrong("verifier.md", "{{prefixe}}", "{{préfixe}}", "'{{préfixe}}' is no placeholder");
}
