"""usage: python check_readers.py RELEASE_DIR [EXPECTED]      (in the environment `readers`)

Reads every file of every table of a release with every reader that knows its form, computes the logical digest of what the reader gives by
itself, from the description in transforms/canon/src/logical.rs alone, and compares it, the counts and the sums with the manifest and the CSV. Once one reader
has found the digest of the manifest, others need not compute it of values that are all equal to that reader's.
Writes to EXPECTED, if named, the counts and sums of each CSV, for readers in other languages. TABLES in the environment names the tables, if not all are meant.
Exit code 1 when anything differs.
"""

import csv
import datetime
import gzip
import hashlib
import json
import math
import os
import re
import struct
import subprocess
import sys
import warnings
from decimal import Decimal
from pathlib import Path

import duckdb
import fastexcel
import geopandas
import openpyxl
import pandas
import polars
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pyogrio
import shapely

EPOCH = datetime.date(1970, 1, 1)
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
csv.field_size_limit(1 << 20)


class Column:
    def __init__(self, field):
        self.name, self.exact = field["name"], field["type_exact"]
        decimal = re.fullmatch(r"decimal\((\d+),(\d+)\)", self.exact)
        self.precision, self.scale = map(int, decimal.groups()) if decimal else (None, None)
        self.kind = "decimal" if decimal else self.exact

    def plain(self, value):
        """What a reader gives, as a value of the column's type."""
        if value is None or value is pandas.NaT or value is pandas.NA or (isinstance(value, float) and math.isnan(value)):
            return None
        if self.kind == "string":
            assert isinstance(value, str), f"{self.name}: {value!r} is no text"
            return value
        if self.kind == "integer":
            assert not isinstance(value, bool) and int(value) == float(value), f"{self.name}: {value!r} is no integer"
            return int(value)
        if self.kind == "decimal":
            # A binary number stands for the decimal that is nearest: of 15 digits there is one.
            number = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
            return number.quantize(Decimal(1).scaleb(-self.scale))
        if self.kind == "date":
            if isinstance(value, str):
                value = datetime.date.fromisoformat(value)
            return value.date() if isinstance(value, datetime.datetime) else value
        assert self.kind == "boolean", self.kind
        if isinstance(value, str):
            assert value in ("true", "false"), value
            return value == "true"
        return bool(value)

    def encoded(self, value):
        if value is None:
            return b"\0"
        if self.kind == "string":
            text = value.encode()
            return b"\1" + struct.pack("<Q", len(text)) + text
        if self.kind == "integer":
            return b"\1" + struct.pack("<q", value)
        if self.kind == "decimal":
            return b"\1" + int(value.scaleb(self.scale)).to_bytes(16, "little", signed=True)
        if self.kind == "date":
            return b"\1" + struct.pack("<i", (value - EPOCH).days)
        return b"\1" + bytes([value])


def plainly(columns, lists, known):
    """What a reader gave, as values of the columns' types. A column that equals what is known of it is known; it is not looked at value by value."""
    plain = []
    for at, (column, values) in enumerate(zip(columns, lists, strict=True)):
        same = known is not None and values == known[at]
        plain.append(known[at] if same else [column.plain(value) for value in values])
    assert all(len(values) == len(plain[0]) for values in plain), "columns of different lengths"
    return plain


def digest(columns, plain):
    """The logical digest of columns, each a list of plain values."""
    sha = hashlib.sha256(b"solidata-logical/1\n" + struct.pack("<Q", len(columns)))
    for column in columns:
        for text in (column.name, column.exact):
            sha.update(struct.pack("<Q", len(text.encode())) + text.encode())
    encoded = [[column.encoded(value) for value in values] for column, values in zip(columns, plain)]
    for row in zip(*encoded):
        sha.update(b"".join(row))
    sha.update(struct.pack("<Q", len(plain[0])))
    return sha.hexdigest()


def sums_of(columns, plain):
    return {c.name: sum((v for v in values if v is not None), Decimal(0)) for c, values in zip(columns, plain) if c.kind in ("integer", "decimal")}


