"""A second decoder of traces, written from docs/trace-format.md alone: what the export must show.

It shares no code with weft, so that a mistake in reader, model or exporter meets another opinion.
"""
import collections
import json


def traces_in(folders):
    """All traces of some folders; a folder without any is a mistake of the caller."""
    found = []
    for folder in folders:
        traces = sorted(folder.glob("*.weft.jsonl"))
        assert traces, f"{folder} has no traces"
        found += traces
    return found


# Events that begin a wait, the words of the state, and those that end it.
WAITS = {
    "join_begin": ("join", ["join_end"]),
    "lock_request": ("lock wait", ["lock_acquire", "lock_timeout"]),
    "cond_wait": ("condition wait", ["cond_wake"]),
    "sem_wait": ("semaphore wait", ["sem_acquire", "sem_timeout"]),
    "event_wait": ("event wait", ["event_wake"]),
    "barrier_wait": ("barrier wait", ["barrier_pass"]),
    "queue_put_wait": ("queue wait", ["queue_put", "queue_put_timeout"]),
    "queue_get_wait": ("queue wait", ["queue_get", "queue_get_timeout"]),
    "queue_join": ("queue wait", ["queue_joined"]),
    "sleep_begin": ("sleep", ["sleep_end"]),
    "poll_begin": ("busy polling", ["poll_end"]),
}

# Events that are always instants, under their own names.
POINTS = """thread_create thread_start thread_exit thread_name lock_fail lock_release cond_signal
cond_broadcast sem_fail sem_release event_set event_clear barrier_abort barrier_reset queue_put_fail
queue_get_fail queue_task_done mark query object_destroy lost process_end""".split()


class Thread:
    def __init__(self, number):
        self.number = number
        self.name = None
        self.tid = None
        self.start_ns = None
        self.end_ns = None
        self.waits = []          # (name of the slice, start, end)
        self.open = None         # (begin event, name, start)
        self.got = []            # names of the waits that ended well
        self.prints = []
        self.zones = collections.defaultdict(list)   # name -> lengths
        self.open_zones = []

    def running_ns(self):
        return self.end_ns - self.start_ns - sum(end - start for _, start, end in self.waits)


class Trace:
    def __init__(self, path):
        with open(path, encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        self.header = records[0]
        self.threads = {}
        self.objects = {}
        self.points = collections.Counter()
        self.depths = collections.defaultdict(list)   # queue -> sizes in order
        self.end_ns = 0
        for record in records[1:]:
            if "define" in record:
                self.define(record)
            elif "event" in record:
                self.event(record)
            elif "end" in record:
                self.end_ns = max(self.end_ns, record.get("duration_ns", 0))
        self.close()

    def define(self, record):
        if record["define"] == "thread":
            self.thread(record["id"]).name = record["name"]
        elif record["define"] == "object":
            known = self.objects.get(record["id"], {})
            self.objects[record["id"]] = {**known, **record}

    def thread(self, number):
        return self.threads.setdefault(number, Thread(number))

    def name_of(self, record):
        if "target" in record:
            return self.thread(record["target"]).name
        if "object" in record:
            return self.label(self.objects[record["object"]])
        return None

    def label(self, wanted):
        """Its name; objects of the same name are told apart by their numbers."""
        if "name" not in wanted:
            return f"{wanted['kind']} {wanted['id']}"
        same = [known for known in self.objects.values() if known.get("name") == wanted["name"]]
        return wanted["name"] if len(same) == 1 else f"{wanted['name']} #{wanted['id']}"

    def event(self, record):
        thread = self.thread(record["thread"])
        event, t_ns = record["event"], record["t"]
        self.end_ns = max(self.end_ns, t_ns)
        self.points[event] += 1
        if thread.start_ns is None:
            thread.start_ns = t_ns
        if event == "thread_start":
            thread.tid = record.get("tid")
        elif event in ("thread_create", "thread_name"):
            if record.get("name"):
                self.thread(record["target"]).name = record["name"]
        elif event == "thread_exit":
            thread.end_ns = t_ns
        elif event == "print":
            thread.prints.append((t_ns, record["text"]))
        elif event == "zone_begin":
            thread.open_zones.append((record["name"], t_ns))
        elif event == "zone_end" and thread.open_zones:
            name, start = thread.open_zones.pop()
            if t_ns > start:
                thread.zones[name].append(t_ns - start)
        elif event in WAITS:
            words, ends = WAITS[event]
            name = self.name_of(record)
            thread.open = (ends, f"{words} {name}" if name else words, t_ns)
        elif thread.open is not None and event in thread.open[0]:
            if t_ns > thread.open[2]:
                thread.waits.append((thread.open[1], thread.open[2], t_ns))
                if record.get("outcome", "ok") == "ok" and not event.endswith("timeout"):
                    thread.got.append(thread.open[1])
            thread.open = None
        if event in ("queue_put", "queue_get") and record.get("outcome", "ok") == "ok":
            self.depths[self.name_of(record)].append(record["size"])

    def close(self):
        for thread in self.threads.values():
            if thread.start_ns is None:
                continue
            if thread.end_ns is None:
                thread.end_ns = self.end_ns
            if thread.open is not None and thread.open[2] < thread.end_ns:
                thread.waits.append((thread.open[1], thread.open[2], thread.end_ns))
            for name, start in thread.open_zones:
                thread.zones[name].append(thread.end_ns - start)
