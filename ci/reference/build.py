#!/usr/bin/env python3
"""Make, or check, every file of datasets/reference/.

    build.py --package DIR --older DIR... --facts DIR [--out datasets/reference]    make the files and index.toml
    build.py --check [--out datasets/reference]                      prove that the files are what index.toml says

DIR of --package is the unpacked npm package @etalab/decoupage-administratif at the version below:
    npm pack @etalab/decoupage-administratif@6.0.0 && tar xzf etalab-decoupage-administratif-6.0.0.tgz
DIRs of --older are the unpacked versions of OLDER, the code lists of earlier years: they give the former names of communes.
DIR of --facts holds the code lists read in the Soliguide source code (categories.csv, publics.csv...).
Only the standard library is used. The same inputs give the same bytes: everything is sorted, nothing reads the clock or the locale.
What is not in either input (overseas spellings, countries, licences) is in curated.py, with the reason of each line.
"""

import argparse
import csv
import hashlib
import io
import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

sys.dont_write_bytecode = True  # a check must leave the folder as it found it
import curated  # noqa: E402

PACKAGE = "@etalab/decoupage-administratif"
VERSION = "6.0.0"
# The last version of each earlier COG (2025 to 2021): names that communes had when old documents were written.
OLDER = ("5.3.0", "4.1.0", "3.1.1", "2.3.1", "1.1.1")
COG = "2026"
# Earlier years that months are published of: a month keeps the geography of its year. Their lists lie in cog-2025/ and cog-2024/.
EARLIER = {"2025": "5.3.0", "2024": "4.1.0"}
# The year that the populations of a version count.
POPULATION = {"6.0.0": "2023", "5.3.0": "2023", "4.1.0": "2022"}
OF_A_YEAR = ("communes.csv", "arrondissements_municipaux.csv", "communes_anciennes.csv", "codes_postaux.csv", "epci.csv", "departements.csv", "regions.csv")


def geo_source(version, cog):
    return f"npm {PACKAGE} {version} (INSEE : code officiel géographique {cog} et populations ; DGCL : EPCI ; La Poste : codes postaux)"


SOLIGUIDE_SOURCE = "Soliguide : listes de codes du logiciel libre solinumasso/soliguide, relevées en août 2026"
CURATED_SOURCE = "Solidata : liste tenue à la main (ci/reference/curated.py)"
LICENCE = "etalab-2.0"


class Broken(Exception):
    """An input or a file that is not what it must be."""


