#!/usr/bin/python3
"""Real programs, plain and recorded: the same state, output and exit status, and a whole trace.

    real.py WEFT [NAME…]     exit 1 when one differs; what is not installed is named and counted

The programs and what they are compared by are in programs.py.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import programs


def end_of(trace):
    with trace.open("rb") as file:
        file.seek(max(0, trace.stat().st_size - 4096))
        return file.read().rsplit(b"\n", 2)[-2].decode()


def differences(weft, program, folder):
    trace = folder / "trace.weft.jsonl"
    as_user = programs.as_user(program.user) if program.user is not None else []
    plain = program.run(folder, as_user)
    follow = ["--follow"] if program.follow else []
    try:
        recorded = program.run(folder, [*as_user, weft, "record", "-q", *follow, "-o", str(trace),
                                        "--"])
    except programs.Cannot as why:
        yield f"plain it works, recorded it does not: {why}"
        return
    for what in ("exit", "state"):
        value = plain[what]
        if recorded[what] != value:
            yield f"{what}: recorded {str(recorded[what])[:300]!r}, plain {str(value)[:300]!r}"
    if plain["exit"] != 0:
        yield f"plain it ends with {plain['exit']}"
    for written in sorted(folder.glob("trace*.jsonl")):  # one a process, when they are followed
        last = end_of(written)
        end = json.loads(last)
        if not end.get("end") or end["lost"] != 0 or end["events"] < 1:
            yield f"the trace {written.name} ends with {last}"


def main():
    weft = str(pathlib.Path(sys.argv[1]).resolve())
    wanted = sys.argv[2:]
    failed = skipped = passed = 0
    for program in (*programs.everything(), *programs.sanitized()):
        if wanted and not any(word in program.name for word in wanted):
            continue
        missing = program.missing()
        if missing is not None:
            print(f"skipped  {program.name}: no {missing} here", flush=True)
            skipped += 1
            continue
        with tempfile.TemporaryDirectory(prefix="weft-real-") as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            try:
                program.make(folder)
                begin = time.monotonic()
                found = list(differences(weft, program, folder))
            except subprocess.TimeoutExpired as why:
                found = [f"it did not end: {why}"]
            except programs.Cannot as why:
                print(f"skipped  {program.name}: {why}", flush=True)
                skipped += 1
                continue
        print(f"{'FAILED ' if found else 'ok     '}  {program.name}: {program.oracle} "
              f"({time.monotonic() - begin:.1f} s)", *found,
              sep="\n         " if found else "", flush=True)
        failed += bool(found)
        passed += not found
    print(f"{passed} agree, {failed} do not, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
