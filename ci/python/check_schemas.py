"""usage: python check_schemas.py RELEASE_DIR      (in the environment `validata`)

Validates a release's data package with frictionless (metadata, sizes, digests, every CSV against its schema) and every CSV with validata,
the validator of data.gouv.fr's schemas. TABLES in the environment names the tables, if not all are meant. Exit code 1 when anything is wrong.
"""

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

from frictionless import Package, system
from validata_core import validate, validate_schema

system.trusted = True
os.chdir(sys.argv[1])
findings = []

described = json.loads(Path("datapackage.json").read_text(encoding="utf-8"))
for key in ("name", "title", "version", "created", "licenses", "sources", "resources"):
    if not described.get(key):
        findings.append(f"datapackage.json: {key} is missing")
resources = {r["path"]: r for r in described["resources"]}
# Tables in all their forms: whole ones, those with a geometry, and parts of what is too large.
files = sorted(p.as_posix() for folder in ("data", "geo", "parts") for p in Path(folder).rglob("*") if p.is_file())
if sorted(resources) != files:
    findings.append(f"datapackage.json names {sorted(resources)} and the folders of tables hold {files}")
for path, resource in resources.items():
    content = Path(path).read_bytes()
    if resource["bytes"] != len(content) or resource["hash"] != "sha256:" + hashlib.sha256(content).hexdigest():
        findings.append(f"{path}: size or hash is not datapackage.json's")
only = os.environ.get("TABLES", "").split()


def meant(path):
    """Whether it is a file of a table that is to be checked."""
    return not only or Path(path).name.split(".")[0] in only


tables = [f for f in files if f.endswith(".csv") and meant(f)]
try:
    for resource in Package("datapackage.json").resources:
        if resource.format == "csv" and meant(resource.path):
            for task in resource.validate().tasks:
                findings += [f"frictionless: {resource.path}: {e.type}: {e.message[:160]}" for e in task.errors[:20]]
except Exception as e:  # frictionless raises what it finds in the metadata
    findings.append(f"frictionless: datapackage.json: {e}")

# validata takes no table of more than 100 000 rows: a longer one goes before it in parts (frictionless has seen it whole)
MOST_ROWS = 100_000


def parts(path, folder):
    """Files that hold the rows of a CSV without line breaks in its values, each with its header; the file itself when it is short."""
    with open(path, encoding="utf-8", newline="") as file:
        header, rows = file.readline(), file.readlines()
    if len(rows) <= MOST_ROWS:
        return [path]
    made = []
    for first in range(0, len(rows), MOST_ROWS):
        part = Path(folder, f"{first}-{Path(path).name}")
        part.write_text(header + "".join(rows[first : first + MOST_ROWS]), encoding="utf-8", newline="")
        made.append(str(part))
    return made


for path in tables:
    schema = f"schemas/{os.path.basename(path)[:-4]}.json"
    errors = [(schema, e) for e in validate_schema(schema).errors]
    with tempfile.TemporaryDirectory() as folder:
        for part in parts(path, folder):
            errors += [(path, e) for e in validate(part, schema).errors[:20]]
    for where, error in errors:
        findings.append(f"validata: {where}: {getattr(error, 'message', error)}"[:200])

for finding in findings[:50]:
    print(f"  - {finding}")
print(f"{'FAIL' if findings else 'ok  '} schemas: frictionless on datapackage.json, validata on {len(tables)} datasets")
sys.exit(bool(findings))
