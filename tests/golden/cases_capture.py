"""E47, E48 and E50, and E49's counts of losses: what the capture did."""

import struct

import dns
import tls
from capture_file import SECOND, START, Trace, pcap, pcapng
from cases_ip import A, B, question
from cases_stream import REQUEST, TRUTH, answered, opened
from connection import CLIENT, SERVER
from frames import UDP, ethernet, ipv4, udp


# --- E47: snap lengths ------------------------------------------------------


def conversation(snap):
    """DNS, HTTP and TLS, captured up to `snap` bytes a frame."""
    trace = Trace(snap=snap)
    trace.add(ethernet(ipv4(A, B, UDP, question(1, "site.example"))))
    trace.add(ethernet(ipv4(B, A, UDP, udp(B, A, 53, 5354, dns.response(
        1, "site.example")))))
    c = opened(trace)
    c.send(CLIENT, TRUTH)
    c.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" +
           b"x" * 1000)
    c.send(CLIENT, REQUEST % b"next")
    c.send(SERVER, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    c.close()
    c = opened(trace, client_port=40001, port=443)
    c.send(CLIENT, tls.record(tls.hello("site.example")))
    c.send(SERVER, tls.server_flight())
    c.send(CLIENT, tls.client_flight())
    c.close()
    return trace


def snap_none():
    return conversation(0)


def snap_256():
    """Heads are whole, bodies and the TLS hello are cut."""
    return conversation(256)


def snap_68():
    """The classic length: little more than headers."""
    return conversation(68)


# --- E48: duplicates --------------------------------------------------------


def duplicates(after=0.00001):
    """A mirror port that shows each frame twice."""
    trace = Trace()
    single = answered(opened_with_request()).records
    for record in single:
        trace.time = record.time
        trace.add(record.data, 0)
        trace.add(record.data, after)
    return trace


def duplicates_later():
    return duplicates(0.002)


def opened_with_request():
    c = opened()
    c.send(CLIENT, TRUTH)
    return c


# --- E49: counted losses ----------------------------------------------------


def counted_drops():
    """The kernel lost a segment and says so: in the option of the next
    packet, and in the statistics at the end."""
    c = opened()
    c.send(CLIENT, TRUTH)
    c.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" +
           b"x" * 500)
    c.sent[SERVER] += 1000
    c.acknowledge(CLIENT)
    c.send(SERVER, b"x" * 1500)
    c.close()
    return pcapng(c.trace, drops={5: 1}, statistics=(11, 1))


# --- E50: time --------------------------------------------------------------


def nanoseconds():
    return pcap(answered(opened_with_request()), nanoseconds=True)


def big_endian():
    return pcap(answered(opened_with_request()), order=">")


def as_pcapng():
    return pcapng(answered(opened_with_request()))


def reordered_times():
    """Two queues: every second frame is stamped 2 ms too early."""
    trace = answered(opened_with_request())
    for record in trace.records[1::2]:
        record.time -= 2_000_000
    return trace


def times(*seconds):
    """A query at each of these times, from the beginning of the capture."""
    trace = Trace()
    for number, each in enumerate(seconds):
        trace.time = START + int(each * SECOND)
        trace.add(ethernet(ipv4(A, B, UDP, question(number, "q%d.example" %
                                                    number))), 0)
    return trace


def step_back():
    """An hour back, then on from there: no flow ends before its time."""
    return times(0, 1, -3600, -3599, -3598, -3597, -3596)


def jump_forward():
    """One frame of ten years later expires nothing."""
    return times(0, 1, 10 * 365 * 86400, 2, 3)


def impossible_times():
    """A fraction of more than an hour, and the last second there is."""
    file = bytearray(pcap(times(0, 1, 2, 3, 4, 5)))
    # All frames have one length.
    step = (len(file) - 24) // 6
    struct.pack_into("<I", file, 24 + 2 * step + 4, 0xffffffff)
    struct.pack_into("<I", file, 24 + 4 * step, 0xffffffff)
    return bytes(file)


def zero_time():
    return times(-START // SECOND, 0, 1, 2, 3)
