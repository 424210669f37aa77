"""E1 to E9: fragments, hop counts, header checksums."""

import dns
from capture_file import Trace, pcapng
from connection import CLIENT, SERVER, Connection
from frames import ACK, DESTINATION, FRAGMENT, GRE, ICMP, PSH, SYN, TCP, \
    UDP, ethernet, extension, fragment_header, gre, icmp, ipv4, ipv6, tcp, \
    udp, vxlan

A, B = "192.0.2.1", "198.51.100.2"
A6, B6 = "2001:db8::1", "2001:db8:1::2"


def question(ident=7, name="a.name.that.is.whole.example", ends=(A, B),
             **more):
    """A UDP datagram with a DNS query; of 54 bytes by default."""
    return udp(*ends, 5353 + 1, 53, dns.query(ident, name), **more)


def fragment4(data, offset, more, ident=7, protocol=UDP, tags=(), **fields):
    return ethernet(ipv4(A, B, protocol, data, offset=offset, more=more,
                         ident=ident, **fields), tags=tags)


def fragment6(data, offset, more, ident=7, protocol=UDP):
    return ethernet(ipv6(A6, B6, FRAGMENT, fragment_header(
        protocol, offset, more, ident) + data))


def trace_of(*frames):
    trace = Trace()
    trace.add_all(frames)
    return trace


# --- E1, E2, E3: overlaps ---------------------------------------------------


def overlap_same():
    data = question()
    return trace_of(fragment4(data[:24], 0, True),
                    fragment4(data[16:], 16, False))


def overlap_new_over_old():
    """The second fragment would put another name over the first's."""
    data = question()
    other = question(name="a.name.that.is.other.example")
    return trace_of(fragment4(data[:48], 0, True),
                    fragment4(other[24:48], 24, True),
                    fragment4(data[48:], 48, False))


def overlap_old_over_new():
    """What lies behind a hole came first and stands, too."""
    data = question()
    other = question(name="a.name.that.is.other.example")
    return trace_of(fragment4(data[16:], 16, False),
                    fragment4(other[:40], 0, True))


def teardrop():
    """The last fragment ends inside the first: both cannot be true."""
    data = question()
    return trace_of(fragment4(data[:40], 0, True),
                    fragment4(b"\xff" * 4, 24, False))


def ipv6_overlap():
    """Nothing of the datagram is left, also of what comes later."""
    data = question(ends=(A6, B6))
    return trace_of(fragment6(data[:24], 0, True),
                    fragment6(data[16:32], 16, True),
                    fragment6(data[32:], 32, False))


def ipv6_repeated():
    """An exact repetition is no overlap (RFC 8200 4.5)."""
    data = question(ends=(A6, B6))
    return trace_of(fragment6(data[:24], 0, True),
                    fragment6(data[:24], 0, True),
                    fragment6(data[24:], 24, False))


# --- E4: tiny fragments -----------------------------------------------------


def tiny_first():
    """A TCP header in three pieces: ports, numbers, flags."""
    trace = Trace()
    segment = tcp(A, B, 40000, 80, 1000, 0, SYN)
    trace.add_all([fragment4(segment[:8], 0, True, protocol=TCP),
                   fragment4(segment[8:16], 8, True, protocol=TCP),
                   fragment4(segment[16:], 16, False, protocol=TCP)])
    return trace


def tiny_offset_one():
    """A later fragment would replace the flags (RFC 1858 3)."""
    segment = tcp(A, B, 40000, 80, 1000, 1, ACK)
    lie = tcp(A, B, 40000, 80, 1000, 0, SYN)
    return trace_of(fragment4(segment[:16], 0, True, protocol=TCP),
                    fragment4(lie[8:], 8, False, protocol=TCP))


def later_alone():
    """What looks like ports at offset 8 and 24 is none."""
    segment = tcp(A, B, 4444, 22, 1000, 0, SYN, b"data")
    return trace_of(fragment4(segment, 8, False, protocol=TCP),
                    fragment4(segment, 24, True, protocol=TCP, ident=8))


