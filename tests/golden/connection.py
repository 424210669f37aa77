"""A TCP connection as a bystander sees it."""

from frames import ACK, FIN, PSH, RST, SYN, ethernet, ip, tcp

CLIENT, SERVER = 0, 1


class Connection:
    """Writes its segments to a trace and keeps both sequence numbers. Segments
    are placed by their offset in the stream, 0 for its first byte, so that
    tests say what overlaps instead of counting sequence numbers.

        c = Connection(trace, port=80)
        c.open()
        c.send(CLIENT, b"GET / ...")
        c.segment(CLIENT, b"again", at=0)
        c.close()
    """

    def __init__(self, trace, client="192.0.2.1", server="198.51.100.2",
                 client_port=40000, port=80, isn=(1000, 900000), ttl=(64, 60),
                 tags=()):
        self.trace = trace
        self.address = (client, server)
        self.ports = (client_port, port)
        self.isn, self.ttl, self.tags = list(isn), ttl, tags
        # What was sent, in stream offsets.
        self.sent = [0, 0]
        # TCP options of every segment of a side.
        self.options = [b"", b""]
        self.window = [64240, 64240]

    def sequence(self, side, offset):
        return self.isn[side] + 1 + offset

    def frame(self, side, data=b"", flags=ACK, *, at=None, seq=None, ack=None,
              acks=None, ttl=None, **fields):
        """A segment that moves nothing. `at`: its stream offset, or `seq` its
        sequence number; `acks`: the offset it acknowledges, or `ack` the
        number. The rest goes to frames.tcp."""
        peer = 1 - side
        if seq is None:
            seq = self.sequence(side, self.sent[side] if at is None else at)
        if ack is None:
            ack = self.sequence(peer, self.sent[peer] if acks is None
                                else acks) if flags & ACK else 0
        fields.setdefault("options", self.options[side])
        fields.setdefault("window", self.window[side])
        segment = tcp(self.address[side], self.address[peer],
                      self.ports[side], self.ports[peer], seq, ack, flags,
                      data, **fields)
        packet = ip(self.address[side], self.address[peer], 6, segment,
                    ttl or self.ttl[side])
        return ethernet(packet, tags=self.tags)

    def segment(self, side, data=b"", flags=ACK, wait=0.001, **fields):
        """Writes such a segment."""
        self.trace.add(self.frame(side, data, flags, **fields), wait)

    def send(self, side, data, size=1460, **fields):
        """New data in order, in segments of at most `size` bytes."""
        fields.setdefault("flags", ACK | PSH)
        for at in range(0, len(data), size):
            part = data[at:at + size]
            self.segment(side, part, **fields)
            self.sent[side] += len(part)

    def acknowledge(self, side, **fields):
        self.segment(side, **fields)

    def open(self, options=(b"", b"")):
        """The three-way handshake (RFC 9293 3.5)."""
        self.segment(CLIENT, b"", SYN, at=-1, options=options[CLIENT])
        self.segment(SERVER, b"", SYN | ACK, at=-1, options=options[SERVER])
        self.segment(CLIENT)

    def fin(self, side, data=b""):
        self.segment(side, data, ACK | FIN)
        self.sent[side] += len(data) + 1

    def close(self):
        """Both ends in order, the client first."""
        self.fin(CLIENT)
        self.acknowledge(SERVER)
        self.fin(SERVER)
        self.acknowledge(CLIENT)

    def reset(self, side, data=b"", **fields):
        self.segment(side, data, RST | fields.pop("also", 0), **fields)
