"""usage: python check_sheets.py PAIRS      (any Python)

Compares CSV files with what a spreadsheet program made of the XLSX of the same table: PAIRS has lines `CSV <tab> CONVERTED`. Codes must be the
same letter by letter; of a decimal, which LibreOffice writes without the zeros at its end whatever the format of its cell, the same number. Exit code 1 when a
cell differs.
"""

import csv
import re
import sys
from decimal import Decimal
from pathlib import Path

NUMBER = re.compile(r"-?[0-9]+\.[0-9]+")


def same(cell, back):
    """A number with a point, for what it stands; anything else as it is written."""
    if NUMBER.fullmatch(cell) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", back):
        return Decimal(cell) == Decimal(back)
    return cell == back


findings, cells, codes = [], 0, {"01053": 0, "2A004": 0}
for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    one, other = line.split("\t")
    with open(one, encoding="utf-8", newline="") as a, open(other, encoding="utf-8", newline="") as b:
        wanted, found = list(csv.reader(a)), list(csv.reader(b))
    if len(wanted) != len(found):
        findings.append(f"{one}: {len(found)} rows came back and not {len(wanted)}")
    for number, (row, back) in enumerate(zip(wanted, found), 1):
        # Spreadsheets write the two truth values in capitals, in the language of the program.
        back = [{"TRUE": "true", "FALSE": "false"}.get(cell, cell) for cell in back]
        cells += len(row)
        for code in codes:
            codes[code] += back.count(code)
        if row != back and (len(row) != len(back) or not all(map(same, row, back))):
            at = next((i for i, (x, y) in enumerate(zip(row, back)) if not same(x, y)), len(back) - 1)
            findings.append(f"{one}, row {number}, column {wanted[0][at]}: {row[at]!r} came back as {back[at:at + 1]!r}")
for finding in findings[:20]:
    print(f"  - {finding}")
counted = ", ".join(f"{code} {count} times" for code, count in codes.items())
print(f"{'FAIL' if findings else 'ok  '} sheets: {cells} cells came back from the spreadsheet ({counted})")
sys.exit(bool(findings))
