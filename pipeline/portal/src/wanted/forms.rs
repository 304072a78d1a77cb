//! The forms of a table's files, by the ending of their names.

/// What the portal is told of a file by the ending of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// For readers: `CSV`.
    pub label: String,
    /// The portal's `format`.
    pub format: String,
    /// One sentence for readers; empty for a form that is not known here.
    pub words: &'static str,
    /// Known forms come first, in the order below.
    pub rank: usize,
}

/// Ending, label, format, sentence.
const KNOWN: [(&str, &str, &str, &str); 8] = [
    ("csv", "CSV", "csv", "UTF-8, virgule, fins de ligne LF, point décimal, dates ISO 8601, cellule vide = pas de valeur."),
    ("xlsx", "XLSX", "xlsx", "Pour tableur ; les codes y sont du texte, les zéros de tête sont gardés."),
    ("parquet", "Parquet", "parquet", "Colonnes typées, compressé en zstd ; mêmes lignes, dans le même ordre que le CSV."),
    ("csv.gz", "CSV compressé", "csv.gz", "Le même fichier que le CSV, compressé par gzip."),
    ("geojson", "GeoJSON", "geojson", "Points en WGS 84 ; les lieux sans position n’y sont pas."),
    ("geoparquet", "GeoParquet", "geoparquet", "Parquet avec une colonne de géométrie (WGS 84)."),
    ("geo.parquet", "GeoParquet", "geoparquet", "Parquet avec une colonne de géométrie (WGS 84)."),
    ("json", "JSON", "json", ""),
];

/// The form of files that end so; an ending that is not known here names itself.
pub fn form(ending: &str) -> Form {
    let lower = ending.to_ascii_lowercase();
    match KNOWN.iter().position(|(known, ..)| *known == lower).and_then(|rank| Some((rank, KNOWN.get(rank)?))) {
        Some((rank, (_, label, format, words))) => Form { label: (*label).into(), format: (*format).into(), words, rank },
        None => Form { label: ending.to_ascii_uppercase(), format: lower, words: "", rank: KNOWN.len() },
    }
}

/// The media type without its parameters, as the portal has it.
pub fn mime(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or(media_type).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_forms_come_first() {
        let ranks: Vec<_> = ["csv", "xlsx", "parquet", "csv.gz", "geojson", "geoparquet", "ods"].map(|e| form(e).rank).into();
        assert!(ranks.is_sorted());
        assert_eq!(form("fgb"), Form { label: "FGB".into(), format: "fgb".into(), words: "", rank: KNOWN.len() });
        assert_eq!(mime("text/csv; charset=utf-8"), "text/csv");
    }
}
