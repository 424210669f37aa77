"""E11 to E13: UDP without checksum, lengths that lie, padding."""

from capture_file import Trace
from cases_ip import A, A6, B, B6, REQUEST, question, trace_of
from connection import CLIENT, SERVER, Connection
from frames import ACK, HOP_BY_HOP, SYN, TCP, UDP, ethernet, extension, ipv4, \
    ipv6, padded, tcp, udp, vxlan

# --- E11: no UDP checksum ---------------------------------------------------


def udp_without_checksum():
    """IPv4, IPv6, and IPv6 as the outside of a tunnel (RFC 6935)."""
    inner = ethernet(ipv4(A, B, UDP, question()))
    return trace_of(
        ethernet(ipv4(A, B, UDP, question(check=0))),
        ethernet(ipv6(A6, B6, UDP, question(ends=(A6, B6), check=0))),
        ethernet(ipv6(A6, B6, UDP, udp(A6, B6, 50000, 4789, vxlan(inner, 5),
                                       check=0))))


# --- E12, E13: lengths that lie ---------------------------------------------


def ip_total_too_long():
    return trace_of(ethernet(ipv4(A, B, UDP, question(), total=1500)))


def ip_total_too_short():
    """Less than its own header: nothing can be believed."""
    return trace_of(ethernet(ipv4(A, B, UDP, question(), total=19)))


def ip_header_length():
    """Four words, and more than there is."""
    return trace_of(ethernet(ipv4(A, B, UDP, question(), header=4)),
                    ethernet(ipv4(A, B, UDP, b"", header=15)))


def ipv6_payload_too_long():
    return trace_of(ethernet(ipv6(A6, B6, UDP, question(ends=(A6, B6)),
                                  length=1400)))


def udp_length():
    """More than there is, less than there is, less than its header."""
    def one(ident, length):
        return ethernet(ipv4(A, B, UDP, question(
            ident, "n%d.example" % ident, length=length)))
    return trace_of(one(1, 400), one(2, 8 + 26), one(3, 5))


def tcp_data_offset():
    """Below five words, and beyond the packet."""
    frames = [ethernet(ipv4(A, B, TCP, tcp(
        A, B, 40000 + words, 80, 1000, 5, ACK, b"payload", words=words)))
        for words in (4, 15)]
    return trace_of(*frames)


def snap_truncated():
    """Byte counts are those of the wire."""
    trace = Trace(snap=60)
    c = Connection(trace)
    c.open()
    c.send(CLIENT, REQUEST % b"first")
    c.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" +
           b"x" * 1000)
    c.close()
    return trace


def snap_inside_headers():
    """Cut within the Ethernet, IP and TCP headers."""
    trace = Trace()
    frame = ethernet(ipv4(A, B, TCP, tcp(A, B, 40000, 80, 1000, 5, ACK,
                                         b"payload")))
    for captured in (10, 20, 36, 50):
        trace.add(frame[:captured], wire=len(frame))
    return trace


def ethernet_padding():
    """Bytes behind the IP packet are not payload, whatever they look like."""
    trace = Trace()
    c = Connection(trace)
    for frame in (c.frame(CLIENT, b"", SYN, at=-1),
                  c.frame(SERVER, b"", SYN | ACK, at=-1), c.frame(CLIENT)):
        trace.add(padded(frame, filler=b"G"))
    c.send(CLIENT, REQUEST % b"first")
    trace.add(padded(c.frame(SERVER), filler=b"HTTP/1.1 200"))
    trace.add(padded(ethernet(ipv6(A6, B6, HOP_BY_HOP, extension(59))), 80,
                     b"P"))
    return trace
