"""What weft check must say of each program in this folder: kind → variant → findings.

A finding: (kind, its threads, its objects, [(role, marker of the line)…]); None: not looked at.
"fault" must be found as its kind and as nothing else; "sound" must be found in order.
"""

EXPECTED = {
    "deadlock": {
        "fault": [("deadlock", ["one", "two"], ["first_lock", "second_lock"],
                   [("took it", "one-took"), ("waits", "one-waits"),
                    ("took it", "two-took"), ("waits", "two-waits")])],
        "sound": [],
        "partial": [("deadlock", ["one", "two"], ["first_lock", "second_lock"], [])],
        "ring": [("deadlock", ["in_ring #2", "in_ring #3", "in_ring #4"],
                  ["first_lock", "second_lock", "third_lock"], [])],
        "join": [("deadlock", ["main", "needs_the_lock"], ["first_lock"],
                  [("took it", "join-took"), ("waits", "join-join"), ("waits", "join-lock")])],
        "permits": [("deadlock", ["takes_permits #2", "takes_permits #3"],
                     ["one_permit", "other_permit"],
                     [("took it", "permit-took"), ("waits", "permit-waits")])],
        "self": [("deadlock", ["main"], ["first_lock"],
                  [("took it", "self-took"), ("waits", "self-waits")])],
        "rwlock": [("deadlock", ["upgrade #2", "upgrade #3"], ["table"], [])],
        "condition": [("deadlock", ["signal_with_the_lock", "wait_with_a_lock"],
                       ["changed", "first_lock"],
                       [("took it", "cond-took"), ("waits", "cond-waits"),
                        ("waits", "cond-lock")])],
    },
    "lock-order": {
        "fault": [("lock-order", ["audit", "pay"], ["accounts", "audit_log"],
                   [("took first", "pay-first"), ("took then", "pay-then"),
                    ("took first", "audit-first"), ("took then", "audit-then")])],
        "sound": [],
        "gate": [],
        "try": [],
        "joined": [],
        "alone": [],
        "readers": [],
        "ring": [("lock-order", ["in_ring #2", "in_ring #3", "in_ring #4"],
                  ["accounts", "audit_log", "third_lock"], [])],
    },
    "lost-wakeup": {
        "fault": [("lost-wakeup", ["main", "waiter"], ["ready_changed"],
                   [("signals", "signals"), ("waits", "waits")])],
        "sound": [],
        "queue": [],
        "pool": [("lost-wakeup", ["looks_and_waits #2", "looks_and_waits #3",
                                  "looks_and_waits #4", "main"], ["ready_changed"],
                  [("signals", "pool-signals"), ("waits", "pool-waits")])],
    },
    "wait-without-loop": {
        "fault": [("wait-without-loop", ["consumer"], ["item_came"],
                   [("waits", "waits"), ("goes on", "goes-on")])],
        "sound": [],
    },
    "wait-without-loop weft": {
        "fault": [("wait-without-loop", ["consumer"], ["item_came"],
                   [("waits", "waits"), ("goes on", "goes-on")])],
        "sound": [],
    },
    "unreleased": {
        "fault": [("unreleased", ["careless"], ["lock"], [("took it", "took"),
                                                           ("waits", "waits")])],
        "sound": [],
        "alone": [("unreleased", ["careless"], ["lock"], [("took it", "took")])],
        "gate": [],
        "last": [("unreleased", ["main"], ["lock"], [("took it", "took-last")])],
    },
    "stuck": {
        "fault": [("stuck", ["worker"], ["work_left"], [("waits", "waits"),
                                                         ("waits behind it", "joins")])],
        "sound": [],
        "parked": [],
        "permit": [("stuck", ["worker"], ["work_left"], [("waits", "waits"),
                                                          ("took it", "takes")])],
        "buffer": [("stuck", ["consumes", "produces"], ["not_empty", "not_full"],
                    [("waits", "consumer-waits"), ("waits", "producer-waits"),
                     ("acted last", "signals")])],
        "enough": [],
    },
    "sleep-holding": {
        "fault": [("sleep-holding", ["quick", "slow"], ["printer"],
                   [("took it", "took"), ("sleeps", "sleeps"), ("waits", "waits")])],
        "sound": [],
    },
    "block-holding": {
        "fault": [("block-holding", ["reads", "uses"], ["cache"],
                   [("took it", "took"), ("is blocked", "blocked"), ("waits", "waits")])],
        "sound": [],
        "gate": [],
    },
    "spin": {
        "fault": [("spin", ["impatient"], ["result"], [("spins", "asks")])],
        "sound": [],
        "flag": [("spin", ["looks_at_the_flag"], ["result"], [("spins", "looks")])],
        "count": [],
    },
    "poll": {
        "fault": [("poll", ["worker"], ["jobs"], [("looks", "looks"), ("sleeps", "sleeps")])],
        "sound": [],
        "flag": [("poll", ["looks_at_the_flag"], ["state"], [("looks", "looks-at-flag")])],
        "printers": [],
    },
    "convoy": {
        "fault": [("convoy", None, ["total_lock"], [("waits", "waits")])],
        "sound": [],
    },
    "serialised": {
        "fault": [("serialised", ["worker #2", "worker #3"], ["everything"],
                   [("waits", "waits")])],
        "sound": [],
    },
    "herd": {
        "fault": [("herd", None, ["arrived"], [("broadcasts", "broadcasts"), ("waits", "waits")])],
        "sound": [],
    },
    "starvation": {
        "fault": [("starvation", ["reader #2", "reader #3", "reader #4", "writer"], ["table"],
                   [("waits", "writes")])],
        "sound": [],
    },
}

# What needs the real clock: these are about how long threads work at the same time, and one thread
# at a time on a simulated clock does not tell.
REAL_TIME_ONLY = {("convoy", "fault"), ("serialised", "fault"), ("starvation", "fault"),
                  ("spin", "flag")}

# Waits end without a signal in the controlled runs; in real time nothing is to be found.
SPURIOUS = {"wait-without-loop", "wait-without-loop weft"}

# Faults that show only when threads really run at the same time; never what is sound.
BY_CHANCE = {"convoy", "serialised", "starvation", "poll", "herd", "spin"}