def names(columns):
    return [c.name for c in columns]


def of_frame(frame, columns):
    assert list(frame.columns) == names(columns), f"columns {list(frame.columns)}"
    return [frame[name].tolist() for name in names(columns)]


def of_arrow(table, columns):
    assert table.column_names == names(columns), f"columns {table.column_names}"
    return [table[name].to_pylist() for name in names(columns)]


# --- readers: each takes a file and the columns, and gives a list of values for each column ---


def python_csv(file, columns):
    opened = gzip.open(file, "rt", encoding="utf-8", newline="") if file.suffix == ".gz" else file.open(encoding="utf-8", newline="")
    with opened:
        reader = csv.reader(opened, strict=True)
        assert next(reader) == names(columns), "other header"
        rows = list(reader)
    typed = {"integer": int, "decimal": Decimal}
    return [[typed.get(c.kind, str)(row[i]) if row[i] else None for row in rows] for i, c in enumerate(columns)]


def duckdb_csv(file, columns):
    types = {c.name: {"string": "VARCHAR", "integer": "BIGINT", "date": "DATE", "boolean": "BOOLEAN"}.get(c.kind, c.exact) for c in columns}
    sql = "SELECT * FROM read_csv(?, columns = ?, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', new_line = '\\n')"
    return of_arrow(duckdb.connect().execute(sql, [str(file), types]).to_arrow_table(), columns)


def duckdb_guesses_csv(file, columns):
    """As most people open a file: DuckDB guesses the dialect from the first 20 480 rows."""
    table = duckdb.connect().execute("SELECT * FROM read_csv(?, all_varchar = true)", [str(file)]).to_arrow_table()
    typed = {"integer": int, "decimal": Decimal}
    return [[None if v is None else typed.get(c.kind, str)(v) for v in values] for c, values in zip(columns, of_arrow(table, columns))]


def polars_csv(file, columns):
    kinds = {"string": polars.String, "integer": polars.Int64, "date": polars.Date, "boolean": polars.Boolean}
    schema = {c.name: kinds.get(c.kind) or polars.Decimal(c.precision, c.scale) for c in columns}
    frame = polars.read_csv(file, schema=schema, empty_string_is_null=True)
    return [frame[name].to_list() for name in names(columns)]


def arrow_type(column):
    kinds = {"string": pa.string(), "integer": pa.int64(), "date": pa.date32(), "boolean": pa.bool_()}
    return kinds.get(column.kind) or pa.decimal128(column.precision, column.scale)


def pyarrow_csv(file, columns):
    convert = pacsv.ConvertOptions(column_types={c.name: arrow_type(c) for c in columns}, null_values=[""], strings_can_be_null=True)
    return of_arrow(pacsv.read_csv(file, parse_options=pacsv.ParseOptions(newlines_in_values=True), convert_options=convert), columns)


def pandas_csv(file, columns):
    kinds = {"integer": "Int64", "boolean": "boolean", "decimal": "float64"}
    kinds = {c.name: kinds.get(c.kind, "string") for c in columns}
    return of_frame(pandas.read_csv(file, dtype=kinds, keep_default_na=False, na_values=[""]), columns)


def duckdb_parquet(file, columns):
    chosen = ", ".join(f'"{name}"' for name in names(columns))
    return of_arrow(duckdb.connect().execute(f"SELECT {chosen} FROM read_parquet(?)", [str(file)]).to_arrow_table(), columns)


def polars_parquet(file, columns):
    frame = polars.read_parquet(file, columns=names(columns))
    return [frame[name].to_list() for name in names(columns)]


def pyarrow_parquet(file, columns):
    table = pq.read_table(file, columns=names(columns))
    wrong = [c.name for c in columns if table.schema.field(c.name).type != arrow_type(c)]
    assert not wrong, f"other types: {wrong}"
    return of_arrow(table, columns)


def pandas_parquet(file, columns):
    return of_frame(pandas.read_parquet(file, columns=names(columns)), columns)


