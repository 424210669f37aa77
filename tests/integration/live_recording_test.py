#!/usr/bin/env python3
"""What sensord sees live is what `sensord analyze` sees in a recording.

sensord watches one end of a namespace pair while tcpdump records the same
interface with nanoseconds. Scans, refused logins, a flood, lookups of a DNS
tunnel and ordinary traffic of real tools cross it. When neither lost a packet,
both must have the same alerts (rule, severity, source, target, number of
contributing signals), beginning within 1 ms of each other, and the same flows
(transport, endpoints, packets, bytes and TCP flags of both directions),
beginning and ending within 1 ms.
"""

import argparse
import collections
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import lab as labs
from checks import Failure, verdict
from detections_test import seconds, serve_dns, serve_http

PROGRAMS = ("nmap", "hping3", "nc", "dig", "curl", "tcpdump")
MAX_DIFFERENCE = 0.001
# What the traffic below has to raise; each side may have more, but the same.
RULES = {"port_scan", "brute_force", "syn_flood", "dns_tunnel", "stealth_scan"}


def traffic(lab):
    serve_http(lab)
    serve_dns(lab)
    lab.run("a", "ping -c 3 -i 0.2 " + lab.address_b)
    for _ in range(3):
        lab.run("a", "curl -s -o /dev/null http://%s/" % lab.address_b)
    lab.run("a", "nmap -n -sS -T4 -p1-120 " + lab.address_b)
    lab.run("a", "nmap -n -sX -T4 -p1-30 " + lab.address_b)
    for _ in range(7):
        lab.run("a", "nc -w 2 -z %s 22" % lab.address_b, check=False)
    for i in range(14):
        lab.run("a", "dig +tries=1 +time=2 @%s %s%02d.%s.tunnel.example A" % (
            lab.address_b, "q" * 38, i, "z" * 20))
    lab.run("a", "hping3 -q -S -i u1000 -c 3000 -p 80 " + lab.address_b,
            check=False)
    lab.run("a", "hping3 -q -2 -i u2000 -c 200 -p 9000 " + lab.address_b,
            check=False)


class Recording:
    """tcpdump on b's interface; packets it saw and lost once it has ended."""

    def __init__(self, lab, name):
        self.name = name
        self.child = lab.start("b", [
            "tcpdump", "-i", lab.interface["b"], "-s", "0", "-B", "65536",
            "--immediate-mode", "--time-stamp-precision", "nano", "-Z", "root",
            "-U", "-w", name], stderr=subprocess.PIPE)
        line = self.child.stderr.readline()
        if b"listening" not in line:
            raise Failure("tcpdump said %r" % line)

    def end(self):
        labs.stop(self.child, signal.SIGINT)
        counts = {}
        for line in self.child.stderr.read().decode().splitlines():
            words = line.split()
            if len(words) >= 3 and words[0].isdigit():
                counts[" ".join(words[2:])] = int(words[0])
        lost = counts.get("dropped by kernel", 0)
        return counts["captured"] if "captured" in counts else 0, lost


def records(lines, kind):
    return [json.loads(line)[kind] for line in lines
            if line.startswith('{"%s":' % kind)]


def endpoint(side):
    """An endpoint without its scope: only the live sensor knows its host."""
    return side and (side.get("address", ""), side.get("port", 0))


def alert_key(alert):
    return (alert["rule"], alert["severity"], endpoint(alert.get("source")),
            endpoint(alert.get("target")), alert["count"])


def flow_key(flow):
    counts = tuple(
        flow[side][name] for side in ("from_originator", "from_responder")
        for name in ("packets", "frame_bytes", "ip_bytes", "payload_bytes",
                     "tcp_flags"))
    return (flow["transport"], endpoint(flow["originator"]),
            endpoint(flow["responder"]), counts)


