//! Makes a synthetic snapshot of Alsace in a folder, to look at it or to measure.
//!
//! `cargo run --release -p solidata-synth --example make -- OUT FROM TO DEPARTMENTS SEED FORM SCALE [no-truth]`

use std::path::Path;
use std::time::Instant;

use solidata_synth::{Departments, Form, ReferenceBytes, Silent, SynthSpec, generate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [out, from, to, departments, seed, form, scale, rest @ ..] = args.as_slice() else {
        return Err("see the comment at the top of examples/make.rs".into());
    };
    let departments = match departments.as_str() {
        "all" => Departments::All,
        list => Departments::List(list.split(',').map(str::to_owned).collect()),
    };
    let form = match form.as_str() {
        "archive" => Form::Archive,
        "bson" => Form::Bson,
        "ndjson-canonical" => Form::NdjsonCanonical,
        _ => Form::Ndjson,
    };
    let mut spec = SynthSpec::new(from.parse()?, to.parse()?, departments, seed.parse()?, form);
    spec.scale = scale.parse()?;
    spec.truth = rest.is_empty();
    let folder = Path::new("datasets/reference");
    let read = |name: &str| std::fs::read(folder.join(name));
    let (communes, arrondissements, codes_postaux) =
        (read("communes.csv")?, read("arrondissements_municipaux.csv")?, read("codes_postaux.csv")?);
    let (departements, regions, categories) = (read("departements.csv")?, read("regions.csv")?, read("categories.csv")?);
    let (anciennes, racines, suggestions) = (read("categories_anciennes.csv")?, read("categories_racines.csv")?, read("suggestions.csv")?);
    let reference = ReferenceBytes {
        communes: &communes,
        arrondissements: &arrondissements,
        codes_postaux: &codes_postaux,
        departements: &departements,
        regions: &regions,
        categories: &categories,
        categories_anciennes: &anciennes,
        categories_racines: &racines,
        suggestions: &suggestions,
    };
    let start = Instant::now();
    let report = generate(&spec, &reference, Path::new(out), &Silent)?;
    let seconds = start.elapsed().as_secs_f64();
    let bytes: u64 = report.files.iter().map(|file| file.document_bytes).sum();
    println!("{report:#?}\n{seconds:.2} s, {:.0} MB/s, ratio {:?}", bytes as f64 / 1e6 / seconds, report.ratio());
    Ok(())
}
