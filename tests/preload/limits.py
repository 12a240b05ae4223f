#!/usr/bin/python3
"""Half a million acquires where there is no room for them: the program must not notice.

    limits.py WEFT GUEST     exit 1 when one fails; what needs root is skipped and counted

In each case the program ends as without weft and its own count is right.  What is in the trace is
all of it, or weft says on stderr what is missing, and the trace, read back, holds whole lines.
"""
import contextlib
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

COUNT = 500000
SAID = ["ok filled", f"lock_acquire {COUNT}", f"lock_release {COUNT}"]


@contextlib.contextmanager
def mounted(folder, *words):
    subprocess.run(["mount", *words, folder], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=False, capture_output=True)


def tmpfs(folder):
    return mounted(folder, "-t", "tmpfs", "-o", "size=2m", "none")


@contextlib.contextmanager
def ext4(folder):
    with tempfile.TemporaryDirectory() as name:
        image = pathlib.Path(name) / "image"
        image.write_bytes(b"\0" * (8 << 20))
        subprocess.run(["/usr/sbin/mkfs.ext4", "-q", image], check=True, capture_output=True)
        with mounted(folder, "-o", "loop", str(image)):
            yield folder


def limited(kind, amount):
    return lambda: resource.setrlimit(kind, (amount, amount))


def whole_lines(trace):
    """How many there are but for a last one that was cut; it raises at a bad one."""
    lines = trace.read_bytes().split(b"\n")[:-1]
    for line in lines:
        json.loads(line)
    return len(lines)


def not_recovered(weft, spool):
    """All of it, but for what was counted as lost, comes out where there is room."""
    with tempfile.TemporaryDirectory() as name:
        trace = pathlib.Path(name) / "recovered.weft.jsonl"
        done = subprocess.run([weft, "recover", "-o", str(trace), spool], check=False,
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            yield f"not recovered: {done.stderr!r}"
            return
        text = trace.read_text()
    seen = text.count('"lock_acquire"') + text.count('"lock_release"')
    lost = json.loads(text.splitlines()[-1])["lost"]
    if seen + lost < 2 * COUNT:
        yield f"{seen} recovered and {lost} counted as lost are not {2 * COUNT}"


def wrong(weft, guest, trace, around, before):
    done = subprocess.run([*around, weft, "record", "-o", str(trace), "--", guest, "fill"],
                          check=False, capture_output=True, text=True, preexec_fn=before,
                          timeout=120)
    if done.stdout.splitlines() != SAID:
        yield f"the program says {done.stdout!r}, weft {done.stderr!r}"
        return
    text = trace.read_text() if trace.exists() else ""
    try:
        whole_lines(trace)
    except ValueError as why:
        yield f"a bad line: {why}"
    seen = text.count('"lock_acquire"') + text.count('"lock_release"')
    if seen == 2 * COUNT and done.returncode == 0:
        return
    last = text.rsplit("\n", 2)
    counted = json.loads(last[-2]).get("lost", 0) if len(last) > 2 and '"end"' in last[-2] else 0
    told = [line for line in done.stderr.splitlines()
            if line.startswith("weft: ") and ("cannot write" in line or "lost" in line)]
    if not told:
        yield f"{seen} of {2 * COUNT} are in the trace and nothing is said: {done.stderr!r}"
    if done.returncode not in (0, 4):
        yield f"exit status {done.returncode}: {done.stderr!r}"
    kept = re.search(r"weft recover -o ANOTHER_PLACE (\S+)\)", done.stderr)
    if kept is not None:
        yield from not_recovered(weft, kept[1])
    if counted and seen + counted < 2 * COUNT:
        yield f"{seen} in the trace and {counted} counted as lost are not {2 * COUNT}"


def in_small_memory(size):
    """Words that run the rest where /dev/shm, the place of the spool, has that size."""
    return ["unshare", "-m", "sh", "-c",
            f'mount -t tmpfs -o size={size} none /dev/shm && exec "$@"', "sh"]


def cases(folder):
    """(name, where the trace is to be, words in front of weft, limits in the child)"""
    yield "the trace on a tmpfs of 2 MB", tmpfs(folder), (), None
    yield "the trace on an ext4 of 8 MB", ext4(folder), (), None
    for size in ("128k", "512k", "2m"):
        yield f"/dev/shm of {size}", None, in_small_memory(size), None
    for blocks in (1000, 100000):
        yield (f"ulimit -f {blocks}", None, (),
               limited(resource.RLIMIT_FSIZE, blocks * 1024))
    for blocks in (1000000, 200000, 20000):
        yield f"ulimit -v {blocks}", None, (), limited(resource.RLIMIT_AS, blocks * 1024)
    yield "ulimit -n 16", None, (), limited(resource.RLIMIT_NOFILE, 16)


def main():
    weft, guest = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    failed = passed = skipped = 0
    with tempfile.TemporaryDirectory(prefix="weft-limits-") as name:
        room = pathlib.Path(name) / "room"
        room.mkdir()
        for title, place, around, before in cases(room):
            if around and os.geteuid() != 0:
                print(f"skipped  {title}: only root can make it small")
                skipped += 1
                continue
            trace = (room if place is not None else room.parent) / "trace.weft.jsonl"
            trace.unlink(missing_ok=True)
            try:
                with place or contextlib.nullcontext():
                    found = list(wrong(weft, guest, trace, around, before))
            except subprocess.CalledProcessError as why:
                print(f"skipped  {title}: {why.stderr.decode().strip()}")
                skipped += 1
                continue
            print(f"{'FAILED ' if found else 'ok     '}  {title}", *found,
                  sep="\n         " if found else "", flush=True)
            failed += bool(found)
            passed += not found
    print(f"{passed} hold, {failed} do not, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
