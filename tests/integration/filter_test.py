#!/usr/bin/env python3
"""Filters on the real programs, without root.

    filter_test.py --bin DIR

The same filter over the same traffic takes the same records while it is
replayed (`netctl watch`), afterwards from the store (`netctl list`) and from the
file (`sensord analyze`). Mistakes are told with their place; filters are saved
and used by name; suppressions have filters.
"""

import argparse
import json
import os
import socket
import struct
import subprocess
import sys

from checks import check, until, verdict
from daemon import Daemon, stop

KINDS = ("alert", "flow", "event")
FILTERS = [
    'dns.qry.name contains "example" and not ip.dst == 10.0.0.0/8',
    "not flow",
    "tcp.dstport in {5..9, 443}",
    "rule == port_scan or udp.srcport < 20005",
    'dns.qry.name matches "^HOST1" and len(dns.qry.name) > 12',
    "ip.src == 192.0.2.66 xor tcp.flags.syn",
    "frame.time > 2026-01-01T00:00:00.45Z and not dns",
]
WRONG = [
    ("dns.qry.nam == \"x\"", "did you mean dns.qry.name?", 1),
    ("tcp and ip.src == 1.2.3", "is no address", 19),
    ("tcp.port in {80", "never closed", 13),
    ("(" * 500 + "tcp", "levels", 65),
    ("dns.qry.name matches \"(a{500}){500}\"", "pattern", 22),
    ("dns.qry.name matches \"(a?|[a-z]?|\\\\w?){40}[^.]{50,60}Q\"",
     "costs too much", 22),
    ("@nobody", "no saved filter", 1),
]
# As much as a filter may cost: no cache of states helps with such patterns.
COSTLY = " or ".join(
    "dns.qry.name matches \"(a?|[a-z]?|\\\\w?){12}[^.]{20,24}Q%d\"" % number
    for number in range(4))
