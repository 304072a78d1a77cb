use crate::{
    args::{Form, SynthArgs},
    exit::CliError,
    output::Output,
};
use serde::Serialize;
use solidata_stages::{Progress, Project};
use solidata_synth::{Departments, ReferenceBytes, SynthSpec};
use std::{fmt::Write, sync::Mutex};

/// `solidata synth`
///
/// # Errors
/// When the request contradicts itself or the disk refuses.
pub fn synth(args: SynthArgs, output: &Output) -> Result<(), CliError> {
    let project = Project::embedded();
    let reference = ReferenceBytes {
        communes: project.reference("communes.csv")?,
        arrondissements: project.reference("arrondissements_municipaux.csv")?,
        codes_postaux: project.reference("codes_postaux.csv")?,
        departements: project.reference("departements.csv")?,
        regions: project.reference("regions.csv")?,
        categories: project.reference("categories.csv")?,
        categories_anciennes: project.reference("categories_anciennes.csv")?,
        categories_racines: project.reference("categories_racines.csv")?,
        suggestions: project.reference("suggestions.csv")?,
    };
    let departments = match args.departments.trim() {
        "all" => Departments::All,
        list => Departments::List(list.split(',').map(|c| c.trim().to_uppercase()).filter(|c| !c.is_empty()).collect()),
    };
    let form = match args.form {
        Form::Archive => solidata_synth::Form::Archive,
        Form::Bson => solidata_synth::Form::Bson,
        Form::Ndjson => solidata_synth::Form::Ndjson,
        Form::NdjsonCanonical => solidata_synth::Form::NdjsonCanonical,
    };
    let spec = SynthSpec { scale: args.scale, truth: !args.no_truth, ..SynthSpec::new(args.from, args.to, departments, args.seed, form) };
    let bridge = Bridge { output, at: Mutex::default() };
    let report = solidata_synth::generate(&spec, &reference, &args.out, &bridge)?;
    output.end();
    let made = Made {
        synthetic: true,
        places: report.places,
        searches: report.searches,
        gross: report.brute,
        net: report.nette,
        files: report.files.iter().map(|f| f.name.clone()).collect(),
    };
    output.outcome(&made, || {
        let mut text = String::new();
        let _ = writeln!(text, "Synthetic data in {}: {} places, {} search documents", args.out.display(), made.places, made.searches);
        for file in &made.files {
            let _ = writeln!(text, "  {file}");
        }
        text
    })
}

/// What was made, for `--json`.
#[derive(Serialize)]
struct Made {
    synthetic: bool,
    places: u64,
    searches: u64,
    gross: Option<u64>,
    net: Option<u64>,
    files: Vec<String>,
}

/// The generator's progress as the program's: a bar for each step.
struct Bridge<'a> {
    output: &'a Output,
    at: Mutex<(String, u64)>,
}

impl solidata_synth::Progress for Bridge<'_> {
    fn step(&self, name: &str, done: u64, total: u64) {
        let Ok(mut at) = self.at.lock() else { return };
        if at.0 != name {
            if !at.0.is_empty() {
                self.output.end();
            }
            self.output.begin(name, Some(total));
            *at = (name.to_owned(), 0);
        }
        self.output.advance(done.saturating_sub(at.1));
        at.1 = done;
    }
}
