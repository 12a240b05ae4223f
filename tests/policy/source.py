"""What the policy tests know about C files: which there are, and their text without comments."""
import pathlib
import re

FOLDERS = ("base", "traces", "runtime", "viewer", "scenarios", "cli", "tests", "bench")

_SKIPPED = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def files(root, suffixes=(".c", ".h", ".def")):
    """Paths of all C files of the house, relative to root, sorted."""
    found = []
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.suffix in suffixes and "node_modules" not in path.parts:
                found.append(path.relative_to(root))
    return sorted(found)


def code_of(text):
    """text with comments and the insides of literals blanked; every line keeps its number.

    The names in #include lines stay: they are what the layers are checked by.
    """
    def blank(match):
        word = match.group(0)
        if word.startswith("/"):
            return re.sub(r"[^\n]", " ", word)
        line_start = text.rfind("\n", 0, match.start()) + 1
        if re.match(r"\s*#\s*include\b", text[line_start:match.start()]):
            return word
        return word[0] + " " * (len(word) - 2) + word[-1]
    return _SKIPPED.sub(blank, text)


def lines_of(root, path):
    """(line number, line of code) of one file."""
    text = (root / path).read_text(encoding="utf-8")
    return list(enumerate(code_of(text).split("\n"), 1))


def root_of(argument):
    return pathlib.Path(argument).resolve()
