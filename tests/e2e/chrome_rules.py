"""The rules of the Chrome export, as Perfetto, Catapult, speedscope and Tracy enforce them.

check(document) returns a list of sentences, one per broken rule.  It reads the finished file only,
knows nothing of the exporter, and is the stand-in for the readers that cannot run here: what each
rule protects from is said in docs/export-chrome.md.
"""
import collections
import decimal
import json

COLORS = set("""
thread_state_uninterruptible thread_state_iowait thread_state_running thread_state_runnable
thread_state_sleeping thread_state_unknown background_memory_dump light_memory_dump
detailed_memory_dump vsync_highlight_color generic_work good bad terrible black grey white yellow
olive rail_response rail_animation rail_idle rail_load startup heap_dump_stack_frame
heap_dump_object_type heap_dump_child_node_arrow cq_build_running cq_build_passed cq_build_failed
cq_build_abandoned cq_build_attempt_runnig cq_build_attempt_passed cq_build_attempt_failed
""".split())
PHASES = set("BEibeCMsf")
METADATA = {"process_name": ("name", str), "thread_name": ("name", str),
            "thread_sort_index": ("sort_index", int)}
DEPTH_MAX = 512
U32_MAX = 2 ** 32 - 1


def load(text):
    """Parses an export; times stay exact decimals, as they stand in the file."""
    return json.loads(text, parse_float=decimal.Decimal)


def is_id(value):
    return isinstance(value, int) and not isinstance(value, bool)


