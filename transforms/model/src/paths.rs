//! Where the files of a dataset lie in a release.

/// Where a dataset's Parquet file lies in a release: `data/<dataset>.parquet`.
pub fn parquet_path(dataset: &str) -> String {
    format!("data/{dataset}.parquet")
}

/// Where a dataset's CSV file lies in a release: `data/<dataset>.csv`.
pub fn csv_path(dataset: &str) -> String {
    format!("data/{dataset}.csv")
}

/// Where a protected cube lies in a release: `cubes/<cube>.parquet`.
pub fn cube_path(cube: &str) -> String {
    format!("cubes/{cube}.parquet")
}

/// Where a dataset's table schema lies in a release: `schemas/<dataset>.json`.
pub fn schema_path(dataset: &str) -> String {
    format!("schemas/{dataset}.json")
}
