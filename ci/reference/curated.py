"""Facts that neither the npm package nor the Soliguide lists hold. Each is here because a snapshot can contain it."""

# Soliguide does not know Clipperton (no inhabitant); it keeps UTC-8 all year. In the IANA names the sign is the other way round.
TIME_ZONES = {"989": "Etc/GMT+8"}

MAYOTTE = "976"


def population_year(departement, zone, year):
    """The year that a population counts. INSEE has no yearly figure for Mayotte (census of 2017); a COM has years of its own."""
    if departement == MAYOTTE:
        return "2017"
    return None if zone == "com" else year


# (nature, spelling, code): spellings of geocoders that are neither those of INSEE nor those of Soliguide.
SPELLINGS = [
    # The Rhône is cut in two since 2015 but has one code of département: geocoders name either half.
    ("departement", "Métropole de Lyon", "69"),
    ("departement", "Lyon Métropole", "69"),
    ("departement", "Département du Rhône", "69"),
    # The European Collectivity of Alsace is no département: its two halves keep their codes and the name alone says neither.
    ("departement", "Réunion", "974"),
    ("departement", "Ville de Paris", "75"),
    ("departement", "Côtes d'Armor", "22"),
    ("region", "Réunion", "04"),
    ("region", "Guyane française", "03"),
    ("departement", "Guyane française", "973"),
    ("region", "PACA", "93"),
    ("region", "Centre", "24"),
]

# (code, spelling). `fr` holds overseas ISO codes and names too: geocoders give them as countries. `autre` is any country that
# is neither France, Spain nor Andorra; a text that is in no line is no known country at all.
_FRANCE = [
    "fr", "fra", "France", "France métropolitaine", "République française", "fx",
    "gp", "mq", "gf", "re", "yt", "pm", "bl", "mf", "tf", "wf", "pf", "nc", "cp",
    "Guadeloupe", "Martinique", "Guyane", "Guyane française", "French Guiana", "La Réunion", "Réunion", "Mayotte",
    "Saint-Pierre-et-Miquelon", "Saint-Barthélemy", "Saint-Martin", "Terres australes et antarctiques françaises", "Wallis-et-Futuna",
    "Polynésie française", "French Polynesia", "Nouvelle-Calédonie", "New Caledonia",
]
_SPAIN = ["es", "esp", "Espagne", "España", "Spain", "Espanya"]
_ANDORRA = ["ad", "and", "Andorre", "Andorra", "Principauté d'Andorre"]
_OTHER = [
    # ISO 3166-1 alpha-2 codes.
    *"""ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo bq br bs bt bv bw by bz ca cc cd cf cg ch ci
    ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er et fi fj fk fm fo ga gb gd ge gg gh gi gl gm gn gq gr gs gt
    gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu
    lv ly ma mc md me mg mh mk ml mm mn mo mp mr ms mt mu mv mw mx my mz na ne nf ng ni nl no np nr nu nz om pa pe pg ph pk pl pn pr
    ps pt pw py qa ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tg th tj tk tl tm tn to tr tt tv
    tw tz ua ug um us uy uz va vc ve vg vi vn vu ws ye za zm zw""".split(),
    # Neighbours by name.
    "Belgique", "Belgium", "België", "Luxembourg", "Allemagne", "Germany", "Deutschland", "Suisse", "Switzerland", "Schweiz", "Italie",
    "Italy", "Italia", "Monaco", "Royaume-Uni", "United Kingdom", "Pays-Bas", "Netherlands", "Portugal",
]
COUNTRIES = sorted(
    [("fr", v) for v in _FRANCE] + [("es", v) for v in _SPAIN] + [("ad", v) for v in _ANDORRA] + [("autre", v) for v in _OTHER]
)

