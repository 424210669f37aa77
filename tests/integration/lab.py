"""Two network namespaces, a veth pair between them, and a sensord on one end.

    with Lab() as lab, Sensor(lab, "build/debug/bin") as sensor:
        watch = sensor.watch("alerts")
        lab.run("a", "nmap -n -sS -p1-200 " + lab.address_b)
        watch.wait(lambda record: record["alert"]["rule"] == "port_scan", 5)

`a` sends, `b` receives and is watched. Everything has a name of its own, lives
in a temporary folder and goes away at the end, also on errors. Needs root.
Nothing ever leaves the namespaces: they have no way out.
"""

import os
import shlex
import shutil
import signal
import subprocess

from daemon import Closing, Daemon, stop

SKIP = 77


def can_make_namespaces():
    return os.geteuid() == 0 and shutil.which("ip") is not None and \
        subprocess.run(["ip", "netns", "list"], capture_output=True,
                       check=False).returncode == 0


class Lab(Closing):
    count = 0

    def __init__(self, offload=False):
        Lab.count += 1
        stem = "tl%d-%d" % (os.getpid(), Lab.count)
        self.namespace = {"a": stem + "a", "b": stem + "b"}
        self.interface = {"a": "va", "b": "vb"}
        self.address_a, self.address_b = "10.77.0.1", "10.77.0.2"
        self.offload = offload
        self.children = []

    def open(self):
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


class Sensor(Daemon):
    """A sensord on `b`'s interface."""

    def __init__(self, lab, binaries, config=None, cores=None):
        prefix = ["taskset", "-c", cores] if cores is not None else []
        super().__init__(binaries, ["--interface", lab.interface["b"]], config,
                         lab.command("b", prefix))
