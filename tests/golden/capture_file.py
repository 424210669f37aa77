"""Capture files: classic pcap (microseconds, nanoseconds, either byte order)
and pcapng, written by hand."""

import struct

LINK_NULL, LINK_ETHERNET, LINK_PPP, LINK_RAW, LINK_WIFI, LINK_COOKED, \
    LINK_PPPOE, LINK_COOKED2 = 0, 1, 9, 101, 105, 113, 51, 276
SECOND = 1_000_000_000
# 2026-01-31T12:00:00Z
START = 1_769_860_800 * SECOND


class Record:
    """A frame as a file has it: `time` in nanoseconds, `wire` bytes long on
    the wire, of which `data` was captured."""

    def __init__(self, time, data, wire):
        self.time, self.data, self.wire = time, data, wire


class Trace:
    """Frames in order, a millisecond apart unless told otherwise."""

    def __init__(self, link=LINK_ETHERNET, snap=0):
        """`snap`: how much of each frame is captured; 0 for all of it."""
        self.link, self.snap = link, snap
        self.time = START
        self.records = []

    def add(self, data, wait=0.001, wire=None):
        """One frame, `wait` seconds after the last one. `wire`: its length
        where that is not what is given."""
        wire = len(data) if wire is None else wire
        self.time += int(wait * SECOND)
        if self.snap:
            data = data[:self.snap]
        self.records.append(Record(self.time, data, wire))

    def add_all(self, frames, wait=0.001):
        for frame in frames:
            self.add(frame, wait)

    def pause(self, seconds):
        """The next frame comes so much later."""
        self.time += int(seconds * SECOND)


def pcap(trace, nanoseconds=False, order="<"):
    """The bytes of a classic pcap file; `order` as struct has it."""
    unit = 1 if nanoseconds else 1000
    magic = 0xa1b23c4d if nanoseconds else 0xa1b2c3d4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144,
                         trace.link)]
    head = struct.Struct(order + "IIII")
    for record in trace.records:
        seconds, rest = divmod(record.time, SECOND)
        parts.append(head.pack(seconds & 0xffffffff, rest // unit,
                               len(record.data), record.wire))
        parts.append(record.data)
    return b"".join(parts)


def _block(kind, body):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def _option(code, value):
    return struct.pack("<HH", code, len(value)) + value + \
        b"\0" * (-len(value) % 4)


def pcapng(trace, interfaces=1, drops=None, statistics=None):
    """The bytes of a pcapng file with times in nanoseconds. Frames go to its
    `interfaces` in turn. `drops`: by number of record, what epb_dropcount says
    was lost before it. `statistics`: (received, dropped) of an interface
    statistics block at the end."""
    drops = drops or {}
    parts = [_block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))]
    resolution = _option(9, b"\x09") + _option(0, b"")
    for _ in range(interfaces):
        parts.append(_block(1, struct.pack("<HHI", trace.link, 0, 262144) +
                            resolution))
    for number, record in enumerate(trace.records):
        body = struct.pack("<IIIII", number % interfaces, record.time >> 32,
                           record.time & 0xffffffff, len(record.data),
                           record.wire) + record.data
        if number in drops:
            body += b"\0" * (-len(body) % 4)
            body += _option(4, struct.pack("<Q", drops[number]))
            body += _option(0, b"")
        parts.append(_block(6, body))
    if statistics is not None:
        last = trace.records[-1].time
        body = struct.pack("<III", 0, last >> 32, last & 0xffffffff)
        body += _option(4, struct.pack("<Q", statistics[0]))
        body += _option(5, struct.pack("<Q", statistics[1])) + _option(0, b"")
        parts.append(_block(5, body))
    return b"".join(parts)
