#!/usr/bin/env python3
"""From the packet that crosses a threshold to the alert at a client.

100 sources each try 12 ports of the watched host; the time from sending the
10th SYN to the arrival of that source's port_scan at a running `netctl watch
alerts` is measured, idle and, with --background, while veth_sender plays a
capture at that rate. Prints the distribution; fails when a scan is not raised
or the 99th percentile is over --max-ms.
"""

import argparse
import json
import math
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

import lab as labs

SCANS = 100
PORTS = 12
THRESHOLD = 10
GAP_S = 0.03


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def syn(macs, source, target, port):
    """An Ethernet frame with a bare SYN, 60 bytes."""
    addresses = socket.inet_aton(source) + socket.inet_aton(target)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0x4000, 64, 6, 0)
    ip = ip[:10] + struct.pack(">H", checksum(ip + addresses)) + addresses
    tcp = struct.pack(">HHIIBBHHH", 40000, port, 1, 0, 0x50, 2, 1024, 0, 0)
    pseudo = addresses + struct.pack(">BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
    return (macs[1] + macs[0] + b"\x08\x00" + ip + tcp).ljust(60, b"\0")


def send_scans(interface, mac_a, mac_b, target):
    """Runs inside namespace `a`: prints {source: wall time of the 10th SYN}."""
    macs = [bytes.fromhex(m.replace(":", "")) for m in (mac_a, mac_b)]
    sent = {}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((interface, 0))
        for scan in range(SCANS):
            source = "10.99.%d.%d" % (scan // 200, scan % 200 + 1)
            frames = [syn(macs, source, target, 1000 + p)
                      for p in range(PORTS)]
            for number, frame in enumerate(frames, 1):
                if number == THRESHOLD:
                    sent[source] = time.time()
                raw.send(frame)
            # Paces the scans; nothing is awaited.
            time.sleep(GAP_S)
    print(json.dumps(sent))


def mac(lab, side):
    done = lab.run(side, ["ip", "-j", "link", "show", lab.interface[side]])
    return json.loads(done.stdout)[0]["address"]


def percentile(values, share):
    """By nearest rank, of sorted values."""
    return values[max(0, math.ceil(share * len(values)) - 1)]


def measure(options, rate, capture):
    """Latencies in seconds, and how many scans were not raised."""
    with labs.Lab() as lab, labs.Sensor(lab, options.bin) as sensor:
        watch = sensor.watch("alerts")
        noise = None
        if rate:
            noise = lab.start("a", [
                os.path.join(options.bin, "veth_sender"), "--interface",
                lab.interface["a"], "--rate", str(rate), "--seconds", "15",
                capture], stdout=subprocess.DEVNULL)
        done = lab.run("a", [sys.executable, os.path.abspath(__file__),
                             "--send", lab.interface["a"], mac(lab, "a"),
                             mac(lab, "b"), lab.address_b])
        sent = json.loads(done.stdout)
        last = max(sent)
        watch.wait(lambda r: _source(r) == last, 5)
        if noise:
            labs.stop(noise)
        first = {}
        for when, alert in watch.records("alert"):
            if alert["rule"] == "port_scan":
                first.setdefault(_source({"alert": alert}), when)
    latency = sorted(first[s] - sent[s] for s in sent if s in first)
    return latency, len(sent) - len(latency)


def _source(record):
    return record.get("alert", {}).get("source", {}).get("address")


def report(name, latency, missed, limit_ms):
    if not latency:
        print("%-22s no alert" % name)
        return False
    milli = [1000 * value for value in latency]
    print("%-22s n %d  p50 %.2f  p90 %.2f  p99 %.2f  max %.2f ms  missed %d" % (
        name, len(milli), percentile(milli, .5), percentile(milli, .9),
        percentile(milli, .99), milli[-1], missed), flush=True)
    return not missed and percentile(milli, .99) <= limit_ms


def main():
    if sys.argv[1:2] == ["--send"]:
        send_scans(*sys.argv[2:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--background", type=int, default=0,
                        help="packets/s of a generated mix (0: idle only)")
    parser.add_argument("--max-ms", type=float, default=1000)
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    if not labs.can_make_namespaces() or not all(
            os.access(os.path.join(options.bin, name), os.X_OK)
            for name in ("sensord", "netctl")):
        print("skipped: needs root, ip(8), sensord and netctl")
        return labs.SKIP
    good = report("idle", *measure(options, 0, None), options.max_ms)
    if options.background:
        with tempfile.TemporaryDirectory(prefix="tapline-lat-") as folder:
            capture = os.path.join(folder, "imix.pcap")
            subprocess.run([os.path.join(options.bin, "make_traffic"),
                            "--flows", "50000", "--out", capture, "--truth",
                            os.path.join(folder, "truth")], check=True)
            name = "%d packets/s" % options.background
            good &= report(name, *measure(options, options.background,
                                          capture), options.max_ms)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
