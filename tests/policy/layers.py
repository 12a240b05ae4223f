#!/usr/bin/python3
"""Who may know whom: holds the directions of docs/architecture.md against every C file.

    layers.py ROOT      prints FILE:LINE: what is wrong; exit 1 when there is something

ALLOWED is the table of docs/architecture.md.  The longest key that is a file's path or a folder
above it speaks for the file.
"""
import re
import sys

import source

# Folder or file → what it may include besides its own folder, written from the root.
ALLOWED = {
    "base": [],
    "traces/format": [],
    "traces/write": ["traces/format", "base"],
    "traces/read": ["traces/format", "base"],
    "traces/model": ["traces/read", "traces/format", "base"],
    "traces/analysis": ["traces/model", "traces/format", "base"],
    "traces/export": ["traces/model", "traces/analysis", "traces/format", "base"],
    "runtime/weft.h": [],
    "runtime/record": ["traces/format"],
    "runtime/schedule": ["runtime/record", "traces/format"],
    "runtime/threads": ["runtime/weft.h", "runtime/schedule", "runtime/record", "traces/format"],
    "runtime/preload": ["runtime/schedule", "runtime/record", "traces/format"],
    "viewer": ["traces/read", "traces/model", "traces/analysis", "traces/format", "base"],
    "viewer/main.c": ["viewer", "traces", "base"],
    "viewer/sdl": ["viewer", "base"],
    "scenarios": [],
    "cli": ["traces", "base", "scenarios/scenarios.def"],
    "tests": ["base", "traces", "runtime", "viewer", "cli", "scenarios"],
    "bench": ["base", "traces", "runtime", "viewer"],
}

# What may not be included although a folder above it may.
FORBIDDEN = {
    "viewer": ["viewer/sdl"],  # the layout is pure; main.c alone joins it with SDL
}

# Headers of other people's libraries, and the only places that may know them.
LIBRARIES = [
    (re.compile(r"^SDL"), ["viewer/sdl", "tests/unit", "tests/ui"]),
    (re.compile(r"^fontconfig/"), ["viewer/sdl"]),
    (re.compile(r"^zstd"), ["base/pack.c", "traces/read", "tests"]),
    (re.compile(r"^cjson/"), ["traces/read", "tests", "bench"]),
    (re.compile(r"^(elfutils/|dwarf\.h|libelf|gelf\.h)"), ["traces/write"]),
    (re.compile(r"^weft\.h$"), ["scenarios", "tests", "bench"]),
    (re.compile(r"^cmocka\.h$"), ["tests"]),
]

# Folders that may use these system headers only (format: the compiler's own, freestanding).
SYSTEM = {
    "traces/format": re.compile(r"^(stdbool|stdint|stddef|stdatomic|stdalign|limits)\.h$"),
    # The one clock of recorder and writer: the kernel's, beside the processor's counter.
    "traces/format/clock.h": re.compile(r"^(stdbool|stdint|stddef|time|x86intrin)\.h$"),
}

# Words that a folder may not use: (where, but not in, pattern, why).
PRODUCT = ["base", "traces", "runtime", "viewer"]
WORDS = [
    (PRODUCT, ["viewer/main.c", "viewer/sdl"],
     re.compile(r"\b(printf|vprintf|puts|putchar|perror)\s*\(|\bstderr\b"),
     "only programs print"),
    # weft_print writes its caller's line, and weft_main flushes it.
    (PRODUCT, ["viewer/main.c", "viewer/sdl", "runtime/threads"],
     re.compile(r"\bstdout\b"),
     "only programs print"),
    (PRODUCT, ["viewer/main.c"],
     re.compile(r"\b(exit|_exit|_Exit|quick_exit|abort)\s*\("),
     "only programs end the process"),
    (["runtime/record", "runtime/preload", "runtime/schedule", "traces/format"], [],
     re.compile(r"\b(malloc|calloc|realloc|free|strdup|f?printf|snprintf|fopen|assert)\s*\("
                r"|[<\"](stdio|assert)\.h[>\"]"),
     "the recorder never allocates, prints or aborts"),
    (["runtime/threads"], [],
     re.compile(r"\b(clock_gettime|gettimeofday|timespec_get|time|nanosleep|clock_nanosleep|usleep"
                r"|sleep|poll|select|futex|syscall|pthread_cond_\w+|pthread_join"
                r"|pthread_timedjoin_np|pthread_clockjoin_np|sem_(timed|clock)?wait)\s*\("),
     "the runtime reads the time and blocks only through runtime/schedule"),
]

INCLUDE = re.compile(r"\s*#\s*include\s+([<\"])([^>\"]+)[>\"]")


def inside(path, place):
    return path == place or path.startswith(place + "/")


def key_of(table, path):
    keys = [key for key in table if inside(path, key)]
    return max(keys, key=len) if keys else None


def includes_of(root, path, lines):
    """Complaints about the #include lines of one file."""
    text = path.as_posix()
    key = key_of(ALLOWED, text)
    if key is None:
        yield 1, "this folder is not in the table of tests/policy/layers.py"
        return
    for number, line in lines:
        match = INCLUDE.match(line)
        if not match:
            continue
        bracket, name = match.groups()
        if bracket == '"':
            if not (root / name).is_file() or "/" not in name:
                yield number, f'"{name}" is not written from the root'
                continue
            own = any(inside(name, k) for k in [key])
            if not own and not any(inside(name, to) for to in ALLOWED[key]):
                yield number, f'{key} may not know "{name}"'
            elif any(inside(name, to) and not inside(text, to) for to in FORBIDDEN.get(key, [])):
                yield number, f'{key} may not know "{name}"'
            continue
        for pattern, places in LIBRARIES:
            if pattern.match(name) and not any(inside(text, place) for place in places):
                yield number, f"<{name}> belongs in {', '.join(places)} alone"
        system = key_of(SYSTEM, text)
        if system and not SYSTEM[system].match(name):
            yield number, f"{system} is freestanding: no <{name}>"


def words_of(path, lines):
    """Complaints about words that a file's folder may not use."""
    text = path.as_posix()
    for places, exceptions, pattern, why in WORDS:
        if not any(inside(text, place) for place in places):
            continue
        if any(inside(text, place) for place in exceptions):
            continue
        for number, line in lines:
            match = pattern.search(line)
            if match:
                yield number, f"`{match.group(0).strip()}`: {why}"


def complaints(root):
    for path in source.files(root):
        lines = source.lines_of(root, path)
        for number, what in [*includes_of(root, path, lines), *words_of(path, lines)]:
            yield f"{path.as_posix()}:{number}: {what}"


def main():
    root = source.root_of(sys.argv[1])
    count = len(source.files(root))
    if count == 0:
        sys.exit(f"{root}: no C files there")
    found = list(complaints(root))
    for line in found:
        print(line)
    print(f"layers: {count} files, {len(found)} complaints")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
