//! The names of other people's vocabularies.

use crate::graph::Term;

/// Prefix → namespace, sorted.
pub(crate) const PREFIXES: &[(&str, &str)] = &[
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dct", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("geosparql", "http://www.opengis.net/ont/geosparql#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

macro_rules! terms {
    ($($name:ident = $text:literal;)*) => { $(pub(crate) const $name: Term = Term($text);)* };
}

terms! {
    CATALOG = "dcat:Catalog";
    DATASET = "dcat:Dataset";
    SERIES = "dcat:DatasetSeries";
    DISTRIBUTION = "dcat:Distribution";
    HAS_DATASET = "dcat:dataset";
    HAS_DISTRIBUTION = "dcat:distribution";
    ACCESS_URL = "dcat:accessURL";
    DOWNLOAD_URL = "dcat:downloadURL";
    MEDIA_TYPE = "dcat:mediaType";
    COMPRESS_FORMAT = "dcat:compressFormat";
    BYTE_SIZE = "dcat:byteSize";
    KEYWORD = "dcat:keyword";
    THEME = "dcat:theme";
    THEME_TAXONOMY = "dcat:themeTaxonomy";
    CONTACT_POINT = "dcat:contactPoint";
    LANDING_PAGE = "dcat:landingPage";
    START_DATE = "dcat:startDate";
    END_DATE = "dcat:endDate";
    BBOX = "dcat:bbox";
    VERSION = "dcat:version";
    HAS_VERSION = "dcat:hasVersion";
    IS_VERSION_OF = "dcat:isVersionOf";
    HAS_CURRENT_VERSION = "dcat:hasCurrentVersion";
    PREVIOUS_VERSION = "dcat:previousVersion";
    IN_SERIES = "dcat:inSeries";
    FIRST = "dcat:first";
    LAST = "dcat:last";
    PREV = "dcat:prev";
    VERSION_NOTES = "adms:versionNotes";
    STATUS = "adms:status";
    TITLE = "dct:title";
    DESCRIPTION = "dct:description";
    IDENTIFIER = "dct:identifier";
    ISSUED = "dct:issued";
    MODIFIED = "dct:modified";
    LICENSE = "dct:license";
    LICENSE_DOCUMENT = "dct:LicenseDocument";
    PUBLISHER = "dct:publisher";
    LANGUAGE = "dct:language";
    LINGUISTIC_SYSTEM = "dct:LinguisticSystem";
    FREQUENCY = "dct:accrualPeriodicity";
    FREQUENCY_TYPE = "dct:Frequency";
    TEMPORAL = "dct:temporal";
    PERIOD = "dct:PeriodOfTime";
    SPATIAL = "dct:spatial";
    LOCATION = "dct:Location";
    FORMAT = "dct:format";
    MEDIA_TYPE_OR_EXTENT = "dct:MediaTypeOrExtent";
    MEDIA_TYPE_TYPE = "dct:MediaType";
    CONFORMS_TO = "dct:conformsTo";
    STANDARD = "dct:Standard";
    ACCESS_RIGHTS = "dct:accessRights";
    RIGHTS_STATEMENT = "dct:RightsStatement";
    PROVENANCE = "dct:provenance";
    PROVENANCE_STATEMENT = "dct:ProvenanceStatement";
    TYPE = "dct:type";
    DERIVED_FROM = "prov:wasDerivedFrom";
    ORGANIZATION = "foaf:Organization";
    AGENT = "foaf:Agent";
    NAME = "foaf:name";
    HOMEPAGE = "foaf:homepage";
    PAGE = "foaf:page";
    DOCUMENT = "foaf:Document";
    VCARD_ORGANIZATION = "vcard:Organization";
    VCARD_KIND = "vcard:Kind";
    FULL_NAME = "vcard:fn";
    HAS_EMAIL = "vcard:hasEmail";
    HAS_URL = "vcard:hasURL";
    CHECKSUM = "spdx:checksum";
    CHECKSUM_TYPE = "spdx:Checksum";
    ALGORITHM = "spdx:algorithm";
    ALGORITHM_TYPE = "spdx:ChecksumAlgorithm";
    CHECKSUM_VALUE = "spdx:checksumValue";
    VERSION_INFO = "owl:versionInfo";
    LABEL = "rdfs:label";
    SEE_ALSO = "rdfs:seeAlso";
    CONCEPT = "skos:Concept";
    CONCEPT_SCHEME = "skos:ConceptScheme";
    PREF_LABEL = "skos:prefLabel";
    WKT = "geosparql:wktLiteral";
    XSD_DATE = "xsd:date";
    XSD_COUNT = "xsd:nonNegativeInteger";
    XSD_HEX = "xsd:hexBinary";
}

/// The algorithm of a checksum; its name in SPDX's own vocabulary.
pub(crate) const SHA256: &str = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256";

/// The authority tables of the Publications Office of the European Union, and the list of media types of IANA.
pub(crate) const EU: &str = "http://publications.europa.eu/resource/authority/";
pub(crate) const IANA: &str = "https://www.iana.org/assignments/media-types/";
/// The theme "population and society", and the list it is of.
pub(crate) const SOCIETY: &str = "http://publications.europa.eu/resource/authority/data-theme/SOCI";
pub(crate) const THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme";
pub(crate) const FRENCH: &str = "http://publications.europa.eu/resource/authority/language/FRA";
pub(crate) const FRANCE: &str = "http://publications.europa.eu/resource/authority/country/FRA";
pub(crate) const PUBLIC: &str = "http://publications.europa.eu/resource/authority/access-right/PUBLIC";
pub(crate) const NON_PROFIT: &str = "http://purl.org/adms/publishertype/NonProfitOrganisation";

/// One box for each inhabited part of France: the mainland with Corsica, Guadeloupe with Saint-Martin and Saint-Barthélemy, Martinique, Guyane, La Réunion, Mayotte,
/// Saint-Pierre-et-Miquelon, New Caledonia, Wallis-et-Futuna, French Polynesia. One box around all of them would be most of the world.
pub(crate) const FRANCE_WKT: &str = "MULTIPOLYGON(((-5.2 41.3,9.6 41.3,9.6 51.1,-5.2 51.1,-5.2 41.3)),\
((-63.2 15.8,-61.0 15.8,-61.0 18.2,-63.2 18.2,-63.2 15.8)),\
((-61.3 14.3,-60.8 14.3,-60.8 14.9,-61.3 14.9,-61.3 14.3)),\
((-54.7 2.1,-51.6 2.1,-51.6 5.8,-54.7 5.8,-54.7 2.1)),\
((55.2 -21.4,55.9 -21.4,55.9 -20.8,55.2 -20.8,55.2 -21.4)),\
((45.0 -13.1,45.4 -13.1,45.4 -12.6,45.0 -12.6,45.0 -13.1)),\
((-56.5 46.7,-56.1 46.7,-56.1 47.2,-56.5 47.2,-56.5 46.7)),\
((163.5 -22.8,168.2 -22.8,168.2 -19.5,163.5 -19.5,163.5 -22.8)),\
((-178.2 -14.4,-176.1 -14.4,-176.1 -13.2,-178.2 -13.2,-178.2 -14.4)),\
((-154.8 -27.9,-134.4 -27.9,-134.4 -7.8,-154.8 -7.8,-154.8 -27.9)))";
