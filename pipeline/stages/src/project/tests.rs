use super::*;

#[test]
fn the_embedded_project_is_the_folder() {
    let root =
        std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into())).join("../..");
    assert_eq!(Project::embedded().files, Project::from_folder(&root).unwrap().files);
}

#[test]
fn a_month_has_the_geography_of_its_year() {
    let project = Project::embedded();
    let of = |month: &str| project.of_month(month.parse().unwrap());
    let vintage = |month: &str, name: &str| of(month).code_lists().unwrap().into_iter().find(|l| l.name == name).unwrap().vintage;
    let months = ["2021-05", "2024-12", "2025-01", "2026-01", "2031-07"];
    assert_eq!(months.map(|m| vintage(m, "communes.csv")), ["COG 2024", "COG 2024", "COG 2025", "COG 2026", "COG 2026"]);
    assert_eq!(months.map(|m| vintage(m, "categories.csv")), ["2026-08"; 5]);
    assert_eq!(of("2024-09").code_lists().unwrap().len(), of("2026-09").code_lists().unwrap().len());
    // a commune that merged into another at the beginning of 2025
    let has = |month: &str| std::str::from_utf8(of(month).reference("communes.csv").unwrap()).unwrap().contains("\n01330,");
    assert_eq!(months.map(has), [true, true, false, false, false]);
    let together = |months: &[&str]| project.of_months(&months.iter().map(|m| m.parse().unwrap()).collect::<Vec<_>>());
    assert!(together(&["2024-11", "2024-12"]).is_ok() && together(&["2026-12", "2027-01"]).is_ok());
    assert!(matches!(together(&["2024-12", "2025-01"]), Err(StageError::Usage(_))));
}

#[test]
fn what_a_release_carries_is_the_project_of_its_month() {
    for month in ["2024-09", "2025-03", "2026-09"] {
        let project = Project::embedded().of_month(month.parse().unwrap());
        let carried = Project::of_files(project.files().unwrap().into_iter().map(|(p, b)| (p, b.to_vec())).collect());
        let again = carried.of_month(month.parse().unwrap());
        assert!(again.files == project.files && again.year == project.year, "{month}");
        assert_eq!(again.code_lists().unwrap(), project.code_lists().unwrap());
    }
}

#[test]
fn ids_of_a_portal_are_no_part_of_what_a_release_carries() {
    let project = Project::embedded();
    let path = "datasets/structures/dataset.toml";
    let mut files = project.files.clone();
    let ids = "\n[datagouv.\"www.data.gouv.fr\"]\ndataset = \"5f\"\nresources = { csv = \"a1\" }\n";
    files.get_mut(path).unwrap().extend(ids.bytes());
    let pasted = Project::of_files(files.clone());
    assert_eq!(pasted.files, project.files);
    let month = "2024-09".parse().unwrap();
    assert_eq!(pasted.of_month(month).portal_ids().unwrap()["structures"]["www.data.gouv.fr"].resources["csv"], "a1");
    assert!(project.portal_ids().unwrap().values().all(BTreeMap::is_empty));
    files.get_mut(path).unwrap().extend(b"x = 1\n");
    assert!(Project::of_files(files).portal_ids().unwrap_err().to_string().contains(path));
    // Elsewhere than in a table of their own they are refused.
    let mut files = project.files.clone();
    files.get_mut(path).unwrap().splice(0..0, b"datagouv.h.dataset = \"5f\"\n".iter().copied());
    assert!(Project::of_files(files).datasets().is_err());
}

#[test]
fn a_published_schema_tells_the_whole_contract() {
    for spec in Project::embedded().datasets().unwrap() {
        let read = solidata_canon::contract_of_table_schema(&solidata_canon::table_schema(&spec).unwrap()).unwrap();
        assert_eq!(read.columns, spec.contract.columns, "{}", spec.id);
    }
}

#[test]
fn every_version_of_a_schema_has_its_day_and_its_entry() {
    let project = Project::embedded();
    for spec in project.datasets().unwrap() {
        let (created, updated) = (spec.contract.created.unwrap(), spec.contract.updated.unwrap());
        assert!(created <= updated, "{}", spec.id);
        let journal = project.text(&format!("datasets/{}/CHANGELOG.md", spec.id)).unwrap();
        let newest = journal.lines().find(|line| line.starts_with("## ")).unwrap();
        assert_eq!(newest, format!("## [{}] - {updated}", spec.contract.version), "{}", spec.id);
        let oldest = journal.lines().rev().find(|line| line.starts_with("## ")).unwrap();
        assert!(oldest.ends_with(&format!(" - {created}")), "{}", spec.id);
    }
}

#[test]
fn short_code_lists_are_enumerations_and_long_ones_are_references() {
    let project = Project::embedded();
    let codes = |project: &Project, id: &str, name: &str| {
        let spec = project.datasets().unwrap().into_iter().find(|spec| spec.id == id).unwrap();
        spec.contract.columns.into_iter().find(|column| column.name == name).unwrap().codes.unwrap()
    };
    assert_eq!(codes(&project, "structures", "code_departement").codes.len(), 109);
    assert_eq!(codes(&project, "structures", "public_genre").codes, ["men", "women"]);
    let long = codes(&project, "structures", "code_commune");
    assert_eq!((long.path.as_str(), long.codes.len()), ("datasets/reference/communes.csv", 0));
    let of_year = project.of_month("2024-09".parse().unwrap());
    assert_eq!(codes(&of_year, "structures", "code_region").path, "datasets/reference/cog-2024/regions.csv");
}

#[test]
fn every_dataset_has_its_files() {
    let project = Project::embedded();
    let ids: Vec<_> = project.datasets().unwrap().into_iter().map(|d| d.id).collect();
    assert_eq!(ids, ["demande_diffusion", "demande_locale", "demande_territoires", "offre_territoires", "services", "structures"]);
    assert!(project.models("datasets").unwrap().keys().eq(ids.iter()));
    assert!(!project.checks().unwrap().is_empty() && !project.sql_tests().unwrap().is_empty());
    assert!(project.code_lists().unwrap().len() > 10);
}
