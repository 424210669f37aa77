#!/usr/bin/env python3
"""The sensor understands real servers: protocol, names, versions, outcome.

nginx (HTTP, TLS 1.2 and 1.3), OpenSSH (a login that works and one that does
not), dnsmasq (UDP and TCP) and an SMTP server with STARTTLS and accounts stand
in one namespace, their clients in the other; sensord watches the cable. QUIC,
of which Debian has neither server nor client, comes from a generated capture
that is played onto the same cable. Every claim below must be met by an event
of a running `netctl watch events`, its flow must carry the protocol's name, and
no password may be in anything that was told.
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile

import lab as labs
import servers
from checks import Failure, check, until, verdict
from live_recording_test import stored

PASSWORDS = ("correct-horse", "wrong-battery")
# What may not be told: they, and what AUTH LOGIN and AUTH PLAIN make of them.
SECRETS = [*PASSWORDS, *(base64.b64encode(text).decode() for word in PASSWORDS
                         for text in (word.encode(),
                                      b"\0carol\0" + word.encode()))]
WAIT = 10


def traffic(lab, folder):
    """What the clients do, one after another."""
    servers.fetch(lab, "http://%s/index.html" % servers.PLAIN)
    servers.fetch(lab, "http://%s/gone" % servers.PLAIN)
    servers.fetch(lab, "https://%s/" % servers.WEB)
    servers.hello(lab, "-tls1_2")
    servers.hello(lab, "-tls1_1", "-cipher", "ALL@SECLEVEL=0")
    check(servers.log_in(lab, folder, "user"), "the SSH login works")
    check(not servers.log_in(lab, folder, "other"), "the other key is refused")
    servers.ask(lab, servers.WEB)
    servers.ask(lab, "nowhere.servers.example", "+tcp")
    servers.ask(lab, "www.elsewhere.example")
    check(servers.send_mail(lab, "plain", "correct-horse"), "mail goes out")
    check(not servers.send_mail(lab, "plain", "wrong-battery"),
          "the wrong password is refused")
    check(servers.send_mail(lab, "starttls", "correct-horse"),
          "mail goes out over STARTTLS")


def play_quic(lab, binaries, folder):
    """A generated mix on the cable; returns its QUIC flows, client port ->
    server name."""
    capture = os.path.join(folder, "mix.pcap")
    truth = os.path.join(folder, "truth.json")
    flows = os.path.join(folder, "flows.tsv")
    subprocess.run([os.path.join(binaries, "make_traffic"), "--mix", "imix",
                    "--flows", "3000", "--duration", "2", "--out", capture,
                    "--truth", truth, "--truth-flows", flows], check=True)
    with open(truth, encoding="utf-8") as file:
        packets = json.load(file)["packets"]
    # All of it at least once; a second round shows the same again.
    rate = 10000
    lab.run("a", [os.path.join(binaries, "veth_sender"), "--interface",
                  lab.interface["a"], "--rate", str(rate), "--seconds",
                  str(3 * packets / rate), capture])
    with open(flows, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return {(row[2], int(row[3])): row[10] for row in rows
            if row[0] == "quic"}


# --- Claims -----------------------------------------------------------------
# What it is, the arm of the event, what must stand in it (a value, or a
# function of it), and the protocol the flow then has.

def contains(text):
    return lambda value: text in value


def begins(text):
    return lambda value: value.startswith(text)


CLAIMS = [
    ("an HTTP request", "http",
     {"method": "GET", "host": servers.PLAIN, "path": "/index.html",
      "status": 200, "version": "1.1", "server": begins("nginx"),
      "user_agent": begins("curl")}, "http"),
    ("an HTTP error", "http",
     {"host": servers.PLAIN, "path": "/gone", "status": 404}, "http"),
    ("TLS 1.3", "tls",
     {"sni": servers.WEB, "version": "TLS 1.3", "ja4": begins("t13d"),
      "alpn_offered": contains("h2"),
      "outcome": "HANDSHAKE_OUTCOME_ESTABLISHED"}, "tls"),
    ("TLS 1.2 with its certificate", "tls",
     {"sni": servers.WEB, "version": "TLS 1.2", "ja4": begins("t12d"),
      "certificates": lambda chain: len(chain) == 1 and
      "CN=" + servers.WEB in chain[0]["subject"] and
      chain[0]["self_signed"] and servers.MAIL in chain[0]["san"] and
      chain[0]["key_curve"] == "P-256",
      "outcome": "HANDSHAKE_OUTCOME_ESTABLISHED"}, "tls"),
    ("a version the server refuses", "tls",
     {"sni": servers.WEB, "ja4": begins("t11d"),
      "outcome": "HANDSHAKE_OUTCOME_FAILED",
      "alerts": lambda alerts: alerts[0]["fatal"]}, "tls"),
    ("an SSH key exchange", "ssh",
     {"client_version": begins("SSH-2.0-OpenSSH"), "keys_set": True,
      "server_version": begins("SSH-2.0-OpenSSH"),
      "host_key_algorithm": "ssh-ed25519",
      "host_key_fingerprint": begins("SHA256:")}, "ssh"),
    ("an SSH login", "ssh",
     {"client_version": begins("SSH-2.0-OpenSSH"),
      "login": "LOGIN_OUTCOME_SUCCEEDED"}, "ssh"),
    ("a refused SSH login", "ssh",
     {"server_version": begins("SSH-2.0-OpenSSH"),
      "login": "LOGIN_OUTCOME_FAILED"}, "ssh"),
    ("a DNS answer", "dns",
     {"name": servers.WEB, "answered": True, "rcode": 0,
      "answers": lambda answers: answers[0]["data"] == "192.0.2.10"}, "dns"),
    ("a name that does not exist, over TCP", "dns",
     {"name": "nowhere.servers.example", "answered": True, "rcode": 3}, "dns"),
    ("a question that is refused", "dns",
     {"name": "www.elsewhere.example", "answered": True, "rcode": 5}, "dns"),
    ("a mail", "smtp",
     {"helo": "client.servers.example", "mail_from": contains("@client.serv"),
      "recipients_accepted": 1, "status": 250}, "smtp"),
    ("an SMTP login", "smtp", {"login": "LOGIN_OUTCOME_SUCCEEDED"}, "smtp"),
    ("a refused SMTP login", "smtp", {"login": "LOGIN_OUTCOME_FAILED"}, "smtp"),
    ("STARTTLS", "smtp", {"starttls": True}, "tls"),
    ("the handshake behind STARTTLS", "tls",
     {"sni": servers.MAIL, "outcome": "HANDSHAKE_OUTCOME_ESTABLISHED"}, "tls"),
]


def meets(message, wanted):
    for name, value in wanted.items():
        found = message.get(name)
        try:
            good = value(found) if callable(value) else found == value
        except (TypeError, KeyError, IndexError, AttributeError):
            good = False
        if not good:
            return False
    return True


def claim(watch, arm, wanted):
    """The event that meets a claim; raises Failure with those that do not."""
    found = watch.wait(lambda record: meets(
        record.get("event", {}).get(arm, {}), wanted) and
        arm in record.get("event", {}), WAIT)
    if found:
        return found[1]["event"]
    near = [event[arm] for _, event in watch.records("event") if arm in event]
    raise Failure("nothing like %s; of %s there is %s" % (
        {k: v if not callable(v) else "..." for k, v in wanted.items()}, arm,
        json.dumps(near)[:3000]))


def protocols(sensor):
    """Flow id -> all names a flow had, once capture has ended."""
    sensor.netctl("stop", "capture")
    found = {}
    for flow in stored(sensor, "flow"):
        application = flow["application"]
        found.setdefault(flow["id"], set()).update(
            [application["protocol"], *application["earlier_protocols"]])
    return found


class Report:
    def __init__(self):
        self.failed = []

    def claim(self, text, claim):
        """Runs one and prints what became of it; returns what it returned."""
        try:
            result = claim()
            print("ok     " + text, flush=True)
            return result
        except Failure as failure:
            self.failed.append(text)
            print("FAILED %s: %s" % (text, failure), flush=True)
            return None


def all_quic(watch, wanted):
    """The server name of each of the flows, and version 1."""
    def missing():
        found = {}
        for _, event in watch.records("event"):
            if event.get("quic", {}).get("version") == "1":
                source = event["originator"]
                found[(source["address"], source["port"])] = \
                    event["quic"]["sni"]
        return {key: name for key, name in wanted.items()
                if found.get(key) != name}
    check(len(wanted) > 50, "only %d flows" % len(wanted))
    until(lambda: not missing(), WAIT, lambda: "%d of %d: %s" % (
        len(missing()), len(wanted), list(missing().items())[:3]))


def no_secrets(sensor):
    told = sensor.netctl("list", "events", "--all", "-o", "json").stdout
    check(told.count("\n") > len(CLAIMS), "history has no events")
    leaks = [secret for secret in SECRETS if secret in told]
    check(not leaks, "told: %s" % leaks)


def claims(options):
    report = Report()
    with labs.Lab() as lab, \
            tempfile.TemporaryDirectory(prefix="tapline-servers-") as folder:
        servers.make_certificate(folder)
        servers.serve_web(lab, folder)
        servers.serve_ssh(lab, folder)
        servers.serve_dns(lab)
        servers.serve_mail(lab, folder)
        with labs.Sensor(lab, options.bin) as sensor:
            watch = sensor.watch("events")
            traffic(lab, folder)
            events = [report.claim(text, lambda: claim(watch, arm, wanted))
                      for text, arm, wanted, _ in CLAIMS]
            flows = play_quic(lab, options.bin, folder)
            report.claim("QUIC: the server names of %d flows" % len(flows),
                         lambda: all_quic(watch, flows))
            found = protocols(sensor)
            for (text, _, _, protocol), event in zip(CLAIMS, events):
                if event:
                    names = found.get(event["flow_id"], set())
                    report.claim(text + ": its flow is " + protocol,
                                 lambda: check(protocol in names,
                                               "it is %s" % sorted(names)))
            report.claim("no password is told", lambda: no_secrets(sensor))
    check(not report.failed, ", ".join(report.failed))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    missing = servers.missing()
    for name in ("sensord", "netctl", "make_traffic", "veth_sender"):
        if not os.access(os.path.join(options.bin, name), os.X_OK):
            missing = name
    if missing or not labs.can_make_namespaces():
        print("skipped: needs root, ip(8) and", missing or "namespaces")
        return labs.SKIP
    return verdict(lambda: claims(options))


if __name__ == "__main__":
    sys.exit(main())