SHEETS = ["donnees", "colonnes", "notes"]


def openpyxl_xlsx(file, columns):
    book = openpyxl.load_workbook(file, read_only=True)
    assert book.sheetnames == SHEETS, book.sheetnames
    rows = book["donnees"].iter_rows(values_only=True)
    assert list(next(rows)) == names(columns), "other header"
    rows = [row + (None,) * (len(columns) - len(row)) for row in rows]
    return [list(values) for values in zip(*rows)] or [[] for _ in columns]


def polars_xlsx(file, columns):
    frame = polars.read_excel(file, sheet_name="donnees", engine="calamine", infer_schema_length=None)
    assert frame.columns == names(columns), frame.columns
    return [frame[name].to_list() for name in names(columns)]


def fastexcel_xlsx(file, columns):
    texts = {c.name: "string" for c in columns if c.kind == "string"}
    sheet = fastexcel.read_excel(file).load_sheet("donnees", dtypes=texts, schema_sample_rows=None)
    return of_arrow(pa.table(sheet.to_arrow()), columns)


def pandas_xlsx(file, columns):
    frame = pandas.read_excel(file, sheet_name="donnees", dtype={c.name: object for c in columns}, keep_default_na=False, na_values=[""])
    return of_frame(frame, columns)


def python_geojson(file, columns):
    collection = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    assert collection["type"] == "FeatureCollection" and "crs" not in collection
    lists = [[] for _ in columns]
    lon, lat = GEOMETRY[0], GEOMETRY[1]
    for feature in collection["features"]:
        point = dict(zip((lon, lat), feature["geometry"]["coordinates"], strict=True))
        assert set(feature["properties"]) | set(point) == set(names(columns)), "other properties"
        for values, column in zip(lists, columns):
            values.append(point.get(column.name, feature["properties"].get(column.name)))
    return lists


def with_coordinates(frame, columns):
    frame = frame.assign(**{GEOMETRY[0]: frame.geometry.x, GEOMETRY[1]: frame.geometry.y})
    return [frame[name].astype(object).tolist() for name in names(columns)]


def geopandas_geojson(file, columns):
    frame = geopandas.read_file(file, engine="pyogrio")
    assert frame.crs.to_epsg() == 4326 or str(frame.crs) == "OGC:CRS84", frame.crs
    return with_coordinates(frame, columns)


def pyogrio_geojson(file, columns):
    return with_coordinates(pyogrio.read_dataframe(file, use_arrow=True), columns)


