use serde::Deserialize;
use std::collections::BTreeMap;

/// What a dataset is called on a portal, as an operator wrote it at the end of `dataset.toml`: `[datagouv."www.data.gouv.fr"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalIds {
    /// The id of the dataset.
    pub dataset: String,
    /// The ids of its resources, by what each holds: `csv`, `parquet`, `page`...
    #[serde(default)]
    pub resources: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tables {
    datagouv: BTreeMap<String, PortalIds>,
}

impl PortalIds {
    /// A `dataset.toml` without these tables, and these tables; none when there are none. They are no part of what a dataset promises, and are known only after its
    /// first publication: without them the file is, byte for byte, what it was before they were written at its end.
    pub fn cut(text: &str) -> Option<(String, String)> {
        let (mut contract, mut ids, mut above) = (String::new(), String::new(), String::new());
        let mut inside = false;
        for line in text.split_inclusive('\n') {
            // What is written above a table belongs to it.
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                above.push_str(line);
                continue;
            }
            if let Some(name) = line.trim_start().strip_prefix('[') {
                inside = name.trim_start().strip_prefix("datagouv").is_some_and(|rest| rest.trim_start().starts_with(['.', ']']));
            }
            let to = if inside { &mut ids } else { &mut contract };
            to.push_str(&std::mem::take(&mut above));
            to.push_str(line);
        }
        if inside { &mut ids } else { &mut contract }.push_str(&above);
        (!ids.is_empty()).then(|| (format!("{}\n", contract.trim_end()), ids))
    }

    /// The ids by the host of the portal, from the tables that were cut.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(tables: &str) -> Result<BTreeMap<String, Self>, String> {
        toml::from_str(tables).map(|Tables { datagouv }| datagouv).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_at_the_end_is_cut_again() {
        let contract = "title = \"x\"\nsort = [\n  \"a\"\n]\n\n[[indicator]]\nid = \"y\"\n";
        let ids = "[datagouv.\"demo.data.gouv.fr\"]\ndataset = \"5f\"\nresources = { csv = \"a1\" }\n\n[datagouv.\"www.data.gouv.fr\"]\ndataset = \"6f\"\n\n[datagouv.\"www.data.gouv.fr\".resources]\npage = \"b2\"\n";
        assert_eq!(PortalIds::cut(contract), None);
        for glue in ["", "\n", "\n\n"] {
            let (rest, cut) = PortalIds::cut(&format!("{contract}{glue}{ids}")).unwrap();
            assert_eq!((rest.as_str(), cut.trim_start()), (contract, ids));
        }
        let (rest, _) = PortalIds::cut(&format!("{contract}\n# to keep the ids, paste:\n{ids}\n# the end\n")).unwrap();
        assert_eq!(rest, contract);
        let read = PortalIds::parse(ids).unwrap();
        assert_eq!(read["demo.data.gouv.fr"].resources["csv"], "a1");
        assert_eq!((read["www.data.gouv.fr"].dataset.as_str(), read["www.data.gouv.fr"].resources["page"].as_str()), ("6f", "b2"));
        // Between other tables, it is cut too.
        let (rest, cut) = PortalIds::cut(&format!("a = 1\n{ids}[protection]\nk = 2\n")).unwrap();
        assert_eq!((rest.as_str(), cut.as_str()), ("a = 1\n[protection]\nk = 2\n", ids));
        assert_eq!(PortalIds::cut("[datagouvernance]\nx = 1\n"), None);
        assert!(PortalIds::parse("[datagouv.\"h\"]\nid = \"x\"\n").unwrap_err().contains("id"));
        assert!(PortalIds::parse("").unwrap().is_empty());
    }
}
