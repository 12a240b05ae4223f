#!/usr/bin/python3
"""A second decoder of traces, written from docs/trace-format.md alone; its tables are read there.

    decode.py ROOT TRACE              prints what it understands, as tests/read_items.h does
    decode.py ROOT --against PROGRAM FOLDER…
                                      compares with what PROGRAM (the C reader) prints, for each
                                      trace in the folders and for its damaged copies
"""
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LINE_MAX, DEPTH_MAX, NUMBER_MAX, ID_MAX = 1048576, 64, 60, 4294967294
INT64 = range(-2**63, 2**63)
COUNT = range(0, 2**63)
IDS = range(1, ID_MAX + 1)
VARIANTS = 20  # damaged copies of each trace


class Bad(Exception):
    pass


class Unknown(Exception):
    pass


class Spec:
    """The tables of the page."""

    def __init__(self, page):
        def rows(name):
            block = re.search(rf"<!-- {name}: .*?-->\n(.*?)<!-- end -->", page, re.S)[1]
            return [[re.sub("`", "", cell).strip() for cell in line.strip("|").split("|")]
                    for line in block.strip().split("\n")[2:]]

        self.events = {row[0]: {"about": row[1], "keys": [] if row[5] == "–" else
                                row[5].split(", ")} for row in rows("events")}
        self.arguments = dict(rows("arguments"))
        self.kinds = [row[0] for row in rows("objects")]
        self.outcomes = [row[0] for row in rows("outcomes")]
        self.questions = [row[0] for row in rows("questions")]
        self.keys = set("t thread event object target site stack outcome define id kind capacity "
                        "function file line end events lost late duration_ns".split())
        self.keys |= set(self.arguments)


# JSON, strictly --------------------------------------------------------------------------------

def number(kind):
    def convert(text):
        if len(text) > NUMBER_MAX:
            raise Bad("a long number")
        return kind(text)
    return convert


def no_constant(text):
    raise Bad(text)


def check(value, depth=1):
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise Bad("a text")
    elif isinstance(value, (list, Members)):
        if depth > DEPTH_MAX:
            raise Bad("too deep")
        for part in value:
            for inner in (part if isinstance(value, Members) else (part,)):
                check(inner, depth + 1)


class Members(list):
    """An object as its (key, value) pairs, so that no key that stands twice is lost."""


def parse(raw, known):
    if len(raw) > LINE_MAX:
        raise Bad("too long")
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=Members, parse_int=number(int),
                           parse_float=number(float), parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Bad(str(error)) from error
    if not isinstance(value, Members):
        raise Bad("no object")
    check(value)
    keys = [key for key, _ in value if key in known]
    if len(keys) != len(set(keys)):
        raise Bad("a key twice")
    return dict((key, part) for key, part in value if key in known)


def integer(line, key, allowed, default=None):
    value = line.get(key, default) if key in line or default is not None else None
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise Bad(key)
    return value


def text(line, key):
    if not isinstance(line.get(key, ""), str):
        raise Bad(key)
    return line.get(key, "")


# Lines -----------------------------------------------------------------------------------------

def quoted(value):
    out = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + re.sub("[\0-\x1f\x7f]", lambda c: f"\\u{ord(c[0]):04x}", out) + '"'


def argument(spec, line, key):
    kind = spec.arguments[key]
    if kind == "text":
        return text(line, key)
    if kind == "a name of the table of questions":
        if not isinstance(line[key], str):
            raise Bad(key)
        return line[key]
    allowed = {"integer from 0, in ns": COUNT, "integer": INT64, "0 or 1": range(2),
               "the number of an object": IDS}[kind]
    return integer(line, key, allowed)


def event(spec, line, state):
    name = line["event"]
    if not isinstance(name, str):
        raise Bad("event")
    t, thread = integer(line, "t", COUNT), integer(line, "thread", IDS)
    known = name in spec.events
    said, question, shown = "", None, f"event t={t} thread={thread}"
    about = site = 0
    if known:
        outcome = line.get("outcome", "ok")
        if not isinstance(outcome, str):
            raise Bad("outcome")
        known = outcome in spec.outcomes
        for key in spec.events[name]["keys"]:
            if key not in line:
                continue
            value = argument(spec, line, key)
            if key == "question":
                question = value
                known = known and value in spec.questions
            said += f" {key}={quoted(value) if spec.arguments[key] == 'text' else value}"
        if "site" in line:
            site = integer(line, "site", IDS)
        if "stack" in line:
            sites = line["stack"]
            if not isinstance(sites, list) or isinstance(sites, Members) or \
                    not 1 <= len(sites) <= 64:
                raise Bad("stack")
            said += " stack=" + ",".join(str(integer({"site": of}, "site", IDS)) for of in sites)
    if known:
        family = spec.events[name]["about"]
        if family == "any":
            key = "target" if question == "is_alive" else "object"
            about = integer(line, key, IDS) if key in line else 0
        elif family != "–":
            about = integer(line, "target" if family == "a thread" else "object", IDS)
    if t < state["t"]:
        raise Bad("time goes back")
    state["t"] = t
    if not known:
        state["unknown"] += 1
        return None
    state["events"] += 1
    return shown + f" about={about} site={site} kind={name} outcome={outcome}" + said


def definition(spec, line):
    what = line["define"]
    if not isinstance(what, str):
        raise Bad("define")
    if what == "thread":
        return f"thread {integer(line, 'id', IDS)} name={quoted(text(line, 'name'))}"
    if what == "site":
        number_of = integer(line, "id", IDS)
        function, file = text(line, "function"), text(line, "file")
        at = integer(line, "line", range(2**32), 0)
        return f"site {number_of} line={at} function={quoted(function)} file={quoted(file)}"
    if what != "object":
        return None
    number_of, name = integer(line, "id", IDS), text(line, "name")
    capacity = integer(line, "capacity", COUNT, 0)
    kind = text(line, "kind")
    if "kind" in line and kind not in spec.kinds:
        return None
    return f"object {number_of} kind={kind} capacity={capacity} name={quoted(name)}"


