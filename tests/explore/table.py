#!/usr/bin/python3
"""How many runs weft explore needs for each bug of this folder, as the table of docs/explore.md.

    table.py WEFT PROGRAMS [SEEDS]

The median over SEEDS (default: 9) explorations of at most 1000 runs each.  "plain" repeats the
program without control; there a run that is not over after 0.2 s counts as its deadlock.
"""
import json
import statistics
import subprocess
import sys
import tempfile

from bugs import BUGS

WEFT, PROGRAMS = sys.argv[1:3]
SEEDS = int(sys.argv[3]) if len(sys.argv) > 3 else 9
MOST = 1000
STRATEGIES = ["random", "pct:3", "pos", "portfolio", "plain"]


def runs_needed(name, strategy, seed, folder):
    """The number of the first run that failed; more than MOST: none did."""
    _, until = BUGS[name]
    plain = strategy == "plain"
    if plain and until == "deadlock":
        until = "hang"
    result = subprocess.run(
        [WEFT, "explore", "--json", "--jobs", "1", "--runs", str(MOST), "--strategy", strategy,
         "--seed", str(seed), "--until", until, "-o", folder, *(["--limit", "200ms"] if plain else []),
         "--", f"{PROGRAMS}/{name}"],
        capture_output=True, text=True, check=False)
    failures = json.loads(result.stdout)["failures"]
    return failures[0]["first_run"] if failures else MOST + 1


def main():
    print("| bug | " + " | ".join(STRATEGIES) + " |")
    print("|---|" + "---:|" * len(STRATEGIES))
    with tempfile.TemporaryDirectory() as folder:
        for name in BUGS:
            cells = []
            for strategy in STRATEGIES:
                # Repetition without control has no seed: what differs is the machine.
                median = statistics.median_low(
                    runs_needed(name, strategy, 1 + i * MOST, folder) for i in range(SEEDS))
                cells.append(str(median) if median <= MOST else f"> {MOST}")
            print(f"| `{name}` | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
