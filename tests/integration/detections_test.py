#!/usr/bin/env python3
"""Real tools attack in a namespace pair; the right alerts come, in time.

Each scenario has a fresh pair and a fresh sensord. `must` are the rules that
have to be raised, once each with this severity; `may` are tolerated; anything
else fails. An alert has to reach a subscribed client within 1 s of the packet
that crossed the threshold. With --offline tcpdump records each scenario and
`sensord analyze` judges the recording: no daemon, no latencies.
"""

import argparse
import calendar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import lab as labs

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_LATENCY = 1.0
SETTLE = 2.0


def seconds(text):
    """RFC 3339 UTC to seconds since 1970."""
    match = re.fullmatch(r"(.*?)(\.\d+)?Z", text)
    whole = calendar.timegm(time.strptime(match.group(1),
                                          "%Y-%m-%dT%H:%M:%S"))
    return whole + float(match.group(2) or 0)


def listen(lab, command, ready=b"listening"):
    """Starts a server in `b` and waits for its first line."""
    child = lab.start("b", command, stdout=subprocess.PIPE)
    line = child.stdout.readline()
    if ready not in line:
        raise RuntimeError("%s said %r" % (command, line))
    return child


TCP_SERVER = """
import socketserver, sys
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(4096)
        body = b"x" * 20000
        self.request.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 20000\\r\\n"
                             b"Connection: close\\r\\n\\r\\n" + body)
server = socketserver.ThreadingTCPServer((sys.argv[1], 80), Handler)
print("listening", flush=True)
server.serve_forever()
"""


def serve_http(lab):
    listen(lab, [sys.executable, "-c", TCP_SERVER, lab.address_b])


def serve_dns(lab):
    listen(lab, [sys.executable, os.path.join(HERE, "dns_responder.py"),
                 lab.address_b])


def port_scan(lab):
    lab.run("a", "nmap -n -sS -p1-200 " + lab.address_b)


def arp_sweep(lab):
    lab.run("a", "nmap -n -sn 10.77.0.0/24", timeout=40)


def routed_sweep(lab):
    lab.run("a", "nmap -n -Pn -T4 --max-retries 0 --max-rtt-timeout 100ms "
            "-p445 10.78.0.0/24", timeout=60)


def syn_flood(lab):
    lab.run("a", "timeout 2 hping3 -q -S --flood -p 80 " + lab.address_b,
            check=False)


def spoofed_flood(lab):
    lab.run("a", "timeout 2 hping3 -q -S --flood --rand-source -p 80 " +
            lab.address_b, check=False)


def refused_logins(lab):
    for _ in range(6):
        lab.run("a", "nc -w 2 -z %s 22" % lab.address_b, check=False)


def tunnel_lookups(lab):
    serve_dns(lab)
    for i in range(14):
        lab.run("a", "dig +tries=1 +time=2 @%s %s%02d.%s.tunnel.example A" % (
            lab.address_b, "q" * 38, i, "z" * 20))


def ordinary_curl(lab):
    serve_http(lab)
    for _ in range(6):
        lab.run("a", "curl -s -o /dev/null http://%s/" % lab.address_b)


def ordinary_dig(lab):
    serve_dns(lab)
    for name in ("www.example", "mail.example", "www.example.org",
                 "a.very.long.but.ordinary.name.of.a.content.delivery.example"):
        lab.run("a", "dig +tries=1 +time=2 @%s %s A" % (lab.address_b, name))


