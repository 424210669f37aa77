"""E10, E14 to E17, E20, E21, E25, E27 to E29: which bytes of a TCP
stream are read, and in which order."""

import struct

import dns
from capture_file import Trace
from connection import CLIENT, SERVER, Connection
from frames import ACK, PSH, SYN, TCP, UDP, URG, checksum, ethernet, \
    fast_open, ipv4, mss, packed, tcp, timestamps, udp, window_scale

REQUEST = b"GET /%s HTTP/1.1\r\nHost: a.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
# In a frame without tags and options.
SEQUENCE_AT = 14 + 20 + 4
TRUTH, DECOY = REQUEST % b"truth", REQUEST % b"decoy"


def opened(trace=None, options=(b"", b""), **more):
    trace = Trace() if trace is None else trace
    c = Connection(trace, **more)
    c.open(options)
    return c


def answered(c):
    """The rest of a connection whose request was sent."""
    c.send(SERVER, ANSWER)
    c.close()
    return c.trace


# --- E10: checksums ---------------------------------------------------------


def bad_checksum():
    """A decoy with a wrong checksum, where the sender's others are right."""
    c = opened()
    c.segment(CLIENT, DECOY, ACK | PSH, check=0x1234)
    c.send(CLIENT, TRUTH)
    return answered(c)


def offloaded():
    """A host whose card fills checksums in: none of its own is right."""
    c = Connection(Trace())
    wrong = {"check": 0x1234}
    c.segment(CLIENT, b"", SYN, at=-1, **wrong)
    c.segment(SERVER, b"", SYN | ACK, at=-1)
    c.segment(CLIENT, **wrong)
    c.send(CLIENT, TRUTH, **wrong)
    return answered(c)


def super_packet():
    """Segments merged by the receiver's card, longer than any link allows."""
    c = opened()
    c.send(CLIENT, TRUTH)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"
    c.send(SERVER, head + b"x" * 60000, size=40000)
    c.close()
    return c.trace


def merged():
    """A host that merges what it received (GRO) leaves the checksum of the
    pseudo header in the place of the segment's."""
    c = opened()
    c.send(CLIENT, TRUTH)
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + bytes(9000)
    unfinished = checksum(packed(c.address[1]) + packed(c.address[0]) +
                          struct.pack("!HH", TCP, 20 + len(body)))
    c.send(SERVER, body, size=len(body), check=~unfinished & 0xffff)
    c.close()
    return c.trace


def zero_total_length():
    """A host that leaves IP length and checksums of what it sends for its
    card (TSO)."""
    c = Connection(Trace())
    c.segment(CLIENT, b"", SYN, at=-1)
    c.segment(SERVER, b"", SYN | ACK, at=-1, check=0x1234)
    c.segment(CLIENT)
    c.send(CLIENT, TRUTH)
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70000
    segment = tcp(c.address[1], c.address[0], 80, 40000,
                  c.sequence(SERVER, 0), c.sequence(CLIENT, len(TRUTH)), ACK,
                  body, check=0x1234)
    c.trace.add(ethernet(ipv4(c.address[1], c.address[0], TCP, segment,
                              total=0, ttl=60)))
    c.sent[SERVER] += len(body)
    c.close()
    return c.trace


def udp_checksum():
    """A forged query beside one that is right."""
    trace = Trace()
    a, b = "192.0.2.1", "198.51.100.2"
    for ident, name, check in ((1, "truth.example", None),
                               (2, "decoy.example", 0x1234)):
        trace.add(ethernet(ipv4(a, b, UDP, udp(
            a, b, 5354, 53, dns.query(ident, name), check=check))))
    return trace


# --- E14 to E17: overlaps and windows ---------------------------------------


def overlap_identical():
    c = opened()
    c.segment(CLIENT, TRUTH[:20], ACK | PSH, at=0)
    c.segment(CLIENT, TRUTH[:30], ACK | PSH, at=0)
    c.segment(CLIENT, TRUTH[10:], ACK | PSH, at=10)
    c.sent[CLIENT] = len(TRUTH)
    return answered(c)


def overlap_different():
    """The second version of bytes that were read already."""
    c = opened()
    c.segment(CLIENT, TRUTH[:20], ACK | PSH, at=0)
    c.segment(CLIENT, DECOY, ACK | PSH, at=0)
    c.sent[CLIENT] = len(TRUTH)
    return answered(c)


def overlap_behind_hole():
    """Both versions wait behind the beginning that comes last."""
    c = opened()
    c.segment(CLIENT, TRUTH[5:], ACK | PSH, at=5)
    c.segment(CLIENT, DECOY[5:], ACK | PSH, at=5)
    c.segment(CLIENT, TRUTH[:5], ACK | PSH, at=0)
    c.sent[CLIENT] = len(TRUTH)
    return answered(c)


