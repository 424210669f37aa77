#!/usr/bin/env python3
"""Reloading the configuration of a running sensor under load (R48).

    reload_test.py --bin DIR [--rounds 200]

First as many invalid files as rounds, each a mutation of the valid one: the old
configuration stays in force bit for bit and the error names the line. Then as
many valid ones: each is in force as a whole, and no packet is lost.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import lab as labs
from checks import check, until, verdict

HERE = os.path.dirname(os.path.abspath(__file__))


def valid(number):
    """One number stands in every value: a mixture of two files shows."""
    return """log:
  level: info
detect:
  suppress_window: %(n)ds
  port_scan:
    min_ports: %(n)d
    window: %(n)ds
  host_sweep:
    min_hosts: %(n)d
    window: %(n)ds
  syn_flood:
    min_syns_per_source: %(n)d
    min_syns_per_target: %(n)d
flow:
  max_flows: 600000
""" % {"n": number}


NUMBERED = ["detect.suppress_window", "detect.port_scan.min_ports",
            "detect.port_scan.window", "detect.host_sweep.min_hosts",
            "detect.host_sweep.window", "detect.syn_flood.min_syns_per_source",
            "detect.syn_flood.min_syns_per_target"]


def mutate(text, number):
    """(An invalid text, its bad line or None where the reader may name a later
    one, a part of the error or None)."""
    lines = text.splitlines()
    leaves = [i for i, line in enumerate(lines)
              if not line.endswith(":") and "level" not in line]
    at = random.choice(leaves)
    indent = " " * (len(lines[at]) - len(lines[at].lstrip()))
    key = lines[at].split(":")[0]
    kind = number % 8
    where, words = at + 1, None
    if kind == 0:
        lines[at] = "%sunknown_%d: 1" % (indent, number)
        words = "unknown_%d" % number
    elif kind == 1:
        lines[at] = "%s: word_%d" % (key, number)
    elif kind == 2:
        lines[at] = "%s: -%d" % (key, number + 1)
    elif kind == 3:
        lines.insert(at + 1, lines[at])  # twice
        where = at + 2
    elif kind == 4:
        lines[at] = "%s: {a: %d}" % (key, number)
    elif kind == 5:
        lines[at] = "%s: [%d, " % (key, number)  # never closed
        where = None
    elif kind == 6:
        lines[at] = "%s: \t\x01%d" % (key, number)
        where = None
    else:
        lines[at] = "%s: \"%d" % (key, number)  # never closed
        where = None
    return "\n".join(lines) + "\n", where, words


class Reloads:
    def __init__(self, lab, sensor):
        self.lab = lab
        self.sensor = sensor
        self.path = os.path.join(sensor.folder, "sensord.yaml")

    def put(self, text):
        """In one step, as an editor or a package would, then SIGHUP."""
        part = self.path + ".part"
        with open(part, "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(part, self.path)
        self.sensor.child.send_signal(signal.SIGHUP)

    def settings(self):
        out = self.sensor.netctl("list", "settings", "-o", "json").stdout
        return {s["path"]: s["value"]
                for s in (json.loads(line) for line in out.splitlines())}

    def refused(self, rounds):
        before = self.settings()
        revision = self.sensor.status()["policy_revision"]
        for number in range(rounds):
            text, line, words = mutate(valid(60), number)
            self.put(text)
            wanted = re.compile(
                r"sensord\.yaml:%s:\d+: .*%s" %
                (line if line else r"\d+", re.escape(words or "")), re.S)
            status = until(
                lambda: (lambda s: s if wanted.search(
                    s.get("policy_error", "")) else None)(
                        self.sensor.status()), 10,
                lambda: "%r names line %s: %s" % (
                    text, line, self.sensor.status().get("policy_error")))
            check(status["policy_revision"] == revision,
                  "an invalid file made a revision: %r" % text)
            check(status["verdict"] == "VERDICT_DEGRADED", "verdict")
            if number % 20 == 19:
                check(self.settings() == before,
                      "an invalid file changed settings: %r" % text)
        check(self.settings() == before, "settings changed")

    def accepted(self, rounds):
        last = int(self.sensor.status()["policy_revision"])
        for number in range(rounds):
            wanted = 100 + number
            self.put(valid(wanted))
            status = until(
                lambda: (lambda s: s if int(s["policy_revision"]) > last
                         and s["capture"]["policy_revision"] ==
                         s["policy_revision"] else None)(
                             self.sensor.status()), 10,
                lambda: "round %d is in force" % number)
            check(not status.get("policy_error"), status.get("policy_error"))
            check(int(status["policy_revision"]) == last + 1,
                  "one file made %d revisions" %
                  (int(status["policy_revision"]) - last))
            last = int(status["policy_revision"])
            settings = self.settings()
            for path in NUMBERED:
                digits = int(re.sub(r"\D", "", seconds(settings[path])))
                check(digits == wanted, "round %d: %s is %s" %
                      (wanted, path, settings[path]))


def seconds(value):
    """"1m40s" as "100"; other values as they are."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", value)
    if not found or not value:
        return value
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return str(hours * 3600 + minutes * 60 + rest)


LOAD = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("sending", flush=True)
while True:
    for i in range(40):
        s.sendto(b"x" * 100, (sys.argv[1], 20000 + i))
    time.sleep(0.01)
"""


def run(binaries, rounds):
    random.seed(48)
    with labs.Lab() as lab, labs.Sensor(lab, binaries, valid(60)) as sensor:
        reloads = Reloads(lab, sensor)
        load = lab.start("a", [sys.executable, "-c", LOAD, lab.address_b],
                         stdout=subprocess.PIPE)
        check(b"sending" in load.stdout.readline(), "no load")
        start = sensor.status()["capture"]
        begin = time.monotonic()
        reloads.refused(rounds)
        middle = time.monotonic()
        reloads.accepted(rounds)
        end = time.monotonic()
        labs.stop(load)
        capture = sensor.status()["capture"]
        packets = int(capture["packets"]) - int(start["packets"])
        drops = sum(int(capture[d]) - int(start[d])
                    for d in ("kernel_drops", "interface_drops"))
        sent = sent_by(lab)
        until(lambda: int(sensor.status()["capture"]["packets"]) >= sent, 10,
              lambda: "every packet of %d was captured: %s" %
              (sent, sensor.status()["capture"]["packets"]))
        print("reload: %d invalid files in %.1f s, %d valid ones in %.1f s; "
              "%d packets captured meanwhile, %d dropped" %
              (rounds, middle - begin, rounds, end - middle, packets, drops))
        check(drops == 0, "%d packets lost" % drops)
        check(packets > 100 * (end - begin), "there was no load")
        refusals = sensor.log_lines("config_refused")
        check(len(refusals) >= rounds, "%d refusals logged" % len(refusals))


def sent_by(lab):
    """UDP datagrams `a` has sent since its namespace was made."""
    done = lab.run("a", "cat /proc/net/snmp")
    rows = [line.split() for line in done.stdout.splitlines()
            if line.startswith("Udp:")]
    return int(rows[1][rows[0].index("OutDatagrams")])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    if not labs.can_make_namespaces():
        print("skipped: needs root and network namespaces")
        return labs.SKIP
    return verdict(lambda: run(options.bin, options.rounds))


if __name__ == "__main__":
    sys.exit(main())
