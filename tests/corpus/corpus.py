"""Where the corpus is, how sensord is run on it, and how a check ends."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys

SKIP = 77
# Link types sensord promises to read: Ethernet, null, loop, raw, PPP, SLL.
LINKS = {0, 1, 9, 12, 14, 101, 108, 113, 228, 229, 276}


def arguments(description, extra=None, tools=()):
    """Parses `--sensord PATH` and what `extra(parser)` adds, and finds the
    corpus. Exits 77 without it or one of the tools (1 when
    TAPLINE_REQUIRE_CORPUS is set)."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--sensord", required=True, help="the binary")
    parser.add_argument("--only", help="only captures whose name contains it")
    if extra:
        extra(parser)
    options = parser.parse_args()
    options.corpus = os.environ.get("TAPLINE_CORPUS", "")
    missing = None
    if not os.path.isdir(options.corpus):
        missing = "TAPLINE_CORPUS is not set to a folder"
    elif not os.access(options.sensord, os.X_OK):
        missing = "no binary at " + options.sensord
    for tool in tools:
        if not shutil.which(tool):
            missing = "no " + tool
    if missing:
        print("skipped:", missing)
        required = os.environ.get("TAPLINE_REQUIRE_CORPUS", "") not in ("", "0")
        sys.exit(1 if required else SKIP)
    return options


def captures(options, folders=("ndpi", "zeek", "suricata")):
    """Paths relative to the corpus, sorted."""
    found = []
    for folder in folders:
        top = os.path.join(options.corpus, folder)
        if os.path.isdir(top):
            for name in os.listdir(top):
                path = folder + "/" + name
                if not options.only or options.only in path:
                    found.append(path)
    return sorted(found)


class Run:
    """One finished `sensord analyze`."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    def trouble(self):
        """Why the run counts as a crash, or None. 0 and 1 are answers."""
        if self.code in (0, 1):
            return None
        if self.code < 0:
            return "killed by " + signal.Signals(-self.code).name
        return "exit code %d: %s" % (self.code, self.err[-500:])

    def records(self, kind=None):
        """The JSON records, or only those of a kind ("flow")."""
        start = None if kind is None else '{"%s":' % kind
        for line in self.out.splitlines():
            if start is None or line.startswith(start):
                yield json.loads(line)

    def summary(self):
        for record in self.records("summary"):
            return record["summary"]
        return None


def analyze(options, path, *flags, timeout=300):
    """Runs `sensord analyze -o json` on a capture of the corpus."""
    command = [options.sensord, "analyze", os.path.join(options.corpus, path),
               "-o", "json", "--no-store", *flags]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Run(124, "", "no end within %d s" % timeout)
    return Run(done.returncode, done.stdout.decode("utf-8", "replace"),
               done.stderr.decode("utf-8", "replace"))


def number(value):
    """64-bit integers are strings in the JSON."""
    return int(value or 0)