def overlap_across_hole():
    """One segment covers a hole and what waits on both sides of it."""
    c = opened()
    c.segment(CLIENT, TRUTH[:4], ACK | PSH, at=0)
    c.segment(CLIENT, TRUTH[12:], ACK | PSH, at=12)
    c.segment(CLIENT, b"PUT " + TRUTH[4:12] + b"!!!!", ACK | PSH, at=0)
    c.sent[CLIENT] = len(TRUTH)
    return answered(c)


def changed_after_ack():
    c = opened()
    c.send(CLIENT, TRUTH)
    c.acknowledge(SERVER)
    c.segment(CLIENT, DECOY, ACK | PSH, at=0)
    return answered(c)


def out_of_window():
    """Far beyond a window of 8 KiB that scaling does not widen."""
    c = Connection(Trace())
    c.window = [8192, 8192]
    c.open((mss(), mss()))
    c.segment(CLIENT, DECOY, ACK | PSH, at=200000)
    c.send(CLIENT, TRUTH)
    return answered(c)


def scaled_window():
    """The same distance within a window of 8 KiB times 64."""
    c = Connection(Trace())
    c.window = [8192, 8192]
    c.open((window_scale(6), window_scale(6)))
    c.segment(CLIENT, b"x" * 10, ACK | PSH, at=200000)
    c.send(CLIENT, TRUTH)
    c.send(SERVER, ANSWER)
    return c.trace


def unknown_scale():
    """Without the handshake any scale must be allowed."""
    c = Connection(Trace())
    c.send(CLIENT, TRUTH)
    c.acknowledge(SERVER)
    c.segment(CLIENT, b"x" * 10, ACK | PSH, at=200000)
    c.send(SERVER, ANSWER)
    return c.trace


# --- E20, E21: data where control bits are ----------------------------------


def fin_with_data():
    c = opened()
    c.fin(CLIENT, TRUTH)
    c.send(SERVER, ANSWER[:-2])
    c.fin(SERVER, ANSWER[-2:])
    c.acknowledge(CLIENT)
    return c.trace


def rst_with_data():
    """What an RST carries is no part of the stream (RFC 9293 3.5.3)."""
    c = opened()
    c.send(CLIENT, TRUTH[:10])
    c.reset(CLIENT, TRUTH[10:], also=ACK)
    return c.trace


def syn_data(taken, cookie):
    c = Connection(Trace())
    options = mss() + (fast_open(b"cookie88") if cookie else b"")
    c.segment(CLIENT, TRUTH, SYN, at=-1, options=options)
    c.segment(SERVER, b"", SYN | ACK, at=-1, options=mss(),
              acks=len(TRUTH) if taken else 0)
    if not taken:
        c.segment(CLIENT)
        c.send(CLIENT, TRUTH)
    c.sent[CLIENT] = len(TRUTH)
    return answered(c)


def fast_open_taken():
    return syn_data(True, True)


def fast_open_refused():
    """The server takes the SYN alone, and the data is sent again."""
    return syn_data(False, True)


def syn_data_plain():
    return syn_data(True, False)


def syn_data_unanswered():
    c = Connection(Trace())
    c.segment(CLIENT, TRUTH, SYN, at=-1)
    return c.trace


# --- E25: wrap --------------------------------------------------------------


def wrap():
    """Both sides pass 2^32, one of them within its head."""
    c = opened(isn=(0xffffffff - 10, 0xfffffffe))
    c.send(CLIENT, TRUTH, size=7)
    return answered(c)


