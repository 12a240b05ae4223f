#!/usr/bin/python3
"""What the recorder may ask of the process that it lives in.

    symbols.py NM LIBRARY…    exit 1 when an undefined symbol is not in ALLOWED

The recorder runs inside a stranger's program, perhaps under its own malloc, perhaps in the middle
of one of its locks.  So it makes its system calls itself, and libc gives it next to nothing.
"""
import re
import subprocess
import sys

ALLOWED = {
    "clock_gettime",  # the vDSO's: where the processor's counter is not to be trusted
    "environ",        # read directly: the constructor may run before libc's own
    # what the compiler makes of assignments and loops, and the linker's
    "memcpy", "memmove", "memset", "memcmp",
    "_GLOBAL_OFFSET_TABLE_",
}
OURS = re.compile(r"^weft_")


def undefined(listing):
    """Names that the output of `nm -u` (one library, any number of members) leaves undefined."""
    names = set()
    for line in listing.splitlines():
        match = re.match(r"\s+U (\S+)$", line)
        if match:
            names.add(match.group(1).split("@")[0])
    return names


def forbidden(listing):
    return sorted(n for n in undefined(listing) if n not in ALLOWED and not OURS.match(n))


def main():
    nm, libraries = sys.argv[1], sys.argv[2:]
    listing = "".join(
        subprocess.run([nm, "-u", library], check=True, capture_output=True, text=True).stdout
        for library in libraries)
    names = undefined(listing)
    if not names:
        sys.exit("symbols: nothing undefined at all: is this the recorder?")
    wrong = forbidden(listing)
    for name in wrong:
        print(f"the recorder uses {name}, which tests/policy/symbols.py does not allow")
    print(f"symbols: {len(names)} undefined, {len(wrong)} not allowed")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
