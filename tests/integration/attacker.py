"""Runs in a namespace: scans and talks without end until it is stopped.

    attacker.py INTERFACE

Every 50 ms another made-up source scans 12 ports of 10.88.0.1 (one alert each)
and sends 20 UDP datagrams of as many flows: about 640 packets a second. Prints
one line when it begins.
"""

import random
import socket
import struct
import sys
import time


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(source, protocol, payload):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64,
                         protocol, 0, source, bytes([10, 88, 0, 1]))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0" + header + payload


def syn(source, port):
    tcp = struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 0x50, 2, 1024, 0, 0)
    pseudo = source + bytes([10, 88, 0, 1]) + struct.pack("!HH", 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    return ipv4(source, 6, tcp)


def udp(source, port):
    return ipv4(source, 17, struct.pack("!HHHH", port, 9999, 12, 0) + b"ping")


def main():
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((sys.argv[1], 0))
    print("attacking", flush=True)
    # A limit in time: an orphan ends by itself.
    end = time.monotonic() + 900
    number = random.randrange(1 << 16) << 8
    while time.monotonic() < end:
        number = (number + 1) & 0xffffff
        source = bytes([10]) + number.to_bytes(3, "big")
        for port in range(1, 13):
            link.send(syn(source, port))
        for _ in range(20):
            link.send(udp(source, random.randrange(1024, 65536)))
        time.sleep(0.05)


main()
