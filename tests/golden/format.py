#!/usr/bin/python3
"""The tables of docs/trace-format.md and docs/trace.schema.json, made from events.def.

    format.py ROOT            compares; exits 1 and says what differs
    format.py ROOT --write    writes them
"""
import json
import re
import sys
from pathlib import Path

ABOUT = {"NONE": "–", "THREAD": "a thread", "ANY": "any"}


def rows(text, macro):
    """The arguments of each WEFT_<macro>(…) line, quotes taken off."""
    found = []
    for line in re.findall(rf"^WEFT_{macro}\((.*)\)$", text, re.M):
        found.append([part.strip().strip('"') for part in re.findall(r'"[^"]*"|[^,]+', line)])
    return found


class Format:
    def __init__(self, root):
        text = (root / "traces/format/events.def").read_text()
        self.events = rows(text, "EVENT")
        self.arguments = {row[0]: row[1:] for row in rows(text, "ARG")}
        self.texts = {row[0]: row[1] for row in rows(text, "TEXT")}
        self.objects = rows(text, "OBJECT")
        self.outcomes = rows(text, "OUTCOME")
        self.questions = rows(text, "QUESTION")
        self.states = rows(text, "STATE")
        assert self.events and self.arguments and self.texts and self.objects and self.outcomes

    def keys_of(self, event):
        """The arguments of an event: [(key, type)]."""
        first, second, text = event[6:9]
        keys = [tuple(self.arguments[arg]) for arg in (first, second) if arg != "NONE"]
        return keys + ([(self.texts[text], "TEXT")] if text != "NONE" else [])


# The tables ------------------------------------------------------------------------------------

TYPES = {
    "NS": "integer from 0, in ns",
    "COUNT": "integer",
    "BOOL": "0 or 1",
    "OBJECT": "the number of an object",
    "QUESTION": "a name of the table of questions",
    "TEXT": "text",
}


def table(head, lines):
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return out + ["| " + " | ".join(line) + " |" for line in lines]


def code(name):
    return f"`{name}`"


def tables(fmt):
    events = []
    for event in fmt.events:
        _, name, family, phase, state, effect = event[:6]
        events.append([
            code(name), ABOUT.get(family, family.lower()), phase.lower().replace("_", " "),
            "–" if state == "NONE" else code(state.lower()),
            "–" if effect == "NONE" else effect.lower(),
            ", ".join(code(key) for key, _ in fmt.keys_of(event)) or "–", event[9]])
    arguments = [[code(key), TYPES[kind]] for key, kind in fmt.arguments.values()]
    arguments += [[code(key), TYPES["TEXT"]] for key in fmt.texts.values()]
    return {
        "objects": table(["kind", "family", "in words"],
                         [[code(o[1]), o[2].lower(), o[3]] for o in fmt.objects]),
        "events": table(["event", "about", "phase", "state", "effect", "arguments", "in words"],
                        events),
        "arguments": table(["key", "value"], arguments),
        "outcomes": table(["outcome"], [[code(o[1])] for o in fmt.outcomes]),
        "questions": table(["question", "in words"], [[code(q[1]), q[2]] for q in fmt.questions]),
        "states": table(["state", "in words"], [[code(s[1]), s[2]] for s in fmt.states]),
    }


def with_tables(page, fmt):
    for name, lines in tables(fmt).items():
        block = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end -->)", re.S)
        assert block.search(page), f"no place for the table of {name}"
        page = block.sub(lambda found: found[1] + "\n".join(lines) + "\n" + found[2], page)
    return page


# The schema ------------------------------------------------------------------------------------

ID = {"$ref": "#/$defs/id"}
TEXT = {"$ref": "#/$defs/text"}
COUNT = {"$ref": "#/$defs/count"}
INTEGER = {"$ref": "#/$defs/integer"}
VALUES = {"NS": COUNT, "COUNT": INTEGER, "BOOL": {"enum": [0, 1]}, "OBJECT": ID,
          "QUESTION": {"$ref": "#/$defs/question"}, "TEXT": TEXT}


def thing(properties, required):
    return {"type": "object", "properties": properties, "required": required,
            "additionalProperties": False}


