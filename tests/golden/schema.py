#!/usr/bin/python3
"""Holds every good trace of the repository against docs/trace.schema.json, line by line.

    schema.py ROOT

Then damages good lines and expects the schema to see it, so that it is known to be able to fail.
"""
import copy
import json
import sys
from pathlib import Path

import jsonschema

# Made to be bad, or to be read by a later weft.
NOT_GOOD = ("tests/golden/bad/", "tests/fuzz/", "node_modules/")


def traces(root):
    found = sorted(root.glob("traces/samples/*.jsonl")) + sorted(root.glob("tests/**/*.jsonl"))
    return [path for path in found if not any(part in path.as_posix() for part in NOT_GOOD)]


def damaged(line):
    """Copies of a line, each with one thing that the schema must not let through."""
    for key, value in line.items():
        for wrong in (None, [], {}, 1.5, -1 if key in ("t", "thread", "id", "site") else None):
            copied = copy.deepcopy(line)
            copied[key] = wrong
            if copied != line and (key, wrong) != ("command", []):
                yield f"{key} = {wrong}", copied
        if isinstance(value, int) and not isinstance(value, bool):
            yield f"{key} as a text", {**line, key: str(value)}
    for key in ("t", "thread", "event", "define", "id", "end", "events", "format", "start"):
        if key in line:
            yield f"without {key}", {k: v for k, v in line.items() if k != key}
    yield "a key more", {**line, "new": 1}


def main():
    root = Path(sys.argv[1])
    schema = json.loads((root / "docs/trace.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    header = validator.evolve(schema={"$ref": "#/$defs/header", "$defs": schema["$defs"]})
    faults, lines, shapes = [], 0, {}

    files = traces(root)
    for path in files:
        for number, text in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if text == "":
                continue
            line = json.loads(text)
            lines += 1
            if not (header if number == 1 else validator).is_valid(line):
                faults.append(f"{path}:{number}: not as in the schema: {text[:120]}")
            shape = line.get("event") or line.get("define") or next(iter(line))
            shapes.setdefault(shape, line)
    for shape, line in shapes.items():
        for what, wrong in damaged(line):
            if validator.is_valid(wrong):
                faults.append(f"the schema does not see {what} in a line of {shape}")

    for fault in faults[:20]:
        print(fault)
    print(f"{len(files)} traces, {lines} lines, {len(shapes)} shapes, {len(faults)} faults")
    return 1 if faults or len(files) < 3 or len(shapes) < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