def write_csv(header, rows):
    """The bytes of one CSV file: UTF-8, comma, LF, quoted only where RFC 4180 asks for it."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    out.writerow(header)
    for row in rows:
        if len(row) != len(header):
            raise Broken(f"a row of {len(row)} fields under {len(header)} headers: {row}")
        out.writerow(["" if field is None else field for field in row])
    return text.getvalue().encode("utf-8")


def facts(folder, name):
    with open(folder / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_package(folder, names=("communes", "epci", "departements", "regions"), versions=(VERSION,)):
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    if about["name"] != PACKAGE or about["version"] not in versions:
        raise Broken(f"{folder} holds {about['name']} {about['version']}, not {PACKAGE} {' or '.join(versions)}")
    return {name: json.loads((folder / "data" / f"{name}.json").read_text(encoding="utf-8")) for name in names} | {"version": about["version"]}


def load_older(folders):
    older = [load_package(folder, ("communes",), OLDER) for folder in folders]
    if sorted(p["version"] for p in older) != sorted(OLDER):
        raise Broken(f"--older must be given once for each of {', '.join(OLDER)}")
    return older


def of_year(folders, version, departments):
    """The lists of an earlier year, as they were then: what came later is unknown to them."""
    folder = {load_package(folder, (), OLDER)["version"]: folder for folder in folders}
    before = [load_package(folder[v], ("communes",), OLDER) for v in OLDER if v < version]
    files = geography(load_package(folder[version], versions=OLDER), before, departments)
    return {name: files[name] for name in OF_A_YEAR}


def geography(package, older, departments):
    """The territorial lists. A collectivity overseas (975 to 989) has no région: its code_region is empty."""
    current = {c["code"]: c for c in package["communes"] if c["type"] == "commune-actuelle"}
    boroughs = [c for c in package["communes"] if c["type"] == "arrondissement-municipal"]
    former = [c for c in package["communes"] if c["type"] in ("commune-deleguee", "commune-associee")]
    com = {d["code"] for d in package["departements"] if d["zone"] == "com"}
    regions = [r for r in package["regions"] if r["zone"] != "com"]
    region_of = {d["code"]: None if d["code"] in com else d["region"] for d in package["departements"]}
    zones = {d["code"]: d["zone"] for d in package["departements"]}
    time_zones = {d["department_code"]: d["time_zone"] for d in departments if d["country"] == "fr"} | curated.TIME_ZONES
    epci_of = {m["code"]: e["code"] for e in package["epci"] for m in e["membres"]}
    unknown = sorted(set(epci_of) - set(current))
    if unknown:
        raise Broken(f"EPCI members that are no current communes: {unknown}")

    def population(codes):
        return sum(current[c].get("population", 0) for c in codes)

    of_departement = defaultdict(list)
    for code, c in current.items():
        of_departement[c["departement"]].append(code)

    files = {}
    files["communes.csv"] = (
        ["code_commune", "nom", "code_departement", "code_region", "code_epci", "code_arrondissement_departemental", "population"],
        [(c["code"], c["nom"], c["departement"], region_of[c["departement"]], epci_of.get(c["code"]), c.get("arrondissement"), c.get("population"))
         for c in current.values()])
    files["arrondissements_municipaux.csv"] = (
        ["code_arrondissement_municipal", "nom", "code_commune", "population"],
        [(c["code"], c["nom"], c["commune"], c["population"]) for c in boroughs])

    # A déléguée or associée commune keeps its code and name; a code that has simply gone is known by its successor only.
    old = {(c["code"], c["nom"]): (c["code"], c["nom"], "deleguee" if c["type"] == "commune-deleguee" else "associee", c["chefLieu"]) for c in former}
    named = {c["code"] for c in former}
    gone = defaultdict(set)
    for c in current.values():
        for code in c.get("anciensCodes", []):
            if code not in named and code not in current:
                gone[code].add(c["code"])
    for code, successors in gone.items():
        # Communes that were split: one old code for several of today. Which one is meant cannot be known, so it is left out.
        if len(successors) == 1:
            old[(code, "")] = (code, "", "ancien_code", *successors)
    # Names of earlier years, of communes that were renamed or that have merged since.
    successor = {code: next(iter(codes)) for code, codes in gone.items() if len(codes) == 1}
    successor |= {c["code"]: c["chefLieu"] for c in former} | {code: code for code in current}
    for c in (c for p in older for c in p["communes"] if c["type"] == "commune-actuelle" and c["code"] in successor):
        now = successor[c["code"]]
        if c["nom"] != current[now]["nom"] and (c["code"], c["nom"]) not in old:
            old[(c["code"], c["nom"])] = (c["code"], c["nom"], "ancien_nom", now)
            old.pop((c["code"], ""), None)
    files["communes_anciennes.csv"] = (["code_ancien", "nom", "statut", "code_commune"], old.values())

    files["codes_postaux.csv"] = (
        ["code_postal", "code_insee"],
        {(p, c["code"]) for c in [*current.values(), *boroughs] for p in c.get("codesPostaux", [])})

    rows = []
    for e in package["epci"]:
        members = [m["code"] for m in e["membres"]]
        departements = sorted({current[m]["departement"] for m in members})
        rows.append((e["code"], e["nom"], e["type"], len(members), population(members), e["populationMunicipale"], e["populationTotale"],
                     "|".join(departements), "|".join(sorted({region_of[d] for d in departements})), "true" if len(departements) > 1 else "false"))
    files["epci.csv"] = (["code_epci", "nom", "nature", "communes", "population", "population_municipale_dgcl", "population_totale_dgcl",
                          "codes_departement", "codes_region", "interdepartemental"], rows)

    files["departements.csv"] = (
        ["code_departement", "nom", "code_region", "zone", "fuseau_horaire", "population", "population_millesime"],
        [(d["code"], d["nom"], region_of[d["code"]], zones[d["code"]], time_zones[d["code"]], population(of_departement[d["code"]]),
          curated.population_year(d["code"], zones[d["code"]], POPULATION[package["version"]])) for d in package["departements"]])
    files["regions.csv"] = (
        ["code_region", "nom", "zone", "population"],
        [(r["code"], r["nom"], r["zone"], population(c for d, codes in of_departement.items() if region_of[d] == r["code"] for c in codes))
         for r in regions])

    # Spellings of Soliguide that are not those of INSEE, then the ones kept by hand.
    names = {d["code"]: d["nom"] for d in package["departements"]}
    other = set(curated.SPELLINGS)
    for d in departments:
        if d["country"] == "fr" and d["department_name"] != names[d["department_code"]]:
            other.add(("departement", d["department_name"], d["department_code"]))
        if d["country"] == "fr" and d["department_code"] in com:
            other.add(("code_region", d["region_code"], d["department_code"]))
    files["variantes_territoires.csv"] = (["nature", "variante", "code"], other)
    files["pays.csv"] = (["code_pays", "variante"], curated.COUNTRIES)
    return files


def code_lists(folder):
    """The lists of codes of Soliguide, under French headers."""
    rows = facts(folder, "categories.csv")
    nodes, links = {}, []
    for row in rows:
        code, parent = row["code"], row["parent_code"]
        rank = row["rank"] if not parent else None
        node = (code, row["label_fr"], row["leaf"], rank, row["themes"])
        if nodes.setdefault(code, node)[:3] != node[:3]:
            raise Broken(f"category {code} has two labels")
        if parent:
            links.append((parent, code, row["rank"]))
    parents = defaultdict(list)
    for parent, code, _ in links:
        if parent not in nodes:
            raise Broken(f"category {code} has an unknown parent {parent}")
        parents[code].append(parent)

    def roots(code, path=()):
        if code in path:
            raise Broken(f"categories form a cycle at {code}")
        return {code} if not parents[code] else {r for p in parents[code] for r in roots(p, (*path, code))}

    files = {
        "categories.csv": (["categorie_code", "libelle", "feuille", "rang_racine", "themes"], nodes.values()),
        "categories_liens.csv": (["categorie_parent", "categorie_code", "rang"], links),
        "categories_racines.csv": (["categorie_code", "categorie_racine"], [(c, r) for c in nodes for r in roots(c)]),
        "categories_anciennes.csv": (["code_ancien", "categorie_code"], [(r["legacy_code"], r["category"]) for r in facts(folder, "legacy_categories.csv")]),
    }
    for code, now in files["categories_anciennes.csv"][1]:
        if now not in nodes or code in nodes:
            raise Broken(f"legacy category {code} -> {now} does not lead from an old code to a current one")
    simple = [
        ("publics.csv", "publics.csv", {"dimension": "dimension", "code": "code", "label_fr": "libelle", "is_all": "tous"}),
        ("langues.csv", "languages.csv", {"code": "code", "label_fr": "libelle", "ui_language": "langue_interface", "place_language": "langue_lieu"}),
        ("types_structure.csv", "structure_types.csv", {"code": "code"}),
        ("types_lieu.csv", "place_types.csv", {"code": "code", "label_fr": "libelle"}),
        ("types_geographie.csv", "geo_types.csv", {"code": "code", "label_fr": "libelle"}),
        ("types_recherche.csv", "search_types.csv", {"code": "code"}),
        ("origines.csv", "origins.csv", {"code": "code"}),
        ("statuts_utilisateur.csv", "user_status.csv", {"code": "code", "label_fr": "libelle", "logged": "connecte", "counts_as_demand": "compte_demande"}),
        # Labels and synonyms are left out: only the slug, a fixed code, is ever compared with a document.
        ("suggestions.csv", "search_suggestions_fr.csv", {"slug": "slug", "type": "type", "category_code": "categorie_code"}),
    ]
    for out, source, columns in simple:
        files[out] = (list(columns.values()), [tuple(row[c] for c in columns) for row in facts(folder, source)])
    for row in files["suggestions.csv"][1]:
        if row[2] and row[2] not in nodes:
            raise Broken(f"suggestion {row[0]} names an unknown category")
    return files


TITLES = {
    "communes.csv": "Communes actuelles",
    "arrondissements_municipaux.csv": "Arrondissements municipaux de Paris, Lyon et Marseille",
    "communes_anciennes.csv": "Communes déléguées, associées et codes disparus",
    "codes_postaux.csv": "Codes postaux et communes (ou arrondissements municipaux)",
    "epci.csv": "Intercommunalités à fiscalité propre",
    "departements.csv": "Départements et collectivités d'outre-mer",
    "regions.csv": "Régions",
    "variantes_territoires.csv": "Autres écritures de noms et de codes de territoires",
    "pays.csv": "Pays et leurs écritures",
    "categories.csv": "Catégories de services",
    "categories_liens.csv": "Liens entre catégories",
    "categories_racines.csv": "Catégories et leurs racines",
    "categories_anciennes.csv": "Anciens codes de catégories",
    "categories_sensibles.csv": "Catégories sensibles, protégées plus strictement",
    "publics.csv": "Publics accueillis",
    "langues.csv": "Langues",
    "types_structure.csv": "Types de structures",
    "types_lieu.csv": "Types de lieux",
    "types_geographie.csv": "Types de zones de recherche",
    "types_recherche.csv": "Types de recherche",
    "origines.csv": "Origines des recherches",
    "statuts_utilisateur.csv": "Statuts d'utilisateur",
    "suggestions.csv": "Suggestions de recherche",
    "licences.csv": "Licences des sources et leurs écritures",
    "sources.csv": "Sources de données connues et leur licence",
}


def sort_key(row):
    return tuple("" if field is None else str(field) for field in row)


def toml_text(value):
    return json.dumps(value, ensure_ascii=False)


def build(package, older, facts_folder, out):
    departments = facts(facts_folder, "departments.csv")
    parts = [
        (geography(load_package(package), load_older(older), departments), geo_source(VERSION, COG), f"COG {COG}"),
        *(({f"cog-{cog}/{name}": table for name, table in of_year(older, version, departments).items()}, geo_source(version, cog), f"COG {cog}")
          for cog, version in EARLIER.items()),
        (code_lists(facts_folder), SOLIGUIDE_SOURCE, "2026-08"),
        (curated.licence_files() | curated.sensitive_files(), CURATED_SOURCE, "2026-11"),
    ]
    index = ["# Written by ci/reference/build.py: do not edit. `build.py --check` proves that each file is the one described here.\n"]
    index.append(f"paquet = {toml_text(PACKAGE)}\nversion_paquet = {toml_text(VERSION)}\nversions_anterieures = {toml_text(OLDER)}\ncog = {toml_text(COG)}\n")
    out.mkdir(parents=True, exist_ok=True)
    described = {}
    for files, source, vintage in parts:
        for name, (header, rows) in files.items():
            rows = sorted(set(rows), key=sort_key)
            data = write_csv(header, rows)
            (out / name).parent.mkdir(exist_ok=True)
            (out / name).write_bytes(data)
            where, when = curated.ORIGIN.get(name, (source, vintage))
            described[name] = [
                f"[fichier.{toml_text(name)}]",
                f"titre = {toml_text(TITLES[name.split('/')[-1]])}",
                f"source = {toml_text(where)}",
                f"millesime = {toml_text(when)}",
                f"licence = {toml_text(LICENCE)}",
                f"sha256 = {toml_text(hashlib.sha256(data).hexdigest())}",
                f"lignes = {len(rows)}",
                f"colonnes = {toml_text(header)}\n",
            ]
    index.extend("\n".join(described[name]) for name in sorted(described))
    (out / "index.toml").write_text("\n".join(index), encoding="utf-8")
    check(out)


def check(out):
    index = tomllib.loads((out / "index.toml").read_text(encoding="utf-8"))["fichier"]
    problems = []
    present = {path.relative_to(out).as_posix() for path in out.glob("**/*.csv")}
    for name in sorted(present ^ set(index)):
        problems.append(f"{name}: {'in the folder but not in index.toml' if name in present else 'in index.toml but missing'}")
    for name, entry in sorted(index.items()):
        if name not in present:
            continue
        data = (out / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            problems.append(f"{name}: sha256 is not that of index.toml; run build.py again, or restore the file")
            continue
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
        if rows[0] != entry["colonnes"]:
            problems.append(f"{name}: columns are not those of index.toml")
        if len(rows) - 1 != entry["lignes"]:
            problems.append(f"{name}: {len(rows) - 1} rows, index.toml says {entry['lignes']}")
        if data.startswith(b"\xef\xbb\xbf") or b"\r" in data or not data.endswith(b"\n"):
            problems.append(f"{name}: must be UTF-8 without BOM, with LF line ends")
        if rows[1:] != sorted(rows[1:]) or len({tuple(r) for r in rows[1:]}) != len(rows) - 1:
            problems.append(f"{name}: rows must be sorted and distinct")
    if problems:
        raise Broken("\n".join(problems))
    print(f"{len(index)} files, {sum(e['lignes'] for e in index.values())} rows: as index.toml says")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare the files with index.toml")
    parser.add_argument("--package", type=Path, help="folder of the unpacked npm package")
    parser.add_argument("--older", type=Path, nargs="+", help="folders of the unpacked versions of earlier years")
    parser.add_argument("--facts", type=Path, help="folder of the Soliguide code lists")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "datasets" / "reference")
    given = parser.parse_args()
    try:
        if given.check:
            check(given.out)
        elif given.package and given.older and given.facts:
            build(given.package, given.older, given.facts, given.out)
        else:
            parser.error("give --check, or --package, --older and --facts")
    except (Broken, OSError, KeyError) as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
