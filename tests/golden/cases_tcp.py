"""E18, E19, E22 to E24, E26, E30 and E31: the state of TCP connections."""

from capture_file import Trace
from cases_stream import ANSWER, REQUEST, TRUTH, answered, opened
from connection import CLIENT, SERVER, Connection
from frames import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, mss, window_scale

# --- E18, E19: resets -------------------------------------------------------


def rst_out_of_window():
    """Below the window, and far above it."""
    c = opened(options=(mss(), mss()))
    c.send(CLIENT, TRUTH)
    c.reset(SERVER, at=-500)
    c.reset(SERVER, at=1000000)
    return answered(c)


def rst_in_window_ignored():
    """Not exact: the receiver asks back, and the data shows it went on."""
    c = opened()
    c.send(CLIENT, TRUTH)
    c.reset(SERVER, at=100)
    return answered(c)


def rst_in_window_silence():
    """Nothing follows for two minutes: the receiver took it."""
    c = opened()
    c.send(CLIENT, TRUTH)
    c.reset(SERVER, at=100)
    c.trace.pause(120)
    Connection(c.trace, client_port=40001).open()
    return c.trace


def rst_in_window_and_peer():
    """The other end's exact reset proves it."""
    c = opened()
    c.send(CLIENT, TRUTH)
    c.reset(SERVER, at=100)
    c.reset(CLIENT)
    return c.trace


def rst_bad_checksum():
    c = opened()
    c.send(CLIENT, TRUTH)
    c.reset(SERVER, check=0x1234)
    return answered(c)


def rst_bad_ack():
    """It answers a SYN that was not sent; the handshake goes on."""
    c = Connection(Trace())
    c.segment(CLIENT, b"", SYN, at=-1)
    c.segment(SERVER, b"", RST | ACK, seq=0, acks=5000)
    c.segment(SERVER, b"", SYN | ACK, at=-1)
    c.segment(CLIENT)
    c.send(CLIENT, TRUTH)
    return answered(c)


def rst_exact():
    c = opened()
    c.send(CLIENT, TRUTH)
    c.reset(SERVER)
    return c.trace


def data_after_rst(wait):
    c = opened()
    c.send(CLIENT, REQUEST % b"first")
    c.reset(SERVER)
    c.trace.pause(wait)
    c.send(CLIENT, REQUEST % b"second")
    c.send(SERVER, ANSWER + ANSWER)
    c.close()
    return c.trace


def data_at_once():
    return data_after_rst(0.5)


def data_after_half_a_minute():
    return data_after_rst(30)


def data_after_two_minutes():
    return data_after_rst(120)


# --- E22: impossible flags --------------------------------------------------


def bad_flags():
    """SYN+FIN, SYN+RST, none, Xmas, FIN alone; each to a port of its own."""
    trace = Trace()
    for port, flags in enumerate((SYN | FIN, SYN | RST, 0, FIN | PSH | URG,
                                  FIN), 1001):
        Connection(trace, port=port).segment(CLIENT, b"", flags, at=-1)
    return trace


def bad_flags_inside():
    """On a connection they change nothing."""
    c = opened()
    for flags in (SYN | FIN, 0, FIN | PSH | URG, FIN | RST):
        c.segment(CLIENT, b"", flags)
    c.send(CLIENT, TRUTH)
    return answered(c)


def reserved_bits():
    """Of the four bits that RFC 9293 reserves, the last is in use for
    Accurate ECN; ECE and CWR of a SYN are RFC 3168."""
    trace = Trace()
    for port, bits in ((1001, 8), (1002, 2), (80, 1)):
        c = Connection(trace, port=port)
        c.segment(CLIENT, b"", SYN | ECE | CWR, at=-1, reserved=bits)
    return trace


# --- E23, E24: SYNs ---------------------------------------------------------


def syn_other_isn():
    """The newest before the SYN-ACK counts."""
    c = Connection(Trace())
    c.segment(CLIENT, b"", SYN, seq=777)
    c.open()
    c.send(CLIENT, TRUTH)
    return answered(c)


def syn_ack_other_isn():
    """The first SYN-ACK counts."""
    c = Connection(Trace())
    c.segment(CLIENT, b"", SYN, at=-1)
    c.segment(SERVER, b"", SYN | ACK, at=-1)
    c.segment(SERVER, b"", SYN | ACK, seq=5000000)
    c.segment(CLIENT)
    c.send(CLIENT, TRUTH)
    return answered(c)


def simultaneous_open():
    """RFC 9293 3.5, figure 7."""
    c = Connection(Trace())
    c.segment(CLIENT, b"", SYN, at=-1)
    c.segment(SERVER, b"", SYN, at=-1)
    c.segment(CLIENT, b"", SYN | ACK, at=-1)
    c.segment(SERVER, b"", SYN | ACK, at=-1)
    c.send(CLIENT, TRUTH)
    return answered(c)


