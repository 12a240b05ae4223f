#!/usr/bin/python3
"""Keeps the catalogues of translations as the sources say.

    catalogue.py ROOT            prints what is wrong, exit 1 when there is something
    catalogue.py ROOT --write    makes po/weft.pot, and merges it into every po/*.po

What people read in the viewer is marked in the sources (base/tongue.h), or it is the format of a
sentence, or a column of a table (*.def).  A text without a letter of its own, such as "%s: %s", is
the same in all languages and is left out.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

FOLDERS = ["base", "traces/analysis", "viewer"]
TABLES = ["traces/format/events.def"]
# Said to programs, or by the command line alone, which speaks English.
LEFT_OUT = ["viewer/state.c", "viewer/options.c", "viewer/settings.c", "traces/analysis/diff.c",
            "traces/analysis/explain.c", "traces/analysis/names.c", "traces/analysis/stats.c"]
KEYWORDS = ["_", "N_", "C_:1c,2", "weft_sentence_add:2", "weft_finding_say:2", "weft_words_counted:2",
            "WEFT_COMMAND:4", "WEFT_GESTURE:2", "WEFT_FINDING:2",
            "WEFT_EVENT:10", "WEFT_OBJECT:4", "WEFT_STATE:3", "WEFT_QUESTION:3", "WEFT_OUTCOME:2"]
FORMATS = ["weft_sentence_add:2:c-format", "weft_finding_say:2:c-format"]
HEADER = """# The texts of weft for translators.  Made by po/catalogue.py; do not edit.
msgid ""
msgstr ""
"Project-Id-Version: weft\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


UTF8 = {"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}


def run(*words, text=None):
    return subprocess.run(words, check=True, capture_output=True, encoding="utf-8", input=text,
                          env=UTF8).stdout


def entries(root, keywords, files):
    words = ["xgettext", "--directory", str(root), "--from-code=UTF-8", "--language=C", "--output=-",
             "--keyword", "--no-wrap", "--add-location=file", "--sort-by-file"]
    words += ["--keyword=" + word for word in keywords] + ["--flag=" + word for word in FORMATS]
    made = run(*words, *files).strip().split("\n\n")
    return [entry for entry in made[1:] if has_letters(entry)]  # the first is the header


def sources(root):
    found = list(TABLES)
    for folder in FOLDERS:
        found += [str(path.relative_to(root)) for end in ("c", "h", "def")
                  for path in (root / folder).rglob("*." + end)]
    return sorted(set(found) - set(LEFT_OUT))


def text_of(entry):
    return "".join(re.findall(r'^(?:msgid )?"(.*)"$', entry, re.M))


def has_letters(entry):
    plain = re.sub(r"%[-+ 0#.*\d$]*(?:ll|[hlzjt])?[a-zA-Z%]|\\n", "", text_of(entry))
    return re.search(r"[A-Za-z]", plain)


def template(root):
    """The text of po/weft.pot; without line numbers, which change with every edit."""
    found = entries(root, KEYWORDS, sources(root))
    # A keyword is asked for one argument only, and a gesture has two texts.
    said = {text_of(entry) for entry in found}
    found += [entry for entry in entries(root, ["WEFT_GESTURE:3"], ["viewer/commands.def"])
              if text_of(entry) not in said]
    return HEADER + "\n\n".join(found) + "\n"


def complaints(root, made):
    if made != (root / "po/weft.pot").read_text(encoding="utf-8"):
        yield "po/weft.pot is not what the sources say (po/catalogue.py ROOT --write makes it)"
    for path in sorted((root / "po").glob("*.po")):
        name = path.relative_to(root)
        checked = subprocess.run(["msgfmt", "--check", "--statistics", "-o", "/dev/null", path],
                                 capture_output=True, text=True, env=UTF8)
        if checked.returncode != 0:
            yield f"{name}: {checked.stderr.strip()}"
        for word in ("untranslated", "fuzzy"):
            if word in checked.stderr:
                yield f"{name}: {checked.stderr.strip()}"
                break
        with tempfile.NamedTemporaryFile("w", suffix=".pot", encoding="utf-8") as pot:
            pot.write(made)
            pot.flush()
            compared = subprocess.run(["msgcmp", path, pot.name], capture_output=True, text=True,
                                      env=UTF8)
        if compared.returncode != 0:
            yield f"{name}: {compared.stderr.strip()}"
        if "#~ " in path.read_text(encoding="utf-8"):
            yield f"{name}: has translations of texts that are not said any more (#~)"


def write(root, made):
    pot = root / "po/weft.pot"
    pot.write_text(made, encoding="utf-8")
    for path in (root / "po").glob("*.po"):
        merged = run("msgmerge", "--quiet", "--no-wrap", "--no-fuzzy-matching", "--sort-by-file",
                     str(path), str(pot))
        path.write_text(run("msgattrib", "--no-obsolete", "--no-wrap", text=merged),
                        encoding="utf-8")


def main():
    root = pathlib.Path(sys.argv[1])
    made = template(root)
    if sys.argv[2:] == ["--write"]:
        write(root, made)
        return 0
    found = list(complaints(root, made))
    print("\n".join(found) if found else "all texts are translated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