def five_gibibytes():
    """A body of 5 GiB in segments of which the headers were captured, then
    another answer: it is found only if no byte was miscounted."""
    c = opened(options=(window_scale(14), window_scale(14)))
    c.send(CLIENT, REQUEST % b"big" + REQUEST % b"next")
    size = 5 << 30
    c.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    step = 65000
    frame = bytearray(c.frame(SERVER, bytes(step)))
    for number in range(size // step):
        struct.pack_into("!I", frame, SEQUENCE_AT, c.sequence(
            SERVER, c.sent[SERVER]) & 0xffffffff)
        c.trace.add(bytes(frame[:60]), 1e-5, wire=len(frame))
        c.sent[SERVER] += step
        if number % 1000 == 0:
            c.acknowledge(CLIENT)
    c.send(SERVER, bytes(size % step))
    c.send(SERVER, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    c.close()
    return c.trace


# --- E27, E28: timestamps, urgent data --------------------------------------


def old_timestamp():
    """A decoy whose timestamp is older than the last (RFC 7323 5)."""
    c = Connection(Trace())
    c.options = [timestamps(1000, 1), timestamps(5000, 1000)]
    c.open((mss() + timestamps(1000, 0), mss() + timestamps(5000, 1000)))
    c.segment(CLIENT, DECOY, ACK | PSH, options=timestamps(500, 5000))
    c.send(CLIENT, TRUTH)
    return answered(c)


def timestamp_of_the_past():
    """Old bytes again, with a timestamp that would make all later ones old."""
    c = Connection(Trace())
    c.options = [timestamps(1000, 1), timestamps(5000, 1000)]
    c.open((mss() + timestamps(1000, 0), mss() + timestamps(5000, 1000)))
    c.send(CLIENT, TRUTH[:9])
    c.segment(CLIENT, TRUTH[:9], ACK | PSH, at=-9,
              options=timestamps(1000 + (1 << 30), 5000))
    c.send(CLIENT, TRUTH[9:])
    return answered(c)


def timestamps_overtaken():
    """Segments in the wrong order, stamped as they were sent."""
    c = Connection(Trace())
    c.options = [timestamps(1000, 1), timestamps(5000, 1000)]
    c.open((mss() + timestamps(1000, 0), mss() + timestamps(5000, 1000)))
    for begin, end, stamp in ((0, 10, 1010), (20, None, 1012), (10, 20, 1011)):
        c.segment(CLIENT, TRUTH[begin:end], ACK | PSH, at=begin,
                  options=timestamps(stamp, 5000))
    c.sent[CLIENT] = len(TRUTH)
    c.options[CLIENT] = timestamps(1013, 5000)
    return answered(c)


def timestamp_wrap():
    """Newer though the number is smaller."""
    c = Connection(Trace())
    c.options = [timestamps(0xfffffff0, 1), timestamps(5000, 0xfffffff0)]
    c.open((mss() + timestamps(0xfffffff0, 0), mss() + c.options[SERVER]))
    c.options[CLIENT] = timestamps(5, 5000)
    c.send(CLIENT, TRUTH)
    return answered(c)


def urgent_octet():
    """"GET /trXuth": the octet before the pointer's is out of band."""
    c = opened()
    text = TRUTH[:7] + b"X" + TRUTH[7:]
    c.send(CLIENT, text, flags=ACK | PSH | URG, urgent=8)
    return answered(c)


def urgent_again():
    """Sent twice: no other bytes."""
    c = opened()
    text = TRUTH[:7] + b"X" + TRUTH[7:]
    c.send(CLIENT, text, flags=ACK | PSH | URG, urgent=8)
    c.segment(CLIENT, text, ACK | PSH | URG, at=-len(text), urgent=8)
    return answered(c)


def urgent_early():
    """The segment with the urgent octet overtakes the one before it."""
    c = opened()
    text = TRUTH[:7] + b"X" + TRUTH[7:]
    c.segment(CLIENT, text[5:], ACK | PSH | URG, at=5, urgent=3)
    c.segment(CLIENT, text[:5], ACK | PSH)
    c.sent[CLIENT] = len(text)
    return answered(c)


def urgent_syn():
    """Urgent data of a SYN that the server does not take."""
    c = Connection(Trace())
    c.segment(CLIENT, DECOY, SYN | URG, at=-1, urgent=8)
    c.segment(SERVER, b"", SYN | ACK, at=-1)
    c.segment(CLIENT)
    c.send(CLIENT, TRUTH)
    return answered(c)


def urgent_many():
    """Eighty urgent octets: more than any application sends."""
    c = opened()
    for _ in range(80):
        c.segment(CLIENT, b"X", ACK | PSH | URG, urgent=1)
        c.sent[CLIENT] += 1
    c.send(CLIENT, TRUTH)
    c.close()
    return c.trace


def urgent_beyond():
    """A pointer past the segment leaves nothing out of it."""
    c = opened()
    c.send(CLIENT, TRUTH, flags=ACK | PSH | URG, urgent=4000)
    return answered(c)


# --- E29: desynchronisation -------------------------------------------------


def single_bytes():
    c = opened()
    c.send(CLIENT, TRUTH, size=1)
    return answered(c)


def reverse_order():
    c = opened()
    for at in range(len(TRUTH) - 1, -1, -1):
        c.segment(CLIENT, TRUTH[at:at + 1], ACK | PSH, at=at)
    c.sent[CLIENT] = len(TRUTH)
    return answered(c)


def holes():
    """Every second byte of 200,000: no hole is ever filled."""
    c = opened(options=(window_scale(14), window_scale(14)))
    c.send(CLIENT, TRUTH[:20])
    for number in range(100000):
        c.trace.add(c.frame(CLIENT, b"x", at=21 + 2 * number), 1e-5)
    c.reset(SERVER)
    return c.trace
