#!/usr/bin/env python3
"""deploy/demo: says what is wrong with its arguments, and leaves nothing behind
when it is interrupted, whenever that is.

    demo_test.py --bin DIR --demo PATH
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import lab as labs
from checks import Failure, check, until, verdict


class Demo:
    """The demo in a process group of its own, as a terminal starts it."""

    def __init__(self, options, folder):
        self.folder = folder
        self.out = os.path.join(folder, "out")
        with open(self.out, "wb") as out:
            self.child = subprocess.Popen(
                [options.demo, options.bin], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True,
                env={**os.environ, "TMPDIR": folder})

    def said(self, text):
        if self.child.poll() is not None:
            raise Failure("the demo ended: " + self.text()[-500:])
        return text in self.text()

    def text(self):
        with open(self.out, encoding="utf-8", errors="replace") as out:
            return out.read()

    def namespaces(self):
        names = ["tapline-%s-%d" % (side, self.child.pid)
                 for side in ("host", "peer")]
        return [name for name in names
                if os.path.exists("/run/netns/" + name)]

    def group(self):
        """Processes that are left of it, by session."""
        done = subprocess.run(["ps", "-o", "args=", "-s", str(self.child.pid)],
                              capture_output=True, text=True, check=False)
        return done.stdout.split("\n")[:-1]


# When ^C comes, by what the demo has done until then.
MOMENTS = {
    "at once": lambda demo: True,
    "one namespace": lambda demo: demo.namespaces(),
    "both namespaces": lambda demo: len(demo.namespaces()) == 2,
    "the sensor runs": lambda demo: demo.said("Verdict"),
    "attacks begin": lambda demo: demo.said("its alerts, live"),
    "the first alert": lambda demo: demo.said("port_scan"),
    "the flood": lambda demo: demo.said("syn_flood"),
}


def interrupt(options, moment, ready, signals):
    folder = tempfile.mkdtemp(prefix="tapline-demo-")
    try:
        demo = Demo(options, folder)
        until(lambda: ready(demo), 60, moment)
        for _ in range(signals):
            os.killpg(demo.child.pid, signal.SIGINT)
        try:
            code = demo.child.wait(20)
        except subprocess.TimeoutExpired as error:
            os.killpg(demo.child.pid, signal.SIGKILL)
            raise Failure("%s: does not end" % moment) from error
        text = demo.text()
        # Before bash has read the first line, the signal itself ends it.
        check(code in (130, -signal.SIGINT), "%s: status %d, %s" %
              (moment, code, text[-300:]))
        check(not demo.namespaces(), "%s: left %s" %
              (moment, demo.namespaces()))
        check(os.listdir(folder) == ["out"], "%s: left files %s" %
              (moment, os.listdir(folder)))
        until(lambda: not demo.group(), 5,
              lambda: "%s: left processes %s" % (moment, demo.group()))
        check("nsenter:" not in text and "Cannot" not in text,
              "%s: noise: %s" % (moment, text[-300:]))
        print("^C at '%s': nothing left" % moment, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def mistakes(options):
    def run(*arguments):
        return subprocess.run([options.demo, *arguments], check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=20)
    told = run("--help")
    check(told.returncode == 0 and "deploy/demo BIN" in told.stdout,
          "--help: %s" % told)
    for arguments, words in (((), "needs the folder"),
                             (("/nonexistent",), "/nonexistent/sensord"),
                             (("--what",), "unknown option --what")):
        told = run(*arguments)
        check(told.returncode == 2 and words in told.stderr and
              told.stderr.count("\n") == 1, "%s: %s" % (arguments, told))


def run_all(options):
    mistakes(options)
    for moment, ready in MOMENTS.items():
        interrupt(options, moment, ready, 1)
    interrupt(options, "attacks begin", MOMENTS["attacks begin"], 3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--demo", required=True)
    options = parser.parse_args()
    if not labs.can_make_namespaces():
        print("skipped: needs root and network namespaces")
        return labs.SKIP
    return verdict(lambda: run_all(options))


if __name__ == "__main__":
    sys.exit(main())
