#!/usr/bin/env python3
"""One filter means the same live, on history and on a file.

sensord watches one end of a namespace pair while tcpdump records it. A
generated mix is played onto the cable (server names under .example, servers
outside 10.0.0.0/8), and a TLS server inside 10.0.0.0/8 is visited that has such
a name, too. For each filter, the events that a watch with it is told while they
happen, those a watch of history and a list have afterwards, and those
`sensord analyze` finds in the recording must be the same, and be those that the
filter's meaning, written here once more in Python, picks out of all events.
"""

import argparse
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import lab as labs
import servers
from checks import Failure, check, until, verdict
from live_recording_test import Recording, records, stored, wait_for_packets

PRIVATE = ipaddress.ip_network("10.0.0.0/8")


def responder(event):
    return event["responder"]["address"]


def is_private(text):
    address = ipaddress.ip_address(text)
    return address.version == 4 and address in PRIVATE


# filter -> what it means. Each must take some events and leave some.
FILTERS = {
    'tls.sni contains "example" and not ip.dst == 10.0.0.0/8':
        lambda e: "example" in e.get("tls", {}).get("sni", "") and
        not is_private(responder(e)),
    'tls.handshake.extensions_server_name == "%s"' % servers.WEB:
        lambda e: e.get("tls", {}).get("sni") == servers.WEB,
    r'dns.qry.name matches "^(www|api)\." and udp.port in {53}':
        lambda e: e.get("dns", {}).get("name", "").startswith(
            ("www.", "api.")) and e["transport"] == "TRANSPORT_UDP" and
        53 in (e["responder"]["port"], e["originator"]["port"]),
    "http.host or ssh":
        lambda e: bool(e.get("http", {}).get("host")) or "ssh" in e,
}


def traffic(lab, binaries, folder):
    capture = os.path.join(folder, "mix.pcap")
    subprocess.run([os.path.join(binaries, "make_traffic"), "--mix", "imix",
                    "--flows", "2000", "--duration", "2", "--out", capture,
                    "--truth", os.path.join(folder, "truth")], check=True)
    servers.fetch(lab, "https://%s/" % servers.WEB)
    lab.run("a", [os.path.join(binaries, "veth_sender"), "--interface",
                  lab.interface["a"], "--rate", "10000", "--seconds", "2",
                  capture])
    servers.fetch(lab, "https://%s/" % servers.WEB)


def key(event):
    """An event without what only one clock or one run decides."""
    def plain(value):
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()
                    if not k.endswith(("_ns", "time", "id", "scope"))}
        if isinstance(value, list):
            return [plain(v) for v in value]
        return value
    return json.dumps(plain(event), sort_keys=True)


def same(text, wanted, found, where):
    wanted, found = sorted(map(key, wanted)), sorted(map(key, found))
    if wanted == found:
        return
    lost = [k for k in wanted if k not in found]
    more = [k for k in found if k not in wanted]
    raise Failure("%s %s: %d events for %d; missing %s; more %s" % (
        text, where, len(found), len(wanted), lost[:2], more[:2]))


def wanted_of(events):
    """filter -> the events it means."""
    wanted = {}
    for text, means in FILTERS.items():
        wanted[text] = [event for event in events if means(event)]
        check(0 < len(wanted[text]) < len(events),
              "%s takes %d of %d events: nothing is shown by that" % (
                  text, len(wanted[text]), len(events)))
    return wanted


def analyze(binaries, recording, *flags):
    done = subprocess.run(
        [os.path.join(binaries, "sensord"), "analyze", recording, "--only",
         "events", "-o", "json", *flags], capture_output=True, text=True,
        check=False)
    check(done.returncode == 0, "analyze: %s" % done.stderr[-300:])
    return records(done.stdout.splitlines(), "event")


def claims(binaries, folder):
    recording = os.path.join(folder, "recording.pcap")
    with labs.Lab() as lab:
        servers.make_certificate(folder)
        servers.serve_web(lab, folder)
        for side in ("a", "b"):
            lab.run(side, "sysctl -q -w net.ipv6.conf.all.disable_ipv6=1")
        tcpdump = Recording(lab, recording)
        with labs.Sensor(lab, binaries) as sensor:
            watches = {text: sensor.watch("events", "--filter", text)
                       for text in FILTERS}
            traffic(lab, binaries, folder)
            # What is on its way to tcpdump has arrived once it is idle.
            time.sleep(0.3)
            packets, lost = tcpdump.end()
            seen, drops = wait_for_packets(sensor, packets)
            check(seen == packets and not lost and not drops,
                  "not the same packets: %d, %d" % (packets, seen))
            sensor.netctl("stop", "capture")
            wanted = wanted_of(stored(sensor, "event"))
            for text, events in wanted.items():
                watch = watches[text]
                until(lambda w=watch, n=len(events):
                      len(w.records("event")) >= n, 10,
                      lambda w=watch, n=len(events): "%d of %d events live" % (
                          len(w.records("event")), n))
                same(text, events, [e for _, e in watch.records("event")],
                     "live")
                for command in (("watch", "events", "--no-follow", "--since",
                                 "1h"), ("list", "events", "--all")):
                    page = sensor.netctl(*command, "--filter", text, "-o",
                                         "json")
                    same(text, events, records(page.stdout.splitlines(),
                                               "event"), " ".join(command[:2]))
    everything = wanted_of(analyze(binaries, recording))
    for text, events in wanted.items():
        same(text, events, everything[text], "in all of the file")
        same(text, events, analyze(binaries, recording, "--filter", text),
             "on the file")
        print("ok     %4d events  %s" % (len(events), text))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    missing = servers.missing() or \
        (None if shutil.which("tcpdump") else "tcpdump")
    for name in ("sensord", "netctl", "make_traffic", "veth_sender"):
        if not os.access(os.path.join(options.bin, name), os.X_OK):
            missing = name
    if missing or not labs.can_make_namespaces():
        print("skipped: needs root, ip(8) and", missing or "namespaces")
        return labs.SKIP
    with tempfile.TemporaryDirectory(prefix="tapline-filter-") as folder:
        return verdict(lambda: claims(options.bin, folder))


if __name__ == "__main__":
    sys.exit(main())
