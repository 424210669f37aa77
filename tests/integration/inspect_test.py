#!/usr/bin/env python3
"""Flows, packets and conversations of a live capture, looked at more closely.

A web server and a closed port stand in one namespace, a client in the other;
sensord watches the cable. Then an analyst asks for what happened: packets and
their layers, the flow with its findings, its timeline, its stream, the
conversation, the protocols. What METADATA mode may not show is refused, what
FULL mode may is shown, and the token the client sent is in no answer.
"""

import argparse
import json
import os
import sys
import tempfile

import lab as labs
from checks import check, until, verdict

PORT, CLOSED = 8080, 81
SECRET = "hunter2hunter2"
BODY = b"hello " * 3000


class Analyst:
    """Asks through netctl and keeps all that was said."""

    def __init__(self, sensor):
        self.sensor = sensor
        self.said = []

    def ask(self, *arguments, code=0):
        done = self.sensor.netctl(*arguments, check=False)
        check(done.returncode == code, "netctl %s: %d instead of %d, %s" % (
            " ".join(arguments), done.returncode, code, done.stderr))
        self.said += [done.stdout, done.stderr]
        return done.stdout

    def records(self, *arguments):
        text = self.ask(*arguments, "-o", "json")
        return [json.loads(line) for line in text.splitlines() if line]


def serve(lab, folder):
    with open(os.path.join(folder, "index.html"), "wb") as file:
        file.write(BODY)
    lab.start("b", [sys.executable, "-m", "http.server", "-d", folder,
                    str(PORT)], stdout=open(os.devnull, "wb"),
              stderr=open(os.devnull, "wb"))
    url = "http://%s:%d" % (lab.address_b, PORT)
    until(lambda: lab.run("b", "curl -s -o /dev/null %s" % url,
                          check=False).returncode == 0, 10, "the server is up")


def traffic(lab, folder):
    serve(lab, folder)
    url = "http://%s:%d" % (lab.address_b, PORT)
    lab.run("a", ["curl", "-s", "-o", "/dev/null", url + "/"])
    lab.run("a", ["curl", "-s", "-o", "/dev/null", "--path-as-is",
                  url + "/../../etc/passwd?token=" + SECRET])
    lab.run("a", "curl -s -o /dev/null http://%s:%d/" % (lab.address_b, CLOSED),
            check=False)


def flow_of_status(analyst, status):
    """The flow whose HTTP answer had this status."""
    for record in analyst.records("list", "events", "--filter",
                                  "http.response.code == %d" % status):
        return record["event"]["flow_id"]
    return None


def look_at_flows(analyst, lab):
    whole = until(lambda: flow_of_status(analyst, 200), 10, "the first request")
    attack = until(lambda: flow_of_status(analyst, 404), 10, "the second one")
    kinds = [entry["kind"] for entry in analyst.records("timeline", whole)]
    wanted = ["flow_started", "protocol_detected", "http_request"]
    check(kinds[:3] == wanted, "timeline: %s" % kinds)
    turns = analyst.records("follow", "stream", whole)
    check([turn["sender"] for turn in turns] ==
          ["SENDER_ORIGINATOR", "SENDER_RESPONDER"], "turns: %s" % turns)
    check(int(turns[1]["payload_bytes"]) > len(BODY), "bytes: %s" % turns)
    check(not any(turn["preview"] for turn in turns), "a preview is there")
    found = analyst.records("expert", "--flow", attack)
    codes = {finding["code"]: finding for finding in found}
    check(codes["http.suspicious_path"]["severity"] == "FINDING_SEVERITY_WARN"
          and "http.client_error" in codes, "findings: %s" % list(codes))
    check(all(f["summary"] and f["evidence"] and f["action"] for f in found),
          "a finding does not explain itself")
    codes = [f["code"] for f in analyst.records("expert", "--filter",
                                                "tcp.port == %d" % CLOSED)]
    check(codes == ["tcp.refused"], "of the closed port: %s" % codes)
    text = analyst.ask("get", "flow", attack[:8], "-o", "wide")
    check("http.suspicious_path" in text, "get flow: " + text)
    told = analyst.ask("get", "conversation", whole, "-o", "json")
    conversation = json.loads(told)
    check(conversation["conversation"]["originator"]["address"] ==
          lab.address_a and len(conversation["flows"]) == 3,
          "conversation: %s" % conversation["conversation"])
    protocols = {use["protocol"]: int(use["flows"])
                 for use in analyst.records("list", "protocols")}
    check(protocols.get("http") == 2, "protocols: %s" % protocols)
    analyst.ask("follow", "stream", whole, "--previews", code=6)


