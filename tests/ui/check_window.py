#!/usr/bin/python3
"""Drives the real window under Xvfb with real keys, wheel and mouse (xdotool), and checks through
--state what changed.  Waits for states with a deadline, never for a time.

    check_window.py --view WEFT-VIEW --samples FOLDER --weft WEFT --program LIVE-PROGRAM
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import png
from close_window import close_window
from screen import Screen

DEADLINE_S = 20
WIDTH, HEIGHT = 1280, 720
VIEW = None
SAMPLES = None
WEFT = None
PROGRAM = None


def wait_for(ask, what):
    """The first true answer of ask."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.01)
    raise AssertionError(f"waited {DEADLINE_S} s in vain until {what}")


class Window:
    """weft-view in a window, its hands and its state."""

    def __init__(self, env, folder, trace, *words):
        self.env = env
        self.log = folder / "state"
        self.log.write_bytes(b"")
        self.log_at, self.rest = 0, b""
        self.states = []
        self.process = subprocess.Popen(
            [VIEW, str(trace), "--size", f"{WIDTH}x{HEIGHT}", "--state", str(self.log), *words],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
        self.id = None
        self.until(lambda state: not state["loading"], "the trace is loaded")

    def find(self):
        """Its window on the X server, with the keyboard's focus."""
        search = ["xdotool", "search", "--pid", str(self.process.pid)]
        self.id = wait_for(lambda: subprocess.run(search, env=self.env, capture_output=True,
                                                  text=True, check=False).stdout.split(),
                           "the window is there")[-1]
        self.do("windowfocus", "--sync", self.id)
        return self

    def do(self, *words):
        subprocess.run(["xdotool", *map(str, words)], env=self.env, check=True, timeout=DEADLINE_S)

    def key(self, *keys):
        self.do("key", *keys)

    def point(self, x, y):
        self.do("mousemove", "--window", self.id, x, y)

    def origin(self):
        """Where the window's left upper corner is on the screen."""
        shown = subprocess.run(["xdotool", "getwindowgeometry", "--shell", self.id], env=self.env,
                               check=True, capture_output=True, text=True).stdout
        place = dict(line.split("=") for line in shown.split())
        return int(place["X"]), int(place["Y"])

    def place(self, t_ns, lane):
        """The screen's x, y of a time on a lane (its middle: bars of every height are there)."""
        state = self.state()
        at, = (row for row in state["lanes"] if row["name"] == lane)
        part = (t_ns - state["from_ns"]) / length(state)
        left, top = self.origin()
        x = state["lane_left_px"] + part * (state["lane_right_px"] - state["lane_left_px"])
        return round(left + x), round(top + at["y_px"] + at["h_px"] * 0.5)

    def ruler_y(self):
        """The screen's y of the ruler, which hovering tells."""
        left, top = self.origin()
        x = round(left + self.state()["lane_right_px"] - 40)
        for y in range(top + 30, top + 120, 4):
            self.do("mousemove", x, y)
            if self.settled()["hover"] == "ruler":
                return y
        raise AssertionError(f"no ruler; the last state: {self.states[-1:]}")

    def drag(self, begin, end):
        """From one (time, lane) to another, by way of the middle as a hand does."""
        (x0, y0), (x1, y1) = self.place(*begin), self.place(*end)
        self.do("mousemove", x0, y0, "mousedown", "1")
        self.do("mousemove", (x0 + x1) // 2, (y0 + y1) // 2)
        self.do("mousemove", x1, y1, "mouseup", "1")

    def read_states(self):
        with self.log.open("rb") as log:
            log.seek(self.log_at)
            data = log.read()
        self.log_at += len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.states += [json.loads(line) for line in lines]
        return self.states

    def state(self):
        return self.read_states()[-1]

    def until(self, wanted, what):
        """The first state from now on that is as wanted."""
        seen = 0

        def look():
            nonlocal seen
            if self.process.poll() is not None:
                raise AssertionError(f"weft-view ended: {self.process.communicate()}")
            states = self.read_states()
            seen = max(seen, len(states) - 1, 0)
            return states and wanted(states[-1]) and states[-1]
        try:
            return wait_for(look, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; the last state: {self.states[-1:]}") from None

    def settled(self):
        """The state after which no frame comes any more."""
        count = -1
        while count != len(self.read_states()):
            count = len(self.states)
            time.sleep(0.15)  # more than any frame takes; not how long something is given
        return self.states[-1]

    def shot(self):
        """What the X server shows of the window, as rows of colours."""
        done = subprocess.run(["import", "-window", self.id, "-depth", "8", "png24:-"], env=self.env,
                              capture_output=True, check=True)
        return png.rows(done.stdout)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Pair(Window):
    """The same of two traces, whose states come together."""

    def until(self, wanted, what):
        return super().until(lambda state: wanted(Both(state)), what)


class Both(dict):
    """`loading` of any of the two."""

    def __getitem__(self, key):
        if key == "loading":
            return self["upper"]["loading"] or self["lower"]["loading"]
        return super().__getitem__(key)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ("Xvfb", "xdotool", "import"):
            if shutil.which(program) is None:
                raise FileNotFoundError(f"{program} is not installed (scripts/setup installs it)")
        cls.screen = Screen()
        cls.addClassCleanup(cls.screen.close)

    def open_copy(self, name="locked-sections", *words):
        """Opens a copy of the sample, in a folder where anything may be left behind."""
        window = self.open(name, *words, copy=True)
        return window

    def open_again(self):
        """The same trace once more, with the same homes."""
        window = Window({**self.screen.env, **self.homes}, self.folder, self.trace)
        self.addCleanup(window.close)
        return window

    def open(self, name="locked-sections", *words, copy=False, **env):
        folder = tempfile.TemporaryDirectory(prefix="weft-window-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.trace = SAMPLES / f"{name}.weft.jsonl"
        if copy:
            shutil.copy(self.trace, self.folder)
            self.trace = self.folder / self.trace.name
        # The pointer out of the way, so that it hovers over nothing when the window opens.
        subprocess.run(["xdotool", "mousemove", "1599", "999"], env=self.screen.env, check=True)
        # Nothing is remembered from the user's own sessions, and nothing left behind for them.
        self.homes = {"XDG_CONFIG_HOME": str(self.folder / "config"),
                      "XDG_STATE_HOME": str(self.folder / "state-home")}
        window = Window({**self.screen.env, **self.homes, **env}, self.folder, self.trace, *words)
        self.addCleanup(window.close)
        return window


def length(state):
    return state["to_ns"] - state["from_ns"]


class Keys(Case):
    def test_w_and_s_zoom(self):
        window = self.open().find()
        before = window.settled()
        window.key("w")
        closer = window.until(lambda state: length(state) < length(before), "w zooms in")
        window.key("w", "w")
        window.until(lambda state: length(state) < length(closer) * 0.9, "w goes on")
        closest = window.settled()
        window.key("s")
        window.until(lambda state: length(state) > length(closest), "s zooms out")

    def test_plus_and_minus_zoom(self):
        window = self.open().find()
        before = window.settled()
        window.key("plus")
        closer = window.until(lambda state: length(state) < length(before), "+ zooms in")
        window.key("minus")
        window.until(lambda state: length(state) > length(closer), "- zooms out")

    def test_a_and_d_move(self):
        window = self.open("locked-sections", "--range", "3s:5s").find()
        before = window.settled()
        window.key("d")
        right = window.until(lambda state: state["from_ns"] > before["from_ns"], "d moves on")
        self.assertAlmostEqual(length(right), length(before), delta=2)
        window.key("a")
        window.until(lambda state: state["from_ns"] < right["from_ns"], "a moves back")

    def test_0_shows_everything(self):
        window = self.open().find()
        whole = window.settled()
        window.key("w", "w", "w", "d")
        window.until(lambda state: length(state) < length(whole) * 0.9, "w zooms in")
        window.key("0")
        window.until(lambda state: length(state) == length(whole), "0 shows everything")

    def test_space_plays_and_pauses(self):
        window = self.open().find()
        before = window.settled()
        self.assertFalse(before["playing"])
        window.key("space")
        started = window.until(lambda state: state["playing"], "space plays")
        for _ in range(3):
            at = started["playhead_ns"]
            started = window.until(lambda state: state["playhead_ns"] > at, "the playhead moves")
        window.key("space")
        window.until(lambda state: not state["playing"], "space pauses")
        self.assertEqual(window.settled()["playhead_ns"], window.state()["playhead_ns"])

    def test_question_mark_helps_and_escape_ends_it(self):
        window = self.open().find()
        self.assertFalse(window.settled()["help"])
        window.key("question")
        window.until(lambda state: state["help"], "? opens the help")
        window.key("Escape")
        window.until(lambda state: not state["help"], "Esc closes it")
        window.key("F1")
        window.until(lambda state: state["help"], "F1 opens it, too")

    def test_full_stop_and_comma_step_through_the_events(self):
        window = self.open().find()
        window.settled()
        window.key("period")
        first = window.until(lambda state: state["playhead_ns"] > 0, ". goes to an event")
        window.key("period")
        second = window.until(lambda state: state["playhead_ns"] > first["playhead_ns"],
                              ". goes to the next one")
        window.key("comma")
        back = window.until(lambda state: state["playhead_ns"] < second["playhead_ns"],
                            ", goes back")
        self.assertEqual(back["playhead_ns"], first["playhead_ns"])

    def test_a_held_key_repeats_and_ends_with_its_release(self):
        window = self.open().find()
        before = window.settled()
        window.do("keydown", "w")
        held = window.until(lambda state: length(state) < length(before) * 0.5, "w repeats")
        window.do("keyup", "w")
        after = window.settled()
        self.assertLessEqual(length(after), length(held))


# What xdotool calls the keys that are not called as they look.
KEYSYMS = {"+": "plus", "-": "minus", "=": "equal", "<": "shift+comma", ">": "shift+period", ",": "comma",
           ".": "period", "[": "bracketleft", "]": "bracketright", "/": "slash", ":": "colon",
           "?": "question", "{": "shift+bracketleft", "}": "shift+bracketright", "←": "Left", "→": "Right", "↑": "Up", "↓": "Down", "Esc": "Escape",
           "PgUp": "Prior", "PgDn": "Next", "Enter": "Return", "Space": "space"}


def keysym(cap):
    """What xdotool calls a key cap of commands.def: "Ctrl+Z" is ctrl+z."""
    *mods, key = cap.split("+") if cap not in ("+", "Ctrl++") else [*cap[:-1].split("+")[:-1], "+"]
    key = KEYSYMS.get(key, key.lower() if len(key) == 1 else key)
    return "+".join([mod.lower() for mod in mods if mod] + [key])


def table():
    """{name: [cap, …]} of commands.def."""
    source = (SAMPLES.parent.parent / "viewer/commands.def").read_text(encoding="utf-8")
    names = dict(re.findall(r'^WEFT_COMMAND\((\w+),\s*"([^"]+)"', source, re.MULTILINE))
    caps = {name: [] for name in names.values()}
    for command, cap in re.findall(r'^WEFT_BINDING\((\w+),.*"([^"]+)"\)', source, re.MULTILINE):
        caps[names[command]].append(cap)
    return caps


def changed(*keys):
    """The effect of a command: one of these parts of the state is another one."""
    return lambda before, after: any(before.get(key) != after.get(key) for key in keys)


def became(key, value):
    return lambda before, after: after[key] == value


# For each command: keys that come before it, and what its own key must change.
BOOKMARKED = ("m", "type:here", "Return", "End", "m", "type:there", "Return")
FOUND = ("slash", "type:starting", "Escape")
EFFECTS = {
    "zoom-in": ((), lambda b, a: length(a) < length(b)),
    "zoom-out": (("w", "w"), lambda b, a: length(a) > length(b)),
    "pan-left": (("w", "w", "d"), lambda b, a: a["from_ns"] < b["from_ns"]),
    "pan-right": (("w", "w"), lambda b, a: a["from_ns"] > b["from_ns"]),
    "fit": (("n",), lambda b, a: length(a) < length(b)),
    "fit-all": (("w", "w"), became("zoomed", False)),
    "back": (("w", "n"), changed("selected", "from_ns")),
    "forward": (("n", "ctrl+z"), changed("selected")),
    "page-up": (("2",), became("tab_scroll_px", 0)),
    "page-down": (("2",), lambda b, a: a["tab_scroll_px"] >= 0),
    "play": ((), became("playing", True)),
    "slower": ((), lambda b, a: a["speed"] < b["speed"]),
    "faster": ((), lambda b, a: a["speed"] > b["speed"]),
    "loop": ((), became("loop", True)),
    "previous-event": (("End",), changed("playhead_ns")),
    "next-event": ((), changed("playhead_ns")),
    "previous-lane-event": (("End",), changed("playhead_ns")),
    "next-lane-event": ((), changed("playhead_ns")),
    "previous-contention": (("End",), became("selected", "span Thread-2 lock_wait threadLock")),
    "next-contention": ((), became("selected", "span Thread-2 lock_wait threadLock")),
    "previous-finding": (("End",), lambda b, a: a["notice"] or a["playhead_ns"] < b["playhead_ns"]),
    "next-finding": ((), lambda b, a: a["notice"] != ""),
    # Of choices there are some in controlled runs alone: class Choices.
    "previous-choice": ((), lambda b, a: "no choice here" in a["notice"]),
    "next-choice": ((), lambda b, a: "no choice here" in a["notice"]),
    "run-again": ((), lambda b, a: "no choice here" in a["notice"]),
    "to-start": (("End",), became("playhead_ns", 0)),
    "to-end": ((), lambda b, a: a["playhead_ns"] == a["end_ns"]),
    "follow-end": ((), lambda b, a: "does not grow" in a["notice"]),
    "go-to-time": ((), became("prompt", "go-to")),
    "previous-span": (("Right", "Right"), changed("selected")),
    "next-span": ((), changed("selected")),
    "lane-up": (("Down", "Down"), changed("selected")),
    "lane-down": (("Right",), changed("selected")),
    "follow-back": (("n",), lambda b, a: a["selected"].startswith("span Thread-1")),
    "follow-on": (("Down", "Down", "Right"), changed("selected")),
    "root": (("n",), became("selected", "span Thread-1 sleep")),
    "clear": (("n",), became("selected", "")),
    "collapse": ((), became("collapsed", 1)),
    "pin": ((), changed("lanes")),
    "move-lane-up": (("Down", "Down"), lambda b, a: names(a) != names(b)),
    "move-lane-down": ((), lambda b, a: names(a) != names(b)),
    "hide": ((), lambda b, a: len(a["lanes"]) < len(b["lanes"])),
    "filter": ((), became("prompt", "filter")),
    "group-quiet": ((), changed("grouped", "notice")),
    "all-lanes": (("h",), lambda b, a: len(a["lanes"]) > len(b["lanes"])),
    "search": ((), became("prompt", "search")),
    "next-hit": (FOUND, became("found_at", 0)),
    "previous-hit": (FOUND, became("found_at", 1)),
    "bookmark": ((), became("prompt", "note")),
    "previous-bookmark": (BOOKMARKED, became("playhead_ns", 0)),
    "next-bookmark": ((*BOOKMARKED, "ctrl+Home"), lambda b, a: a["playhead_ns"] == a["end_ns"]),
    "timeline": (("2",), became("tab", "timeline")),
    "contention": ((), became("tab", "contention")),
    "findings": ((), became("tab", "findings")),
    "waits-for": ((), became("tab", "waits-for")),
    "threads": ((), became("tab", "threads")),
    "statistics": ((), became("tab", "statistics")),
    "dock-page": ((), became("page", "source")),
    "dock": ((), became("dock", False)),
    "align": ((), lambda b, a: "one trace only" in a["notice"]),
    "other-trace": ((), lambda b, a: "one trace only" in a["notice"]),
    "palette": ((), became("prompt", "palette")),
    "recent": ((), became("prompt", "recent")),
    "theme": ((), became("theme", "light")),
    "language": ((), became("language", "vi")),
    "larger": ((), became("scale", 1.125)),
    "smaller": ((), became("scale", 0.875)),
    "normal-size": (("ctrl+plus",), became("scale", 1)),
    "classroom": ((), became("classroom", True)),
    "full-screen": ((), became("full_screen", True)),
    "screenshot": ((), lambda b, a: a["notice"].startswith("The picture is in weft-")),
    "help": ((), became("help", True)),
    "quit": ((), None),
}


def names(state):
    return [lane["name"] for lane in state["lanes"]]


class Commands(Case):
    """Every command of the table by every key that it has."""

    def drive(self, window, key):
        """One key, or "type:WORD" into the prompt that is open; the state behind it."""
        if key.startswith("type:"):
            window.until(lambda state: state["prompt"], "a prompt is open")
            window.do("type", "--delay", "30", key[5:])
            window.until(lambda state: state["prompt_text"].endswith(key[5:]), "it is written")
        else:
            keys = window.state()["keys"]
            window.key(key)
            window.until(lambda state: state["keys"] > keys, f"{key} has come and is drawn")
        return window.settled()

    def one(self, name, cap, window):
        before_keys, effect = EFFECTS[name]
        state = window.settled()
        for key in before_keys:
            state = self.drive(window, key)
        window.key(keysym(cap))
        if effect is None:
            window.process.wait(DEADLINE_S)
            self.assertEqual(window.process.returncode, 0)
            return
        window.until(lambda after: effect(state, after), f"{cap} does {name}")

    def test_every_command_does_by_each_of_its_keys_what_it_says(self):
        commands = table()
        self.assertEqual(set(commands), set(EFFECTS))
        for name, caps in commands.items():
            for cap in caps:
                with self.subTest(command=name, cap=cap):
                    window = self.open_copy().find()
                    try:
                        self.one(name, cap, window)
                    finally:
                        window.close()

    def test_tabs_pages_legend_and_headings_take_the_mouse(self):
        window = self.open_copy("locked-sections", "--at", "1s").find()
        for hover, wanted in (("button contention", became("tab", "contention")),
                              ("column 2", became("sort", 2)),
                              ("button timeline", became("tab", "timeline")),
                              ("page 1", became("page", "source")),
                              ("section 0", became("collapsed", 1)),
                              ("state lock_wait", lambda b, a: a["only_states"] != 0),
                              ("button help", became("help", True))):
            with self.subTest(hover=hover):
                before = self.hover(window, hover)
                window.do("click", "1")
                window.until(lambda after: wanted(before, after), f"a click does {hover}")
        window.close()

    def test_every_button_does_what_its_key_does(self):
        first = self.open_copy("locked-sections", "--at", "1s").find()
        buttons = {control["name"][7:] for control in first.settled()["controls"]
                   if control["name"].startswith("button ")}
        first.close()
        self.assertEqual(buttons, {"to-start", "previous-event", "play", "next-event", "to-end",
                                   "timeline", "contention", "findings", "waits-for", "threads",
                                   "statistics", "help"})
        for name in sorted(buttons):
            with self.subTest(button=name):
                window = self.open_copy().find()
                try:
                    before_keys, effect = EFFECTS[name]
                    for key in before_keys:
                        self.drive(window, key)
                    before = self.hover(window, f"button {name}")
                    window.do("click", "1")
                    window.until(lambda after: effect(before, after), f"a click does {name}")
                finally:
                    window.close()

    def test_rows_of_a_list_marks_on_the_ruler_and_folded_lanes_take_the_mouse(self):
        window = self.open_copy("locked-sections", "--at", "1s").find()
        for key in ("End", "m", "type:the end", "Return", "ctrl+Home"):
            self.drive(window, key)
        for keys, hover, wanted in (
                ((), "bookmark 0", lambda b, a: a["playhead_ns"] == a["end_ns"]),
                ((), "finding 0", lambda b, a: a["notice"] != "" and a["selected"] != ""),
                (("ctrl+p", "type:classroom"), "choice 0", became("classroom", True))):
            with self.subTest(hover=hover):
                for key in keys:
                    self.drive(window, key)
                before = self.hover(window, hover)
                window.do("click", "1")
                window.until(lambda after: wanted(before, after), f"a click does {hover}")
        window.close()

    def test_a_classroom_is_large_and_tells_the_keys(self):
        window = self.open_copy().find()
        self.drive(window, "F5")
        self.assertTrue(window.settled()["classroom"])
        before = window.settled()
        window.key("w")
        shown = window.until(lambda state: state["key_shown"].startswith("W   "), "W is told")
        self.assertLess(length(shown), length(before))
        wide = before["lane_right_px"]
        self.drive(window, "F5")
        self.assertGreater(window.settled()["lane_right_px"], wide * 1.3)  # logical px: all smaller

    def test_the_language_changes_what_is_said(self):
        window = self.open_copy().find()
        self.drive(window, "v")
        self.assertEqual(window.settled()["language"], "vi")
        self.drive(window, "e")
        self.assertNotIn("does not grow", window.settled()["notice"])
        self.assertNotEqual(window.settled()["notice"], "")
        self.drive(window, "v")
        self.drive(window, "e")
        self.assertIn("does not grow", window.settled()["notice"])

    def hover(self, window, what):
        """Moves the pointer onto something that the state tells the place of."""
        state = window.settled()
        place = next(control for control in state["controls"] if control["name"] == what)
        window.point(round(place["x_px"]), round(place["y_px"]))
        return window.until(lambda state: state["hover"] == what, f"the pointer is on {what}")

    def test_bookmarks_and_looks_are_there_the_next_time(self):
        window = self.open_copy().find()
        for key in ("End", "m", "type:the end", "Return", "t", "ctrl+plus", "v"):
            self.drive(window, key)
        window.key("q")
        window.process.wait(DEADLINE_S)
        again = self.open_again()
        state = again.settled()
        self.assertEqual((state["bookmarks"], state["theme"], state["scale"], state["language"]),
                         (1, "light", 1.125, "vi"))
        kept = self.trace.with_name(self.trace.name + ".bookmarks").read_text(encoding="utf-8")
        self.assertEqual(kept, f"{state['end_ns']} the end\n")


class Mouse(Case):
    def test_the_wheel_with_ctrl_zooms_and_keeps_the_time_under_the_pointer(self):
        window = self.open("locked-sections", "--range", "2s:6s").find()
        window.point(WIDTH // 2, 200)
        before = window.settled()
        window.do("keydown", "ctrl", "click", "4", "keyup", "ctrl")
        closer = window.until(lambda state: length(state) < length(before), "Ctrl+wheel zooms in")
        self.assertGreater(closer["from_ns"], before["from_ns"])
        self.assertLess(closer["to_ns"], before["to_ns"])
        window.do("keydown", "ctrl", "click", "5", "keyup", "ctrl")
        window.until(lambda state: abs(length(state) - length(before)) < length(before) * 0.01,
                     "and back")

    def test_the_wheel_with_shift_moves(self):
        window = self.open("locked-sections", "--range", "3s:5s").find()
        window.point(WIDTH // 2, 200)
        before = window.settled()
        window.do("keydown", "shift", "click", "5", "keyup", "shift")
        moved = window.until(lambda state: state["from_ns"] != before["from_ns"],
                             "Shift+wheel moves")
        self.assertAlmostEqual(length(moved), length(before), delta=2)
        window.do("keydown", "shift", "click", "4", "keyup", "shift")
        window.until(lambda state: abs(state["from_ns"] - before["from_ns"]) <= 2, "and back")

    def test_a_drag_marks_the_range_under_it_and_f_fits_it(self):
        window = self.open().find()
        before = window.settled()
        window.drag((2_000_000_000, "Thread-1"), (4_000_000_000, "Thread-1"))
        window.until(lambda state: "range_from_ns" in state, "a drag marks a range")
        marked = window.settled()  # the range is there, and drawn, from the first pixel on
        one_px = length(before) / (before["lane_right_px"] - before["lane_left_px"])
        self.assertAlmostEqual(marked["range_from_ns"], 2_000_000_000, delta=2 * one_px)
        self.assertAlmostEqual(marked["range_to_ns"], 4_000_000_000, delta=2 * one_px)
        window.key("f")
        fitted = window.until(lambda state: length(state) < length(before) * 0.5, "F fits it")
        self.assertLessEqual(fitted["from_ns"], marked["range_from_ns"])
        self.assertGreaterEqual(fitted["to_ns"], marked["range_to_ns"])
        window.key("Escape")
        window.until(lambda state: "range_from_ns" not in state, "Esc forgets it")

    def test_a_drag_with_shift_moves(self):
        window = self.open("locked-sections", "--range", "3s:5s").find()
        before = window.settled()
        window.do("keydown", "shift")
        window.drag((4_500_000_000, "Thread-1"), (4_000_000_000, "Thread-1"))
        window.do("keyup", "shift")
        window.until(lambda state: abs(state["from_ns"] - 3_500_000_000) < 20_000_000,
                     "the drag has moved the view by half a second")
        self.assertAlmostEqual(length(window.state()), length(before), delta=2)

    def test_a_drag_that_leaves_the_window_goes_on(self):
        window = self.open("locked-sections", "--range", "3s:5s").find()
        window.settled()
        window.do("mousemove", *window.place(4_000_000_000, "Thread-1"))
        window.do("mousedown", "1")
        window.do("mousemove", *window.place(4_200_000_000, "Thread-1"))
        window.do("mousemove", "1590", "600")
        window.do("mouseup", "1")
        end = window.until(lambda state: state.get("range_to_ns", 0) > 4_900_000_000,
                           "the range goes to the edge")
        self.assertAlmostEqual(end["range_from_ns"], 4_000_000_000, delta=5_000_000)

    def test_the_pointer_hovers_and_leaves(self):
        window = self.open().find()
        self.assertEqual(window.settled()["hover"], "")
        for t_ns, lane, hover in ((1_500_000_000, "Thread-2", "span Thread-2 lock_wait threadLock"),
                                  (1_500_000_000, "Thread-1", "span Thread-1 sleep"),
                                  (1_500_000_000, "threadLock", "hold threadLock Thread-1"),
                                  (5_000_000_000, "threadLock", "hold threadLock Thread-2")):
            window.do("mousemove", *window.place(t_ns, lane))
            window.until(lambda state: state["hover"] == hover, f"{hover} is under the pointer")
        window.do("mousemove", "1599", "999")
        window.until(lambda state: state["hover"] == "", "the pointer has left")

    def test_a_click_selects_and_a_click_on_the_ruler_moves_the_playhead(self):
        window = self.open().find()
        window.settled()
        window.do("mousemove", *window.place(1_500_000_000, "Thread-2"), "click", "1")
        window.until(lambda state: state["selected"].startswith("span Thread-2"), "it is selected")
        x, _ = window.place(6_000_000_000, "Thread-2")
        window.do("mousemove", x, window.ruler_y(), "click", "1")
        window.until(lambda state: abs(state["playhead_ns"] - 6_000_000_000) < 20_000_000,
                     "the playhead is at 6 s")


class Live(Case):
    """A program that runs for as long as it is told to, recorded and watched."""

    def watch(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-live-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        homes = {"XDG_CONFIG_HOME": str(self.folder / "config"),
                 "XDG_STATE_HOME": str(self.folder / "state-home")}
        env = {**self.screen.env, **homes}
        trace = self.folder / "live.weft.jsonl"
        window = Window(env, self.folder, trace, "--live")
        self.addCleanup(window.close)
        self.program = subprocess.Popen(
            [WEFT, "record", "-q", "-o", str(trace), "--", PROGRAM], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end_program)
        return window

    def end_program(self):
        self.program.communicate()  # the end of its input is its own

    def grown(self, window, by_ns):
        before = window.state()["end_ns"]
        return window.until(lambda state: state["end_ns"] > before + by_ns, "the trace has grown")

    def test_it_follows_pauses_scrolls_back_and_sees_the_end(self):
        window = self.watch().find()
        first = window.until(lambda state: state["events"] > 20, "events come")
        self.assertTrue(first["live"] and first["follow"])
        after = self.grown(window, 200_000_000)
        self.assertEqual(after["playhead_ns"], after["end_ns"])
        window.key("space")
        paused = window.until(lambda state: not state["follow"], "space pauses")
        still = self.open_end(window, paused)
        self.assertEqual((still["from_ns"], still["to_ns"], still["playhead_ns"]),
                         (paused["from_ns"], paused["to_ns"], paused["playhead_ns"]))
        window.key("w", "w", "ctrl+Home")
        back = window.until(lambda state: state["playhead_ns"] == 0, "it goes back to the start")
        self.assertEqual(self.open_end(window, back)["playhead_ns"], 0)
        window.key("e")
        window.until(lambda state: state["follow"] and state["playhead_ns"] == state["end_ns"],
                     "E follows the end again")
        self.end_program()
        end = window.until(lambda state: not state["live"], "the end is noticed")
        self.assertIn("ended", end["notice"])

    def test_a_deadlock_is_told_within_a_second(self):
        window = self.watch().find()
        window.until(lambda state: state["events"] > 20, "events come")
        begin = time.monotonic()
        self.program.stdin.write("\n")
        self.program.stdin.flush()
        window.until(lambda state: state["notice"].startswith("Deadlock: "), "it is told")
        self.assertLess(time.monotonic() - begin, 1)

    def test_record_view_shows_the_program_and_waits_for_the_window(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-live-")
        self.addCleanup(folder.cleanup)
        env = {**self.screen.env, "XDG_CONFIG_HOME": folder.name, "XDG_STATE_HOME": folder.name}
        self.program = subprocess.Popen(
            [WEFT, "record", "--view", "-q", "-o", "seen.weft.jsonl", "--", PROGRAM],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=folder.name, text=True)
        self.addCleanup(self.program.kill)
        search = ["xdotool", "search", "--name", "seen.weft.jsonl"]
        window = wait_for(lambda: subprocess.run(search, env=env, capture_output=True, text=True,
                                                 check=False).stdout.split(),
                          "the window is there")[-1]
        self.program.stdin.close()
        trace = pathlib.Path(folder.name) / "seen.weft.jsonl"
        wait_for(lambda: '"end":true' in trace.read_text(encoding="utf-8"), "the trace is whole")
        self.assertIsNone(self.program.poll())
        close_window(env["DISPLAY"], int(window))
        self.assertEqual(self.program.wait(DEADLINE_S), 0)
        self.assertEqual(self.program.stderr.read(), "")
        self.program.stderr.close()

    def open_end(self, window, before):
        """The state when a little more has come than before."""
        return window.until(lambda state: state["end_ns"] > before["end_ns"] + 200_000_000,
                            "it grows on behind what is shown")


class TwoRuns(Case):
    """Two traces below each other, with one time axis and one playhead."""

    def both(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-two-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.homes = {"XDG_CONFIG_HOME": str(self.folder / "config"),
                      "XDG_STATE_HOME": str(self.folder / "state-home")}
        subprocess.run(["xdotool", "mousemove", "1599", "999"], env=self.screen.env, check=True)
        window = Pair({**self.screen.env, **self.homes}, self.folder,
                      SAMPLES / "locked-sections.weft.jsonl",
                      str(SAMPLES / "queue-workers.weft.jsonl"))
        self.addCleanup(window.close)
        return window.find()

    def same(self, state):
        upper, lower = state["upper"], state["lower"]
        shift = upper["shift_ns"]
        return (abs(upper["from_ns"] - lower["from_ns"] - shift) <= 1 and
                abs(upper["to_ns"] - lower["to_ns"] - shift) <= 1)

    def test_what_one_does_the_other_does(self):
        window = self.both()
        before = window.settled()
        self.assertTrue(self.same(before))
        self.assertFalse(before["upper"]["below_leads"])
        window.key("w", "w", "period")
        after = window.until(lambda state: state["upper"]["playhead_ns"] > 0, ". steps")
        after = window.settled()
        self.assertLess(length(after["upper"]), length(before["upper"]))
        self.assertTrue(self.same(after))
        self.assertEqual(after["upper"]["playhead_ns"], after["lower"]["playhead_ns"])

    def test_y_gives_the_keys_to_the_other_and_x_aligns_by_the_selections(self):
        window = self.both()
        window.settled()
        window.key("Right", "Right", "y")
        window.until(lambda state: state["upper"]["below_leads"], "Y gives the keys away")
        window.key("Down", "Down", "Right", "Right", "Right")
        picked = window.until(lambda state: state["lower"]["selected"], "the lower one selects")
        picked = window.settled()
        self.assertTrue(picked["upper"]["selected"])
        window.key("x")
        aligned = window.until(lambda state: "Aligned by what" in state["lower"]["notice"], "X aligns")
        self.assertTrue(self.same(aligned))
        self.assertNotEqual(aligned["upper"]["shift_ns"], 0)

    def test_the_pointer_takes_the_keys_along(self):
        window = self.both()
        window.settled()
        window.point(WIDTH // 2, HEIGHT * 3 // 4)
        window.until(lambda state: state["upper"]["below_leads"], "below the pointer leads")
        window.point(WIDTH // 2, HEIGHT // 4)
        window.until(lambda state: not state["upper"]["below_leads"], "and above again")


class Choices(Case):
    """A controlled run, steered: what would have been, had another thread gone on?"""

    def controlled(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-choices-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.trace = self.folder / "first.weft.jsonl"
        subprocess.run([WEFT, "run", "queue-workers", "-q", "--schedule", "random", "--seed", "3",
                        "-o", self.trace], check=True, stdout=subprocess.DEVNULL)
        self.homes = {"XDG_CONFIG_HOME": str(self.folder / "config"),
                      "XDG_STATE_HOME": str(self.folder / "state-home")}
        window = Window({**self.screen.env, **self.homes}, self.folder, self.trace,
                        "--range", "0s:40us", "--at", "0s")
        self.addCleanup(window.close)
        return window.find()

    def choices(self, path):
        lines = path.read_text(encoding="utf-8").splitlines()
        return [(line["taken"], line["among"].split(",")) for line in map(json.loads, lines)
                if line.get("event") == "choice"]

    def check_new_trace(self, window, number, taken):
        """The run that is shown below differs at that choice, and nowhere before it."""
        both = window.until(lambda state: "lower" in state and not state["lower"]["loading"],
                            "the new run is shown below")
        self.assertIn("Below:", both["upper"]["notice"])
        self.assertFalse(both["upper"]["runs_again"])
        new, = self.folder.glob("*.other-*.weft.jsonl")
        self.assertEqual(new.name, f"first.other-{number}-{taken}.weft.jsonl")
        old = self.choices(self.trace)
        made = self.choices(new)
        self.assertEqual(made[:number - 1], old[:number - 1])
        self.assertEqual(made[number - 1], (taken, old[number - 1][1]))
        self.assertNotEqual(old[number - 1][0], taken)
        self.assertEqual(both["lower"]["choices"], len(made))

    def test_a_run_is_made_again_by_keys_and_comes_below(self):
        window = self.controlled()
        state = window.settled()
        self.assertEqual(state["choices"], len(self.choices(self.trace)))
        for _ in range(3):
            before = window.settled()
            window.key("shift+bracketright")
            window.until(lambda after: after["playhead_ns"] > before["playhead_ns"],
                         "} goes to the next choice")
        self.assertEqual(window.settled()["selected"], "event choice")
        window.key("z")
        window.until(lambda state: state["prompt"] == "other", "Z asks with whom")
        window.key("Down", "Return")
        taken, among = self.choices(self.trace)[2]
        others = [i for i in range(len(among)) if i != taken]
        self.check_new_trace(window, 3, others[1])

    def test_a_run_is_made_again_by_the_mouse(self):
        window = self.controlled()
        window.settled()
        window.key("shift+bracketright")
        window.until(lambda state: state["selected"] == "event choice", "a choice is selected")
        place = next(at for at in window.settled()["controls"] if at["name"] == "other 0")
        window.point(round(place["x_px"]), round(place["y_px"]))
        window.until(lambda state: state["hover"] == "other 0", "the pointer is on the button")
        window.do("click", "1")
        taken, _ = self.choices(self.trace)[0]
        self.check_new_trace(window, 1, 1 if taken == 0 else 0)

    def test_a_click_on_the_mark_selects_the_choice(self):
        window = self.controlled()
        window.settled()
        event = next(json.loads(line) for line in self.trace.read_text("utf-8").splitlines()
                     if '"event":"choice"' in line)
        state = window.settled()
        at = next(row for row in state["lanes"] if row["name"] == "main")
        x = state["lane_left_px"] + event["t"] / length(state) * (
            state["lane_right_px"] - state["lane_left_px"])
        window.point(round(x), round(at["y_px"] + at["h_px"] - 5))
        window.until(lambda state: state["hover"] == "event choice", "it is under the pointer")
        window.do("click", "1")
        window.until(lambda state: state["selected"] == "event choice", "it is selected")

    def test_what_weft_cannot_do_is_said_in_the_window(self):
        window = self.controlled()
        window.settled()
        text = self.trace.read_text(encoding="utf-8")
        self.trace.write_text(text.replace('"version":1', '"version":9'), encoding="utf-8")
        window.key("shift+bracketright", "z")
        window.until(lambda state: state["prompt"] == "other", "Z asks with whom")
        window.key("Return")
        window.until(lambda state: "No run was made" in state["notice"], "it is said")
        self.assertIn("version 9", window.settled()["notice"])


class Windows(Case):
    def same_pixels(self, shown, drawn):
        """Without unittest's own comparison, which takes minutes to describe a difference."""
        self.assertEqual((len(shown), len(shown[0])), (len(drawn), len(drawn[0])))
        other = [y for y, row in enumerate(shown) if row != drawn[y]]
        self.assertFalse(other, f"{len(other)} rows of pixels differ, first and last: {other[:1]} {other[-1:]}")

    def test_a_window_shows_what_the_picture_shows(self):
        for words, driver in ((("--theme", "light", "--at", "1s"), {}),
                              (("--theme", "light", "--at", "1s"),
                               {"SDL_RENDER_DRIVER": "software"}),
                              (("--scale", "1.5", "--at", "1s"), {})):
            with self.subTest(words=words, driver=driver):
                window = self.open("queue-workers", *words, **driver).find()
                window.settled()
                out = self.folder / "out.png"
                subprocess.run([VIEW, self.trace, "--screenshot", out, *words,
                                "--size", f"{WIDTH}x{HEIGHT}"], check=True)
                self.same_pixels(window.shot(), png.rows(out.read_bytes()))

    def test_an_idle_window_draws_nothing(self):
        window = self.open().find()
        window.settled()
        frames = len(window.read_states())
        time.sleep(1)  # here the time is what is asked for
        self.assertEqual(len(window.read_states()), frames)

    def test_a_window_that_was_resized_is_drawn_anew_and_full(self):
        window = self.open("locked-sections", "--at", "1s").find()
        window.settled()
        window.do("windowsize", "--sync", window.id, "1000", "600")
        window.settled()
        rows = window.shot()
        self.assertEqual((len(rows), len(rows[0])), (600, 1000))
        out = self.folder / "out.png"
        subprocess.run([VIEW, self.trace, "--screenshot", out, "--size", "1000x600",
                        "--at", "1s"], check=True)
        self.same_pixels(rows, png.rows(out.read_bytes()))

    def test_its_title_names_the_trace(self):
        window = self.open().find()
        title = subprocess.run(["xdotool", "getwindowname", window.id], env=window.env, check=True,
                               capture_output=True, text=True).stdout
        self.assertIn("locked-sections", title)

    def test_closing_it_ends_the_program_well(self):
        window = self.open().find()
        close_window(window.env["DISPLAY"], int(window.id))
        self.assertEqual(window.process.wait(DEADLINE_S), 0)
        self.assertEqual(window.process.communicate(), ("", ""))

    def test_q_ends_the_program_well(self):
        for keys in ("q", "ctrl+q"):
            with self.subTest(keys=keys):
                window = self.open().find()
                window.settled()
                window.key(keys)
                self.assertEqual(window.process.wait(DEADLINE_S), 0)

    def test_ctrl_c_and_a_polite_kill_end_it_well(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                window = self.open()
                window.process.send_signal(number)
                self.assertEqual(window.process.wait(DEADLINE_S), 0)
                self.assertEqual(window.process.communicate(), ("", ""))

    def test_the_dummy_driver_runs_the_same_window(self):
        window = self.open("thread-class", SDL_VIDEODRIVER="dummy")
        self.assertGreater(length(window.settled()), 0)
        window.process.send_signal(signal.SIGTERM)
        self.assertEqual(window.process.wait(DEADLINE_S), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--view", type=os.path.abspath, required=True)
    parser.add_argument("--samples", type=pathlib.Path, required=True)
    parser.add_argument("--weft", type=os.path.abspath, required=True)
    parser.add_argument("--program", type=os.path.abspath, required=True)
    options, rest = parser.parse_known_args()
    VIEW, SAMPLES = options.view, options.samples.resolve()
    WEFT, PROGRAM = options.weft, options.program
    unittest.main(argv=[sys.argv[0], *rest])
