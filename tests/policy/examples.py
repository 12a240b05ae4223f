#!/usr/bin/python3
"""Runs the examples of a Markdown document as a reader would, in an empty folder.

    examples.py DOCUMENT BUILD SOURCE

A block that opens with ```sh test is run by bash, with the build's programs on PATH; its lines
must all succeed.  A block that opens with ```c file=NAME is written to NAME before.  weft.h and
libweft.a are found as if they were installed.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+) (test|file=(\S+))\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(text):
    """(kind, file name or None, text), in order."""
    return [(m.group(1), m.group(3), m.group(4)) for m in BLOCK.finditer(text)]


def run(document, environment, folder):
    """0, or the status of the first block that failed; its output is printed."""
    blocks = blocks_of(document)
    if not any(name is None for _, name, _ in blocks):
        print("no block to run")
        return 1
    for _, name, text in blocks:
        if name is not None:
            (folder / name).write_text(text, encoding="utf-8")
            continue
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder,
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            print(f"exit {done.returncode} of:\n{text}{done.stdout}{done.stderr}")
            return done.returncode
    return 0


def main():
    document, build, source = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
    libraries = sorted(build.rglob("libweft.a"))
    environment = dict(os.environ)
    environment.pop("DISPLAY", None)
    environment.pop("WAYLAND_DISPLAY", None)
    environment["PATH"] = f"{build}:{environment['PATH']}"
    environment["CPATH"] = str(source / "runtime")
    environment["LIBRARY_PATH"] = ":".join(str(library.parent) for library in libraries)
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(run(document.read_text(encoding="utf-8"), environment, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
