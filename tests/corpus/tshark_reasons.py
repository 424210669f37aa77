"""Why tshark and tapline may rightly differ about a value in a capture.

Each reason is a predicate over what tshark says of the packets, our events and
the frames themselves; none knows a file's name. Some look at the capture a
second time, so they are only asked where the two differ.
"""

import re
import struct

import evidence
import labels
from names import plain
from tshark import LIST

# Protocols between the transport and what they carry that tapline names but does
# not look into.
CARRIERS = {"openvpn", "rdpudp", "capwap.data", "proxy"}
# What tells of the subject of a certificate: sensord's tls_certificate.cc.
MAX_ATTRIBUTES, MAX_SUBJECT = 24, 1024
SECRETS_BLOCK = 10
# Our arms of events, and what tshark calls the protocol.
DECODE_AS = {"ssh": "ssh", "http": "http", "tls": "tls", "dns": "dns"}
GOOD, BAD = "1", "0"


def layers(row):
    return row["frame.protocols"].split(":")


def _rows(pair, holds):
    """Only tshark has it, and this holds for each of its packets."""
    return bool(pair.rows) and not pair.events and all(map(holds, pair.rows))


def quoted(pair, _):
    return _rows(pair, lambda row: {"icmp", "icmpv6"} & set(layers(row)))


def malformed(pair, _):
    return _rows(pair, lambda row: row["_ws.malformed"])


def carried(pair, _):
    return _rows(pair, lambda row: CARRIERS & set(layers(row)))


def in_http_body(pair, _):
    return _rows(pair, lambda row: "dns" in layers(row) and
                 {"http", "http2"} & set(layers(row)))


def opened_with_secrets(pair, capture):
    """Of QUIC, where keys beyond the Initial's must have come from outside."""
    return _rows(pair, lambda row: "quic" in layers(row)) and \
        _has_secrets(capture.file)


def _has_secrets(path):
    """A pcapng file with a Decryption Secrets Block."""
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    at = 0
    while data[:4] == b"\x0a\x0d\x0d\x0a" and at + 8 <= len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        if kind == SECRETS_BLOCK:
            return True
        at += max(length, 12)
    return False


def wrong_sum(pair, capture):
    """A segment of that side, up to there, has a wrong checksum, and another a
    right one: it is read by nobody."""
    return _rows(pair, lambda row: row["tcp.stream"] and
                 _has_wrong_sum(row, capture))


def _has_wrong_sum(row, capture):
    fields = ["tcp.checksum.status", "tcp.len"]
    side = "tcp.stream == %s and tcp.srcport == %s and frame.number <= %s" % (
        row["tcp.stream"].split(LIST)[-1], row["tcp.srcport"].split(LIST)[-1],
        row["frame.number"])
    found, _ = capture.tshark.rows(capture.path, side, fields, "-o",
                                   "tcp.check_checksum:TRUE")
    states = [one["tcp.checksum.status"].split(LIST)[-1] for one in found]
    with_data = [state for state, one in zip(states, found)
                 if one["tcp.len"].split(LIST)[-1] != "0"]
    return GOOD in states and BAD in with_data


def long_subject(pair, capture):
    """More than is told: ours is a part of theirs."""
    if pair.name != "certificate":
        return False
    for other in capture.pairs["certificate"].values():
        ours, theirs = (other, pair) if pair.rows else (pair, other)
        if ours.rows or theirs.events:
            continue
        some, all_of_it = parts(ours.value), parts(theirs.value)
        if some < all_of_it and (len(all_of_it) > MAX_ATTRIBUTES or
                                 len(theirs.value) > MAX_SUBJECT):
            return True
    return False


SEPARATOR = "\n"


def joined(attributes):
    """A subject as it is compared: its attributes as a set, in lower case,
    without what is before the @ of a mailbox."""
    return SEPARATOR.join(sorted(re.sub(r"[^\s=]*@", "@", plain(one))
                                 for one in attributes))


def parts(value):
    return set(value.split(SEPARATOR))


def agrees_when_told(pair, capture):
    """tshark goes by ports and by how a flow begins; told what the flow is, it
    finds the same."""
    def agrees(event):
        arm = next((arm for arm in DECODE_AS if arm in event), None)
        if arm is None:
            return False
        transport = event["transport"].rsplit("_", 1)[-1].lower()
        protocol = DECODE_AS[arm]
        if arm == "http" and event["http"]["version"].startswith("2"):
            protocol = "http2"
        elif arm == "tls" and transport == "udp":
            protocol = "dtls"
        return pair.value in capture.told(
            pair.name, transport, event["responder"]["port"], protocol)
    return bool(pair.events) and not pair.rows and all(map(agrees, pair.events))


def in_the_frames(pair, capture):
    """The flow's first segments, put in order, have the banner or the header as
    it is told."""
    if pair.rows or pair.name not in ("ssh", "http"):
        return False
    value = re.escape(pair.value.encode()).replace(rb"\?", rb".+")
    line = rb"(?:^|\n)" + value + rb"\r?\n"
    if pair.name == "http":
        line = rb"\nhost:[ \t]*\[?" + value + rb"\]?(?::\d+)?[ \t]*\r?\n"
    frames = evidence.Evidence(capture.file)
    for event in pair.events:
        flow = frames.flow(labels.flow_key(dict(event, ip_protocol={
            "TRANSPORT_TCP": 6, "TRANSPORT_UDP": 17}.get(event["transport"]))))
        if flow is None or not any(re.search(line, _in_order(way).lower())
                                   for way in flow.ways):
            return False
    return bool(pair.events)


def _in_order(way):
    if None in way.sequences:
        return b"\n".join(way.payloads)
    found = {}
    for at, data in zip(way.sequences, way.payloads):
        found.setdefault(at, data)
    return b"".join(data for _, data in sorted(found.items()))


REASONS = [
    ("only tshark: quoted by an ICMP error", quoted),
    ("only tshark: calls the packet malformed itself", malformed),
    ("only tshark: inside %s" % ", ".join(sorted(CARRIERS)), carried),
    ("only tshark: DNS in the body of HTTP", in_http_body),
    ("only tshark: opened with secrets in the file", opened_with_secrets),
    ("only tshark: a checksum is wrong where others are right", wrong_sum),
    ("a subject longer than is told", long_subject),
    ("only ours: tshark agrees once told what the port carries",
     agrees_when_told),
    ("only ours: the line stands in the frames", in_the_frames),
]