def look_at_packets(analyst):
    answers = analyst.records("list", "packets", "--filter",
                              "tcp.port == %d and tcp.len > 0" % PORT)
    check(len(answers) >= 4, "packets: %d" % len(answers))
    # The oldest is the first request.
    ordinal = answers[-1]["packet"]["ordinal"]
    dissection = json.loads(analyst.ask("get", "packet", ordinal, "-o",
                                        "json"))["dissection"]
    names = [layer["name"] for layer in dissection["layers"]]
    check(names == ["frame", "eth", "ip", "tcp", "data"], "layers: %s" % names)
    fields = {field["name"]: field for layer in dissection["layers"]
              for field in layer["fields"]}
    check(fields["tcp.dstport"]["value"] == str(PORT) and
          fields["tcp.dstport"]["offset"] == 36, "tcp.dstport: %s" %
          fields["tcp.dstport"])
    check(fields["data.len"]["remark"] == "not kept in metadata mode",
          "data: %s" % fields["data.len"])
    analyst.ask("get", "packet", ordinal, "--hex", code=6)
    analyst.ask("get", "packet", "99999999", code=3)


FULL = """
packets:
  mode: full
  full_for: 30m
"""


def look_at_payload(analyst, lab):
    """In FULL mode bytes and previews are shown, without secrets."""
    url = "http://%s:%d/index.html" % (lab.address_b, PORT)
    lab.run("a", ["curl", "-s", "-o", "/dev/null", "-H",
                  "Authorization: Bearer " + SECRET, url])
    status = json.loads(analyst.ask("status", "-o", "json"))
    check("CAPTURE_MODE_FULL" in json.dumps(status), "status: %s" % status)

    def request():
        for record in analyst.records("list", "packets", "--filter",
                                      "tcp.dstport == %d and tcp.len > 0"
                                      % PORT):
            check(record["capture_mode"] == "CAPTURE_MODE_FULL",
                  "mode of a packet: %s" % record["capture_mode"])
            told = analyst.ask("get", "packet", record["packet"]["ordinal"],
                               "--hex", "-o", "json").splitlines()
            text = "".join(line["ascii"]
                           for line in json.loads(told[-1])["lines"])
            if "GET /index.html" in text:
                return text
        return None

    def flow():
        for record in analyst.records(
                "list", "events", "--filter",
                'http.request.uri contains "index" and http.status == 200'):
            return record["event"]["flow_id"]
        return None
    text = until(request, 10, "the request")
    check("Bearer ****" in text and SECRET not in text, "bytes: " + text)
    turns = analyst.records("follow", "stream", until(flow, 10, "the flow"),
                            "--previews")
    check("GET /index.html" in turns[0]["preview"] and
          "200 OK" in turns[1]["preview"], "previews: %s" % turns)
    # Nobody widens it over RPC, not even root.
    analyst.ask("set", "packets.full_for", "24h", code=6)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder of the programs")
    binaries = os.path.abspath(parser.parse_args().bin)
    if not labs.can_make_namespaces():
        print("skipped: needs root and ip netns")
        return labs.SKIP

    def claims():
        with tempfile.TemporaryDirectory() as folder, labs.Lab() as lab, \
                labs.Sensor(lab, binaries) as sensor:
            analyst = Analyst(sensor)
            traffic(lab, folder)
            look_at_flows(analyst, lab)
            look_at_packets(analyst)
            check(SECRET not in "".join(analyst.said), "the token was told")
            print("ok: %d answers" % (len(analyst.said) // 2))
        with tempfile.TemporaryDirectory() as folder, labs.Lab() as lab, \
                labs.Sensor(lab, binaries, FULL) as sensor:
            analyst = Analyst(sensor)
            serve(lab, folder)
            look_at_payload(analyst, lab)
            check(SECRET not in "".join(analyst.said), "the token was told")
            check(sensor.log_lines("full_mode_on"), "full mode is not logged")

    return verdict(claims)


if __name__ == "__main__":
    sys.exit(main())
