"""usage: python ci/pages/snippets.py RELEASE_DIR --solidata PROGRAM

Runs every piece of code that stands on the pages of a release (the fenced blocks of pages/*.md, as they stand) in a copy of its folder, and looks at what it
loaded: all rows, codes as text, numbers, days and truth values as such. With CLE set to the public key, signatures are checked too.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def run(command, folder, what, env=None):
    """Runs a command in a folder; says whether it worked, and what it printed when it did not."""
    begun = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False)
    if time.monotonic() - begun > 60:
        print(f"slow {what}: {time.monotonic() - begun:.0f} s", flush=True)
    if done.returncode != 0:
        print(f"FAIL {what}: exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode == 0


def r_checks(table, rows, kinds):
    def each(names, rule):
        listed = ", ".join(f'"{name}"' for name in names)
        return f"stopifnot(all(sapply({table}[c({listed})], {rule})))\n" if names else ""

    text = f"stopifnot(nrow({table}) == {rows}, identical(names({table}), c({', '.join(json.dumps(name) for name in kinds)})))\n"
    of = lambda *wanted: [name for name, kind in kinds.items() if kind in wanted]  # noqa: E731
    text += each(of("string"), "is.character") + each(of("integer", "number"), "is.numeric")
    return text + each(of("date"), 'function(x) inherits(x, "Date")') + each(of("boolean"), "is.logical")


def python_checks(table, rows, kinds, block):
    if "polars" in block:
        return f"assert {table}.height == {table}_csv.height == {rows}\nassert all(t == pl.String for t in {table}_csv.dtypes)\n"
    texts = [name for name, kind in kinds.items() if kind == "string"]
    return (
        f"assert len({table}) == len({table}_csv) == {rows}\nassert all(str(t) == 'string' for t in {table}_csv.dtypes)\n"
        f"assert all(isinstance(text, str) for c in {texts!r} for text in {table}[c].dropna())\n"
        f"assert all({table}[c].fillna('').tolist() == {table}_csv[c].fillna('').tolist() for c in {texts!r})\n"
    )


def workbook_is_text(folder, table, kinds):
    """The workbook that the command made, as CSV again: texts are the same, letter by letter."""
    made = folder / "again"
    if not run(["soffice", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false", "--outdir", str(made), f"{table}.ods"], folder, table):
        return False
    read = lambda path: list(csv.DictReader(path.open(encoding="utf-8", newline="")))  # noqa: E731
    texts = [name for name, kind in kinds.items() if kind == "string"]
    before, after = read(folder / "data" / f"{table}.csv"), read(made / f"{table}.csv")
    strip = lambda rows: [[row[name].replace("\r\n", "\n") for name in texts] for row in rows]  # noqa: E731
    if strip(before) == strip(after):
        return True
    print(f"FAIL {table}: the workbook has other texts than the CSV")
    return False


def main():
    if len(sys.argv) != 4 or sys.argv[2] != "--solidata":
        print(__doc__, file=sys.stderr)
        return 2
    release, solidata = Path(sys.argv[1]).resolve(), Path(sys.argv[3]).resolve()
    failed, counts, skipped = 0, {}, []
    with tempfile.TemporaryDirectory(prefix="solidata-pages-") as work:
        folder, spare = Path(work, "release"), Path(work, "spare")
        shutil.copytree(release, folder)
        shutil.copytree(release, spare)
        # Pages call it by its name, whatever the file is called.
        programs = Path(work, "bin")
        programs.mkdir()
        (programs / "solidata").symlink_to(solidata)
        env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": work, "LC_ALL": "C.UTF-8"}
        for page in sorted((folder / "pages").glob("*.md")):
            schema = folder / "schemas" / f"{page.stem}.json"
            kinds = {f["name"]: f["type"] for f in json.loads(schema.read_text(encoding="utf-8"))["fields"]} if schema.exists() else {}
            rows = duckdb.connect().execute(f"SELECT count(*) FROM '{folder}/data/{page.stem}.parquet'").fetchall()[0][0] if kinds else 0
            session = duckdb.connect()
            for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
                what = f"{page.name}, {language or 'no language'}"
                counts[language] = counts.get(language, 0) + 1
                if language == "r":
                    script = Path(work, "code.R")
                    script.write_text(block + r_checks(page.stem, rows, kinds), encoding="utf-8")
                    failed += not run(["Rscript", "--vanilla", str(script)], folder, what, env)
                elif language == "python":
                    failed += not run([sys.executable, "-c", block + python_checks(page.stem, rows, kinds, block)], folder, what)
                elif language == "sql":
                    os.chdir(folder)
                    try:
                        for statement in duckdb.extract_statements(block):
                            session.execute(statement).fetchall()
                        if "CREATE VIEW" in block:
                            for view in (page.stem, f"{page.stem}_csv"):
                                found = session.execute(f"SELECT count(*) FROM {view}").fetchall()[0][0]
                                assert found == rows, f"{view} has {found} rows, not {rows}"
                    except Exception as e:  # noqa: BLE001 whatever is wrong with it, the page is
                        print(f"FAIL {what}: {e}")
                        failed += 1
                elif language == "sh" and "soffice" in block:
                    failed += not (run(["bash", "-euo", "pipefail", "-c", block], spare, what, env) and workbook_is_text(spare, page.stem, kinds))
                elif language == "sh" and "$CLE" in block and "CLE" not in env:
                    skipped.append(block.strip())
                elif language == "sh":
                    failed += not run(["bash", "-euo", "pipefail", "-c", block], folder, what, env)
                else:
                    print(f"FAIL {what}: it is not known how to run this; code that is not run is no code")
                    failed += 1
    for block in skipped:
        print(f"SKIPPED without CLE, the public key: {block}")
    wanted = {"r", "python", "sql", "sh"}
    if not wanted <= counts.keys():
        print(f"FAIL no page has code in {', '.join(sorted(wanted - counts.keys()))}")
        failed += 1
    if not failed:
        print("ok   code on the pages: " + ", ".join(f"{n} of {language}" for language, n in sorted(counts.items())))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
