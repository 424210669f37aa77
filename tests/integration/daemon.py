"""A sensord process with its own socket and data folder, asked through netctl.

    with Daemon("build/release/bin", ["--no-capture"]) as sensor:
        print(sensor.status()["verdict"])
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time


def stop(child, how=signal.SIGTERM):
    """Ends a process that the test started; waits for it."""
    if child.poll() is None:
        child.send_signal(how)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()


class Closing:
    """`with` opens it and closes it, also when opening fails half way."""

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()


class Daemon(Closing):
    """`flags` go to sensord, `config` is the text of its configuration file,
    `prefix` a command that runs it."""

    def __init__(self, binaries, flags=(), config=None, prefix=()):
        self.binaries = binaries
        self.flags = list(flags)
        self.prefix = list(prefix)
        self.folder = tempfile.mkdtemp(prefix="tapline-lab-")
        self.address = "unix://" + os.path.join(self.folder, "sock")
        self.config = config
        self.child = None
        self.watches = []

    def open(self):
        self.start()

    def start(self, timeout=20):
        """Starts it and waits until it says READY=1 (sd_notify)."""
        command = self.prefix + [
            os.path.join(self.binaries, "sensord"), *self.flags, "--listen",
            self.address, "--data-dir", os.path.join(self.folder, "data")]
        if self.config is not None:
            name = os.path.join(self.folder, "sensord.yaml")
            with open(name, "w", encoding="utf-8") as file:
                file.write(self.config)
            command += ["--config", name]
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = os.path.join(self.folder, "notify")
        if os.path.exists(path):
            os.unlink(path)
        notify.bind(path)
        notify.settimeout(timeout)
        log = open(os.path.join(self.folder, "log"), "ab")
        with log, notify:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": path})
            waker = threading.Thread(target=self._wake, args=(path,),
                                     daemon=True)
            waker.start()
            try:
                while b"READY=1" not in notify.recv(4096):
                    if self.child.poll() is not None:
                        raise RuntimeError("sensord ended: " + self.log())
            except TimeoutError as error:
                raise RuntimeError("sensord is not ready: " +
                                   self.log()) from error

    def _wake(self, path):
        """Ends the wait for READY when the process dies."""
        self.child.wait()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wake:
                wake.sendto(b"ENDED", path)
        except OSError:
            pass

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8",
                  errors="replace") as file:
            return file.read()[-2000:]

    def log_lines(self, event):
        """Lines the sensor logged of an event."""
        with open(os.path.join(self.folder, "log"), encoding="utf-8",
                  errors="replace") as file:
            return [line for line in file if " %s " % event in line + " "]

    def netctl(self, *arguments, timeout=30, check=True):
        """Runs netctl against it; returns the CompletedProcess."""
        done = subprocess.run(
            [os.path.join(self.binaries, "netctl"), "--address", self.address,
             *arguments], capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL, check=False)
        if check and done.returncode != 0:
            raise RuntimeError("netctl %s: %d %s" % (
                arguments, done.returncode, done.stderr[-500:]))
        return done

    def status(self):
        return json.loads(self.netctl("status", "-o", "json").stdout)

    def watch(self, noun, *flags):
        """A running `netctl watch`, subscribed when this returns."""
        before = self.status().get("subscribers", 0)
        watch = Watch([os.path.join(self.binaries, "netctl"), "--address",
                       self.address, "watch", noun, "-o", "json", *flags])
        self.watches.append(watch)
        limit = time.monotonic() + 10
        while self.status().get("subscribers", 0) <= before:
            if watch.ended() or time.monotonic() > limit:
                raise RuntimeError("netctl watch %s: %s" % (noun, watch.err()))
        return watch

    def close(self):
        for watch in self.watches:
            watch.close()
        if self.child is not None:
            stop(self.child)
        shutil.rmtree(self.folder, ignore_errors=True)


class Watch:
    """Collects the lines of a command, with the wall time of each."""

    def __init__(self, command):
        self._child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self._changed = threading.Condition()
        self._lines = []
        self._err = ""
        self._over = False
        self._threads = [threading.Thread(target=self._read, daemon=True),
                         threading.Thread(target=self._read_err, daemon=True)]
        for thread in self._threads:
            thread.start()

    def _read(self):
        for line in self._child.stdout:
            now = time.time()
            with self._changed:
                self._lines.append((now, json.loads(line)))
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _read_err(self):
        self._err = self._child.stderr.read()

    def ended(self):
        return self._over

    def err(self):
        return self._err

    def records(self, kind):
        """[(wall time, record)] of a kind so far."""
        with self._changed:
            return [(t, r[kind]) for t, r in self._lines if kind in r]

    def wait(self, wanted, timeout):
        """The first (wall time, record) for which wanted(record), or None."""
        limit = time.monotonic() + timeout
        seen = 0
        with self._changed:
            while True:
                for time_, record in self._lines[seen:]:
                    if wanted(record):
                        return time_, record
                seen = len(self._lines)
                left = limit - time.monotonic()
                if left <= 0 or self._over:
                    return None
                self._changed.wait(left)

    def quiet(self, seconds):
        """Waits until nothing new came for so long."""
        with self._changed:
            while self._changed.wait(seconds):
                pass

    def close(self):
        stop(self._child, signal.SIGINT)
        for thread in self._threads:
            thread.join(5)
        self._child.stdout.close()
        self._child.stderr.close()
