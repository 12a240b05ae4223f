#!/usr/bin/python3
"""Opens Chrome exports in speedscope, a reader that we did not write, as its users do: its real
page in a real browser.  Names, counts and times that it has understood (what its own Export button
saves) must be those of the trace, decoded by decode.py from the specification.

    speedscope.py --weft WEFT --modules NODE_MODULES --out FOLDER FOLDER-OF-TRACES...
"""
import argparse
import collections
import functools
import http.server
import pathlib
import subprocess
import sys
import threading
import unittest

import browser
import decode

# Export saves through an object URL; this keeps what was saved.
KEEP_SAVED = """
const make = URL.createObjectURL;
URL.createObjectURL = blob => { window.savedText = blob.text(); return make.call(URL, blob); };
"""
TOLERANCE_US = 0.001  # half a nanosecond of a sum of doubles, and to spare


class Handler(http.server.SimpleHTTPRequestHandler):
    """speedscope's files, and the exports under /exports/."""

    def __init__(self, *args, page, exports, **kwargs):
        self.folders = (page, exports)
        super().__init__(*args, directory=page, **kwargs)

    def translate_path(self, path):
        self.directory = self.folders[0]
        if path.startswith("/exports/"):
            self.directory, path = self.folders[1], path[len("/exports"):]
        return super().translate_path(path)

    def log_message(self, *_):
        pass


def serve(page, exports):
    handler = functools.partial(Handler, page=str(page), exports=str(exports))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def open_in_speedscope(page, port, name):
    """What speedscope has read from an export: the document that its Export saves."""
    page.call("Page.navigate", url="about:blank")
    page.complaints.clear()
    page.call("Page.navigate",
              url=f"http://127.0.0.1:{port}/index.html#profileURL=%2Fexports%2F{name}")
    page.wait_for("document.body && document.body.innerText.includes('Left Heavy') && "
                  "document.querySelector('canvas') !== null")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, modifiers=2, key="s", code="KeyS",
                  windowsVirtualKeyCode=83)
    page.wait_for("window.savedText !== undefined")
    return page.evaluate("window.savedText.then(JSON.parse)")


def frames_of(document, profile):
    """Of each frame: how often it was entered, its self time and its whole time, in us."""
    names = [frame["name"] for frame in document["shared"]["frames"]]
    count, self_us, total_us = collections.Counter(), collections.Counter(), collections.Counter()
    stack, last = [], None
    for event in profile["events"]:
        name = names[event["frame"]]
        if stack:
            self_us[stack[-1][0]] += event["at"] - last
        last = event["at"]
        if event["type"] == "O":
            count[name] += 1
            stack.append((name, event["at"]))
        else:
            top, since = stack.pop()
            assert top == name, f"{name} closes {top}"
            total_us[name] += event["at"] - since
    assert not stack, f"{stack} are open at the end"
    return count, self_us, total_us


def by_state(counter):
    """speedscope's frame is the slice's name and then its args as JSON; sums them by name."""
    sums = collections.Counter()
    for frame, value in counter.items():
        sums[frame.split(' {"', 1)[0]] += value
    return sums


class Speedscope(unittest.TestCase):
    options = None
    page = None
    server = None

    @classmethod
    def setUpClass(cls):
        release = pathlib.Path(cls.options.modules) / "speedscope" / "dist" / "release"
        assert (release / "index.html").is_file(), f"{release} has no speedscope (npm ci failed?)"
        cls.options.out.mkdir(parents=True, exist_ok=True)
        cls.server = serve(release, cls.options.out)
        cls.page = browser.Browser()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.addClassCleanup(cls.page.__exit__)
        cls.page.call("Page.addScriptToEvaluateOnNewDocument", source=KEEP_SAVED)
        cls.page.send("Browser.setDownloadBehavior", behavior="deny")

    def export(self, path):
        name = path.name.removesuffix(".weft.jsonl") + ".trace.json"
        subprocess.run([self.options.weft, "export", str(path), "--to", "chrome", "-o",
                        str(self.options.out / name)], check=True, stdout=subprocess.DEVNULL)
        return name

    def check(self, path):
        expected = decode.Trace(path)
        document = open_in_speedscope(self.page, self.server.server_port, self.export(path))
        self.assertEqual(self.page.complaints, [], "speedscope complains")

        program, pid = expected.header["program"], expected.header["pid"]
        threads = sorted((t for t in expected.threads.values() if t.start_ns is not None),
                         key=lambda thread: thread.tid)
        self.assertEqual([profile["name"] for profile in document["profiles"]],
                         [f"{program} (pid {pid}), {t.name} (tid {t.tid})" for t in threads])
        shown = self.page.evaluate("document.body.innerText")
        self.assertIn(f"{program} (pid {pid}), {threads[0].name} (tid {threads[0].tid})", shown)
        for profile, thread in zip(document["profiles"], threads):
            with self.subTest(thread=thread.name):
                self.check_thread(document, profile, thread)

    def test_a_broken_export_is_complained_about(self):
        """Else the silence of the other tests would mean nothing."""
        name = self.export(self.options.traces[0])
        text = (self.options.out / name).read_text("utf-8")
        at = text.rindex('"ph":"E"')
        at = text.index('"name":"', at) + len('"name":"')
        (self.options.out / "broken.trace.json").write_text(text[:at] + "not " + text[at:], "utf-8")
        open_in_speedscope(self.page, self.server.server_port, "broken.trace.json")
        self.assertNotEqual(self.page.complaints, [])

    def check_thread(self, document, profile, thread):
        self.assertEqual((profile["type"], profile["unit"]), ("evented", "microseconds"))
        count, self_us, total_us = frames_of(document, profile)
        wanted_count, wanted_us = collections.Counter(), collections.Counter()
        for name, start, end in thread.waits:
            wanted_count[name] += 1
            wanted_us[name] += (end - start) / 1000
        wanted_us["running"] = thread.running_ns() / 1000

        counted, took = by_state(count), by_state(self_us)
        for name in wanted_us:
            self.assertAlmostEqual(took[name], wanted_us[name], delta=TOLERANCE_US, msg=name)
        for name in wanted_count:
            self.assertEqual(counted[name], wanted_count[name], name)
        whole_us = by_state(total_us)
        for name, times in thread.zones.items():
            self.assertEqual(counted[name], len(times), name)
            self.assertAlmostEqual(whole_us[name], sum(times) / 1000, delta=TOLERANCE_US, msg=name)
        self.assertEqual(set(counted) - {"running"}, set(wanted_count) | set(thread.zones),
                         "slices that the trace does not have, or the reverse")
        self.assertAlmostEqual(profile["endValue"] - profile["startValue"],
                               (thread.end_ns - thread.start_ns) / 1000, delta=TOLERANCE_US)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weft", required=True)
    parser.add_argument("--modules", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    Speedscope.options = parser.parse_args()
    Speedscope.options.traces = decode.traces_in(Speedscope.options.folders)
    for path in Speedscope.options.traces:
        name = "test_" + path.name.removesuffix(".weft.jsonl").replace("-", "_")
        setattr(Speedscope, name, lambda self, path=path: self.check(path))
    unittest.main(argv=sys.argv[:1], verbosity=2)


if __name__ == "__main__":
    main()
