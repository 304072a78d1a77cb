//! What a release was made from and by what, in the words of others: an [in-toto statement v1](https://github.com/in-toto/attestation/tree/main/spec/v1)
//! with a [SLSA provenance v1](https://slsa.dev/spec/v1.0/provenance) predicate.
//!
//! It says nothing that the manifest does not say: it follows from it, so that anyone can make it again and compare. Neither `revision` nor
//! `previous` is in it, since they say where a release stands and not how it was made.

use crate::{FileEntry, Manifest, RunSpec, canonical_json};
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Display};

/// Where the statement lies in a release.
pub const PROVENANCE: &str = "provenance.intoto.json";
/// Its media type.
pub const PROVENANCE_MEDIA_TYPE: &str = "application/vnd.in-toto+json";

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// What the parameters and dependencies mean; a page for people lies there.
const BUILD_TYPE: &str = "https://github.com/solinumasso/solidata/blob/main/pipeline/signing/README.md#build-type-v1";
/// Whoever holds the signing key and runs the program on a machine of its own.
const BUILDER: &str = "https://github.com/solinumasso/solidata/blob/main/pipeline/signing/README.md#builder";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'a> {
    #[serde(rename = "_type")]
    statement_type: &'static str,
    subject: Vec<Resource<'a>>,
    predicate_type: &'static str,
    predicate: Predicate<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate<'a> {
    build_definition: BuildDefinition<'a>,
    run_details: RunDetails<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition<'a> {
    build_type: &'static str,
    external_parameters: Parameters<'a>,
    resolved_dependencies: Vec<Resource<'a>>,
}

#[derive(Serialize)]
struct Parameters<'a> {
    run: &'a RunSpec,
}

/// It has no `metadata`: when a build began and ended is no input, and the clock is not read. The days that decide are those of the run.
#[derive(Serialize)]
struct RunDetails<'a> {
    builder: Builder<'a>,
}

#[derive(Serialize)]
struct Builder<'a> {
    id: &'static str,
    version: BTreeMap<&'a str, String>,
}

/// A resource descriptor of in-toto.
#[derive(Serialize)]
struct Resource<'a> {
    name: &'a str,
    digest: BTreeMap<&'static str, String>,
}

fn resource<'a>(name: &'a str, sha256: &dyn Display) -> Resource<'a> {
    Resource { name, digest: BTreeMap::from([("sha256", sha256.to_string())]) }
}

