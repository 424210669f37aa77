"""Frames, layer by layer, with every length and checksum right unless asked
otherwise. Payload first: each function wraps what it is given.

    ethernet(ipv4(A, B, UDP, udp(A, B, 1024, 53, b"...")))

Addresses are texts; both IP versions go by the same names. Deterministic: the
same calls give the same bytes.
"""

import array
import socket
import struct
import sys

ICMP, IGMP, IP_IN_IP, TCP, UDP, IPV6_IN_IP, GRE, ICMP6, SCTP = \
    1, 2, 4, 6, 17, 41, 47, 58, 132
HOP_BY_HOP, ROUTING, FRAGMENT, NO_NEXT, DESTINATION = 0, 43, 44, 59, 60

ETHER_IPV4, ETHER_ARP, ETHER_VLAN, ETHER_QINQ, ETHER_IPV6 = \
    0x0800, 0x0806, 0x8100, 0x88a8, 0x86dd
ETHER_MPLS, ETHER_PPPOE, ETHER_BRIDGED = 0x8847, 0x8864, 0x6558

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def checksum(data):
    """The Internet checksum (RFC 1071) of bytes."""
    if len(data) % 2:
        data += b"\0"
    words = array.array("H", data)
    total = sum(words)
    total = (total >> 16) + (total & 0xffff)
    total = ~(total + (total >> 16)) & 0xffff
    return socket.htons(total) if sys.byteorder == "little" else total


def is_ipv6(address):
    return ":" in address


def packed(address):
    """The bytes of an address."""
    return socket.inet_pton(
        socket.AF_INET6 if is_ipv6(address) else socket.AF_INET, address)


def transport_checksum(source, destination, protocol, message):
    """With the pseudo header (RFC 9293 3.1, RFC 8200 8.1)."""
    pseudo = packed(source) + packed(destination) + \
        struct.pack("!II", len(message), protocol)
    return checksum(pseudo + message)


# --- Link layers ------------------------------------------------------------


def ethernet(payload, kind=None, tags=(), source=MAC_A, destination=MAC_B):
    """`kind` is the EtherType, or the length of IEEE 802.3; by default that of
    the IP packet inside. `tags`: VLAN ids, or (ethertype, tag control) pairs,
    outermost first."""
    if kind is None:
        kind = ETHER_IPV6 if payload[0] >> 4 == 6 else ETHER_IPV4
    head = destination + source
    for tag in tags:
        kind_of_tag, control = tag if isinstance(tag, tuple) else \
            (ETHER_VLAN, tag)
        head += struct.pack("!HH", kind_of_tag, control)
    return head + struct.pack("!H", kind) + payload


def padded(frame, size=60, filler=b"\0"):
    """As short frames are on the wire."""
    return frame + (filler * size)[:max(0, size - len(frame))]


def mpls(payload, labels, bottom=True):
    """A label stack (RFC 3032); `bottom`: the last one says it is the last."""
    stack = b""
    for i, label in enumerate(labels):
        last = bottom and i == len(labels) - 1
        stack += struct.pack("!I", label << 12 | last << 8 | 64)
    return stack + payload


def pppoe(payload, protocol=0x0021, length=None, session=1):
    """RFC 2516 session data, the PPP protocol in front."""
    body = struct.pack("!H", protocol) + payload
    if length is None:
        length = len(body)
    return struct.pack("!BBHH", 0x11, 0, session, length) + body


def snap(payload, kind=ETHER_IPV4, oui=0):
    """LLC and SNAP headers (RFC 1042)."""
    return b"\xaa\xaa\x03" + struct.pack("!I", oui)[1:] + \
        struct.pack("!H", kind) + payload


def cooked(payload, kind=ETHER_IPV4):
    """LINKTYPE_LINUX_SLL."""
    return struct.pack("!HHH8sH", 0, 1, 6, MAC_A, kind) + payload


def cooked2(payload, kind=ETHER_IPV4):
    """LINKTYPE_LINUX_SLL2."""
    return struct.pack("!HHIHBB8s", kind, 0, 2, 1, 0, 6, MAC_A) + payload


def arp(operation, sender_mac, sender, target_mac, target):
    """RFC 826 over Ethernet and IPv4; 1 asks, 2 answers."""
    return struct.pack("!HHBBH", 1, ETHER_IPV4, 6, 4, operation) + \
        sender_mac + packed(sender) + target_mac + packed(target)


# --- IP ---------------------------------------------------------------------


