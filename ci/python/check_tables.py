"""usage: python check_tables.py RELEASE_DIR      (in the environment `opendata`)

Reads a release as its consumers do and says what they would trip over: manifest against its JSON Schema and against the files, CSV bytes
(UTF-8 without mark, LF, RFC 4180, values written as their type is), what csv-detective makes of each column (data.gouv.fr shows and
converts files by it), and Parquet read by pyarrow and by DuckDB, equal to the CSV row by row. TABLES in the environment names the tables, if not all are meant.
Exit code 1 when anything is wrong.
"""

import csv
import hashlib
import json
import os
import re
import sys
from pathlib import Path

import duckdb
import jsonschema
import pyarrow.parquet as pq

try:
    from csv_detective import routine
except ImportError as e:
    sys.exit(f"csv-detective does not start ({e}): it needs the system's libmagic (Debian: apt-get install libmagic1)")

# One field and what ends it, as RFC 4180 writes them, but for the line end, which is LF here.
FIELD = re.compile(r'("(?:[^"]|"")*"|[^",\r\n]*)(,|\n)')
WRITTEN = {
    "integer": re.compile(r"0|-?[1-9][0-9]*"),
    "number": re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "boolean": re.compile(r"true|false"),
}
PYTHON_TYPE = {"integer": "int", "number": "float", "date": "date", "boolean": "bool"}
# Columns that the portal recognises by name and content.
KNOWN = {"code_commune", "code_departement", "code_region", "code_epci", "code_postal"}
# The rows by which csv-detective decides (CHUNK_SIZE).
FIRST_ROWS = 10_000
ARROW = {"string": "string", "integer": "int64", "date": "date32[day]", "boolean": "bool"}


