"""usage: check_catalogue.py VIEWS [NEXT_VIEWS]      (in the environment `catalogue`)

Reads the views of a store: both catalogues in both forms (same graph; DCAT-AP 3.0.1 with SHACL), the index and the map of releases against their JSON Schemas, the schemas it names,
the feed against RFC 4287 and against feedparser. With the views of a later moment, also what must not have changed. Exit code 1 when anything is wrong.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import jsonschema
from pyshacl import validate
from rdflib import RDF, Graph, Namespace
from rdflib.compare import isomorphic

SH = Namespace("http://www.w3.org/ns/shacl#")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
ATOM = "{http://www.w3.org/2005/Atom}"
shapes = Graph().parse(Path(__file__).parent.parent / "shapes" / "dcat-ap-3.0.1.ttl")
found = []


def graphs(views):
    for name in ("catalog", "catalog-dcat-ap"):
        first = Graph().parse(views / f"{name}.jsonld", format="json-ld")
        if not isomorphic(first, Graph().parse(views / f"{name}.ttl", format="turtle")):
            found.append(f"{name}: JSON-LD and Turtle do not say the same")
        yield name, first


def shacl(name, graph, allowed):
    """Violations, but for those of the one property where the harvester of data.gouv.fr wants otherwise."""
    _, report, _ = validate(graph, shacl_graph=shapes, advanced=True, inference="none", allow_warnings=True, do_owl_imports=False)
    broken = Counter()
    for result in report.subjects(RDF.type, SH.ValidationResult):
        severity = str(report.value(result, SH.resultSeverity)).rsplit("#")[-1]
        path = str(report.value(result, SH.resultPath))
        if severity == "Violation" and not any(path.endswith(end) for end in allowed):
            broken[f"{path}: {report.value(result, SH.resultMessage)}"] += 1
    found.extend(f"{name}: DCAT-AP, {count} times: {text[:160]}" for text, count in sorted(broken.items()))


def of_its_schema(views, name):
    """A document of the root, which must be as its JSON Schema says."""
    document = json.loads((views / f"{name}.json").read_text(encoding="utf-8"))
    schema = json.loads((views / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        found.append(f"{name}.json: {error.json_path}: {error.message[:120]}")
    return document


def releases(views):
    """The document keeps to its schema, and to itself: versions have an address, their first and last release are there."""
    document = of_its_schema(views, "releases")
    prefixes = {release["prefix"]: release for release in document["releases"]}
    for dataset in document["datasets"]:
        for version in dataset["versions"]:
            name = f"schemas/{dataset['dataset']}/{version['version']}.json"
            table = json.loads((views / name).read_text(encoding="utf-8"))
            if not version["url"].endswith(name) or table["path"] != version["url"] or table["version"] != version["version"]:
                found.append(f"releases.json: {name} is not the schema that it names")
            for end in ("first", "last"):
                if prefixes[version[end]]["schemas"][dataset["dataset"]]["version"] != version["version"]:
                    found.append(f"releases.json: {version[end]} has another version of {dataset['dataset']} than it says")
    return prefixes


def feed(views):
    """RFC 4287, section 4: what a feed and an entry must have, once; then a reader that people use."""
    text = (views / "feed.xml").read_bytes()
    root = ElementTree.fromstring(text)
    instant = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    uri = re.compile(r"(tag:[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:|https?://|urn:)\S+")

    def one(of, name):
        elements = of.findall(ATOM + name)
        if len(elements) != 1 or not (elements[0].text or "").strip():
            found.append(f"feed.xml: {of.tag.removeprefix(ATOM)} must have one {name}")
            return ""
        return elements[0].text

    entries = {}
    for of in [root, *root.findall(ATOM + "entry")]:
        where = of.tag.removeprefix(ATOM)
        identifier, updated = one(of, "id"), one(of, "updated")
        one(of, "title")
        if not uri.fullmatch(identifier):
            found.append(f"feed.xml: the id {identifier} is no absolute IRI")
        if not instant.fullmatch(updated):
            found.append(f"feed.xml: {updated} is no RFC 3339 instant")
        links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in of.findall(ATOM + "link")]
        alternate = [link for link in links if link[0] == "alternate"]
        if not alternate or len(set(alternate)) != len(alternate):
            found.append(f"feed.xml: {where} {identifier} needs alternate links of different types")
        if any(not (link.get("href") or "").startswith("http") for link in of.findall(ATOM + "link")):
            found.append(f"feed.xml: {where} {identifier} has a link that is no address")
        if of is not root:
            if identifier in entries:
                found.append(f"feed.xml: the id {identifier} is there twice")
            entries[identifier] = updated
    if root.tag != ATOM + "feed" or root.find(f"{ATOM}author/{ATOM}name") is None:
        found.append("feed.xml: it is no feed with an author")
    if not any(link.get("rel") == "self" for link in root.findall(ATOM + "link")):
        found.append("feed.xml: it does not say where it is itself")
    order = [entry.findtext(ATOM + "updated") for entry in root.findall(ATOM + "entry")]
    if order != sorted(order, reverse=True):
        found.append("feed.xml: the newest entry is not the first")
    read = feedparser.parse(text)
    if read.bozo or read.version != "atom10" or len(read.entries) != len(entries):
        found.append(f"feed.xml: feedparser reads {read.version} with {len(read.entries)} entries: {read.get('bozo_exception')}")
    return entries


def check(views):
    for name, graph in graphs(views):
        # udata takes a checksum as a plain text only: that is why there are two catalogues
        shacl(name, graph, ["checksumValue"] if name == "catalog" else [])
        print(f"     {views}/{name}: {len(graph)} triples, {len(set(graph.subjects(RDF.type, DCAT.Dataset)))} datasets, "
              f"{len(set(graph.subjects(RDF.type, DCAT.Distribution)))} distributions")
    of_its_schema(views, "index")
    return releases(views), feed(views)


earlier, *later = [check(Path(argument)) for argument in sys.argv[1:]]
for prefixes, entries in later:
    found += [f"{prefix} is not in the later releases.json" for prefix in earlier[0] if prefix not in prefixes]
    found += [f"the entry {i} of the feed is gone or has another day" for i, updated in earlier[1].items() if entries.get(i) != updated]
for text in found[:40]:
    print(f"  - {text}")
print(f"{'FAIL' if found else 'ok  '} views: DCAT-AP, Turtle = JSON-LD, releases.json, {len(earlier[1])} entries of the feed")
sys.exit(bool(found))
