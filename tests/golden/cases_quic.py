"""E46: QUIC Initials in every order, and those nobody should believe."""

import tls
from capture_file import Trace
from frames import UDP, ethernet, ipv4, udp
from quic import HANDSHAKE, V1, V2, ZERO_RTT, Ends, close, crypto

CLIENT_ADDRESS, SERVER_ADDRESS = "192.0.2.1", "198.51.100.2"
PARAMETERS = tls.extension(57, b"\1\4\x80\0\xea\x60")


def hello(name):
    return tls.client_hello(tls.usual(name) + [PARAMETERS])


HELLO = hello("site.example")
SERVER_HELLO = crypto(0, tls.server_hello())


class Link:
    """Datagrams of a connection; the server's come from port 443."""

    def __init__(self, trace=None, client_port=50000, client=CLIENT_ADDRESS):
        self.trace = Trace() if trace is None else trace
        self.ports = (client_port, 443)
        self.client = client

    def up(self, *packets):
        """From the client; several packets are coalesced."""
        self.trace.add(ethernet(ipv4(self.client, SERVER_ADDRESS, UDP, udp(
            self.client, SERVER_ADDRESS, *self.ports, b"".join(packets)))))

    def down(self, *packets):
        self.trace.add(ethernet(ipv4(SERVER_ADDRESS, self.client, UDP, udp(
            SERVER_ADDRESS, self.client, *self.ports[::-1],
            b"".join(packets)))))

    def finish(self, ends):
        """What follows the client's hello."""
        self.down(ends.initial(SERVER_HELLO, from_client=False),
                  ends.opaque(HANDSHAKE, False, 500))
        ends.server_known = True
        self.up(ends.opaque(HANDSHAKE), ends.short())
        self.down(ends.short(False))
        self.up(ends.short())
        return self.trace


def whole(version=V1):
    link, ends = Link(), Ends(version)
    link.up(ends.first(crypto(0, HELLO)))
    return link.finish(ends)


def version2():
    return whole(V2)


def coalesced():
    """The hello in the second Initial of a datagram, 0-RTT behind them."""
    link, ends = Link(), Ends()
    first = ends.initial(crypto(0, HELLO[:100]))
    second = ends.initial(crypto(100, HELLO[100:]), 1)
    link.up(first, second, ends.opaque(ZERO_RTT, size=1000))
    return link.finish(ends)


