"""Two network namespaces, a veth pair between them, and a sensord on one end.

    with Lab() as lab, Sensor(lab, "build/debug/bin") as sensor:
        watch = sensor.watch("alerts")
        lab.run("a", "nmap -n -sS -p1-200 " + lab.address_b)
        watch.wait(lambda record: record["alert"]["rule"] == "port_scan", 5)

`a` sends, `b` receives and is watched. Everything has a name of its own, lives
in a temporary folder and goes away at the end, also on errors. Needs root.
Nothing ever leaves the namespaces: they have no way out.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

SKIP = 77


def can_make_namespaces():
    return os.geteuid() == 0 and shutil.which("ip") is not None and \
        subprocess.run(["ip", "netns", "list"], capture_output=True,
                       check=False).returncode == 0


class Lab:
    count = 0

    def __init__(self, offload=False):
        Lab.count += 1
        stem = "tl%d-%d" % (os.getpid(), Lab.count)
        self.namespace = {"a": stem + "a", "b": stem + "b"}
        self.interface = {"a": "va", "b": "vb"}
        self.address_a, self.address_b = "10.77.0.1", "10.77.0.2"
        self.offload = offload
        self.children = []

    def __enter__(self):
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _build(self):
        a, b = self.namespace["a"], self.namespace["b"]
        for name in (a, b):
            self._ip("netns", "add", name)
        self._ip("-n", a, "link", "add", "va", "type", "veth", "peer", "name",
                 "vb", "netns", b)
        for side, address in (("a", self.address_a), ("b", self.address_b)):
            name, interface = self.namespace[side], self.interface[side]
            self._ip("-n", name, "link", "set", "lo", "up")
            self._ip("-n", name, "address", "add", address + "/24", "dev",
                     interface)
            self._ip("-n", name, "link", "set", interface, "up")
        if not self.offload and shutil.which("ethtool"):
            for side in ("a", "b"):
                self.run(side, "ethtool -K %s tso off gso off gro off" %
                         self.interface[side], check=False)
        # What `a` sends elsewhere goes to `b`, which does not forward.
        self._ip("-n", a, "route", "add", "default", "via", self.address_b)

    @staticmethod
    def _ip(*arguments):
        command = ["ip", *arguments]
        if arguments[0] == "-n":  # `ip -n` mounts, too
            command = ["nsenter", "--net=/run/netns/" + arguments[1], "ip",
                       *arguments[2:]]
        subprocess.run(command, check=True)

    def command(self, side, command):
        if isinstance(command, str):
            command = shlex.split(command)
        # Unlike `ip netns exec` this mounts nothing, so it works in a chroot.
        return ["nsenter", "--net=/run/netns/" + self.namespace[side],
                *command]

    def run(self, side, command, timeout=60, check=True):
        """Runs a command to its end; returns the CompletedProcess. A command
        that takes longer than `timeout` is ended, which is no error."""
        child = subprocess.Popen(
            self.command(side, command), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ended = False
        try:
            out, err = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            ended = True
            child.send_signal(signal.SIGTERM)
            out, err = child.communicate()
        if check and child.returncode != 0 and not ended:
            raise RuntimeError("%s: %s %s" % (command, out[-400:], err[-400:]))
        return subprocess.CompletedProcess(command, child.returncode, out, err)

    def start(self, side, command, **options):
        """Starts a command that ends with the lab at the latest."""
        child = subprocess.Popen(self.command(side, command),
                                 stdin=subprocess.DEVNULL, **options)
        self.children.append(child)
        return child

    def close(self):
        for child in self.children:
            stop(child)
        for name in self.namespace.values():
            subprocess.run(["ip", "netns", "del", name], check=False,
                           stderr=subprocess.DEVNULL)


def stop(child, how=signal.SIGTERM):
    """Ends a process this lab started; waits for it."""
    if child.poll() is None:
        child.send_signal(how)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()


class Sensor:
    """A sensord on `b`'s interface with its own socket and data folder."""

    def __init__(self, lab, binaries, config=None, cores=None):
        self.lab = lab
        self.binaries = binaries
        self.cores = cores
        self.folder = tempfile.mkdtemp(prefix="tapline-lab-")
        self.address = "unix://" + os.path.join(self.folder, "sock")
        self.config = config
        self.child = None
        self.watches = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, timeout=20):
        """Starts it and waits until it says READY=1 (sd_notify)."""
        command = [os.path.join(self.binaries, "sensord"), "--interface",
                   self.lab.interface["b"], "--listen", self.address,
                   "--data-dir", os.path.join(self.folder, "data")]
        if self.config is not None:
            name = os.path.join(self.folder, "sensord.yaml")
            with open(name, "w", encoding="utf-8") as file:
                file.write(self.config)
            command += ["--config", name]
        if self.cores is not None:
            command = ["taskset", "-c", self.cores] + command
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = os.path.join(self.folder, "notify")
        if os.path.exists(path):
            os.unlink(path)
        notify.bind(path)
        notify.settimeout(timeout)
        log = open(os.path.join(self.folder, "log"), "ab")
        with log, notify:
            self.child = subprocess.Popen(
                self.lab.command("b", command), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
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
