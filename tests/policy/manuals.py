#!/usr/bin/python3
"""The manual pages: well formed, and with the same commands and options as the program.

    manuals.py MANFOLDER WEFT [COMMAND…]    exit 1 when something differs

COMMANDs were not built, and only their pages are looked at.

Each command of `weft help` has a page; each option of its --help has an item there, and each
item is an option of --help.
"""
import pathlib
import re
import subprocess
import sys

# argp gives these to every command by itself; weft.1 has --version.
BUILT_IN = {"--usage", "-?", "-V", "--version"}


def options_of_help(text):
    """{"--output", "-o", …}: the options that a --help text lists, one item a line."""
    found = set()
    for line in text.splitlines():
        if not re.match(r"\s+-", line):
            continue
        # "  -o, --output=TRACE    Write …": the words before the first gap of two blanks
        item = re.split(r"\s{2,}", line.strip())[0]
        found.update(re.findall(r"(?<![\w-])(--?[\w?][\w-]*)", item))
    return found - BUILT_IN


def options_of_page(text):
    """The options that have an item (.It Fl …) in an mdoc page."""
    found = set()
    for line in text.splitlines():
        if line.startswith(".It Fl"):
            found.update("-" + name for name in re.findall(r"\bFl (-?[\w?][\w-]*)", line))
    return found


def differences(command, help_text, page_text):
    in_help, in_page = options_of_help(help_text), options_of_page(page_text)
    for option in sorted(in_help - in_page):
        yield f"weft-{command}.1 has no item for {option}"
    for option in sorted(in_page - in_help):
        yield f"weft-{command}.1 has {option}, which weft {command} --help has not"


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return ""
    return done.stdout


def complaints(folder, weft, not_built):
    pages = sorted(p for p in folder.iterdir() if p.suffix in (".1", ".5"))
    for page in pages:
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page],
                              capture_output=True, text=True, check=False)
        if done.stdout or done.returncode != 0:
            yield done.stdout.strip()
    commands = re.findall(r"^  ([a-z][a-z-]*)\s{2,}", output_of(weft, "help"), re.MULTILINE)
    if not commands:
        yield "`weft help` lists no commands"
    overview = (folder / "weft.1").read_text(encoding="utf-8")
    for command in commands:
        if f".It Cm {command}\n" not in overview:
            yield f"weft.1 has no item for {command}"
        if command == "help" or command in not_built:
            continue
        page = folder / f"weft-{command}.1"
        help_text = output_of(weft, command, "--help")
        if not page.exists():
            yield f"{page.name} is missing"
        elif not help_text:
            yield f"weft {command} --help says nothing"
        else:
            yield from differences(command, help_text, page.read_text(encoding="utf-8"))


def main():
    found = list(complaints(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
