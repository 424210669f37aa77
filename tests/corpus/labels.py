"""Reads ndpi-labels.tsv, and names flows the way its rows do."""

import collections
import csv
import os

# IP protocol numbers and what the labels call them; others stand there as
# numbers.
TRANSPORTS = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 50: "ESP",
              58: "ICMPV6", 89: "OSPF", 112: "VRRP", 132: "SCTP"}

# One row. `key` is (transport, a, b) with a and b (address, port).
Label = collections.namedtuple(
    "Label", "file key label confidence host ja4 packets bytes")


def transport(number):
    """The labels' name of an IP protocol number."""
    return TRANSPORTS.get(number, str(number))


def address(text):
    """In IPv6 text the labels turn every ":0:" into "::"."""
    return text.replace(":0:", "::")


def endpoint(text):
    """"10.0.0.1:80" or "[2001:db8::1]:80"."""
    if text.startswith("["):
        host, port = text[1:].rsplit("]:", 1)
    else:
        host, port = text.rsplit(":", 1)
    return address(host), int(port)


def turned(key):
    """The same flow named from its other end."""
    return key[0], key[2], key[1]


def read(options):
    """Yields the labels of the captures that `--only` leaves, as they come."""
    name = os.path.join(options.corpus, "ndpi-labels.tsv")
    with open(name, encoding="utf-8", errors="replace", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t",
                                  quoting=csv.QUOTE_NONE):
            if options.only and options.only not in row["file"]:
                continue
            key = (row["l4"], endpoint(row["a"]), endpoint(row["b"]))
            yield Label(row["file"], key, row["label"], row["confidence"],
                        row["host"] or "", row["ja4"] or "",
                        [int(row["packets_ab"]), int(row["packets_ba"])],
                        [int(row["bytes_ab"]), int(row["bytes_ba"])])


def flow_key(flow):
    """The key of one of our flow records, from its originator."""
    number = int(flow.get("ip_protocol") or 0)
    a, b = [(address(flow[side]["address"]), int(flow[side]["port"]))
            for side in ("originator", "responder")]
    return transport(number), a, b
