#!/usr/bin/python3
"""Holds what the reports say about the samples against tests/golden/reports/, word by word.

    reports.py WEFT ROOT [--write]
"""
import subprocess
import sys
from pathlib import Path

REPORTS = {"stats": ["stats"], "explain": ["explain"], "show": ["show", "--width", "80"]}


def main():
    weft, root = sys.argv[1], Path(sys.argv[2])
    folder = root / "tests/golden/reports"
    faults, count = [], 0
    for trace in sorted(root.glob("traces/samples/*.jsonl")):
        for name, words in REPORTS.items():
            done = subprocess.run([weft, words[0], trace, *words[1:]], check=True,
                                  capture_output=True, timeout=100)
            golden = folder / f"{trace.name.split('.')[0]}.{name}.txt"
            count += 1
            if "--write" in sys.argv:
                folder.mkdir(exist_ok=True)
                golden.write_bytes(done.stdout)
            elif not golden.is_file() or golden.read_bytes() != done.stdout:
                faults.append(f"{golden} is not what weft {name} says (reports.py --write)")
    print(*faults, sep="\n")
    print(f"{count} reports, {len(faults)} differ")
    return 1 if faults or count < 12 else 0


if __name__ == "__main__":
    sys.exit(main())
