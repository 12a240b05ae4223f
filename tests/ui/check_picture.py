#!/usr/bin/python3
"""Draws every sample without a display and looks at the PNG; then everything that can go wrong.

    check_picture.py --view WEFT-VIEW --samples FOLDER
"""
import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import png

VIEW = None
SAMPLES = None
NO_DISPLAY = {key: value for key, value in os.environ.items()
              if key not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "XDG_RUNTIME_DIR", "LANGUAGE", "LANG", "LC_MESSAGES")}
NO_DISPLAY["LC_ALL"] = "C"


def view(*words, env=None):
    return subprocess.run([VIEW, *map(str, words)], env=env or NO_DISPLAY, capture_output=True,
                          text=True, timeout=60, check=False)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-picture-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.trace = SAMPLES / "locked-sections.weft.jsonl"

    def draw(self, *words, trace=None):
        """The bytes of a picture."""
        out = self.folder / "out.png"
        done = view(trace or self.trace, "--screenshot", out, *words)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        return out.read_bytes()

    def refused(self, status, *words, says=(), env=None):
        """One line on stderr that begins as all of weft's do, nothing on stdout, this status."""
        done = view(*words, env=env)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("weft: "), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for text in says:
            self.assertIn(text, done.stderr)


class Pictures(Case):
    def test_every_sample_is_drawn_at_every_documented_size(self):
        samples = sorted(SAMPLES.glob("*.weft.jsonl"))
        self.assertGreaterEqual(len(samples), 5)
        for sample in samples:
            for words, size in ((("--size", "1280x720"), (1280, 720)),
                                (("--theme", "light"), (1600, 900)),
                                (("--size", "3840x2160", "--scale", "2"), (3840, 2160))):
                with self.subTest(sample=sample.name, words=words):
                    self.assertEqual(png.size(self.draw(*words, trace=sample)), size)

    def test_a_picture_is_not_blank(self):
        rows = png.rows(self.draw("--size", "640x400"))
        colors = collections.Counter(color for row in rows for color in row)
        self.assertGreater(len(colors), 50)
        self.assertLess(colors.most_common(1)[0][1], 640 * 400 * 0.95)

    def test_the_same_trace_gives_the_same_bytes(self):
        words = ("--size", "900x600", "--at", "4.2s", "--range", "1s:6s")
        self.assertEqual(self.draw(*words), self.draw(*words))

    def test_every_option_changes_the_picture(self):
        plain = self.draw("--size", "800x600")
        for words in (("--theme", "light"), ("--scale", "2"), ("--at", "4.2s"),
                      ("--range", "2s:4s"), ("--range", "0.5ms:1500ms")):
            with self.subTest(words=words):
                self.assertNotEqual(self.draw("--size", "800x600", *words), plain)
        self.assertEqual(self.draw("--size", "800x600", "--theme", "dark", "--scale", "1"), plain)

    def test_the_light_theme_is_lighter(self):
        def light(*words):
            return sum(sum(color) for row in png.rows(self.draw("--size", "320x200", *words))
                       for color in row)
        self.assertGreater(light("--theme", "light"), 2 * light("--theme", "dark"))

    def test_scale_two_is_the_same_drawing_with_twice_the_pixels(self):
        small = png.rows(self.draw("--size", "640x400"))
        large = png.rows(self.draw("--size", "1280x800", "--scale", "2"))
        far = 0
        for y in range(400):
            for x in range(640):
                mean = [sum(large[2 * y + j][2 * x + i][c] for i in (0, 1) for j in (0, 1)) / 4
                        for c in range(3)]
                far += max(abs(a - b) for a, b in zip(mean, small[y][x])) > 64
        # What is left are the edges of letters, which the font hints at each size by itself.
        self.assertLess(far, 640 * 400 * 0.04)

    def test_the_picture_takes_the_place_of_an_old_one_and_leaves_nothing_else(self):
        (self.folder / "out.png").write_text("old")
        self.draw("--size", "320x200")
        self.assertEqual(os.listdir(self.folder), ["out.png"])
        self.assertEqual((self.folder / "out.png").stat().st_mode & 0o777, 0o666 & ~UMASK)

    def test_help_names_every_option(self):
        done = view("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--screenshot", "--size", "--scale", "--theme", "--at", "--range", "--state"):
            self.assertIn(option, done.stdout)
        self.assertIn("weft view", done.stdout)


