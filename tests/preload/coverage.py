#!/usr/bin/python3
"""How much of a program's futex waiting the recorder sees, by the kernel's own account.

    coverage.py WEFT [--markdown] [NAME…]     exit 1 when one that should be seen is below 95 %

Ground truth: bpftrace on raw_syscalls, every wait of the program's threads with its times (needs
root).  Each wait of the kernel's is looked for in the trace, by thread and time: inside a span of a
pthread, semaphore or C11 call ("pt"), inside one of syscall(SYS_futex) ("sys"), or in neither
("miss").  Waits that the trace leaves open, as those of threads that wait until the program ends,
count as seen.  Only waits of 20 µs and more are looked at one by one: both clocks and the
preemption between them blur shorter ones.  The recorder's own waiting for room is left out.
"""
import bisect
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import programs

WAITS = (0, 6, 9, 11)  # FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI
SHORT_NS = 20_000
SLACK_NS = 100_000  # between the kernel's clock and the trace's
PROBES = """
tracepoint:sched:sched_process_fork /@known[args->parent_pid]/ { @known[args->child_pid] = 1; }
tracepoint:raw_syscalls:sys_enter /args->id == 202 && @known[tid]/ {
  @since[tid] = nsecs; @op[tid] = args->args[1]; }
tracepoint:raw_syscalls:sys_exit /@since[tid]/ {
  if (nsecs - @since[tid] >= 20000) {
    printf("w %d %d %d %llu %llu\\n", pid, tid, @op[tid], @since[tid], nsecs); }
  delete(@since[tid]); }
tracepoint:sched:sched_process_exit /@known[tid]/ {
  if (@since[tid]) { printf("w %d %d %d %llu %llu\\n", pid, tid, @op[tid], @since[tid], nsecs); }
  delete(@since[tid]); delete(@known[tid]); }
BEGIN { @known[cpid] = 1; }
END { clear(@known); clear(@since); clear(@op); }
"""
SYSTEM = {"futex_wait", "futex_return"}
BEGINS = re.compile(r"_(request|wait|begin)$")
GIVES = re.compile(r"_(release|signal|broadcast)$|^futex_wake$")
# Their waiting goes through an instruction in their own text, so nobody can see it from outside.
UNSEEN = ("libgomp",)


def true_waits(text, processes):
    """{tid: [(from, to)]} in ns of CLOCK_MONOTONIC, of those processes."""
    waits = collections.defaultdict(list)
    for line in re.finditer(r"^w (\d+) (\d+) (\d+) (\d+) (\d+)$", text, re.M):
        process, tid, op, since, until = map(int, line.groups())
        if process in processes and (op & 127) in WAITS and until - since >= SHORT_NS:
            waits[tid].append((since, until))
    return waits


def keep(line, waiting, spans):
    """What the thread waits in; a wait is ended by an event of its family on its object."""
    event, t = line["event"], line["t"]
    about = (event.split("_")[0], line.get("object", line.get("target")))
    if "duration" in line:
        spans.append((t - line["duration"], t, event))
    elif BEGINS.search(event):
        waiting.append((t, event, about))
    elif not GIVES.search(event):
        for i in range(len(waiting) - 1, -1, -1):
            if waiting[i][2] == about:
                spans.append((waiting[i][0], t, event))
                del waiting[i:]
                return


def seen_spans(traces):
    """{tid: sorted spans}, the processes, and the time zero of each trace."""
    spans, processes = {}, set()
    for trace in traces:
        tids, open_since, closed = {}, collections.defaultdict(list), collections.defaultdict(list)
        with trace.open(encoding="utf-8") as file:
            header = json.loads(next(file))
            processes.add(header["pid"])
            zero = zero_of(header["start"])
            last = 0
            for text in file:
                line = json.loads(text)
                if "event" not in line:
                    continue
                last = line["t"]
                if line["event"] == "thread_start":
                    tids[line["thread"]] = line["tid"]
                keep(line, open_since[line["thread"]], closed[line["thread"]])
        for thread, tid in tids.items():
            still = [(t, last + 10**10, event) for t, event, _ in open_since[thread]]
            spans[tid] = sorted((a + zero, b + zero, event) for a, b, event in
                                closed[thread] + still)
    return spans, processes


def zero_of(start):
    """The trace's time zero on CLOCK_MONOTONIC."""
    whole, fraction = start.rstrip("Z").split(".")
    seconds = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    offset = time.clock_gettime_ns(time.CLOCK_REALTIME) - time.clock_gettime_ns(
        time.CLOCK_MONOTONIC)
    return int(seconds) * 10**9 + int(fraction) - offset


