use solidata_model::FileEntry;

/// A form in which a table is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// What stands behind the name and a point; `geoparquet` for a Parquet file beneath `geo/`.
    pub ending: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it is for, in French.
    pub fr: &'static str,
    /// Its media type, without parameters.
    pub media_type: &'static str,
    /// Its name in the table of file types of the Publications Office of the European Union; of what is inside, where it is compressed.
    pub eu_type: &'static str,
    /// The media type of the compression, where there is one.
    pub compression: Option<&'static str>,
}

/// Every form that is known, CSV first.
const FORMS: &[Form] = &[
    Form {
        ending: "csv",
        label: "CSV",
        fr: "UTF-8, virgule, fins de ligne LF, dates ISO 8601, codes en texte, cellule vide = pas de valeur. Dans un tableur, importer les codes comme du texte.",
        media_type: "text/csv",
        eu_type: "CSV",
        compression: None,
    },
    Form {
        ending: "csv.gz",
        label: "CSV compressé",
        fr: "Le même fichier que le CSV, compressé par gzip.",
        media_type: "text/csv",
        eu_type: "CSV",
        compression: Some("application/gzip"),
    },
    Form {
        ending: "parquet",
        label: "Parquet",
        fr: "Mêmes lignes que le CSV, dans le même ordre, avec les types de chaque colonne ; pour R, Python, DuckDB.",
        media_type: "application/vnd.apache.parquet",
        eu_type: "PARQUET",
        compression: None,
    },
    Form {
        ending: "geoparquet",
        label: "GeoParquet",
        fr: "Mêmes lignes que le CSV, avec une géométrie (WGS 84) ; pour QGIS, GeoPandas, DuckDB.",
        media_type: "application/vnd.apache.parquet",
        eu_type: "PARQUET",
        compression: None,
    },
    Form {
        ending: "geojson",
        label: "GeoJSON",
        fr: "Les lignes qui ont un lieu, en WGS 84 (RFC 7946) ; pour une carte.",
        media_type: "application/geo+json",
        eu_type: "GEOJSON",
        compression: None,
    },
    Form {
        ending: "xlsx",
        label: "Excel",
        fr: "Mêmes lignes que le CSV, codes en texte : les zéros de tête restent.",
        media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        eu_type: "XLSX",
        compression: None,
    },
    Form {
        ending: "ods",
        label: "OpenDocument",
        fr: "Mêmes lignes que le CSV, codes en texte : les zéros de tête restent.",
        media_type: "application/vnd.oasis.opendocument.spreadsheet",
        eu_type: "ODS",
        compression: None,
    },
    Form {
        ending: "json",
        label: "JSON",
        fr: "Mêmes lignes que le CSV.",
        media_type: "application/json",
        eu_type: "JSON",
        compression: None,
    },
];

/// A file of a table.
#[derive(Debug, Clone, Copy)]
pub struct TableFile<'a> {
    /// Its form.
    pub form: &'static Form,
    /// The name of the part of the table that it holds; none when it holds all of it.
    pub part: Option<&'a str>,
    /// What the manifest says of it.
    pub entry: &'a FileEntry,
}

/// The dataset that a file of a release belongs to, and what it is of it. The table in a form lies at `data/<dataset>.<ending>` or `geo/<dataset>.<ending>`, a part of
/// it at `parts/<dataset>/<part>.<ending>` or `geo/<dataset>/<part>.<ending>`. None of any other file, and of a form that is not known: what this program does not
/// know to describe is in no catalogue.
pub fn form_of(entry: &FileEntry) -> Option<(&str, TableFile<'_>)> {
    let (folder, rest) = entry.path.split_once('/')?;
    let (dataset, part, ending) = match (folder, rest.split_once('/')) {
        ("data" | "geo", None) => rest.split_once('.').map(|(dataset, ending)| (dataset, None, ending)),
        ("parts" | "geo", Some((dataset, file))) => file.split_once('.').map(|(part, ending)| (dataset, Some(part), ending)),
        _ => None,
    }?;
    let ending = if folder == "geo" && ending == "parquet" { "geoparquet" } else { ending };
    let form = FORMS.iter().find(|form| form.ending == ending)?;
    let named = !dataset.is_empty() && part.is_none_or(|part| !part.is_empty() && !part.contains('/'));
    named.then_some((dataset, TableFile { form, part, entry }))
}

impl Form {
    /// Its place among the forms of a table.
    pub(crate) fn rank(&self) -> usize {
        FORMS.iter().position(|form| form == self).unwrap_or(FORMS.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_dataset_form_and_part() {
        let of = |path: &str| {
            let entry = FileEntry {
                path: path.into(),
                media_type: String::new(),
                bytes: 1,
                sha256: solidata_model::Digest::of(b""),
                logical_sha256: None,
                rows: None,
                schema: None,
                part: None,
            };
            form_of(&entry).map(|(dataset, file)| (dataset.to_owned(), file.form.label, file.part.map(str::to_owned)))
        };
        let whole = |label| Some(("a".to_owned(), label, None));
        assert_eq!(of("data/a.csv"), whole("CSV"));
        assert_eq!(of("data/a.csv.gz"), whole("CSV compressé"));
        assert_eq!(of("geo/a.parquet"), whole("GeoParquet"));
        assert_eq!(of("geo/a.geojson"), whole("GeoJSON"));
        assert_eq!(of("parts/a/dep-67.csv.gz"), Some(("a".to_owned(), "CSV compressé", Some("dep-67".to_owned()))));
        assert_eq!(of("geo/a/67.geojson"), Some(("a".to_owned(), "GeoJSON", Some("67".to_owned()))));
        for none in
            ["data/.csv", "data/a/b.csv", "cubes/a.parquet", "data/a.exe", "data/a", "manifest.json", "parts/a.csv", "parts/a/b/c.csv"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
