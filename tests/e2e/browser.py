"""Debian's Chromium without a window, driven over its DevTools pipe: a few dozen lines instead of
a driver from npm that brings a browser of its own."""
import collections
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

FLAGS = """--headless --no-sandbox --disable-gpu --use-angle=swiftshader --enable-unsafe-swiftshader
--disable-quic --no-first-run --disable-background-networking --disable-component-update
--disable-sync --disable-extensions --disable-dev-shm-usage --mute-audio --window-size=1280,800
--remote-debugging-pipe""".split()


def is_complaint(entry):
    """Not what the graphics driver of this machine thinks of its own speed."""
    return entry["level"] in ("warning", "error") and "GPU stall due to ReadPixels" not in entry["text"]


class Browser:
    """One page.  complaints collects what it logs as a warning or an error."""

    def __init__(self, program="chromium"):
        path = shutil.which(program)
        if path is None:
            raise FileNotFoundError(f"{program} is not installed (scripts/setup installs it)")
        self.complaints = []
        self.events = collections.deque()
        self.number = 0
        self.buffer = b""
        self.profile = tempfile.mkdtemp(prefix="weft-chromium-")
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()

        def pipes():  # the browser reads commands at 3 and writes answers to 4
            fds = [os.dup(to_read), os.dup(from_write)]
            fds = [os.dup2(fd, 10 + i) for i, fd in enumerate(fds)]
            os.dup2(fds[0], 3)
            os.dup2(fds[1], 4)

        self.process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"], preexec_fn=pipes,
            close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(from_write)
        targets = self.send("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close", timeout_s=5)
            self.process.wait(5)
        except (OSError, TimeoutError, EOFError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to_write)
        os.close(self.from_read)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, **params):
        return self.send(method, session=self.session, **params)

    def send(self, method, session=None, timeout_s=60, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout_s
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_read], [], [],
                                        max(0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.from_read, 1 << 20)
            if not part:
                raise EOFError("the browser is gone")
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(line)
        self.listen(message.get("method"), message.get("params", {}))
        return message

    def listen(self, method, params):
        if method == "Runtime.consoleAPICalled" and params["type"] in ("warning", "error", "assert"):
            self.complaints.append(" ".join(str(arg.get("value", arg.get("description", "")))
                                            for arg in params["args"]))
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and is_complaint(params["entry"]):
            self.complaints.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                           returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description"))
        return result["result"].get("value")

    def wait_for(self, expression, timeout_s=60):
        """Until the expression is true in the page; its value."""
        deadline = time.monotonic() + timeout_s
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            if time.monotonic() > deadline:
                raise TimeoutError(f"never true: {expression}; complaints: {self.complaints}")
            time.sleep(0.02)