class Refusals(Case):
    def test_wrong_words_are_usage_errors(self):
        for words, says in (
                ((), "no trace"),
                ((self.trace, self.trace, "third"), "third"),
                ((self.trace, "--colour"), "--colour"),
                ((self.trace, "-x"), "-x"),
                ((self.trace, "--size"), "--size"),
                ((self.trace, "--size", "1600"), "1600"),
                ((self.trace, "--size", "0x0"), "0x0"),
                ((self.trace, "--size", "99999x99999"), "99999"),
                ((self.trace, "--size", "1600x900x"), "1600x900x"),
                ((self.trace, "--scale", "0"), "scale"),
                ((self.trace, "--scale", "nan"), "nan"),
                ((self.trace, "--theme", "pink"), "pink"),
                ((self.trace, "--at", "-1s"), "-1s"),
                ((self.trace, "--at", "soon"), "soon"),
                ((self.trace, "--range", "5s:1s"), "5s:1s"),
                ((self.trace, "--range", "5s"), "5s")):
            with self.subTest(words=words):
                self.refused(2, *words, says=[says])

    def test_what_is_no_trace_is_unreadable(self):
        bad = {"empty": b"", "binary": bytes(range(256)) * 40, "json": b'{"a": 1}\n',
               "later": b'{"weft": 999}\n'}
        for name, content in bad.items():
            path = self.folder / name
            path.write_bytes(content)
            with self.subTest(name=name):
                self.refused(3, path, "--screenshot", self.folder / "out.png", says=[name])
        self.refused(3, self.folder / "missing", "--screenshot", self.folder / "out.png",
                     says=["missing"])
        self.refused(3, self.folder, "--screenshot", self.folder / "out.png")
        self.assertFalse((self.folder / "out.png").exists())

    def test_an_output_that_cannot_be_written_is_told(self):
        self.refused(4, self.trace, "--screenshot", self.folder / "no" / "out.png", says=["out.png"])
        self.refused(4, self.trace, "--screenshot", self.folder, says=["cannot write"])
        self.refused(4, self.trace, "--screenshot", "/dev/full", says=["No space left"])
        self.refused(4, self.trace, "--screenshot", self.folder / "out.png",
                     "--state", self.folder / "no" / "state", says=["state"])
        self.refused(4, self.trace, "--screenshot", self.folder / "out.png", "--state", "/dev/full",
                     says=["state"])

    def test_without_a_display_it_says_what_to_do(self):
        for more in ({}, {"DISPLAY": ":4711"}, {"SDL_VIDEODRIVER": "nothing"}):
            with self.subTest(more=more):
                self.refused(4, self.trace, env={**NO_DISPLAY, **more},
                             says=["cannot open a window: ", "--screenshot OUT.png"])

    def test_without_any_font_it_says_what_to_install(self):
        config = self.folder / "fonts.conf"
        config.write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
        self.refused(4, self.trace, "--screenshot", self.folder / "out.png",
                     env={**NO_DISPLAY, "FONTCONFIG_FILE": str(config)}, says=["fonts-inter"])

    def test_the_language_is_that_of_the_locale_unless_it_is_said(self):
        def drawn(*words, **env):
            out = self.folder / "out.png"
            done = view(self.trace, "--screenshot", out, *words, env={**NO_DISPLAY, **env})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return out.read_bytes()

        english, vietnamese = drawn("--lang", "en"), drawn("--lang", "vi")
        self.assertNotEqual(english, vietnamese)
        self.assertEqual(drawn(), english)
        self.assertEqual(drawn(LC_ALL="vi_VN.UTF-8"), vietnamese)
        self.assertEqual(drawn(LC_ALL="", LANG="vi_VN.UTF-8"), vietnamese)
        self.assertEqual(drawn(LC_ALL="en_US.UTF-8", LANGUAGE="vi:en"), vietnamese)
        self.assertEqual(drawn("--lang", "en", LC_ALL="vi_VN.UTF-8"), english)
        self.refused(2, self.trace, "--lang", "fr", says=["unknown language", "en or vi"])

    def test_dejavu_alone_will_do(self):
        config = self.folder / "fonts.conf"
        cache = self.folder / "cache"
        config.write_text('<?xml version="1.0"?><fontconfig><dir>/usr/share/fonts/truetype/dejavu'
                          f'</dir><cachedir>{cache}</cachedir></fontconfig>')
        out = self.folder / "out.png"
        done = view(self.trace, "--screenshot", out, "--size", "640x400",
                    env={**NO_DISPLAY, "FONTCONFIG_FILE": str(config)})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotEqual(out.read_bytes(), self.draw("--size", "640x400"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--view", type=os.path.abspath, required=True)
    parser.add_argument("--samples", type=pathlib.Path, required=True)
    options, rest = parser.parse_known_args()
    VIEW, SAMPLES = options.view, options.samples.resolve()
    UMASK = os.umask(0o022)
    os.umask(UMASK)
    unittest.main(argv=[sys.argv[0], *rest])
