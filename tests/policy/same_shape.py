#!/usr/bin/python3
"""Whether two traces are recordings of the same program.

    same_shape.py SAMPLE TRACE    exit 1, and the differences, when they are not

Who came first within a second differs from run to run, and so do times, numbers and who had to
wait.  The same are: threads and objects by name, the printed lines without times and numbers of
threads, how long it took, and that nothing was lost.
"""
import collections
import json
import re
import sys

TIME = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}")
SLACK_NS = 50_000_000


def shape_of(lines):
    """What is compared of a trace, by name."""
    names, objects, printed, end = {}, {}, collections.Counter(), {}
    for line in map(json.loads, lines):
        if line.get("define") == "thread":
            names[line["id"]] = line.get("name", names.get(line["id"], ""))
        elif line.get("define") == "object":
            objects.setdefault(line["id"], {}).update(line)
        elif line.get("event") == "print":
            printed[re.sub(r"Thread-\d+", "Thread-N", TIME.sub("TIME", line["text"]))] += 1
        elif "end" in line:
            end = line
    counted = {"thread": collections.Counter(names.values()),
               "object": collections.Counter({(thing["kind"], thing.get("name", ""))
                                              for thing in objects.values()}),
               "printed line": printed}
    return counted, end.get("lost", "cut"), end.get("duration_ns", 0)


def differences(sample, trace):
    for what, wanted in sample[0].items():
        for item in sorted(wanted - trace[0][what]):
            yield f"{what} {item} is missing"
        for item in sorted(trace[0][what] - wanted):
            yield f"{what} {item} is not in the sample"
    if trace[1] != 0:
        yield f"lost events: {trace[1]}"
    if abs(trace[2] - sample[2]) > SLACK_NS:
        yield f"it took {trace[2] / 1e9:.3f} s, the sample {sample[2] / 1e9:.3f} s"


def main():
    shapes = []
    for path in sys.argv[1:3]:
        with open(path, encoding="utf-8") as file:
            shapes.append(shape_of(file))
    found = list(differences(*shapes))
    for line in found:
        print(f"{sys.argv[2]}: {line}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
