"""Traces of well-formed lines that make no sense together: from a seed, so that a failure can be
made again."""
import json

NAMES = ["running", "a", "a", "Profile", "sleep", 'q"\\', "ä\n", "x" * 300]
OBJECTS = ["lock", "rlock", "condition", "semaphore", "event", "barrier", "queue", "counter"]
LOCK = ["lock_request", "lock_acquire", "lock_release", "lock_timeout", "lock_fail"]
EVENTS = {  # event: (kind of object, further keys)
    **{event: ("lock", {}) for event in LOCK},
    "cond_wait": ("condition", {"with": 1}), "cond_wake": ("condition", {}),
    "cond_signal": ("condition", {}), "cond_broadcast": ("condition", {}),
    "sem_wait": ("semaphore", {}), "sem_acquire": ("semaphore", {"value": 1}),
    "sem_release": ("semaphore", {"value": 2}),
    "event_wait": ("event", {}), "event_wake": ("event", {}), "event_set": ("event", {}),
    "barrier_wait": ("barrier", {}), "barrier_pass": ("barrier", {}),
    "queue_put_wait": ("queue", {}), "queue_put": ("queue", {"size": 1, "item": "One"}),
    "queue_get_wait": ("queue", {}), "queue_get": ("queue", {"size": 0, "item": "One"}),
    "queue_get_timeout": ("queue", {}), "queue_join": ("queue", {}), "queue_joined": ("queue", {}),
    "counter": ("counter", {"value": -5}),
    "thread_create": ("thread", {}), "thread_name": ("thread", {"name": "renamed"}),
    "join_begin": ("thread", {}), "join_end": ("thread", {}),
    "thread_start": (None, {"tid": 3}), "thread_exit": (None, {}),
    "sleep_begin": (None, {"duration": 5}), "sleep_end": (None, {}),
    "zone_begin": (None, {"name": "a"}), "zone_end": (None, {}),
    "print": (None, {"text": "line"}), "mark": (None, {"text": "\u0007"}),
    "poll_begin": ("queue", {"question": "empty", "answer": 1}),
    "poll_end": ("queue", {"question": "empty", "count": 7}), "lost": (None, {"count": 3}),
}


def trace(choose):
    """choose: a random.Random."""
    lines = [{"format": "weft-trace", "version": 1, "program": choose.choice(NAMES),
              "command": ["x"], "pid": choose.choice([1, 2, 3, 4711]), "start": "2026-11-24T11:49:13Z",
              "clock": "tsc", "resolution_ns": 1, "unit": "ns", "recorder": "nobody"}]
    threads = choose.randint(1, 4)
    lines += [{"define": "thread", "id": i + 1, "name": choose.choice(NAMES)}
              for i in range(threads)]
    lines += [{"define": "object", "id": i + 1, "kind": kind, "name": choose.choice(NAMES)}
              for i, kind in enumerate(OBJECTS * 2)]
    t_ns = choose.choice([0, 999, 10 ** 15])
    for _ in range(choose.randint(0, 200)):
        t_ns += choose.choice([0, 0, 0, 1, 999, 1000])
        event, (about, more) = choose.choice(list(EVENTS.items()))
        line = {"t": t_ns, "thread": choose.randint(1, threads), "event": event, **more}
        if event == "zone_begin":
            line["name"] = choose.choice(NAMES)
        if about == "thread":
            line["target"] = choose.randint(1, threads)
        elif about is not None:
            line["object"] = OBJECTS.index(about) + 1 + choose.choice([0, len(OBJECTS)])
        if "duration" not in line and choose.random() < 0.1:
            line["outcome"] = choose.choice(["timeout", "failed", "broken", "unwound"])
        lines.append(line)
    return "".join(json.dumps(line) + "\n" for line in lines)