def manifest_findings(release):
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    schema = json.loads((release / "schemas/manifest.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest):
        yield f"manifest.json: {error.json_path}: {error.message[:200]}"
    listed = {f["path"]: f for f in manifest["files"]}
    there = {p.relative_to(release).as_posix() for p in release.rglob("*") if p.is_file()} - {"manifest.json", "manifest.json.minisig", "SHA256SUMS"}
    for path in sorted(there ^ set(listed)):
        yield f"{path}: " + ("on disk, not in manifest.json" if path in there else "in manifest.json, not on disk")
    for path in sorted(there & set(listed)):
        content = (release / path).read_bytes()
        if (len(content), hashlib.sha256(content).hexdigest()) != (listed[path]["bytes"], listed[path]["sha256"]):
            yield f"{path}: size or sha256 is not the manifest's"


def csv_findings(file, fields):
    content = file.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as e:
        yield f"not UTF-8: {e}"
        return
    if text.startswith("\ufeff"):
        yield "begins with a byte order mark"
    if "\0" in text:
        yield "holds a NUL"
    if not text.endswith("\n"):
        yield "does not end with a line feed"
    at, rows, row = 0, [], []
    while at < len(text):
        found = FIELD.match(text, at)
        if not found:
            yield f"line {text.count(chr(10), 0, at) + 1}: not RFC 4180 with LF: {text[at:at + 30]!r}"
            return
        value = found[1]
        row.append(value[1:-1].replace('""', '"') if value.startswith('"') else value)
        if found[2] == "\n":
            rows.append(row)
            row = []
        at = found.end()
    with file.open(encoding="utf-8", newline="") as f:
        if list(csv.reader(f, strict=True)) != rows:
            yield "Python's csv module reads other values than RFC 4180 says"
    names = [f["name"] for f in fields]
    if rows[0] != names:
        yield f"header {rows[0]} is not the schema's {names}"
        return
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            yield f"record {number}: {len(row)} fields and not {len(names)}"
            continue
        for field, value in zip(fields, row):
            form = WRITTEN.get(field["type"])
            if value and form and not form.fullmatch(value):
                yield f"record {number}: {field['name']} is no {field['type']}: {value[:30]!r}"


def detected_findings(file, fields):
    found = routine(str(file), num_rows=-1, save_results=False, output_profile=False)
    if found["separator"] != "," or found["encoding"].lower() not in ("utf-8", "ascii") or found["header_row_idx"] != 0:
        yield f"detected as {found['encoding']}, separator {found['separator']!r}, header in row {found['header_row_idx']}"
    with file.open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    for field in fields:
        name, column = field["name"], found["columns"][field["name"]]
        values = {r[name] for r in rows}
        if values == {""}:
            continue  # nothing to detect
        if len(rows) > FIRST_ROWS and not any(r[name] for r in rows[:FIRST_ROWS]):
            # A longer table is read in pieces, and what is empty in the first one stays a text: a measure loses its type in the preview, a code nothing.
            if column["python_type"] != "string":
                yield f"{name} is detected as {column['format']}, {column['python_type']}, and its first {FIRST_ROWS} rows are empty"
            continue
        if field["type"] == "integer" and values <= {"", "0", "1"}:
            continue  # in a small release numbers may happen to look like booleans
        if column["python_type"] != PYTHON_TYPE.get(field["type"], "string"):
            yield f"{name} ({field['type']}) is detected as {column['format']}, {column['python_type']}"
        if name in KNOWN and column["format"] != name:
            yield f"{name} is detected as {column['format']}"


def text_of(value):
    """A Parquet value as the CSV writes it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else format(value, "f") if hasattr(value, "as_tuple") else str(value)


def parquet_findings(file, csv_file, fields):
    table = pq.read_table(file)
    for field in fields:
        exact = field.get("type_exact", field["type"])
        wanted = re.sub(r"^decimal\((\d+),\s*(\d+)\)$", r"decimal128(\1, \2)", ARROW.get(exact, exact))
        if field["name"] in table.column_names and str(table.schema.field(field["name"]).type) != wanted:
            yield f"{field['name']} is {table.schema.field(field['name']).type}, not {wanted}"
    if table.column_names != [f["name"] for f in fields]:
        yield f"columns {table.column_names} are not the schema's"
        return
    with csv_file.open(encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f))[1:]
    columns = [column.to_pylist() for column in table.columns]
    if any(value == "" for column in columns for value in column):
        yield "holds an empty text: in the CSV it cannot be told from no value"
    if [list(map(text_of, row)) for row in zip(*columns)] != rows:
        yield f"pyarrow reads {table.num_rows} rows that are not the CSV's {len(rows)}, in its order"
    # A second reader, which knows nothing of the first.
    texts = ", ".join(f'CAST("{f["name"]}" AS VARCHAR)' for f in fields)
    con = duckdb.connect()
    con.execute(f"CREATE TABLE p AS SELECT {texts} FROM read_parquet(?)", [str(file)])
    con.execute("CREATE TABLE c AS FROM read_csv(?, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"')", [str(csv_file)])
    for one, other, label in (("p", "c", "only in Parquet"), ("c", "p", "only in CSV")):
        (count,) = con.execute(f"SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})").fetchone()
        if count:
            yield f"DuckDB finds {count} rows {label}"


def main():
    release = Path(sys.argv[1])
    findings = list(manifest_findings(release)) if (release / "manifest.json").is_file() else ["manifest.json is missing"]
    only = os.environ.get("TABLES", "").split()
    tables = sorted(f for f in (release / "data").glob("*.csv") if not only or f.stem in only)
    if not tables:
        findings.append("no CSV in data/")
    for file in tables:
        fields = json.loads((release / f"schemas/{file.stem}.json").read_text(encoding="utf-8"))["fields"]
        parquet = file.with_suffix(".parquet")
        written = list(csv_findings(file, fields))
        findings += [f"{file.name}: {f}" for f in written]
        if written:
            continue  # the others would only repeat it
        findings += [f"{file.name}: {f}" for f in detected_findings(file, fields)]
        findings += [f"{parquet.name}: {f}" for f in parquet_findings(parquet, file, fields)]
    for finding in findings[:50]:
        print(f"  - {finding}")
    if len(findings) > 50:
        print(f"  ... and {len(findings) - 50} more")
    print(f"{'FAIL' if findings else 'ok  '} tables: manifest, CSV bytes, csv-detective, Parquet = CSV ({len(tables)} datasets)")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