def shares(waits, spans):
    """Time of pt, sys and miss."""
    total = collections.Counter()
    for tid, all_waits in waits.items():
        mine = spans.get(tid, [])
        begins = [span[0] for span in mine]
        for since, until in all_waits:
            middle = (since + until) // 2
            kind = "miss"
            at = bisect.bisect_right(begins, middle + SLACK_NS)
            for begin, end, event in reversed(mine[max(0, at - 50):at]):
                if begin <= since + SLACK_NS and end >= until - SLACK_NS:
                    kind = "sys" if event in SYSTEM else "pt"
                    break
            total[kind] += until - since
    return total


def watch(weft, program, folder):
    """Runs it under both recorders."""
    trace = folder / "trace.weft.jsonl"
    told = folder / "kernel"
    script = folder / "probes.bt"
    script.write_text(PROBES)
    as_user = programs.as_user(program.user) if program.user is not None else []
    follow = ["--follow"] if program.follow else []
    prefix = [sys.executable, __file__, "--under", str(script), str(told), "--", *as_user, weft,
              "record", "-q", *follow, "-o", str(trace), "--"]
    program.run(folder, prefix)
    text = told.read_text()
    lost = re.findall(r"Lost (\d+) events", text)
    spans, processes = seen_spans(sorted(folder.glob("trace*.jsonl")))
    return shares(true_waits(text, processes), spans), sum(map(int, lost))


def end_watcher(watcher):
    """It does not always listen; every line is out by then."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        watcher.send_signal(number)
        try:
            watcher.wait(5)
            return
        except subprocess.TimeoutExpired:
            pass


def under(script, told, command):
    """Becomes command, with bpftrace watching it: started first, so that nothing is missed."""
    text = pathlib.Path(script).read_text().replace("cpid", str(os.getpid()))
    with open(told, "wb") as out:
        environment = {**os.environ, "BPFTRACE_PERF_RB_PAGES": "4096",
                       "BPFTRACE_MAP_KEYS_MAX": "65536"}
        with subprocess.Popen(["setsid", "bpftrace", "-B", "line", "-e", text], stdout=out,
                              stderr=subprocess.STDOUT, env=environment) as watcher:
            while b"Attaching" not in pathlib.Path(told).read_bytes():
                if watcher.poll() is not None:
                    sys.exit(125)
                time.sleep(0.1)
            time.sleep(1)
            done = subprocess.Popen(command)
            for number in (2, 15):
                signal.signal(number, lambda got, _: done.send_signal(got))
            status = done.wait()
            time.sleep(0.5)
            end_watcher(watcher)
    sys.exit(status if status >= 0 else 128 - status)


def unseen():
    """Whose waiting cannot be seen, for the table."""
    yield programs.Built("libgomp", "openmp.c", "gcc -fopenmp")
    yield programs.Built("libomp", "openmp.c", "clang -fopenmp")


def markdown(rows):
    print("| program | pt / sys / miss, % | true waiting | \n|---|---|---|")
    for name, total, whole in rows:
        print(f"| {name} | {' / '.join(percent(total, whole))} | {whole / 1e6:.1f} ms |")


def percent(total, whole):
    return [f"{100 * total[kind] / whole:.0f}" for kind in ("pt", "sys", "miss")]


def main():
    if sys.argv[1] == "--under":
        under(sys.argv[2], sys.argv[3], sys.argv[5:])
    weft = str(pathlib.Path(sys.argv[1]).resolve())
    wanted = [word for word in sys.argv[2:] if not word.startswith("--")]
    rows, failed = [], []
    if os.geteuid() != 0 or shutil.which("bpftrace") is None:
        print("skipped: it takes root and bpftrace to ask the kernel")
        return
    for program in (*programs.everything(), *unseen()):
        if program.missing() is not None or (
                wanted and not any(word in program.name for word in wanted)):
            continue
        with tempfile.TemporaryDirectory(prefix="weft-coverage-") as name:
            folder = pathlib.Path(name)
            folder.chmod(0o777)
            try:
                program.make(folder)
                total, lost = watch(weft, program, folder)
            except programs.Cannot as why:
                print(f"skipped {program.name}: {why}", flush=True)
                continue
        whole = sum(total.values())
        if whole == 0:
            print(f"{program.name:26} no waits of {SHORT_NS // 1000} µs", flush=True)
            continue
        rows.append((program.name, total, whole))
        print(f"{program.name:26} pt {{}} % sys {{}} % miss {{}} % of {whole / 1e6:.1f} ms".format(
            *percent(total, whole)), f"({lost} lost by bpftrace)" if lost else "", flush=True)
        if total["miss"] > 0.05 * whole and program.name not in UNSEEN:
            failed.append(program.name)
    if "--markdown" in sys.argv:
        markdown(rows)
    for name in failed:
        print(f"FAILED {name}: less than 95 % of its waiting is seen")
    sys.exit(1 if failed or not rows else 0)


if __name__ == "__main__":
    main()