# code: (name, SPDX, open, share alike, spellings). A spelling is compared as a slug: lower case, no accent, anything else is one dash.
_LICENCES = {
    "etalab-2.0": ("Licence Ouverte 2.0", "etalab-2.0", True, False, [
        "etalab-2.0", "etalab 2", "etalab v2", "etalab", "lov2", "lo v2", "lo 2.0", "fr-lo", "fr-lo-2.0", "licence ouverte", "licence ouverte 2.0",
        "licence ouverte v2", "licence ouverte v2.0", "licence ouverte version 2.0", "licence ouverte / open licence",
        "licence ouverte / open licence 2.0", "licence ouverte / open licence version 2.0", "licence ouverte etalab",
        "licence ouverte etalab 2.0", "licence ouverte 2.0 etalab", "licence ouverte v2.0 etalab", "licence etalab", "licence etalab 2.0",
        "licence ouverte version 2.0 etalab-2.0", "open licence", "open licence 2.0", "open licence etalab", "open licence etalab 2.0",
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence", "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"]),
    "etalab-1.0": ("Licence Ouverte 1.0", None, True, False, [
        "etalab-1.0", "lov1", "licence ouverte 1.0", "licence ouverte v1", "licence ouverte v1.0", "licence ouverte version 1.0"]),
    "ODbL-1.0": ("Open Database License 1.0", "ODbL-1.0", True, True, [
        "odbl", "odbl-1.0", "odbl 1.0", "odbl v1.0", "odc-odbl", "odc odbl", "open database license", "open database license 1.0",
        "open database license (odbl)", "open data commons open database license", "open data commons open database license (odbl)",
        "open data commons open database license 1.0"]),
    "ODC-By-1.0": ("Open Data Commons Attribution License 1.0", "ODC-By-1.0", True, False, ["odc-by", "odc-by-1.0", "open data commons attribution license"]),
    "PDDL-1.0": ("Public Domain Dedication and License 1.0", "PDDL-1.0", True, False, ["pddl", "pddl-1.0", "odc-pddl", "odc pddl"]),
    "CC0-1.0": ("Creative Commons Zero 1.0", "CC0-1.0", True, False, [
        "cc0", "cc0-1.0", "cc 0", "cc zero", "creative commons zero", "creative commons cc0", "creative commons cc0 1.0"]),
    "CC-BY-4.0": ("Creative Commons Attribution 4.0", "CC-BY-4.0", True, False, [
        "cc-by-4.0", "cc by 4.0", "creative commons attribution 4.0", "creative commons attribution 4.0 international", "creative commons by 4.0"]),
    "CC-BY": ("Creative Commons Attribution, version non précisée", None, True, False, [
        "cc-by", "creative commons attribution", "creative commons by", "cc-by-3.0", "cc-by-2.0"]),
    "CC-BY-SA-4.0": ("Creative Commons Attribution, partage dans les mêmes conditions 4.0", "CC-BY-SA-4.0", True, True, [
        "cc-by-sa-4.0", "creative commons attribution share alike 4.0", "creative commons attribution sharealike 4.0 international"]),
    "CC-BY-SA": ("Creative Commons Attribution, partage dans les mêmes conditions, version non précisée", None, True, True, [
        "cc-by-sa", "creative commons attribution share alike", "creative commons attribution sharealike", "cc-by-sa-3.0", "cc-by-sa-2.0"]),
    # Known not to be open: listed so that a report can say so rather than "unknown".
    "CC-BY-NC": ("Creative Commons, sans usage commercial", None, False, False, ["cc-by-nc", "cc-by-nc-4.0", "cc-by-nc-sa", "cc-by-nc-sa-4.0", "cc-by-nc-nd", "cc-by-nc-nd-4.0"]),
    "CC-BY-ND": ("Creative Commons, sans modification", None, False, False, ["cc-by-nd", "cc-by-nd-4.0"]),
    "fermee": ("Tous droits réservés", None, False, False, ["proprietaire", "proprietary", "tous droits reserves", "all rights reserved"]),
}

# (slug, name, licence or None when it is not known): the names seen in `sources[].name`.
_SOURCES = [
    ("alisol-ad2s", "Alisol (AD2S)", None),
    ("conseil-departemental-du-59", "Conseil Départemental du 59", None),
    ("croix-rouge-francaise", "Croix-Rouge française", None),
    ("crous-pays-de-la-loire", "Crous - Pays de la Loire", None),
    ("dora", "DORA", "etalab-2.0"),
    ("restos", "Restos du Cœur", None),
    ("societe-saint-vincent-de-paul", "Société Saint Vincent de Paul", None),
]


def slug(text):
    """The form in which a spelling is compared: lower case, letters and digits, everything else to a single dash."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split()
    return "-".join(words)


def licence_files():
    spelled = {}
    for code, (name, spdx, is_open, alike, spellings) in _LICENCES.items():
        for spelling in spellings:
            row = (slug(spelling), code, name, spdx, str(is_open).lower(), str(alike).lower())
            if spelled.setdefault(row[0], row) != row:
                raise ValueError(f"the spelling {spelling} stands for two licences")
    return {
        "licences.csv": (["variante", "licence_code", "nom", "spdx", "ouverte", "partage_identique"], spelled.values()),
        "sources.csv": (["source", "nom", "licence_code"], _SOURCES),
    }


# Themes of which a search may tell something that the law protects, or that stigmatises: (category code, theme). Codes beneath a listed one
# are listed too, but for general care (gynecology, medical accommodation). Themes without a category (prostitution, asylum, prison, lgbt, spoken languages) are filters of a search: those are never published.
_SENSITIVE = {
    "violence": ["sexual_violence_support"],
    "addiction": ["addictions", "addiction_care", "addiction_prevention_and_material"],
    "sante_sexuelle": [
        "sexual_health", "sexual_health_education", "sexual_health_vaccination", "hiv_prevention", "std_testing", "sti_prevention_testing",
        "affective_life", "contraception", "emergency_contraception"],
    "avortement": ["abortion"],
    "sejour": ["regularization"],
    "sante_mentale": [
        "mental_health", "mental_health_education", "psychiatry", "psychological_support", "support_groups", "therapeutic_activities"],
    "handicap": ["disability_advice"],
}


def sensitive_files():
    return {"categories_sensibles.csv": (["categorie_code", "theme"], [(code, theme) for theme, codes in _SENSITIVE.items() for code in codes])}


# Files that a mixed stage makes from a source of their own.
ORIGIN = {
    "communes_anciennes.csv": ("npm @etalab/decoupage-administratif, versions 6.0.0, 5.3.0, 4.1.0, 3.1.1, 2.3.1 et 1.1.1 (INSEE : code officiel géographique)", "COG 2021 à 2026"),
    "variantes_territoires.csv": ("Soliguide (écritures) et Solidata : liste tenue à la main (ci/reference/curated.py)", "2026-11"),
    "pays.csv": ("Solidata : liste tenue à la main (ci/reference/curated.py)", "2026-11"),
}