# --- E5: lengths, order, loss -----------------------------------------------


def ping_of_death():
    return trace_of(fragment4(bytes(1480), 0, True, protocol=ICMP),
                    fragment4(bytes(1480), 65120, False, protocol=ICMP))


def never_ending():
    """As much as a datagram may have, and no last fragment."""
    trace = Trace()
    for offset in range(0, 65000, 1000):
        trace.add(fragment4(bytes(1000), offset, True))
    trace.pause(31)
    trace.add(ethernet(ipv4(A, B, UDP, question())))
    return trace


def missing_last():
    """Given up after 30 s; a fragment later than that begins anew."""
    data = question()
    trace = trace_of(fragment4(data[:24], 0, True))
    trace.pause(29)
    trace.add(fragment4(data[:16], 0, True, ident=8))
    trace.pause(2)
    trace.add(fragment4(data[24:], 24, False))
    trace.add(fragment4(data[16:], 16, False, ident=8))
    return trace


def out_of_order():
    data = question()
    return trace_of(fragment4(data[32:], 32, False),
                    fragment4(data[16:32], 16, True),
                    fragment4(data[16:32], 16, True),
                    fragment4(data[:16], 0, True))


def flood_of_first():
    """20,000 datagrams never go on, one does in the middle of them."""
    trace = Trace()
    data = question()
    for ident in range(20000):
        trace.add(fragment4(b"\x66" * 256, 0, True, ident=ident), 1e-5)
        if ident == 10000:
            trace.add(fragment4(data[:16], 0, True, ident=40000), 1e-5)
            trace.add(fragment4(data[16:32], 16, True, ident=40000), 1e-5)
    trace.add(fragment4(data[32:], 32, False, ident=40000))
    return trace


def odd_fragments():
    """Empty, and of a length that no fragment but the last may have."""
    return trace_of(fragment4(b"", 0, True),
                    fragment4(bytes(13), 0, True, ident=8))


# --- E6: what tells datagrams apart -----------------------------------------


def same_id_protocols():
    data = question()
    echo = icmp(8, 0, payload=b"p" * 24)
    return trace_of(fragment4(data[:16], 0, True),
                    fragment4(echo[:16], 0, True, protocol=ICMP),
                    fragment4(data[16:], 16, False),
                    fragment4(echo[16:], 16, False, protocol=ICMP))


def same_id_vlans():
    one, two = question(name="one.example"), question(name="two.example")
    return trace_of(fragment4(one[:32], 0, True, tags=(10,)),
                    fragment4(two[:32], 0, True, tags=(20,)),
                    fragment4(two[32:], 32, False, tags=(20,)),
                    fragment4(one[32:], 32, False, tags=(10,)))


def same_id_tunnels():
    """VXLAN networks 1 and 2, and a GRE tunnel with a key."""
    one, two = question(name="one.example"), question(name="two.example")

    def inside(vni, frame):
        return ethernet(ipv4("10.0.0.1", "10.0.0.2", UDP, udp(
            "10.0.0.1", "10.0.0.2", 50000, 4789, vxlan(frame, vni))))
    keyed = ipv4(A, B, UDP, one[32:], offset=32, ident=7)
    return trace_of(inside(1, fragment4(one[:32], 0, True)),
                    inside(2, fragment4(two[:32], 0, True)),
                    ethernet(ipv4("10.0.0.1", "10.0.0.2", GRE,
                                  gre(keyed, key=1))),
                    inside(2, fragment4(two[32:], 32, False)),
                    inside(1, fragment4(one[32:], 32, False)))


def same_id_interfaces():
    """Halves of two datagrams, seen on two interfaces of one file."""
    one, two = question(name="one.example"), question(name="two.example")
    return pcapng(trace_of(fragment4(one[:32], 0, True),
                           fragment4(two[32:], 32, False)), interfaces=2)


