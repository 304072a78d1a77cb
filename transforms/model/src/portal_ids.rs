use serde::Deserialize;
use std::collections::BTreeMap;

/// What a dataset is called on a portal, as an operator wrote it in `dataset.toml`: `[datagouv."www.data.gouv.fr"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalIds {
    /// The id of the dataset.
    pub dataset: String,
    /// The ids of its resources, by what each holds: `csv`, `parquet`, `page`...
    #[serde(default)]
    pub resources: BTreeMap<String, String>,
}
