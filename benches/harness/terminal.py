"""A program on a terminal of its own: keys are pressed, and the time until the screen shows something is taken."""
import os
import pty
import select
import signal
import sys
import time

# how long the screen may take, in seconds
PATIENCE = 30
# after so long without a byte nothing more is expected
QUIET = 0.1


class Terminal:
    def __init__(self, command, environment, folder):
        self.process, self.screen = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)

    def type(self, keys):
        """Types, and waits until the screen has nothing more to say."""
        os.write(self.screen, keys)
        self.settle()

    def press(self, keys, until):
        """Seconds from the keys to the text on the screen."""
        begun = time.perf_counter()
        os.write(self.screen, keys)
        return self.wait(until) - begun

    def wait(self, until):
        """The point in time at which the text is there."""
        text, last = b"", time.monotonic() + PATIENCE
        while until not in text:
            if time.monotonic() > last:
                sys.exit(f"{until!r} did not come, but {text[-300:]!r}")
            if self.ready(1):
                text += os.read(self.screen, 65536)
        return time.perf_counter()

    def settle(self):
        """Reads what is still on its way."""
        while self.ready(QUIET):
            os.read(self.screen, 65536)

    def ready(self, seconds):
        return bool(select.select([self.screen], [], [], seconds)[0])

    def close(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.screen)
