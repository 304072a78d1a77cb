"""usage: python duckdb_query.py brut|net FILE.ndjson categories_racines.csv

The benchmark's question, asked of DuckDB on two threads; what is asked is in duckdb_brut.sql and duckdb_net.sql. Prints one JSON line.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

variant, file, roots = sys.argv[1:]
began = time.perf_counter()
con = duckdb.connect()
con.execute("SET threads = 2; SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
con.execute("SET VARIABLE file = $file", {"file": file})
con.execute("SET VARIABLE roots = $roots", {"roots": roots})
con.execute((Path(__file__).parent / f"duckdb_{variant}.sql").read_text(encoding="utf-8"))
brute, nette = con.execute("FROM totals").fetchone()
(cells,) = con.execute("SELECT count(*) FROM cube").fetchone()
seconds = time.perf_counter() - began
print(json.dumps({"engine": f"DuckDB {duckdb.__version__}", "seconds": seconds, "brute": brute, "nette": nette, "cells": cells}))