def ipv4(source, destination, protocol, payload, *, ttl=64, ident=0,
         offset=0, more=False, options=b"", total=None, header=None,
         check=None, version=4):
    """`offset` in bytes; `header`: the length field's words; `total` and
    `check`: what the fields say instead of what is right."""
    options += b"\0" * (-len(options) % 4)
    words = 5 + len(options) // 4 if header is None else header
    if total is None:
        total = 20 + len(options) + len(payload)
    assert offset % 8 == 0

    def head(value):
        return struct.pack("!BBHHHBBH4s4s", version << 4 | words, 0, total,
                           ident, more << 13 | offset // 8, ttl, protocol,
                           value, packed(source), packed(destination)) + \
            options
    return head(checksum(head(0)) if check is None else check) + payload


def ipv6(source, destination, protocol, payload, *, hops=64, length=None):
    if length is None:
        length = len(payload)
    return struct.pack("!IHBB", 6 << 28, length, protocol, hops) + \
        packed(source) + packed(destination) + payload


def ip(source, destination, protocol, payload, ttl=64):
    """Of the version the addresses have."""
    if is_ipv6(source):
        return ipv6(source, destination, protocol, payload, hops=ttl)
    return ipv4(source, destination, protocol, payload, ttl=ttl)


def extension(next_header, contents=bytes(6), words=None):
    """An IPv6 extension header (RFC 8200 4); `words`: its length field."""
    contents += b"\0" * (-(len(contents) + 2) % 8)
    if words is None:
        words = (len(contents) + 2) // 8 - 1
    return struct.pack("!BB", next_header, words) + contents


def fragment_header(next_header, offset, more, ident):
    """RFC 8200 4.5; `offset` in bytes."""
    return struct.pack("!BBHI", next_header, 0, offset | more, ident)


# --- Transports -------------------------------------------------------------


def udp(source, destination, source_port, destination_port, payload, *,
        length=None, check=None):
    """`check`: 0 for none, a number for a wrong one."""
    if length is None:
        length = 8 + len(payload)

    def message(value):
        return struct.pack("!HHHH", source_port, destination_port, length,
                           value) + payload
    if check is None:
        check = transport_checksum(source, destination, UDP, message(0))
        check = check or 0xffff
    return message(check)


def tcp(source, destination, source_port, destination_port, sequence,
        acknowledgment, flags, payload=b"", *, window=64240, options=b"",
        urgent=0, words=None, check=None, reserved=0):
    """`words`: the data offset; `check`: a wrong checksum instead."""
    options += b"\0" * (-len(options) % 4)
    if words is None:
        words = 5 + len(options) // 4

    def message(value):
        return struct.pack("!HHIIBBHHH", source_port, destination_port,
                           sequence & 0xffffffff, acknowledgment & 0xffffffff,
                           words << 4 | reserved, flags, window, value,
                           urgent) + options + payload
    if check is None:
        check = transport_checksum(source, destination, TCP, message(0))
    return message(check)


def mss(value=1460):
    return struct.pack("!BBH", 2, 4, value)


def window_scale(shift):
    return struct.pack("!BBBB", 1, 3, 3, shift)


def timestamps(value, echo):
    """RFC 7323 3, with padding in front."""
    return struct.pack("!BBBBII", 1, 1, 8, 10, value & 0xffffffff,
                       echo & 0xffffffff)


def fast_open(cookie=b""):
    """RFC 7413 2; without a cookie it asks for one."""
    return struct.pack("!BB", 34, 2 + len(cookie)) + cookie


def icmp(kind, code, rest=bytes(4), payload=b""):
    """RFC 792."""
    message = struct.pack("!BBH", kind, code, 0) + rest + payload
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def icmp6(source, destination, kind, code, rest=bytes(4), payload=b""):
    """RFC 4443."""
    message = struct.pack("!BBH", kind, code, 0) + rest + payload
    value = transport_checksum(source, destination, ICMP6, message)
    return message[:2] + struct.pack("!H", value) + message[4:]


# --- Tunnels ----------------------------------------------------------------


def gre(payload, kind=ETHER_IPV4, key=None, sequence=None):
    """RFC 2784, RFC 2890."""
    flags = (key is not None) << 13 | (sequence is not None) << 12
    head = struct.pack("!HH", flags, kind)
    for value in (key, sequence):
        if value is not None:
            head += struct.pack("!I", value)
    return head + payload


def erspan(payload, session=1):
    """ERSPAN type II in GRE (draft-foschiano-erspan)."""
    return gre(struct.pack("!HHI", 1 << 12, session, 0) + payload,
               kind=0x88be, sequence=1)


def vxlan(payload, vni):
    """RFC 7348 5."""
    return struct.pack("!II", 0x08 << 24, vni << 8) + payload


def geneve(payload, vni, kind=ETHER_BRIDGED, options=b""):
    """RFC 8926 3.4."""
    return struct.pack("!BBHI", len(options) // 4, 0, kind, vni << 8) + \
        options + payload


def gtp_u(payload, teid):
    """A T-PDU of 3GPP TS 29.281."""
    return struct.pack("!BBHI", 0x30, 255, len(payload), teid) + payload
