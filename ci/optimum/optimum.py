#!/usr/bin/env python3
"""Compare the protector with the optimum on small tables: how many secondaries does linear safety need? Exit code 1 when the mean of the ratios is above 1.10,
or where nothing need be withheld and something is.

usage: optimum.py PROTECT_TABLE SYNTHETIC_TABLES [TABLES]   (needs ci/python/optimum.txt; PROTECT_TABLE is the example binary of solidata-disclosure)

The optimum is a minimum hitting set: whoever can compute a primary has a formula over published cells, and one of them must be withheld. Formulas
are found as they are needed (exact elimination modulo a prime, several orders of the cells), the sets are hit by an integer program, until
nothing can be computed. It shares no code with the protector.
"""
import csv, random, subprocess, sys, tempfile
from pathlib import Path
import highspy

P, K = (1 << 61) - 1, 11


def cells_of(path):
    """Every cell that is not zero: its inner cells, and its value. Cells of the same inner cells are one, with a weight."""
    cells = {}
    for index, row in enumerate(csv.DictReader(open(path))):
        n = int(row["n"])
        if n == 0:
            continue
        for geo in (row["commune"], row["epci"], row["dept"], row["region"], "*"):
            for cat in (row["cat3"], row["cat2"], row["cat1"], "*"):
                for profile in (row["profile"], "*"):
                    cell = cells.setdefault((geo, cat, profile), [set(), 0])
                    cell[0].add(index)
                    cell[1] += n
    merged = {}
    for inner, n in cells.values():
        merged.setdefault(frozenset(inner), [n, 0])[1] += 1
    return [(inner, n, weight) for inner, (n, weight) in merged.items()]


def subtract(target, times, source):
    """Takes times x source from a sparse vector modulo P."""
    for i, v in source.items():
        value = (target.get(i, 0) - times * v) % P
        if value:
            target[i] = value
        else:
            target.pop(i, None)


def formulas(cells, published, primaries):
    """For each primary in the span of the published cells, the published cells of one formula."""
    pivots = {}  # inner cell -> (reduced vector, weights of published cells)

    def reduce(vector, weights):
        while True:
            pivot = next((i for i in vector if i in pivots), None)
            if pivot is None:
                return vector, weights
            times = vector[pivot]
            for target, source in zip((vector, weights), pivots[pivot]):
                subtract(target, times, source)

    for c in published:
        vector, weights = reduce(dict.fromkeys(cells[c][0], 1), {c: 1})
        if vector:
            pivot = min(vector)
            inverse = pow(vector[pivot], P - 2, P)
            scaled = [{i: v * inverse % P for i, v in part.items()} for part in (vector, weights)]
            for other in pivots.values():
                if pivot in other[0]:
                    times = other[0][pivot]
                    for target, source in zip(other, scaled):
                        subtract(target, times, source)
            pivots[pivot] = scaled
    found = []
    for c in primaries:
        vector, weights = reduce(dict.fromkeys(cells[c][0], 1), {})
        if not vector:
            found.append(frozenset(weights))
    return found


def optimum(cells, rng):
    primaries = [c for c, (_, n, _) in enumerate(cells) if n < K]
    free = [c for c, (_, n, _) in enumerate(cells) if n >= K]
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("mip_rel_gap", 0.0)
    column = {c: i for i, c in enumerate(free)}
    for c in free:
        model.addVar(0, 1)
        model.changeColCost(column[c], cells[c][2])
        model.changeColIntegrality(column[c], highspy.HighsVarType.kInteger)
    withheld, known = set(), set()
    while True:
        cuts = set()
        for attempt in range(6):
            order = [c for c in free if c not in withheld]
            order.sort(key=lambda c: (len(cells[c][0]) if attempt == 0 else rng.random()))
            cuts.update(formulas(cells, order, primaries))
        cuts -= known
        if not cuts:
            return sum(cells[c][2] for c in withheld)
        for cut in sorted(cuts, key=sorted):
            model.addRow(1, highspy.kHighsInf, len(cut), [column[c] for c in sorted(cut)], [1.0] * len(cut))
        known |= cuts
        model.run()
        values = model.getSolution().col_value
        withheld = {c for c in free if values[column[c]] > 0.5}


def main():
    binary, generator = sys.argv[1:3]
    tables = int(sys.argv[3]) if len(sys.argv) > 3 else 30
    rng, ours, best = random.Random(1), 0, 0
    ratios, needless = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(tables):
            path = Path(folder) / "t.csv"
            shape = [(10, "2,1,1", 1), (3, "2,2,1", 1), (4, "2,1,1", 2), (5, "3,1,1", 1), (8, "2,1,1", 1)][seed % 5]
            arguments = [str(path), str(shape[0]), shape[1], str(shape[2]), str(30 + 10 * (seed % 7)), str(100 + seed)]
            subprocess.run([sys.executable, generator, *arguments], check=True)
            printed = subprocess.run([binary, str(path)], check=True, capture_output=True, text=True).stdout.split()
            cells, mine = int(printed[printed.index("cells") + 1]), int(printed[printed.index("secondary") + 1])
            assert cells <= 300, cells
            least = optimum(cells_of(path), rng)
            assert least <= mine, "the optimum cannot be above"
            ours, best = ours + mine, best + least
            # No ratio tells how far above nothing something is.
            if least:
                ratios.append(mine / least)
            elif mine:
                needless += 1
            print(f"table {seed}: {cells} cells, {mine} secondaries, optimum {least}", flush=True)
    mean = sum(ratios) / len(ratios)
    print(f"mean ratio {mean:.3f} of {len(ratios)} tables, in all {ours} against {best}: {ours / best:.3f}; {needless} with secondaries that need none")
    return 0 if mean <= 1.10 and needless == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