def event_schema(fmt, event):
    name, family = event[1:3]
    keys = fmt.keys_of(event)
    properties = {"t": COUNT, "thread": ID, "event": {"const": name}}
    required = ["t", "thread", "event"]
    if family in ("THREAD", "ANY"):
        properties["target"] = ID
    if family not in ("THREAD", "NONE"):
        properties["object"] = ID
    if family not in ("NONE", "ANY"):
        required.append("target" if family == "THREAD" else "object")
    properties["site"] = ID
    if event[3] == "BEGIN" or name == "call_end":
        properties["stack"] = {"type": "array", "items": ID, "minItems": 1, "maxItems": 64}
    properties["outcome"] = {"$ref": "#/$defs/outcome"}
    for key, kind in keys:
        properties[key] = VALUES[kind]
        if kind == "QUESTION":
            required.append(key)
        if kind == "TEXT":
            properties["cut"] = COUNT
    schema = thing(properties, required)
    if family == "ANY":
        alive = {"properties": {"question": {"const": "is_alive"}}, "required": ["question"]}
        schema.update({"if": alive, "then": {"not": {"required": ["object"]}},
                       "else": {"not": {"required": ["target"]}}})
    return schema


def schema(fmt):
    whole = {"$comment": "Made by tests/golden/format.py --write from traces/format/events.def.",
             "$schema": "https://json-schema.org/draft/2020-12/schema",
             "title": "One line of a weft trace, version 1",
             "description": "As a writer makes it. A reader is laxer: it ignores keys that it does "
                            "not know. See trace-format.md.",
             "type": "object",
             "anyOf": [{"$ref": "#/$defs/" + name}
                       for name in ("header", "thread", "object", "site", "event", "end")]}
    whole["$defs"] = {
        "integer": {"type": "integer", "minimum": -2**63, "maximum": 2**63 - 1},
        "count": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
        "id": {"type": "integer", "minimum": 1, "maximum": 2**32 - 2},
        "text": {"type": "string", "pattern": "^[^\\u0000]*$"},
        "outcome": {"enum": [o[1] for o in fmt.outcomes if o[1] != "ok"]},
        "question": {"enum": [q[1] for q in fmt.questions]},
        "header": thing({
            "format": {"const": "weft-trace"}, "version": {"const": 1}, "program": TEXT,
            "command": {"type": "array", "items": TEXT}, "pid": INTEGER,
            "parent": INTEGER,
            "start": {"type": "string",
                      "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$"},
            "clock": {"enum": ["tsc", "monotonic", "virtual"]}, "resolution_ns": COUNT,
            "unit": {"const": "ns"}, "recorder": TEXT, "overhead_ns": COUNT,
            "before_ns": COUNT, "schedule": TEXT, "seed": COUNT, "deterministic": {"type": "boolean"}},
            ["format", "version", "program", "command", "pid", "start", "clock", "resolution_ns",
             "unit", "recorder"]),
        "thread": thing({"define": {"const": "thread"}, "id": ID, "name": TEXT},
                        ["define", "id"]),
        "object": thing({"define": {"const": "object"}, "id": ID,
                         "kind": {"enum": [o[1] for o in fmt.objects]}, "name": TEXT,
                         "capacity": COUNT}, ["define", "id"]),
        "site": thing({"define": {"const": "site"}, "id": ID, "function": TEXT, "file": TEXT,
                       "line": {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}},
                      ["define", "id"]),
        "event": {"required": ["event"],
                  "properties": {"event": {"enum": [event[1] for event in fmt.events]}},
                  "allOf": [{"if": {"properties": {"event": {"const": event[1]}}},
                             "then": event_schema(fmt, event)} for event in fmt.events]},
        "end": thing({"end": {"const": True}, "events": COUNT, "lost": COUNT, "late": COUNT,
                      "duration_ns": COUNT, "dropped": COUNT, "left_out": COUNT,
                      "short_stacks": COUNT, "ended": {"enum": ["limit"]}}, ["end", "events", "lost", "late", "duration_ns"]),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def main():
    root = Path(sys.argv[1])
    fmt = Format(root)
    page, described = root / "docs/trace-format.md", root / "docs/trace.schema.json"
    wanted = {page: with_tables(page.read_text(), fmt), described: schema(fmt)}
    differ = [path for path, text in wanted.items()
              if not path.exists() or path.read_text() != text]
    if "--write" in sys.argv:
        for path in differ:
            path.write_text(wanted[path])
        return 0
    for path in differ:
        print(f"{path} does not agree with events.def: run tests/golden/format.py {root} --write")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