class Checker:
    def __init__(self):
        self.problems = []
        self.stacks = collections.defaultdict(list)   # (pid, tid) -> open slices
        self.slices = collections.defaultdict(list)   # (pid, tid) -> [begin, end]
        self.instants = {}                            # (pid, tid) -> an instant, if on top
        self.ended = collections.defaultdict(list)    # (pid, tid) -> (time, identity) of the last
        self.asyncs = collections.defaultdict(list)   # (cat, id) -> open names
        self.flows = {}
        self.last_ts = None
        self.names = {}
        self.orders = {}
        self.index = 0

    def wrong(self, text):
        self.problems.append(f"event {self.index}: {text}")

    def document(self, document):
        if not isinstance(document, dict):
            self.problems.append("not the object form")
            return
        if document.get("displayTimeUnit") not in ("ms", "ns"):
            self.problems.append("displayTimeUnit: Catapult throws unless it is ms or ns")
        for key, value in document.get("metadata", {}).items():
            if isinstance(value, (dict, list)):
                self.problems.append(f"metadata {key}: not flat")
        events = document.get("traceEvents")
        if not isinstance(events, list) or not events:
            self.problems.append("no traceEvents")
            return
        if "cat" in events[0]:
            self.problems.append("the first event has a cat: speedscope looks for a V8 profile")
        if any(event.get("ph") == "X" for event in events):
            self.problems.append("an X: Perfetto would sort all ties anew")
        for self.index, event in enumerate(events):
            self.event(event)
        self.at_end()

    def event(self, event):
        phase = event.get("ph")
        if phase not in PHASES:
            self.wrong(f"phase {phase!r}")
            return
        for key in ("pid", "tid"):
            if not is_id(event.get(key)) or not 0 < event[key] <= U32_MAX:
                self.wrong(f"{key} {event.get(key)!r} is no u32 from 1")
        if not isinstance(event.get("name"), str) or not event["name"]:
            self.wrong("no name")
        if "args" in event and (not isinstance(event["args"], dict) or not event["args"]):
            self.wrong("args are no object with something in it")
        if "cname" in event and event["cname"] not in COLORS:
            self.wrong(f"cname {event['cname']!r}: Catapult throws")
        if "loc" in event and not (isinstance(event["loc"], str) and ":" in event["loc"]):
            self.wrong(f"loc {event['loc']!r}")
        if phase == "M":
            self.metadata(event)
            return
        self.time(event)
        if not isinstance(event.get("cat"), str) or not event["cat"]:
            self.wrong("no cat")
        lane = (event["pid"], event["tid"])
        {"B": self.begin, "E": self.end, "i": self.instant, "b": self.async_begin,
         "e": self.async_end, "C": self.counter, "s": self.flow_start,
         "f": self.flow_end}[phase](event, lane)
        # For Perfetto an instant is a slice, and over or not it stays on top of the stack until
        # the next begin or end.
        if phase in "BEi":
            self.instants[lane] = event if phase == "i" else None

    def time(self, event):
        ts = event.get("ts")
        if not isinstance(ts, decimal.Decimal) or ts < 0 or ts.as_tuple().exponent != -3:
            self.wrong(f"ts {ts!r} is no time in us with three decimals from 0")
            return
        if self.last_ts is not None and ts < self.last_ts:
            self.wrong(f"ts {ts} after {self.last_ts}")
        self.last_ts = ts

    def metadata(self, event):
        if "ts" in event:
            self.wrong("metadata with a ts")
        if event["name"] not in METADATA:
            self.wrong(f"metadata {event['name']!r}")
            return
        key, kind = METADATA[event["name"]]
        value = event.get("args", {}).get(key)
        if not isinstance(value, kind):
            self.wrong(f"{event['name']} without args.{key}")
        if event["name"] == "thread_name":
            if event["tid"] in self.names:
                self.wrong(f"tid {event['tid']} is named twice")
            self.names[event["tid"]] = value
        if event["name"] == "thread_sort_index":
            if value in self.orders.values():
                self.wrong(f"sort_index {value} twice")
            self.orders[event["tid"]] = value

    @staticmethod
    def identity(event):
        """What speedscope takes for the identity of a slice; the order of args counts."""
        return event["name"] + json.dumps(event.get("args"), default=str)

    def begin(self, event, lane):
        stack = self.stacks[lane]
        if (event["ts"], self.identity(event)) in self.ended[lane]:
            self.wrong(f"{event['name']!r} begins when one of the same name and args ends: "
                       "speedscope takes the pair for a slice of no length")
        stack.append(event)
        self.slices[lane].append([event["ts"], None])
        event["slice"] = self.slices[lane][-1]
        if len(stack) > DEPTH_MAX:
            self.wrong("Perfetto drops what is deeper than 512")

    def end(self, event, lane):
        if not self.stacks[lane]:
            self.wrong("E without a B")
            return
        top = self.stacks[lane].pop()
        for key in ("name", "cat", "args"):
            if event.get(key) != top.get(key):
                self.wrong(f"E and B of {top['name']!r} differ in {key}: speedscope warns")
        if self.identity(event) != self.identity(top):
            self.wrong(f"E and B of {top['name']!r} have their args in another order")
        if event["ts"] == top["ts"]:
            self.wrong(f"{top['name']!r} has no length: it should be an instant")
        top["slice"][1] = event["ts"]
        self.ended[lane] = [at for at in self.ended[lane] if at[0] == event["ts"]]
        self.ended[lane].append((event["ts"], self.identity(event)))

    def instant(self, event, _lane):
        if event.get("s") != "t":
            self.wrong("an instant without s:t")

    def async_begin(self, event, _lane):
        if not is_id(event.get("id")):
            self.wrong("id is no integer")
        self.asyncs[(event["cat"], event["id"])].append(event["name"])

    def async_end(self, event, _lane):
        names = self.asyncs[(event["cat"], event.get("id"))]
        if not names or names.pop() != event["name"]:
            self.wrong(f"e of {event['name']!r} crosses another of the same id")

    def counter(self, event, _lane):
        for key, value in event.get("args", {"": None}).items():
            if not is_id(value):
                self.wrong(f"counter {event['name']!r} {key} is {value!r}")

    def flow_key(self, event):
        if not is_id(event.get("id")):
            self.wrong("the id of an arrow is no integer")
        if event.get("bp") != "e":
            self.wrong("an arrow without bp:e binds to the next slice")
        return (event["cat"], event["name"], event.get("id"))

    def flow_start(self, event, lane):
        key = self.flow_key(event)
        if key in self.flows:
            self.wrong(f"two starts of arrow {key}")
        self.flows[key] = [(event, lane)]
        at = self.instants.get(lane)
        if at is None or at["ts"] != event["ts"]:
            self.wrong("an arrow does not start right behind an instant at its time")

    def flow_end(self, event, lane):
        key = self.flow_key(event)
        if len(self.flows.get(key, [])) != 1:
            self.wrong(f"arrow {key} ends without a start, or twice")
            return
        self.flows[key].append((event, lane))
        if not self.stacks[lane]:
            self.wrong("an arrow ends where no slice is open")
        elif (self.instants.get(lane) or event)["ts"] != event["ts"]:
            self.wrong("an arrow would bind to an instant that is long over")

    def at_end(self):
        for lane, stack in self.stacks.items():
            for event in stack:
                self.problems.append(f"{event['name']!r} on {lane} never ends")
        for key, names in self.asyncs.items():
            if names:
                self.problems.append(f"{names} of {key} never end")
        for key, ends in self.flows.items():
            if len(ends) != 2:
                self.problems.append(f"arrow {key} has no end")
            # Catapult looks for the slice around either end by time alone.
            for event, lane in ends:
                if not any(a <= event["ts"] <= (b if b is not None else event["ts"])
                           for a, b in self.slices[lane]):
                    self.problems.append(f"arrow {key}: no slice around {event['ts']} on {lane}")
        for lane in self.slices:
            if lane[1] not in self.names:
                self.problems.append(f"tid {lane[1]} has no name")
        if set(self.names) != set(self.orders):
            self.problems.append("not every lane has both a name and an order")


def check(text):
    """Sentences about what is wrong with the text of an export; none when all is well."""
    problems = []
    if not text.startswith('{"'):
        problems.append('does not start with {": Perfetto does not recognise it')
    checker = Checker()
    checker.document(load(text))
    return problems + checker.problems