def split_handshake():
    """The server acknowledges the SYN, then sends a SYN of its own."""
    c = Connection(Trace())
    c.segment(CLIENT, b"", SYN, at=-1)
    c.segment(SERVER, b"", ACK, at=-1)
    c.segment(SERVER, b"", SYN, at=-1)
    c.segment(CLIENT, b"", SYN | ACK, at=-1)
    c.segment(SERVER)
    c.send(CLIENT, TRUTH)
    return answered(c)


def old_syn():
    """On an open connection, with an older and with the same number."""
    c = opened()
    c.segment(CLIENT, b"", SYN, at=-1)
    c.segment(CLIENT, b"", SYN, seq=500)
    c.acknowledge(SERVER)
    c.send(CLIENT, TRUTH)
    return answered(c)


def syn_after_payload():
    """Between two halves of a request, with another number and the old one."""
    c = opened()
    c.send(CLIENT, TRUTH[:9])
    c.segment(CLIENT, b"", SYN, seq=500)
    c.segment(CLIENT, b"", SYN, at=-10)
    c.acknowledge(SERVER)
    c.send(CLIENT, TRUTH[9:])
    return answered(c)


def acknowledgment_ahead(flags=ACK):
    """Segments without payload from where nothing was sent yet."""
    c = opened()
    for ahead in (300, 900):
        c.segment(CLIENT, b"", flags, at=ahead)
    c.send(CLIENT, TRUTH)
    return answered(c)


def fin_ahead():
    return acknowledgment_ahead(ACK | FIN)


def closed_then(syn_at, answer_syn):
    """A SYN `syn_at` behind the end of a closed connection."""
    c = opened()
    c.send(CLIENT, REQUEST % b"first")
    answered(c)
    again = Connection(c.trace, isn=(c.sequence(CLIENT, syn_at), 7000000))
    again.segment(CLIENT, b"", SYN, at=-1)
    if answer_syn:
        again.segment(SERVER, b"", SYN | ACK, at=-1)
        again.segment(CLIENT)
        again.send(CLIENT, REQUEST % b"second")
        answered(again)
    else:
        c.acknowledge(SERVER)
    return c.trace


def time_wait_greater():
    return closed_then(5000, True)


def time_wait_lower():
    """An old duplicate: the server answers with what it expected last."""
    return closed_then(-500, False)


def time_wait_lower_answered():
    """A SYN-ACK proves that the server took it for a new one."""
    return closed_then(-500, True)


# --- E26: windows and probes ------------------------------------------------


def zero_window():
    """Forty probes and answers of a receiver that stands still."""
    c = opened()
    c.send(CLIENT, TRUTH)
    for _ in range(40):
        c.segment(CLIENT, b"", window=0)
        c.segment(SERVER, b"H")
    c.sent[SERVER] = 0
    return answered(c)


def window_shrink():
    """The right edge moves left (RFC 9293 3.8.6): data in flight is fine."""
    c = opened(options=(window_scale(0), window_scale(0)))
    c.segment(CLIENT, b"", window=60000)
    c.send(CLIENT, TRUTH)
    c.segment(CLIENT, b"", window=100)
    return answered(c)


def keep_alive():
    """One old octet every minute for an hour is no data."""
    c = opened()
    c.send(CLIENT, TRUTH)
    c.send(SERVER, ANSWER)
    for _ in range(10):
        c.trace.pause(60)
        c.segment(CLIENT, b"\0", at=c.sent[CLIENT] - 1)
        c.acknowledge(SERVER)
    c.close()
    return c.trace


# --- E30, E31: seen in part, used again -------------------------------------


def midstream():
    """The first packet seen is data of a server."""
    c = Connection(Trace())
    c.send(SERVER, b"x" * 100)
    c.acknowledge(CLIENT)
    c.send(CLIENT, TRUTH)
    return answered(c)


def midstream_unknown():
    """Neither port is a service's: who sent first is all there is."""
    c = Connection(Trace(), port=50000)
    c.send(SERVER, b"\x01\x02\x03 data of nobody knows what" * 4)
    c.acknowledge(CLIENT)
    return c.trace


def one_way(side):
    """A whole connection of which one direction goes elsewhere."""
    c = opened()
    c.send(CLIENT, TRUTH)
    whole = answered(c)
    kept = Trace()
    sender = bytes([192, 0, 2, 1] if side == CLIENT else [198, 51, 100, 2])
    kept.records = [each for each in whole.records
                    if each.data[26:30] == sender]
    return kept


def one_way_client():
    return one_way(CLIENT)


def one_way_server():
    return one_way(SERVER)


def reuse():
    """Three connections of one 5-tuple within a second."""
    trace = Trace()
    for number in range(3):
        c = Connection(trace, isn=(1000 + number * 100000, 9000 + number))
        c.open()
        c.send(CLIENT, REQUEST % (b"number%d" % number))
        answered(c)
    return trace


def reuse_after_rst():
    """The same after a reset; its number may be any."""
    trace = Trace()
    c = Connection(trace)
    c.open()
    c.send(CLIENT, REQUEST % b"first")
    c.reset(CLIENT)
    c = Connection(trace, isn=(500, 77))
    c.open()
    c.send(CLIENT, REQUEST % b"second")
    return answered(c)
