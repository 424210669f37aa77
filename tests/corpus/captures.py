"""Reads capture files and decodes just enough to count flows independently.

Nothing here shares code or assumptions with sensord: it is what the checks
compare it against. Standard library only.
"""

import ipaddress
import struct
from collections import namedtuple

# time in ns since 1970, bytes captured, bytes on the wire, pcap link type
Frame = namedtuple("Frame", "time captured wire link data")

MAX_CAPTURED = 262144


class Damaged(Exception):
    """The rest of the file cannot be read."""


def read_frames(path, libpcap=False):
    """Yields the frames of a pcap or pcapng file; raises Damaged at the first
    place that cannot be read, after every frame before it. With `libpcap`,
    also where libpcap gives up: at a pcapng interface whose link type or snap
    length is not the first one's."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 4:
        raise Damaged("shorter than a magic number")
    magic = data[:4]
    classic = {
        b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
        b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1),
    }
    if magic in classic:
        order, unit = classic[magic]
        yield from _read_classic(data, order, unit)
    elif magic == b"\x34\xcd\xb2\xa1" or magic == b"\xa1\xb2\xcd\x34":
        # Alexey Kuznetsov's modified format: 24-byte record headers.
        order = "<" if magic[0] == 0x34 else ">"
        yield from _read_classic(data, order, 1000, extra=8)
    elif magic == b"\x0a\x0d\x0d\x0a":
        yield from _read_pcapng(data, libpcap)
    else:
        raise Damaged("not a pcap or pcapng file")


def _read_classic(data, order, unit, extra=0):
    if len(data) < 24:
        raise Damaged("truncated file header")
    major, = struct.unpack_from(order + "H", data, 4)
    link, = struct.unpack_from(order + "I", data, 20)
    if major not in (2, 543):
        raise Damaged("version %d" % major)
    link &= 0x03ffffff
    at = 24
    while at < len(data):
        if at + 16 + extra > len(data):
            raise Damaged("truncated record header")
        seconds, part, captured, wire = struct.unpack_from(
            order + "IIII", data, at)
        at += 16 + extra
        if captured > MAX_CAPTURED:
            raise Damaged("record of %d bytes" % captured)
        if at + captured > len(data):
            raise Damaged("truncated record")
        yield Frame(seconds * 10**9 + part * unit, captured, wire, link,
                    data[at:at + captured])
        at += captured


def _resolution(options, order):
    """Nanoseconds per tick from the options of an interface block."""
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, at)
        if code == 0:
            break
        if code == 9 and length >= 1:
            value = options[at + 4]
            if value & 0x80:
                return 1e9 / (1 << (value & 0x7f))
            return 1e9 / 10**value
        at += 4 + (length + 3) // 4 * 4
    return 1000


def _read_pcapng(data, libpcap):
    order, interfaces, at = "<", [], 0
    while at < len(data):
        if at + 12 > len(data):
            raise Damaged("truncated block header")
        kind, = struct.unpack_from(order + "I", data, at)
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            mark = data[at + 8:at + 12]
            if mark not in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"):
                raise Damaged("section without byte order")
            order = "<" if mark[0] == 0x4d else ">"
            interfaces = []
            kind = 0x0a0d0d0a
        length, = struct.unpack_from(order + "I", data, at + 4)
        if length < 12 or length % 4 or at + length > len(data):
            raise Damaged("block of %d bytes" % length)
        body = data[at + 8:at + length - 4]
        at += length
        if kind == 1:
            if len(body) < 8:
                raise Damaged("interface block")
            link, _, snap = struct.unpack_from(order + "HHI", body)
            if libpcap and interfaces and \
                    (link, snap or MAX_CAPTURED) != \
                    (interfaces[0][0], interfaces[0][2] or MAX_CAPTURED):
                raise Damaged("interfaces of several kinds")
            interfaces.append((link, _resolution(body[8:], order), snap))
        elif kind == 6 or kind == 2:
            if len(body) < 20:
                raise Damaged("packet block")
            number, = struct.unpack_from(order + ("I" if kind == 6 else "H"),
                                         body)
            high, low, captured, wire = struct.unpack_from(
                order + "IIII", body, 4)
            if number >= len(interfaces) or 20 + captured > len(body):
                raise Damaged("packet block")
            link, unit, _ = interfaces[number]
            yield Frame(int((high << 32 | low) * unit), captured, wire, link,
                        body[20:20 + captured])
        elif kind == 3:
            if len(body) < 4 or not interfaces:
                raise Damaged("simple packet block")
            wire, = struct.unpack_from(order + "I", body)
            link, _, snap = interfaces[0]
            captured = min(wire, snap or wire, len(body) - 4)
            yield Frame(0, captured, wire, link, body[4:4 + captured])


def count_frames(path, libpcap=False):
    """(readable frames, None or why the rest is not)."""
    count = 0
    try:
        for _ in read_frames(path, libpcap):
            count += 1
    except Damaged as error:
        return count, str(error)
    return count, None


# One IP header with what it carries. `layer` 0 is the outermost.
Ip = namedtuple("Ip", "layer version source target protocol length payload "
                "fragment more ident vlans cut bad_sum")

ETHERNET_IP = {0x0800, 0x86dd}


def _network(link, data):
    """(ether type, bytes, vlan ids) behind the link header, or None."""
    def ethernet(data):
        if len(data) < 14:
            return None
        kind, at, vlans = struct.unpack_from(">H", data, 12)[0], 14, []
        return climb(kind, data[at:], vlans)

    def climb(kind, data, vlans):
        for _ in range(8):
            if kind in (0x8100, 0x88a8, 0x9100) and len(data) >= 4:
                tag, kind = struct.unpack_from(">HH", data)
                vlans.append(tag & 0xfff)
                data = data[4:]
            elif kind in (0x8847, 0x8848) and len(data) >= 4:
                bottom = data[2] & 1
                data = data[4:]
                if bottom and data:
                    kind = {4: 0x0800, 6: 0x86dd}.get(data[0] >> 4, 0)
            elif kind == 0x8864 and len(data) >= 8:
                ppp, = struct.unpack_from(">H", data, 6)
                kind = {0x21: 0x0800, 0x57: 0x86dd}.get(ppp, 0)
                data = data[8:]
            else:
                break
        return kind, data, vlans

    if link == 1:
        return ethernet(data)
    if link in (12, 14, 101, 228, 229) and data:
        return {4: 0x0800, 6: 0x86dd}.get(data[0] >> 4, 0), data, []
    if link in (0, 108) and len(data) >= 4:
        return {4: 0x0800, 6: 0x86dd}.get(data[4] >> 4 if len(data) > 4 else 0,
                                          0), data[4:], []
    if link == 113 and len(data) >= 16:
        return climb(struct.unpack_from(">H", data, 14)[0], data[16:], [])
    if link == 276 and len(data) >= 20:
        return climb(struct.unpack_from(">H", data)[0], data[20:], [])
    if link == 9 and len(data) >= 2:
        at = 2 if data[:2] == b"\xff\x03" else 0
        ppp, = struct.unpack_from(">H", data, at)
        return {0x21: 0x0800, 0x57: 0x86dd}.get(ppp, 0), data[at + 2:], []
    return None


def _ipv4(data, layer, vlans):
    if len(data) < 20 or data[0] >> 4 != 4:
        return None
    size = (data[0] & 15) * 4
    total, ident, offset = struct.unpack_from(">HHH", data, 2)
    if size < 20:
        return None
    payload = data[size:total] if total >= size else data[size:]
    return Ip(layer, 4, data[12:16], data[16:20], data[9], total, payload,
              (offset & 0x1fff) * 8, bool(offset & 0x2000), ident, vlans,
              len(data) < total, _sum(data[:size]) != 0xffff)


def _sum(header):
    """Ones' complement sum (RFC 1071)."""
    if len(header) % 2:
        header = bytes(header) + b"\0"
    total = sum(struct.unpack(">%dH" % (len(header) // 2), header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def _ipv6(data, layer, vlans):
    if len(data) < 40 or data[0] >> 4 != 6:
        return None
    length, = struct.unpack_from(">H", data, 4)
    kind, at = data[6], 40
    fragment, more, ident = 0, False, 0
    for _ in range(16):
        if kind in (0, 43, 60) and at + 8 <= len(data):
            kind, at = data[at], at + 8 + data[at + 1] * 8
        elif kind == 51 and at + 8 <= len(data):
            kind, at = data[at], at + 8 + data[at + 1] * 4
        elif kind == 44 and at + 8 <= len(data):
            word, ident = struct.unpack_from(">HI", data, at + 2)
            fragment, more = word & 0xfff8, bool(word & 1)
            kind, at = data[at], at + 8
            if fragment:
                break
        else:
            break
    return Ip(layer, 6, data[8:24], data[24:40], kind, length + 40,
              data[at:40 + length], fragment, more, ident, vlans,
              len(data) < 40 + length, False)


def ip_layers(frame):
    """The IP headers of a frame, outermost first, through IP-in-IP and GRE."""
    found = _network(frame.link, frame.data)
    if found is None:
        return []
    kind, data, vlans = found
    layers = []
    while len(layers) < 8:
        if kind == 0x0800:
            ip = _ipv4(data, len(layers), vlans)
        elif kind == 0x86dd:
            ip = _ipv6(data, len(layers), vlans)
        else:
            break
        if ip is None:
            break
        layers.append(ip)
        data = ip.payload
        if ip.fragment:
            break
        if ip.protocol == 4:
            kind = 0x0800
        elif ip.protocol == 41:
            kind = 0x86dd
        elif ip.protocol == 47 and len(data) >= 4:
            flags, kind = struct.unpack_from(">HH", data)
            at = 4 + 4 * bool(flags & 0xc000) + 4 * bool(flags & 0x2000)
            at += 4 * bool(flags & 0x1000)
            data = data[at:]
            if kind == 0x6558 and len(data) >= 14:
                kind, = struct.unpack_from(">H", data, 12)
                data = data[14:]
        else:
            break
    return layers


def ports(ip):
    """Source and target port of TCP, UDP and SCTP; None when not there."""
    if ip.protocol not in (6, 17, 132) or ip.fragment or len(ip.payload) < 4:
        return None
    return struct.unpack_from(">HH", ip.payload)


def address_text(address):
    return str(ipaddress.ip_address(bytes(address)))