impl Manifest {
    /// The text of [`PROVENANCE`]: its subjects are all files of the manifest but itself. The manifest lists it in turn, so that the signature of the
    /// manifest and `SHA256SUMS` cover it.
    ///
    /// # Errors
    /// Never with the types of this version.
    pub fn provenance(&self) -> Result<Vec<u8>, serde_json::Error> {
        let subject = |file: &'_ &FileEntry| file.path != PROVENANCE;
        let snapshots: Vec<String> = self
            .run
            .snapshots
            .iter()
            .map(|pin| Ok(format!("snapshot/{}", serde_json::to_value(pin.role)?.as_str().unwrap_or_default())))
            .collect::<Result<_, serde_json::Error>>()?;
        let code_lists: Vec<String> = self.code_lists.iter().map(|list| format!("datasets/reference/{}", list.name)).collect();
        let dependencies = (snapshots.iter().zip(&self.run.snapshots).map(|(name, pin)| resource(name, &pin.sha256)))
            .chain(code_lists.iter().zip(&self.code_lists).map(|(name, list)| resource(name, &list.sha256)))
            .chain(self.sql.iter().chain(&self.contracts).map(|text| resource(&text.name, &text.sha256)))
            .chain(self.checks.iter().map(|check| resource(&check.name, &check.sha256)))
            .chain([resource("Cargo.lock", &self.tool.cargo_lock_sha256)]);
        let version = [(self.tool.name.as_str(), self.tool.version.clone()), ("writer", self.tool.writer.to_string())];
        canonical_json(&Statement {
            statement_type: STATEMENT,
            subject: self.files.iter().filter(subject).map(|file| resource(&file.path, &file.sha256)).collect(),
            predicate_type: PREDICATE,
            predicate: Predicate {
                build_definition: BuildDefinition {
                    build_type: BUILD_TYPE,
                    external_parameters: Parameters { run: &self.run },
                    resolved_dependencies: dependencies.collect(),
                },
                run_details: RunDetails { builder: Builder { id: BUILDER, version: version.into() } },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CheckResult, CodeListEntry, Digest, MANIFEST_FORMAT, NamedDigest, Previous, SnapshotPin, SnapshotRole, Thresholds, Tool};
    use serde_json::{Value, json};

    fn manifest() -> Manifest {
        let day = chrono::NaiveDate::from_ymd_opt(2024, 10, 3).unwrap();
        let file = |path: &str| FileEntry {
            path: path.into(),
            media_type: "text/csv".into(),
            bytes: 1,
            sha256: Digest::of(path.as_bytes()),
            logical_sha256: None,
            rows: None,
            schema: None,
            part: None,
        };
        let text = |name: &str| NamedDigest { name: name.into(), sha256: Digest::of(name.as_bytes()) };
        let run = RunSpec {
            month: "2024-09".parse().unwrap(),
            snapshots: [SnapshotRole::Lieux, SnapshotRole::Search].map(|role| SnapshotPin { role, sha256: Digest::of(b"s") }).into(),
            date_photo: day,
            now: day,
            partial: false,
            covered_until: Some(day),
            cut_off: None,
            thresholds: Thresholds::default(),
            since: None,
            revision: None,
        };
        Manifest {
            format: MANIFEST_FORMAT.into(),
            month: run.month,
            revision: 1,
            licence: "etalab-2.0".into(),
            parameters_sha256: Digest::of(b""),
            run,
            code_lists: vec![CodeListEntry {
                name: "communes.csv".into(),
                vintage: "COG 2024".into(),
                licence: "lov2".into(),
                sha256: Digest::of(b"c"),
            }],
            sql: vec![text("sql/datasets/a.sql")],
            contracts: vec![text("datasets/a/schema.toml")],
            tool: Tool { name: "solidata".into(), version: "0.1.0".into(), writer: 3, cargo_lock_sha256: Digest::of(b"lock") },
            checks: vec![CheckResult { name: "sql/checks/a/b.sql".into(), sha256: Digest::of(b"check"), violations: 0 }],
            tests: Vec::new(),
            files: [PROVENANCE, "data/a.csv", "schemas/a.json"].map(file).into(),
            previous: None,
        }
    }

    /// What in-toto's statement v1, its resource descriptor and SLSA's provenance v1 require, and nothing that they do not have.
    fn assert_shape(statement: &Value) {
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let uri = |value: &Value| assert!(value.as_str().unwrap().starts_with("https://"), "{value}");
        let resources = |value: &Value| {
            let all = value.as_array().unwrap();
            assert!(!all.is_empty());
            for one in all {
                assert_eq!(keys(one), ["digest", "name"]);
                let sha256 = one["digest"]["sha256"].as_str().unwrap();
                assert!(sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
                assert!(!one["name"].as_str().unwrap().is_empty());
            }
        };
        assert_eq!(keys(statement), ["_type", "predicate", "predicateType", "subject"]);
        assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
        assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
        resources(&statement["subject"]);
        let predicate = &statement["predicate"];
        assert_eq!(keys(predicate), ["buildDefinition", "runDetails"]);
        assert_eq!(keys(&predicate["buildDefinition"]), ["buildType", "externalParameters", "resolvedDependencies"]);
        uri(&predicate["buildDefinition"]["buildType"]);
        assert!(predicate["buildDefinition"]["externalParameters"].is_object());
        resources(&predicate["buildDefinition"]["resolvedDependencies"]);
        uri(&predicate["runDetails"]["builder"]["id"]);
        assert!(predicate["runDetails"]["builder"]["version"].as_object().unwrap().values().all(Value::is_string));
    }

    #[test]
    fn the_statement_has_the_shape_of_its_specifications() {
        let manifest = manifest();
        let bytes = manifest.provenance().unwrap();
        let statement: Value = serde_json::from_slice(&bytes).unwrap();
        assert_shape(&statement);
        let names = |value: &Value| value.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&statement["subject"]), ["data/a.csv", "schemas/a.json"]);
        let definition = &statement["predicate"]["buildDefinition"];
        assert_eq!(
            names(&definition["resolvedDependencies"]),
            [
                "snapshot/lieux",
                "snapshot/search",
                "datasets/reference/communes.csv",
                "sql/datasets/a.sql",
                "datasets/a/schema.toml",
                "sql/checks/a/b.sql",
                "Cargo.lock"
            ]
        );
        assert_eq!(definition["externalParameters"]["run"], serde_json::to_value(&manifest.run).unwrap());
        assert_eq!(statement["predicate"]["runDetails"]["builder"]["version"], json!({"solidata": "0.1.0", "writer": "3"}));
    }

    #[test]
    fn where_a_release_stands_is_not_how_it_was_made() {
        let made = manifest();
        let bytes = made.provenance().unwrap();
        let previous = Some(Previous { prefix: "releases/2024-08/r1".into(), manifest_sha256: Digest::of(b"p") });
        let mut elsewhere = Manifest { revision: 2, previous, ..made.clone() };
        elsewhere.files.retain(|f| f.path != PROVENANCE);
        assert_eq!(elsewhere.provenance().unwrap(), bytes);
        elsewhere.files[0].sha256 = Digest::of(b"other");
        assert_ne!(elsewhere.provenance().unwrap(), bytes);
    }
}
