"""What the frames of a capture say about each flow's payload, found without
sensord: which of it was captured, and from where on."""

import struct

import captures
import labels

# Payload kept per direction, in segments as they came.
SEGMENTS = 8
SYN, RST = 2, 4


class Way:
    """One direction of a flow."""

    def __init__(self):
        self.packets = 0
        self.payload_bytes = 0
        # The first payloads, and for TCP where each begins.
        self.payloads = []
        self.sequences = []
        # Sequence number of the first byte, from the SYN; None without one.
        self.first = None

    @property
    def begins(self):
        """The stream's first byte was captured."""
        return self.first is not None and self.first in self.sequences


class Flow:
    def __init__(self, key):
        self.key = key
        self.ways = (Way(), Way())
        # A frame is shorter than it was on the wire, a fragment, or has an
        # IPv4 header whose checksum is wrong.
        self.cut = False
        self.fragments = False
        self.bad_sums = 0

    @property
    def packets(self):
        return sum(way.packets for way in self.ways)

    @property
    def payload_bytes(self):
        return sum(way.payload_bytes for way in self.ways)

    @property
    def midstream(self):
        """TCP whose handshake was not captured."""
        return self.key[0] == "TCP" and \
            all(way.first is None for way in self.ways)

    def first_payload(self, way):
        return self.ways[way].payloads[0] if self.ways[way].payloads else b""

    def payload(self):
        """The first payload of either direction."""
        return self.first_payload(0) or self.first_payload(1)


class Evidence:
    """The flows of one file by the labels' keys."""

    def __init__(self, path):
        self.flows = {}
        self.links = set()
        self.damaged = None
        try:
            for frame in captures.read_frames(path):
                self._add(frame)
        except captures.Damaged as error:
            self.damaged = str(error)

    def flow(self, key):
        return self.flows.get(key) or self.flows.get(labels.turned(key))

    def _add(self, frame):
        self.links.add(frame.link)
        layers = captures.ip_layers(frame)
        if not layers:
            return
        ip = layers[-1]
        ends = [labels.address(captures.address_text(a))
                for a in (ip.source, ip.target)]
        a, b = zip(ends, captures.ports(ip) or (0, 0))
        key = (labels.transport(ip.protocol), a, b)
        way = 0
        if labels.turned(key) in self.flows:
            key, way = labels.turned(key), 1
        flow = self.flows.setdefault(key, Flow(key))
        flow.cut |= frame.captured < frame.wire
        flow.fragments |= bool(ip.fragment or ip.more)
        flow.bad_sums += any(layer.bad_sum for layer in layers)
        flow.ways[way].packets += 1
        if not ip.fragment:
            self._payload(ip, flow.ways[way])

    @staticmethod
    def _payload(ip, way):
        data, sequence = ip.payload, None
        if ip.protocol == 17:
            data = data[8:]
        elif ip.protocol == 6:
            if len(data) < 20:
                return
            sequence, = struct.unpack_from(">I", data, 4)
            if data[13] & SYN:
                sequence = (sequence + 1) & 0xffffffff
                way.first = sequence
            if data[13] & RST:
                return
            data = data[(data[12] >> 4) * 4:]
        way.payload_bytes += len(data)
        if data and len(way.payloads) < SEGMENTS:
            way.payloads.append(bytes(data))
            way.sequences.append(sequence)