def compare(what, live, recorded, key, times):
    """Largest difference of a time, in seconds; Failure when the keys differ
    or a time differs by more than MAX_DIFFERENCE."""
    sides = []
    for items in (live, recorded):
        by_key = collections.defaultdict(list)
        for item in items:
            by_key[key(item)].append(tuple(seconds(item[t]) for t in times))
        sides.append({k: sorted(v) for k, v in by_key.items()})
    for mine, other, name in ((sides[0], sides[1], "live"),
                              (sides[1], sides[0], "the recording")):
        only = [k for k in mine if len(mine[k]) != len(other.get(k, []))]
        if only:
            raise Failure("%d %s only or more often in %s: %s" % (
                len(only), what, name, only[:3]))
    worst = 0.0
    for k, mine in sides[0].items():
        for one, two in zip(mine, sides[1][k]):
            for a, b in zip(one, two):
                worst = max(worst, abs(a - b))
                if abs(a - b) > MAX_DIFFERENCE:
                    raise Failure("%s %s: %.6f s apart" % (what, k, a - b))
    return worst


def wait_for_packets(sensor, packets):
    """Until the sensor counted all of them; the number it did count."""
    limit = time.monotonic() + 5
    while True:
        status = sensor.status()["capture"]
        seen = int(status["packets"])
        if seen >= packets or time.monotonic() > limit:
            return seen, int(status["kernel_drops"])


def run(binaries, folder):
    name = os.path.join(folder, "recording.pcap")
    with labs.Lab() as lab:
        # No multicast that starts by itself: both must see the same packets.
        for side in ("a", "b"):
            lab.run(side, "sysctl -q -w net.ipv6.conf.all.disable_ipv6=1")
        recording = Recording(lab, name)
        with labs.Sensor(lab, binaries) as sensor:
            traffic(lab)
            # What is on its way to tcpdump has arrived once it is idle.
            time.sleep(0.3)
            packets, lost = recording.end()
            seen, drops = wait_for_packets(sensor, packets)
            sensor.netctl("stop", "capture")
            live = {}
            for kind in ("alert", "flow"):
                live[kind] = stored(sensor, kind)
    if lost or drops or seen != packets:
        raise Failure("not the same packets: tcpdump %d and lost %d, sensord "
                      "%d and lost %d" % (packets, lost, seen, drops))
    done = subprocess.run(
        [os.path.join(binaries, "sensord"), "analyze", name, "-o", "json"],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure("analyze: %d %s" % (done.returncode, done.stderr[-300:]))
    recorded = {kind: records(done.stdout.splitlines(), kind)
                for kind in ("alert", "flow")}
    missing = RULES - {alert["rule"] for alert in recorded["alert"]}
    if missing:
        raise Failure("the traffic did not raise %s" % sorted(missing))
    alerts = compare("alerts", live["alert"], recorded["alert"], alert_key,
                     ("first_seen",))
    flows = compare("flows", live["flow"], recorded["flow"], flow_key,
                    ("start", "end"))
    print("%d packets, %d alerts (%s), begins at most %.1f us apart; %d flows, "
          "times at most %.1f us apart" % (
              packets, len(live["alert"]),
              ", ".join(sorted({a["rule"] for a in live["alert"]})),
              1e6 * alerts, len(live["flow"]), 1e6 * flows))


def stored(sensor, kind):
    """All records of the kind, once the journal has handed them on."""
    limit = time.monotonic() + 10
    while True:
        loss = json.loads(sensor.netctl("loss", "-o", "json").stdout)
        if all(int(stage["in_flight"]) == 0 for stage in loss["stages"]
               if stage["stage"] == "journal"):
            break
        if time.monotonic() > limit:
            raise Failure("not all is stored: %s" % loss)
    page = sensor.netctl("list", kind + "s", "--all", "-o", "json")
    return records(page.stdout.splitlines(), kind)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    options = parser.parse_args()
    path = os.environ["PATH"] + ":/usr/sbin"
    missing = [p for p in PROGRAMS if not shutil.which(p, path=path)]
    if missing or not labs.can_make_namespaces():
        print("skipped: needs root, ip(8) and %s" % ", ".join(missing))
        return labs.SKIP
    with tempfile.TemporaryDirectory(prefix="tapline-lab-") as folder:
        return verdict(lambda: run(os.path.abspath(options.bin), folder))


if __name__ == "__main__":
    sys.exit(main())
