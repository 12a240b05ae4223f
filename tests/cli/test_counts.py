#!/usr/bin/python3
"""Programs that count what they do agree with weft stats to the last one.

usage: test_counts.py WEFT PROGRAM…
"""
import json
import pathlib
import subprocess
import sys
import tempfile


def main():
    weft, programs = sys.argv[1], sys.argv[2:]
    wrong, compared = [], 0
    for program in programs:
        with tempfile.TemporaryDirectory() as folder:
            trace = pathlib.Path(folder) / "trace.weft.jsonl"
            said = subprocess.run([weft, "record", "-q", "-o", trace, "--", program], check=True,
                                  capture_output=True, text=True, timeout=100).stdout
            stats = json.loads(subprocess.run([weft, "stats", "--json", trace], check=True,
                                              capture_output=True, timeout=100).stdout)
        if stats["trace"]["lost"] != 0 or not stats["trace"]["complete"]:
            wrong.append(f"{program}: the trace is not complete: {stats['trace']}")
        objects = {thing["name"]: thing for thing in stats["objects"]}
        for line in said.splitlines():
            name, key, number = line.split()
            compared += 1
            if objects[name][key] != int(number):
                wrong.append(f"{program}: {name} {key}: {number}, but stats has "
                             f"{objects[name][key]}")
    print(*wrong, sep="\n")
    print(f"{compared} counts compared, {len(wrong)} differ")
    sys.exit(1 if wrong or compared < 12 else 0)


if __name__ == "__main__":
    main()
