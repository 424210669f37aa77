#!/usr/bin/env python3
"""A DNS server that answers every A question with 192.0.2.53, for tests.

    dns_responder.py ADDRESS [PORT]

Prints one line when it listens.
"""

import socket
import sys


def answer(query):
    """The response to a query, or None when it cannot be read."""
    if len(query) < 17 or query[4:6] != b"\x00\x01":
        return None
    at = 12
    while at < len(query) and query[at]:
        if query[at] > 63:
            return None
        at += query[at] + 1
    question = query[12:at + 5]
    if len(question) < at + 5 - 12:
        return None
    kind = question[-4:-2]
    found = kind == b"\x00\x01"
    header = query[:2] + b"\x81\x80\x00\x01" + \
        (b"\x00\x01" if found else b"\x00\x00") + b"\x00\x00\x00\x00"
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\x00\x02\x35"
    return header + question + (record if found else b"")


def main():
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 53
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((sys.argv[1], port))
        print("listening", flush=True)
        while True:
            query, client = server.recvfrom(4096)
            reply = answer(query)
            if reply:
                server.sendto(reply, client)


if __name__ == "__main__":
    main()
