#!/usr/bin/python3
"""docs/findings.md and findings.schema.json against traces/analysis/findings.def.

    documents.py ROOT [--write]    exit 1 when something differs

The table of thresholds and the schema's list of kinds are made from the table; the page must have a
row for each kind, and the scenarios are named nowhere else than in their own comments.
"""
import json
import pathlib
import re
import sys

ROW = re.compile(r'WEFT_(FINDING|THRESHOLD)\((.*)\)$')


def rows(root):
    """(kinds, thresholds) of findings.def: [(name, words)], [(name, default, words)]."""
    kinds, thresholds = [], []
    for line in (root / "traces/analysis/findings.def").read_text().splitlines():
        match = ROW.match(line)
        if not match:
            continue
        fields = [field.strip().strip('"') for field in re.findall(r'"[^"]*"|[^,]+', match[2])]
        if match[1] == "FINDING":
            kinds.append((fields[1], fields[3]))
        else:
            value = {"NS": lambda text: f"{int(text) / 1e6:g} ms", "PERCENT": lambda text: f"{text} %",
                     "COUNT": str}[fields[3]](fields[2])
            thresholds.append((fields[1], value, fields[4]))
    return kinds, thresholds


def page_of(page, thresholds):
    table = ["| name | default | what |", "|---|---|---|"]
    table += [f"| `{name}` | {value} | {words} |" for name, value, words in thresholds]
    return re.sub(r"(<!-- thresholds: [^\n]*-->\n).*?(<!-- end -->)",
                  lambda match: match[1] + "\n".join(table) + "\n" + match[2], page, flags=re.DOTALL)


def main():
    root = pathlib.Path(sys.argv[1])
    kinds, thresholds = rows(root)
    page, described = root / "docs/findings.md", root / "docs/findings.schema.json"
    names = [name for name, _ in kinds]
    schema = described.read_text()
    wanted = {page: page_of(page.read_text(), thresholds),
              described: re.sub(r'"kind": \{"enum": \[.*?\]\}',
                                '"kind": {"enum": ' + json.dumps(names) + "}", schema, count=1)}
    bad = [f"docs/findings.md has no row for {name}" for name in names
           if f"\n| `{name}` | " not in page.read_text()]
    if len(names) < 2 or len(thresholds) < 2:
        bad.append("findings.def has no rows")
    for path, text in wanted.items():
        if "--write" in sys.argv:
            path.write_text(text)
        elif path.read_text() != text:
            bad.append(f"{path}: differs from findings.def (documents.py ROOT --write)")
    print("\n".join(bad))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
