"""Cells of a demande_territoires.csv that are given, by level of territory and of category: months, both outcomes together."""

import csv
import sys
from collections import Counter

given, all_cells = Counter(), Counter()
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        if row["resultat"] == "tous" and row["periode_type"] == "mois":
            level = (row["territoire_niveau"], row["categorie_niveau"])
            given[level] += row["statut"] == "publie"
            all_cells[level] += 1
for level in sorted(all_cells):
    print(*level, given[level], "of", all_cells[level])
