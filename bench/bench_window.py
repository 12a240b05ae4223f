#!/usr/bin/python3
"""What the real window costs under Xvfb, 1920 x 1080: when nothing happens, and when a trace grows.

    bench_window.py idle BUILD TRACE [SECONDS]        frames drawn and time of the processor
    bench_window.py live BUILD [SECONDS [EVENTS]]     of a program that makes so many events a second

BUILD is a build folder.  Frames are counted as the lines of --state, which is a pipe here: each has
the time at which it came.  `live` prints a line for each ten seconds: frames a second, the longest
time between two of them and how many took over 20 ms, the viewer's memory and its time of the
processor; at the end, how much memory each event took.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "ui"))
from screen import Screen

PART_S, WARM_S, LATE_S = 10, 5, 0.020


class Frames:
    """The viewer, and when it drew a frame; the last state as text."""

    def __init__(self, build, folder, env, trace, *words):
        pipe = folder / "state"
        os.mkfifo(pipe)
        self.times, self.last = [], b""
        self.process = subprocess.Popen(
            [build / "weft-view", str(trace), "--size", "1920x1080", "--state", str(pipe), *words],
            env={**env, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}, cwd=folder)
        self.reader = threading.Thread(target=self.read, args=[pipe], daemon=True)
        self.reader.start()

    def read(self, pipe):
        with open(pipe, "rb") as states:
            for line in states:
                self.times.append(time.monotonic())
                self.last = line

    def state(self):
        return json.loads(self.last) if self.last else None

    def memory(self):
        """Bytes of its own, without what it shares with other programs."""
        rollup = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii")
        return sum(int(line.split()[1]) for line in rollup.splitlines()
                   if line.startswith("Private_")) * 1024

    def processor_s(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def switches(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)

    def close(self):
        self.process.terminate()
        self.process.wait()


def idle(screen, folder, build, trace, seconds):
    frames = Frames(build, folder, screen.env, pathlib.Path(trace).resolve())
    while frames.state() is None or frames.state()["loading"] or frames.state()["looking"]:
        time.sleep(0.05)
    time.sleep(2)  # what is said after a load is no idling
    drawn, used, woken = len(frames.times), frames.processor_s(), frames.switches()
    time.sleep(seconds)
    print(f"idle for {seconds} s: {len(frames.times) - drawn} frames, "
          f"{(frames.processor_s() - used) * 1000:.0f} ms of the processor, "
          f"woken {frames.switches() - woken} times")
    frames.close()


def part(frames, from_s, to_s):
    """Of the frames in between: how many a second, the longest gap in ms, gaps over 20 ms."""
    times = [at for at in frames.times[-20000:] if from_s <= at < to_s]
    gaps = [after - before for before, after in zip(times, times[1:])]
    return (len(times) / (to_s - from_s), max(gaps, default=0) * 1000,
            sum(gap > LATE_S for gap in gaps))


def live(screen, folder, build, seconds, events):
    trace = folder / "live.weft.jsonl"
    program = subprocess.Popen([build / "weft", "record", "-q", "-o", trace, "--",
                                build / "bench_live_program", str(events), str(seconds)])
    while not trace.exists():
        time.sleep(0.01)
    frames = Frames(build, folder, screen.env, trace, "--live")
    time.sleep(WARM_S)
    rates, late, begin, least = [], 0, None, None
    while program.poll() is None and frames.process.poll() is None:
        from_s, used = time.monotonic(), frames.processor_s()
        time.sleep(PART_S)
        if program.poll() is not None:
            break
        rate, longest, over = part(frames, from_s, time.monotonic())
        seen, memory = frames.state()["events"], frames.memory()
        begin = begin or (seen, memory)
        rates.append(rate)
        late += over
        print(f"{seen:10d} events  {rate:5.1f} frames/s  longest {longest:5.1f} ms  "
              f"late {over:3d}  {memory / 1e6:7.1f} MB  "
              f"{10 * (frames.processor_s() - used):3.0f} % of a processor", flush=True)
        least = (seen - begin[0], memory - begin[1])
    if rates:
        print(f"frames/s: least {min(rates):.1f}, late {late} of {sum(rates) * PART_S:.0f}; "
              f"{least[1] / max(least[0], 1):.1f} bytes an event")
    frames.close()
    program.wait()


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("idle", "live"):
        sys.exit(__doc__)
    build = pathlib.Path(sys.argv[2]).resolve()
    screen = Screen("1920x1080")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        words = sys.argv[3:]
        if sys.argv[1] == "idle":
            idle(screen, pathlib.Path(folder), build, words[0],
                 int(words[1]) if len(words) > 1 else 10)
        else:
            live(screen, pathlib.Path(folder), build, int(words[0]) if words else 60,
                 int(words[1]) if len(words) > 1 else 100000)
    screen.close()


if __name__ == "__main__":
    main()
