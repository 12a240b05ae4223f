#!/usr/bin/python3
"""Every header compiles alone, as C; the installed one as C++ too.

    headers.py ROOT CC CXX    exit 1 when one does not

The build's own target all_verify_interface_header_sets covers what is listed as HEADERS; this
covers what somebody forgot to list.
"""
import pathlib
import subprocess
import sys

import source

INSTALLED = pathlib.PurePath("runtime/weft.h")


def source_of(header):
    """A file of one #include; the typedef is there since C wants a file to declare something."""
    return f'#include "{header.as_posix()}"\ntypedef int not_empty;\n'


def compiles(root, compiler, language, header):
    """None, or what the compiler said."""
    arguments = [compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I.", "-x", language]
    if language == "c":
        arguments += ["-std=c11", "-Wpedantic"]
    if header != INSTALLED:
        arguments.append("-D_GNU_SOURCE")  # as the runtime, which alone needs it, is compiled
    done = subprocess.run([*arguments, "-"], input=source_of(header), cwd=root,
                          capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr


def complaints(root, cc, cxx):
    for header in source.files(root, (".h",)):
        languages = [(cc, "c")]
        # viewer/sdl wants SDL's include path and is covered by the build's target.
        if header.is_relative_to("viewer/sdl"):
            continue
        if header == INSTALLED:
            languages.append((cxx, "c++"))
        for compiler, language in languages:
            said = compiles(root, compiler, language, header)
            if said:
                yield f"{header}: does not compile alone as {language}\n{said}"


def main():
    root = source.root_of(sys.argv[1])
    if not source.files(root, (".h",)):
        sys.exit(f"{root}: no headers there")
    found = list(complaints(root, sys.argv[2], sys.argv[3]))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
