"""What the guest says that it did, and what a trace has of it.

A line "lock_acquire 1000" of the guest means: so many events of that kind are in the trace.
"object:mutex 3", "call_end:read 1" and "outcome:unwound 2" count definitions, calls and outcomes;
"lock_acquire@lock 7" counts those on the object of that name (the C library's unwinder has a mutex
of its own).
"""
import json
import re

COUNTED = {"object": '"kind":"%s"', "outcome": '"outcome":"%s"'}
CALL = r'"event":"%s",.*"name":"%s"}$'


class Trace:
    def __init__(self, path):
        self.bytes = path.read_bytes()
        self.end = json.loads(self.bytes[self.bytes.rindex(b"\n", 0, -1) + 1:])

    def count(self, what):
        event, at, owner = what.partition("@")
        if at:
            number = re.search(rb'"object","id":(\d+),"name":"%s"' % owner.encode(),
                               self.bytes).group(1)
            return len(re.findall(rb'"event":"%s","object":%s\b' % (event.encode(), number),
                                  self.bytes))
        kind, _, name = what.rpartition(":")
        if kind.startswith("call_"):
            return len(re.findall((CALL % (kind, name)).encode(), self.bytes, re.M))
        text = COUNTED.get(kind, '"event":"%s"') % name
        return self.bytes.count(text.encode())

    def lines(self):
        return [json.loads(line) for line in self.bytes.splitlines()]


def said(text):
    return {what: int(count) for what, count in re.findall(r"^(\w[\w:@]*) (\d+)$", text, re.M)}