def end(line, state):
    if line["end"] is not True:
        raise Bad("end")
    state.update(written=integer(line, "events", COUNT), lost=integer(line, "lost", COUNT, 0),
                 late=integer(line, "late", COUNT, 0))
    state["duration"] = max(integer(line, "duration_ns", COUNT, 0), state["t"])
    state["complete"] = int(state["written"] == state["events"] + state["unknown"])
    state["ended"] = True


def understand(spec, raw, state):
    line = parse(raw, spec.keys)
    kinds = [key for key in ("event", "define", "end") if key in line]
    if len(kinds) != 1 or state["ended"]:
        raise Bad("what is it?")
    if kinds == ["event"]:
        return event(spec, line, state)
    return definition(spec, line) if kinds == ["define"] else end(line, state)


HEADER = {"version": int, "pid": int, "resolution_ns": int, "overhead_ns": int, "format": str,
          "unit": str, "program": str, "start": str, "clock": str, "recorder": str,
          "command": list, "schedule": str, "seed": int, "deterministic": bool}


def header(raw):
    line = parse(raw, set(HEADER))
    for key, value in line.items():
        if HEADER[key] is int:
            integer(line, key, INT64)
        elif not isinstance(value, HEADER[key]) or isinstance(value, Members):
            raise Bad(key)
    if not all(isinstance(word, str) for word in line.get("command", [])):
        raise Bad("command")
    if line.get("format") != "weft-trace" or line.get("version") != 1 or \
            line.get("unit", "ns") != "ns" or raw[:1] not in b" \t{":
        raise Bad("header")


def decode(spec, content):
    """What the reader should print."""
    lines = content.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    try:
        if b"\n" not in content:
            raise Bad("no line end")
        header(lines[0])
    except Bad:
        return "refused\n"
    state = {"t": 0, "events": 0, "unknown": 0, "bad": 0, "written": 0, "lost": 0, "late": 0,
             "duration": 0, "complete": 0, "ended": False}
    out = []
    for count, raw in enumerate(lines[1:], 2):
        try:
            shown = understand(spec, raw, state)
        except Bad:
            state["bad"] += 1
            shown = "bad"
        if shown is not None:
            out.append(f"{count} {shown}\n")
    duration = state["duration"] if state["ended"] else state["t"]
    out.append(f"health lines={len(lines)} bytes={len(content)} events={state['events']} "
               f"written={state['written']} lost={state['lost']} late={state['late']} "
               f"bad={state['bad']} unknown={state['unknown']} duration={duration} "
               f"complete={state['complete']}\n")
    return "".join(out)


# Against the C reader --------------------------------------------------------------------------

def damaged(content, chance):
    """The bytes with a few of them cut, doubled or changed."""
    bytes_of = bytearray(content)
    for _ in range(chance.randint(1, 30)):
        at = chance.randrange(len(bytes_of))
        what = chance.randrange(6)
        if what == 0:
            bytes_of[at] = chance.choice(b'"\\{}[],:0123456789-.eE\n tnu\xc3\xff\x00')
        elif what == 1:
            del bytes_of[at:at + chance.randint(1, 3)]
        elif what == 2:
            bytes_of[at:at] = chance.choice([b" ", b"0", b"\\u0000", b"\\u00e9", b'"x":[1,{}],',
                                             b"\\ud83e", b"9" * 19, b"\n", b"\r", b"-", b"1e5"])
        else:
            digits = [i for i in range(at, min(at + 80, len(bytes_of))) if chr(bytes_of[i]).isdigit()]
            if digits:
                bytes_of[digits[0]] = chance.choice(b"0123456789")
        if not bytes_of:
            return b"{"
    return bytes(bytes_of[:chance.randrange(len(bytes_of))] if chance.random() < 0.2 else bytes_of)


def compare(spec, program, folders):
    chance = random.Random(2018)
    cases = refused = bad = 0
    paths = sorted(path for folder in folders for path in Path(folder).glob("*.jsonl"))
    with tempfile.NamedTemporaryFile(suffix=".weft.jsonl") as file:
        for path in paths:
            content = path.read_bytes()
            for variant in range(1 + VARIANTS):
                tried = content if variant == 0 else damaged(content, chance)
                file.seek(0)
                file.truncate()
                file.write(tried)
                file.flush()
                said = subprocess.run([program, file.name], capture_output=True, check=True).stdout
                wanted = decode(spec, tried).encode()
                cases += 1
                refused += wanted == b"refused\n"
                bad += wanted.count(b" bad\n")
                if said != wanted:
                    kept = Path(tempfile.gettempdir()) / "weft-decode-differs.weft.jsonl"
                    kept.write_bytes(tried)
                    pairs = zip(said.split(b"\n"), wanted.split(b"\n"))
                    differ = next((pair for pair in pairs if pair[0] != pair[1]), (said, wanted))
                    print(f"{path}, variant {variant} (kept as {kept}):\n"
                          f"  reader  {differ[0]!r}\n  decoder {differ[1]!r}")
                    return 1
    print(f"{len(paths)} traces in {cases} variants, {refused} refused, {bad} bad lines: all agree")
    return 0 if len(paths) >= 3 and bad > 100 else 1


def main():
    spec = Spec((Path(sys.argv[1]) / "docs/trace-format.md").read_text())
    if sys.argv[2] == "--against":
        return compare(spec, sys.argv[3], sys.argv[4:])
    sys.stdout.write(decode(spec, Path(sys.argv[2]).read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