def same_id_directions():
    """Both ends use the same identification."""
    data = question()
    back = udp(B, A, 53, 5354, dns.response(7, "whole.example"))
    return trace_of(fragment4(data[:24], 0, True),
                    ethernet(ipv4(B, A, UDP, back[:24], more=True, ident=7)),
                    fragment4(data[24:], 24, False),
                    ethernet(ipv4(B, A, UDP, back[24:], offset=24, ident=7)))


# --- E7: IPv6 fragment headers ----------------------------------------------


def atomic_fragment():
    """By itself, though fragments of the same id wait (RFC 6946)."""
    waiting = question(name="split.example", ends=(A6, B6))
    return trace_of(fragment6(waiting[:24], 0, True),
                    fragment6(question(ends=(A6, B6)), 0, False),
                    fragment6(waiting[24:], 24, False))


def fragment_header_not_last():
    """Destination options lie behind the fragment header."""
    data = extension(UDP) + question(ends=(A6, B6))
    return trace_of(fragment6(data[:16], 0, True, protocol=DESTINATION),
                    fragment6(data[16:], 16, False, protocol=DESTINATION))


def fragments_in_fragments():
    """A whole datagram that is a fragment again: the walk stops."""
    inner = fragment_header(UDP, 0, True, 9) + question(ends=(A6, B6))
    return trace_of(fragment6(inner[:24], 0, True, protocol=FRAGMENT),
                    fragment6(inner[24:], 24, False, protocol=FRAGMENT))


# --- E8: hop counts ---------------------------------------------------------

REQUEST = b"GET /%s HTTP/1.1\r\nHost: a.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def low_ttl():
    """Counted and read: it may have come by another path."""
    trace = Trace()
    c = Connection(trace)
    c.open()
    c.send(CLIENT, REQUEST % b"first", ttl=50)
    c.send(SERVER, ANSWER)
    c.close()
    return trace


def low_ttl_overlap():
    """A segment that dies on its way is followed by another in its place."""
    trace = Trace()
    c = Connection(trace)
    c.open()
    c.send(CLIENT, REQUEST % b"decoy", ttl=3)
    c.segment(CLIENT, REQUEST % b"truth", ACK | PSH, at=0)
    c.send(SERVER, ANSWER)
    c.close()
    return trace


def ttl_within_five():
    trace = Trace()
    c = Connection(trace)
    c.open()
    c.send(CLIENT, REQUEST % b"first", ttl=59)
    c.close()
    return trace


# --- E9: header checksum ----------------------------------------------------


def bad_checksum_fragment():
    """Joins nothing: the other half waits in vain."""
    data = question()
    return trace_of(fragment4(data[:24], 0, True, check=0x1234),
                    fragment4(data[24:], 24, False))


def bad_checksum_segment():
    """What no host would take comes first in the place of the request."""
    trace = Trace()
    c = Connection(trace)
    c.open()
    decoy = c.frame(CLIENT, REQUEST % b"decoy", ACK | PSH)
    trace.add(decoy[:24] + b"\x12\x34" + decoy[26:])
    c.send(CLIENT, REQUEST % b"truth")
    c.send(SERVER, ANSWER)
    c.close()
    return trace


def bad_checksum_datagram():
    """Where the sender's other header checksums are right."""
    return trace_of(
        ethernet(ipv4(A, B, UDP, question(8))),
        ethernet(ipv4(A, B, UDP, question(9, "decoy.example"), check=0x1234)))


def bad_checksums_only():
    """All of a capture's, as after its addresses were exchanged."""
    answer = udp(B, A, 53, 5354, dns.response(8, "whole.example"))
    return trace_of(
        ethernet(ipv4(A, B, UDP, question(8, "whole.example"), check=0x1234)),
        ethernet(ipv4(B, A, UDP, answer, check=0x1234)))
