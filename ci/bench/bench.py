"""usage: bench.py --ndjson FILE --roots categories_racines.csv --python PYTHON [--ours PROGRAM [--bson PATH]] [--runs 3] [--json FILE]

Runs each contender in a process of its own, in turns, and prints the median of its runs: wall time, rates, processor time, peak memory.
Ours is run as `PROGRAM SNAPSHOT` and ends with one line of JSON: `gross` and `net` (searches in France), `gross_everywhere` (foreign and unknown places
too, as the others count), `duplicates`, `seconds` (by phase).
Exit code 1 when the contenders do not count the same gross searches. Targets are printed as met or missed.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
MB = 1_000_000
# DuckDB brut answers less than we do; net is the same question.
TARGETS = [(f"time of DuckDB {v} / {name}", f"duckdb {v}", name, least) for name, least in (("ours ndjson", 1.5), ("ours bson", 3.0)) for v in ("net", "brut")]
MEMORY_TARGET = 400 * MB


def own_memory(pid, peak, over):
    """Keeps the highest memory of a process that is not a mapped file's: Polars maps its input, which counts in the maximum the kernel gives."""
    while not over.wait(0.02):
        try:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("RssAnon:"):
                    peak[0] = max(peak[0], int(line.split()[1]) * 1024)
        except OSError:
            return


def measure(command):
    """One run: what it printed, and what it took."""
    environment = os.environ | {"POLARS_MAX_THREADS": "2"}
    # What an earlier run has written is not waited for in this one.
    os.sync()
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    peak, over = [0], threading.Event()
    watcher = threading.Thread(target=own_memory, args=(child.pid, peak, over))
    watcher.start()
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watcher.join()
    if child.returncode != 0:
        sys.exit(f"bench: exit code {child.returncode}: {' '.join(command)}")
    return answer(json.loads(output.strip().splitlines()[-1])), {"seconds": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * 1024, "own": peak[0]}


def answer(said):
    """What a contender counted, in the words of this program."""
    if "gross" in said:
        said |= {"brute": said.get("gross_everywhere", said["gross"]), "nette": said["net"], "exact": "gross_everywhere" in said}
    return said


def size(path):
    path = Path(path)
    return sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) if path.is_dir() else path.stat().st_size


def warm(path):
    """Reads the files once, so that each run finds them in memory."""
    path = Path(path)
    for file in [f for f in path.rglob("*") if f.is_file()] if path.is_dir() else [path]:
        with file.open("rb", buffering=0) as f:
            while f.read(1 << 20):
                pass


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cpu}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("--ndjson", "--roots", "--python"):
        parser.add_argument(name, required=True)
    for name in ("--ours", "--bson", "--json"):
        parser.add_argument(name)
    parser.add_argument("--runs", type=int, default=3)
    a = parser.parse_args()

    contenders = {}
    if a.ours:
        contenders["ours ndjson"] = ([a.ours, a.ndjson], a.ndjson)
        if a.bson:
            contenders["ours bson"] = ([a.ours, a.bson], a.bson)
    for engine in ("duckdb", "polars"):
        for variant in ("brut", "net"):
            contenders[f"{engine} {variant}"] = ([a.python, str(HERE / f"{engine}_query.py"), variant, a.ndjson, a.roots], a.ndjson)

    busy = os.getloadavg()[0]
    for path in {path for _, path in contenders.values()}:
        warm(path)
    with open(a.ndjson, "rb", buffering=1 << 20) as f:
        documents = sum(block.count(b"\n") for block in iter(lambda: f.read(1 << 20), b""))
    print(f"{documents:,} searches, {size(a.ndjson) / MB:,.0f} MB of NDJSON; {machine()}; median of {a.runs} runs, files in memory")
    if busy > 0.7:
        print(f"WARNING: the machine was busy before (load {busy:.1f}): trust the processor time, not the wall time")

    said, runs = {}, {name: [] for name in contenders}
    for turn in range(a.runs):
        for name, (command, _) in contenders.items():
            print(f"run {turn + 1} of {a.runs}: {name}", file=sys.stderr)
            said[name], measured = measure(command)
            runs[name].append(measured)

    rows = {}
    print(f"\n{'':14}{'time s':>8}{'MB/s':>8}{'searches/s':>12}{'cpu s':>8}{'peak MB':>9}{'own MB':>8}{'gross':>12}{'net':>12}")
    for name, (_, path) in contenders.items():
        row = {key: statistics.median(r[key] for r in runs[name]) for key in ("seconds", "cpu", "peak", "own")}
        row |= {"bytes": size(path), "mb_per_s": size(path) / MB / row["seconds"], "searches_per_s": documents / row["seconds"]}
        row |= {"said": said[name], "all_seconds": [r["seconds"] for r in runs[name]]}
        rows[name] = row
        nette = f"{said[name]['nette']:,}" if said[name].get("nette") is not None else "-"
        print(f"{name:14}{row['seconds']:8.2f}{row['mb_per_s']:8.0f}{row['searches_per_s']:12,.0f}{row['cpu']:8.2f}"
              f"{row['peak'] / MB:9.0f}{row['own'] / MB:8.0f}{said[name]['brute']:12,}{nette:>12}")
    print("peak: most memory in use, mapped files included; own: without them. brut counts documents only; net follows the net rule.")

    wrong, targets = [], []
    reference = "ours ndjson" if a.ours else "duckdb net"
    gross = said[reference]["brute"]
    for name, theirs in said.items():
        # brut keeps documents that are there twice; a program that tells only what is in France cannot be compared exactly.
        exact = not name.endswith("brut") and said[reference].get("exact", True)
        if not 0 <= theirs["brute"] - gross <= (0 if exact else documents // 20):
            wrong.append(f"{name} counts {theirs['brute']:,} gross searches, {reference} {gross:,}")
    if a.ours:
        for name in (n for n in said if n.startswith("ours")):
            print(f"{name}: " + ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in said[name]["seconds"].items()))
        for other in [n for n in rows if not n.startswith("ours")]:
            print(f"{other:14}{rows[other]['seconds'] / rows['ours ndjson']['seconds']:6.2f} times our time, "
                  f"{rows[other]['peak'] / rows['ours ndjson']['peak']:6.2f} times our memory")
        for label, other, name, least in TARGETS:
            if name in rows:
                ratio = rows[other]["seconds"] / rows[name]["seconds"]
                targets.append({"target": f"{label} >= {least}", "value": round(ratio, 2), "met": ratio >= least})
        for name in (n for n in rows if n.startswith("ours")):
            targets.append({"target": f"peak memory of {name} < 400 MB", "value": round(rows[name]["peak"] / MB), "met": rows[name]["peak"] < MEMORY_TARGET})
            ratio = abs(said["duckdb net"]["nette"] / said[name]["nette"] - 1)
            print(f"net searches: DuckDB's approximation is {ratio:.2%} away from {name}")
        for t in targets:
            print(f"{'met   ' if t['met'] else 'MISSED'} {t['target']}: {t['value']}")
    print("\n".join(["WRONG " + w for w in wrong] or ["gross searches agree"]))
    if a.json:
        result = {"machine": machine(), "load_before": busy, "documents": documents, "runs": a.runs, "rows": rows, "targets": targets, "wrong": wrong}
        Path(a.json).parent.mkdir(parents=True, exist_ok=True)
        Path(a.json).write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"written: {a.json}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