def geopandas_geoparquet(file, columns):
    frame = geopandas.read_parquet(file)
    assert str(frame.crs) == "OGC:CRS84", frame.crs
    decimals = frame[list(GEOMETRY)].astype(object)
    there = decimals.notna().all(axis=1)
    assert (frame.geometry.notna() == there).all(), "a point where there are no coordinates, or none where there are"
    for name, found in ((GEOMETRY[0], frame.geometry.x), (GEOMETRY[1], frame.geometry.y)):
        assert (found[there] == decimals[name][there].astype(float)).all(), f"points are not at {name}"
    bounds = shapely.total_bounds(frame.geometry[there].values).tolist()
    about = json.loads(pq.read_metadata(file).metadata[b"geo"])
    assert not there.any() or about["columns"]["geometry"]["bbox"] == bounds, "the box of the file is not that of its points"
    # By the covering: what lies in the south-west quarter of the box.
    if there.any():
        box = (bounds[0], bounds[1], (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
        quarter = geopandas.read_parquet(file, bbox=box)
        wanted = there & (frame.geometry.x <= box[2]) & (frame.geometry.y <= box[3])
        assert len(quarter) == wanted.sum(), f"{len(quarter)} places by the covering, {wanted.sum()} by their points"
    return [frame[name].astype(object).tolist() for name in names(columns)]


CSV = [python_csv, duckdb_csv, duckdb_guesses_csv, polars_csv, pyarrow_csv, pandas_csv]
PARQUET = [duckdb_parquet, polars_parquet, pyarrow_parquet, pandas_parquet]
READERS = {
    "csv": CSV,
    "csv.gz": CSV,
    "parquet": PARQUET,
    "xlsx": [openpyxl_xlsx, polars_xlsx, fastexcel_xlsx, pandas_xlsx],
    # What was written as the whole is, by the readers that are quick.
    "parts/xlsx": [polars_xlsx, fastexcel_xlsx],
    "geojson": [python_geojson, geopandas_geojson, pyogrio_geojson],
    "geo/parquet": [*PARQUET, geopandas_geoparquet],
}
GEOMETRY = None


def validated(file):
    """Findings of the validator of GeoParquet."""
    program = Path(sys.executable).with_name("geoparquet-validator")
    for rules in ("core", "covering"):
        ran = subprocess.run([program, "check", "--class", rules, str(file)], capture_output=True, text=True, check=False)
        if ran.returncode:
            yield f"geoparquet-validator ({rules}): " + " ".join(line.strip() for line in ran.stdout.splitlines() if "FAIL" in line)[:300]


def main():
    global GEOMETRY
    release = Path(sys.argv[1])
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    findings, read, seen, expected = [], 0, set(), []
    only = os.environ.get("TABLES", "").split()
    tables = [f for f in manifest["files"] if f.get("schema") and not f["path"].startswith("cubes/")]
    tables = [f for f in tables if not only or Path(f["schema"]).stem in only]
    # By table, its CSV first: what was read once need not be digested again.
    known = {}
    for entry in sorted(tables, key=lambda f: (f["schema"], not f["path"].endswith(".csv"))):
        path = entry["path"]
        schema = json.loads((release / entry["schema"]).read_text(encoding="utf-8"))
        columns, GEOMETRY = [Column(f) for f in schema["fields"]], schema.get("geometry")
        form = path.rsplit("/", 1)[1].split(".", 1)[1]
        of_folder = f"{path.split('/', 1)[0]}/{form}"
        form = of_folder if of_folder in READERS else form
        if form not in READERS:
            findings.append(f"{path}: no reader knows its form")
            continue
        sums, wanted = None, (entry["schema"], entry["logical_sha256"])
        known = {key: value for key, value in known.items() if key[0] == entry["schema"]}
        for reader in READERS[form]:
            try:
                before, before_sums = known.get(wanted, (None, None))
                plain = plainly(columns, reader(release / path, columns), before)
                if before is not None and plain == before:
                    sha, found = entry["logical_sha256"], before_sums
                else:
                    sha, found = digest(columns, plain), sums_of(columns, plain)
                    if sha == entry["logical_sha256"]:
                        known[wanted] = plain, found
            except Exception as e:  # whatever a reader trips over is a finding
                findings.append(f"{path}: {reader.__name__}: {type(e).__name__}: {str(e)[:200]}")
                continue
            read += 1
            seen.add(reader.__name__)
            sums, rows = sums or found, len(plain[0])
            if rows != entry["rows"] or found != sums:
                findings.append(f"{path}: {reader.__name__} counts {rows} rows and sums {found}; the manifest says {entry['rows']} rows, others {sums}")
            if sha != entry["logical_sha256"]:
                findings.append(f"{path}: {reader.__name__}: the logical digest of what it reads is not the manifest's")
        if form == "geo/parquet":
            findings += [f"{path}: {f}" for f in validated(release / path)]
        if form == "csv":
            expected += [(path, str(entry["rows"]), c.name, c.kind, str((sums or {}).get(c.name, ""))) for c in columns]
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text("".join("\t".join(line) + "\n" for line in expected), encoding="utf-8")
    for finding in findings[:50]:
        print(f"  - {finding}")
    forms = len({f["path"].rsplit("/", 1)[1].split(".", 1)[1] for f in tables})
    print(f"{'FAIL' if findings else 'ok  '} readers: {len(tables)} files in {forms} forms, read {read} times by {len(seen)} readers: rows, sums, logical digest")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