COSTLY_CALLS = 16


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def frame(source, destination, protocol, payload):
    """Ethernet and IPv4 (RFC 791) around a payload."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64,
                         protocol, 0, socket.inet_aton(source),
                         socket.inet_aton(destination))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return bytes(12) + b"\x08\x00" + header + payload


def syn(source_port, port):
    return struct.pack("!HHIIBBHHH", source_port, port, 1, 0, 0x50, 2, 1024, 0,
                       0)


def query(number, name):
    """A DNS question (RFC 1035 4.1) in UDP."""
    labels = b"".join(bytes([len(part)]) + part.encode()
                      for part in name.split("."))
    message = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + \
        b"\0" + struct.pack("!2H", 1, 1)
    return struct.pack("!4H", 20000 + number, 53, 8 + len(message), 0) + message


def traffic():
    for number in range(40):
        name = "host%d.%s" % (number, "example.com" if number % 2 else "test")
        yield frame("192.0.2.%d" % (1 + number % 7),
                    "10.0.0.53" if number % 3 == 0 else "198.51.100.53", 17,
                    query(number, name))
    for port in range(1, 16):
        yield frame("192.0.2.66", "192.0.2.1", 6, syn(40000, port))
    for number in range(10):
        yield frame("192.0.2.8", "198.51.100.%d" % (1 + number), 6,
                    syn(50000 + number, 443 if number % 2 else 80))


def many_queries():
    for number in range(10000):
        name = "abcdefghijklmnop%d.some.quite.long.name.of.example.com" % number
        yield frame("192.0.2.1", "198.51.100.53", 17, query(number, name))


def write_capture(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, data in enumerate(frames):
            file.write(struct.pack("<4I", 1767225600 + number // 100,
                                   number % 100 * 10000, len(data), len(data)))
            file.write(data)


def names(lines):
    """{(kind, id)} of records in JSON."""
    found = set()
    for record in lines:
        for kind in KINDS:
            if kind in record:
                found.add((kind, record[kind]["id"]))
    return found


class Claims:
    def __init__(self, binaries, sensor):
        self.sensord = os.path.join(binaries, "sensord")
        self.netctl = os.path.join(binaries, "netctl")
        self.sensor = sensor
        self.capture = os.path.join(sensor.folder, "traffic.pcap")
        write_capture(self.capture, traffic())

    def analyze(self, *flags):
        return subprocess.run(
            [self.sensord, "analyze", self.capture, "-o", "json", *flags],
            capture_output=True, text=True, timeout=60, check=False)

    def of_file(self, text):
        done = self.analyze("--filter", text)
        check(done.returncode == 0, "analyze: " + done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        check("summary" in lines[-1], "no summary")
        return names(lines)

    def of_store(self, text, source):
        found = set()
        for kind in KINDS:
            done = self.sensor.netctl("list", kind + "s", "--source", source,
                                      "--all", "-o", "json", "--filter", text)
            found |= names(map(json.loads, done.stdout.splitlines()))
        return found

    def parity(self):
        """Each filter: watched while it happens, listed, and read."""
        everything = self.of_file("alert or flow or event")
        check(len(everything) > 80, "only %d records" % len(everything))
        for number, text in enumerate(FILTERS):
            source = "r%d" % number
            watches = [self.sensor.watch(kind + "s", "--source", source,
                                         "--filter", text) for kind in KINDS]
            self.sensor.netctl("replay", self.capture, "--id", source,
                               "--speed", "max")
            # Who was told of the end finds everything in the store.
            stored = self.of_store(text, source)
            expected = self.of_file(text)
            check(0 < len(expected) < len(everything),
                  "%s takes %d" % (text, len(expected)))

            def live():
                return {(kind, record["id"])
                        for kind, watch in zip(KINDS, watches)
                        for _, record in watch.records(kind)}

            until(lambda: live() == expected, 10,
                  lambda: "live is the file for %s: %s" % (
                      text, live() ^ expected))
            check(stored == expected, "history is the file for %s: %s" % (
                text, stored ^ expected))
            for watch in watches:
                watch.close()

    def mistakes(self):
        for text, says, column in WRONG:
            for done in (self.sensor.netctl("list", "flows", text, check=False),
                         self.analyze("--filter", text)):
                check(done.returncode == 2, "%s: exit %d" % (
                    text[:40], done.returncode))
                check(says in done.stderr, "%s: %s" % (text[:40], done.stderr))
                check("column %d:" % column in done.stderr, done.stderr)
                mark = "\n  " + text + "\n  " + " " * (column - 1) + "^\n"
                check(mark in done.stderr or len(text) > 400, done.stderr)

    def saved(self):
        self.sensor.netctl("filter", "save", "inside", "ip.dst == 10.0.0.0/8")
        listed = self.sensor.netctl("filter", "list", "-o", "json").stdout
        check(json.loads(listed)["name"] == "inside", listed)
        text = "@inside and udp"
        check(self.of_store(text, "r0") ==
              self.of_file("ip.dst == 10.0.0.0/8 and udp"), "by its name")
        said = self.sensor.netctl("list", "flows", "--explain-filter", text)
        check("any value of ip.dst is within 10.0.0.0/8  (@inside)"
              in said.stdout, said.stdout)
        check("WHERE" in said.stdout, said.stdout)
        self.sensor.netctl("filter", "remove", "inside")
        gone = self.sensor.netctl("list", "flows", text, check=False)
        check(gone.returncode == 2, "a removed filter is still there")

    def suppressed(self):
        self.sensor.netctl("suppress", "add", "--filter",
                           "rule == port_scan and ip.src == 192.0.2.64/26")
        self.sensor.netctl("replay", self.capture, "--id", "quiet", "--speed",
                           "max")
        check(self.of_store("alert", "r0") != set(), "no alert without it")
        check(self.of_store("alert", "quiet") == set(), "not suppressed")

    def fields(self):
        said = self.sensor.netctl("fields", "dns.", "-o", "json").stdout
        rows = {row["name"]: row for row in map(json.loads, said.splitlines())}
        check(rows["dns.rtt_ns"]["unit"] == "ns", "unit")
        check(rows["dns.qry.name"]["value_privacy"] == "PRIVACY_NAME",
              "privacy")
        check(rows["dns.rcode"]["meaning"] != "", "meaning")

    def costly(self):
        """Who asks for little does not wait for those that ask for much."""
        capture = os.path.join(self.sensor.folder, "many.pcap")
        write_capture(capture, many_queries())
        self.sensor.netctl("replay", capture, "--id", "many", "--speed", "max")
        calls = [subprocess.Popen(
            [self.netctl, "--address", self.sensor.address, "list", "events",
             "--source", "many", "--all", "--filter", COSTLY],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(COSTLY_CALLS)]
        for _ in range(3):
            self.sensor.netctl("status", timeout=10)
            said = self.sensor.netctl(
                "list", "events", "--source", "many", "-o", "json", "--filter",
                "dns.qry.name startswith \"abcdefghijklmnop77\"", timeout=10)
            check(len(said.stdout.splitlines()) >= 100, "not all of the list")
        ended = sum(call.poll() is not None for call in calls)
        check(ended < COSTLY_CALLS / 2, "%d costly calls ended first" % ended)
        for call in calls:
            stop(call)

    def all(self):
        self.parity()
        self.mistakes()
        self.saved()
        self.suppressed()
        self.fields()
        self.costly()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    options = parser.parse_args()
    with Daemon(options.bin, ["--no-capture"]) as sensor:
        return verdict(Claims(options.bin, sensor).all)


if __name__ == "__main__":
    sys.exit(main())