def out_of_order():
    """Pieces of the hello backwards within one packet, PING and PADDING
    between them."""
    link, ends = Link(), Ends()
    frames = b""
    for at in range(len(HELLO) // 20 * 20, -1, -20):
        frames += crypto(at, HELLO[at:at + 20]) + b"\1\0\0"
    link.up(ends.first(frames))
    return link.finish(ends)


def overlapping_same():
    link, ends = Link(), Ends()
    link.up(ends.first(crypto(0, HELLO[:150]) + crypto(50, HELLO[50:])))
    return link.finish(ends)


def overlapping_different():
    """The name comes twice: the first is reported."""
    link, ends = Link(), Ends()
    other = hello("evil.example")
    link.up(ends.first(crypto(0, HELLO[:110])))
    link.up(ends.first(crypto(0, other), 1))
    return link.finish(ends)


def with_hole():
    """The middle never comes."""
    link, ends = Link(), Ends()
    link.up(ends.first(crypto(0, HELLO[:80]) + crypto(120, HELLO[120:])))
    return link.finish(ends)


def split_datagrams():
    """In three datagrams, the last one first."""
    link, ends = Link(), Ends()
    for number, (begin, end) in enumerate(((150, None), (0, 70), (70, 150))):
        link.up(ends.first(crypto(begin, HELLO[begin:end]), number))
    return link.finish(ends)


def beyond_buffer():
    """CRYPTO at an offset no handshake reaches, and a thousand crumbs."""
    link, ends = Link(), Ends()
    link.up(ends.first(crypto(1 << 40, b"far") + crypto(70000, b"far")))
    link.up(ends.first(b"".join(crypto(2 * at, b"x") for at in range(200, 400)
                                ), 1))
    link.up(ends.first(crypto(0, HELLO), 2))
    return link.finish(ends)


def decoys():
    """Initials with other ids and other names before the real one answers:
    each is opened with the keys of its own id."""
    link = Link()
    decoy = Ends(original=b"decoy001")
    link.up(decoy.first(crypto(0, hello("decoy.example"))))
    ends = Ends()
    link.up(ends.first(crypto(0, HELLO)))
    return link.finish(ends)


def retry():
    """The server wants proof of the address: keys follow from its new id."""
    link, ends = Link(), Ends()
    link.up(ends.first(crypto(0, HELLO)))
    link.down(ends.retry(b"token of the server"))
    ends.keys_of = ends.server
    ends.server_known = True
    link.up(ends.first(crypto(0, HELLO), 1, token=b"token of the server"))
    return link.finish(ends)


def negotiation():
    """A version nobody has is refused; then version 1."""
    link, ends = Link(), Ends()
    ends.version = 0x1a2a3a4a
    link.up(ends.opaque(0, size=1150))
    link.down(ends.negotiation(V1, V2, 0x0a0a0a0a))
    ends.version = V1
    link.up(ends.first(crypto(0, HELLO)))
    return link.finish(ends)


def unknown_version():
    link, ends = Link(), Ends()
    ends.version = 0xff001234
    link.up(ends.opaque(0, size=1150))
    link.down(ends.opaque(0, False, size=1150))
    return link.trace


def zero_rtt_first():
    """The Initial was overtaken by what follows it."""
    link, ends = Link(), Ends()
    link.up(ends.opaque(ZERO_RTT, size=1000))
    link.up(ends.first(crypto(0, HELLO)))
    return link.finish(ends)


def migration():
    """The client goes on from another address and port: a flow of its own,
    whose packets say nothing (RFC 9000 9)."""
    link, ends = Link(), Ends()
    link.up(ends.first(crypto(0, HELLO)))
    link.finish(ends)
    moved = Link(link.trace, 51000, "192.0.2.77")
    for _ in range(4):
        moved.up(ends.short())
        moved.down(ends.short(False))
    return link.trace


def small():
    """Below the 1,200 bytes that RFC 9000 14.1 demands."""
    link, ends = Link(), Ends()
    link.up(ends.initial(crypto(0, HELLO)))
    return link.finish(ends)


def short_id():
    """Below the 8 bytes of RFC 9000 7.2."""
    link, ends = Link(), Ends(original=b"\1\2\3")
    link.up(ends.first(crypto(0, HELLO)))
    return link.finish(ends)


def bad_tag():
    link, ends = Link(), Ends()
    link.up(ends.first(crypto(0, HELLO), bad_tag=True))
    return link.trace


def bad_frame():
    """STREAM, which no Initial may have (RFC 9000 12.4), behind the hello."""
    link, ends = Link(), Ends()
    link.up(ends.first(crypto(0, HELLO) + b"\x08\0data"))
    return link.finish(ends)


def closed():
    link, ends = Link(), Ends()
    link.up(ends.first(crypto(0, HELLO)))
    link.down(ends.initial(close(0x128, b"no"), from_client=False))
    return link.trace


def key_flood():
    """3,000 connections of one source within a second: keys for 2,000."""
    trace = Trace()
    payload = crypto(0, HELLO)
    ends = Ends()
    packet = ends.first(payload)
    for number in range(3000):
        data = udp(CLIENT_ADDRESS, SERVER_ADDRESS, 20000 + number, 443, packet)
        trace.add(ethernet(ipv4(CLIENT_ADDRESS, SERVER_ADDRESS, UDP, data)),
                  1e-4)
    return trace
