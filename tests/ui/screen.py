"""A display for a real window, where there is none."""
import os
import subprocess


class Screen:
    """An X server of our own; it chooses a free number itself."""

    def __init__(self, size="1600x1000"):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", size + "x24", "-nolisten", "tcp",
             "-noreset"],  # or the pointer jumps back whenever the last client leaves
            pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as numbers:
            number = numbers.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.env = {**os.environ, "DISPLAY": ":" + number}
        for key in ("WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "SDL_RENDER_DRIVER"):
            self.env.pop(key, None)

    def close(self):
        self.server.terminate()
        self.server.wait()