def ordinary_ssh(lab):
    """A login that works: a real sshd with a key of its own."""
    folder = os.path.join(tempfile.mkdtemp(prefix="tapline-ssh-"))
    try:
        for name in ("host", "user"):
            lab.run("a", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                          os.path.join(folder, name)])
        os.makedirs("/run/sshd", exist_ok=True)
        os.rename(os.path.join(folder, "user.pub"),
                  os.path.join(folder, "keys"))
        child = lab.start("b", [
            shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f",
            "/dev/null", "-h", os.path.join(folder, "host"), "-o",
            "ListenAddress=" + lab.address_b, "-o", "StrictModes=no", "-o",
            "AuthorizedKeysFile=" + os.path.join(folder, "keys"), "-o",
            "PidFile=none"], stderr=subprocess.PIPE)
        child.stderr.readline()
        done = lab.run("a", [
            "ssh", "-i", os.path.join(folder, "user"), "-o",
            "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "BatchMode=yes", "root@" + lab.address_b, "id; sleep 1"],
            check=False)
        if "uid=0" not in done.stdout:
            raise RuntimeError("ssh: " + done.stderr[-300:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def iperf(lab):
    listen(lab, ["iperf3", "-s", "-1", "--forceflush"], b"---")
    lab.run("a", "iperf3 -c %s -t 5" % lab.address_b, check=False)


# name, what it does, programs it needs, {rule: severity} that must come,
# rules that may
SCENARIOS = [
    ("port_scan", port_scan, ["nmap"], {"port_scan": "SEVERITY_HIGH"}, set()),
    ("arp_sweep", arp_sweep, ["nmap"], {"host_sweep": "SEVERITY_HIGH"}, set()),
    ("routed_sweep", routed_sweep, ["nmap"],
     {"host_sweep": "SEVERITY_HIGH"}, set()),
    ("syn_flood", syn_flood, ["hping3"], {"syn_flood": "SEVERITY_CRITICAL"},
     {"traffic_spike"}),
    ("spoofed_flood", spoofed_flood, ["hping3"],
     {"syn_flood": "SEVERITY_CRITICAL"}, {"traffic_spike"}),
    ("refused_logins", refused_logins, ["nc"],
     {"brute_force": "SEVERITY_HIGH"}, set()),
    ("tunnel_lookups", tunnel_lookups, ["dig"],
     {"dns_tunnel": "SEVERITY_MEDIUM"}, set()),
    ("ordinary_curl", ordinary_curl, ["curl"], {}, set()),
    ("ordinary_dig", ordinary_dig, ["dig"], {}, set()),
    ("ordinary_ssh", ordinary_ssh, ["ssh", "sshd"], {}, set()),
    ("iperf3", iperf, ["iperf3"], {}, {"traffic_spike"}),
]


def judge(alerts, must, may):
    """What is wrong, as text; and the latencies in seconds. `alerts` are
    (wall time of arrival or None, alert)."""
    wrong, latency = [], []
    ids = {}
    for when, alert in alerts:
        if alert["id"] not in ids and when is not None:
            latency.append(when - seconds(alert["last_seen"]))
        ids[alert["id"]] = alert
    by_rule = {}
    for alert in ids.values():
        by_rule.setdefault(alert["rule"], []).append(alert)
    for rule, severity in must.items():
        found = by_rule.pop(rule, [])
        if len(found) != 1:
            wrong.append("%d alerts %s" % (len(found), rule))
        for alert in found:
            if alert["severity"] != severity:
                wrong.append("%s is %s" % (rule, alert["severity"]))
            if not alert.get("evidence", {}).get(rule):
                wrong.append("%s without evidence" % rule)
    for rule, found in by_rule.items():
        if rule not in may:
            wrong.append("%d unasked %s: %s" % (len(found), rule,
                                                found[0].get("summary")))
    if any(value > MAX_LATENCY for value in latency):
        wrong.append("late: %.3f s" % max(latency))
    return wrong, latency


def run_offline(action, must, may, binaries):
    """Records the scenario and analyzes the recording."""
    with tempfile.TemporaryDirectory(prefix="tapline-lab-") as folder:
        name = os.path.join(folder, "lab.pcap")
        with labs.Lab() as lab:
            dump = lab.start("b", [
                "tcpdump", "-i", lab.interface["b"], "-s", "256", "-B",
                "65536", "--immediate-mode", "-Z", "root", "-w", name],
                stderr=subprocess.PIPE)
            dump.stderr.readline()
            action(lab)
            labs.stop(dump, signal.SIGINT)
        done = subprocess.run(
            [os.path.join(binaries, "sensord"), "analyze", name, "--only",
             "alerts", "-o", "json", "--no-store"], capture_output=True,
            text=True, check=False)
        if done.returncode != 0:
            return "sensord ended with %d: %s" % (done.returncode,
                                                  done.stderr[-300:]), []
        alerts = [(None, json.loads(line)["alert"])
                  for line in done.stdout.splitlines()
                  if line.startswith('{"alert":')]
        wrong, _ = judge(alerts, must, may)
        return "; ".join(wrong) or None, []


def run(scenario, binaries, offline):
    _, action, programs, must, may = scenario
    missing = [p for p in programs
               if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin")]
    if missing:
        return "skipped, no " + ", ".join(missing), []
    if offline:
        return run_offline(action, must, may, binaries)
    with labs.Lab() as lab, labs.Sensor(lab, binaries) as sensor:
        watch = sensor.watch("alerts")
        action(lab)
        for rule in must:
            watch.wait(lambda r: r.get("alert", {}).get("rule") == rule, 5)
        # What else comes would come within this time.
        watch.quiet(SETTLE)
        wrong, latency = judge(watch.records("alert"), must, may)
        if sensor.child.poll() is not None:
            wrong.append("sensord ended: " + sensor.log())
        return "; ".join(wrong) or None, latency


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--only")
    parser.add_argument("--offline", action="store_true")
    options = parser.parse_args()
    needed = ["sensord"] if options.offline else ["sensord", "netctl"]
    if not labs.can_make_namespaces() or not all(
            os.access(os.path.join(options.bin, name), os.X_OK)
            for name in needed):
        print("skipped: needs root, ip(8), sensord and netctl")
        return labs.SKIP
    failed = 0
    for scenario in SCENARIOS:
        if options.only and options.only != scenario[0]:
            continue
        try:
            wrong, latency = run(scenario, options.bin,
                                 options.offline)
        except (OSError, RuntimeError, ValueError) as error:
            wrong, latency = "%s: %s" % (type(error).__name__, error), []
        skipped = wrong is not None and wrong.startswith("skipped")
        failed += wrong is not None and not skipped
        times = " ".join("%.1f ms" % (1000 * value) for value in latency)
        print("%-16s %s  %s" % (scenario[0], wrong or "ok", times),
              flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
