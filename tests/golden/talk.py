"""Captures written as conversations: who said what to whom.

A .talk file has a line for each message, in order:

    # What it is, for people.
    secret "hunter2"                       must not be told by anything
    flow tcp 192.0.2.1:40000 198.51.100.2:25
    < "220 mail.example ESMTP\\r\\n"         the responder's
    > "EHLO a.example\\r\\n"                 the originator's
    wait 0.5                               seconds before the next
    < 3130300d 0a                          bytes in hexadecimal
    > 00 * 100                             so many times; texts as well
      "250 OK\\r\\n"                         indented: more of the message
    end reset                              how the flow ends; TCP: fin if
                                           nothing is said, reset or open

`flow` opens one, or goes back to one that is open: tcp, udp, icmp, icmp6 or
the number of a protocol over IP, both ends, then "ttl" and one if it is not
64. Messages of TCP are bytes of
the stream, of UDP datagrams, of others what follows the IP header, with the
checksum of ICMP and IGMP filled in.

What is made of it is as networks are: connections are opened and closed, the
first message of an originator comes in three segments of which the last two
changed places, the first of a responder in two of which the first was sent
again.
"""

import ast
import re
import struct

import frames
from capture_file import Trace
from connection import CLIENT, SERVER, Connection

_NUMBERS = {"tcp": frames.TCP, "udp": frames.UDP, "icmp": frames.ICMP,
            "icmp6": frames.ICMP6}
_SIDES = {">": CLIENT, "<": SERVER}
_BYTES = re.compile(r'("(?:[^"\\]|\\.)*"|[0-9a-f ]*?)(?: \* ([0-9]+))?$')


class Talk:
    """A file's content: `steps` are (verb, operands), `secrets` bytes."""

    def __init__(self, text):
        self.steps, self.secrets = [], []
        for number, line in enumerate(text.splitlines(), 1):
            try:
                self._read(line)
            except (ValueError, SyntaxError, IndexError) as error:
                raise ValueError("line %d: %s" % (number, error)) from error

    def _read(self, line):
        if not line.strip() or line.startswith("#"):
            return
        if line[0].isspace():
            verb, (side, data) = self.steps[-1]
            self.steps[-1] = (verb, (side, data + _bytes(line)))
            return
        verb, _, rest = line.partition(" ")
        if verb in _SIDES:
            self.steps.append(("send", (_SIDES[verb], _bytes(rest))))
        elif verb == "secret":
            self.secrets.append(_bytes(rest))
        elif verb == "wait":
            self.steps.append((verb, float(rest)))
        elif verb in ("flow", "end"):
            self.steps.append((verb, rest.split()))
        else:
            raise ValueError("unknown: %s" % verb)


def _bytes(text):
    found = _BYTES.match(text.strip())
    if not found:
        raise ValueError("neither a text nor hexadecimal: %s" % text)
    unit, times = found.groups()
    data = ast.literal_eval("b" + unit) if unit.startswith('"') else \
        bytes.fromhex(unit)
    return data * int(times or 1)


def _end(text):
    """(address, port) of "192.0.2.1:80", "[2001:db8::1]:80" or an address."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]:")
        return address, int(port)
    if text.count(":") == 1:
        address, _, port = text.partition(":")
        return address, int(port)
    return text, 0


class _Stream:
    """A connection of which the first messages arrive in disorder."""

    def __init__(self, trace, ends, isn):
        (client, client_port), (server, port) = ends
        self.connection = Connection(trace, client, server, client_port, port,
                                     isn)
        self.connection.open((frames.mss(), frames.mss()))
        self.spoken = [False, False]
        self.ended = False

    def send(self, side, data):
        c = self.connection
        if not self.spoken[side] and len(data) >= 3:
            self.spoken[side] = True
            data = self._disorder(side, data)
        c.send(side, data)
        c.acknowledge(1 - side)

    def _disorder(self, side, data):
        """Writes the beginning; what is left to send."""
        c, third = self.connection, min(len(data) // 3, 1000)
        if side == SERVER:
            c.send(side, data[:third])
            c.segment(side, data[:third], at=c.sent[side] - third)
            return data[third:]
        base = c.sent[side]
        c.send(side, data[:third])
        c.segment(side, data[2 * third:3 * third], at=base + 2 * third)
        c.segment(side, data[third:2 * third], at=base + third)
        c.sent[side] += 2 * third
        return data[3 * third:]

    def end(self, how="fin"):
        if not self.ended and how == "fin":
            self.connection.close()
        elif not self.ended and how == "reset":
            self.connection.reset(CLIENT)
        self.ended = True


class _Datagrams:
    """Packets of anything but TCP."""

    def __init__(self, trace, protocol, ends, ttl):
        self.trace, self.protocol, self.ends = trace, protocol, ends
        self.ttl = ttl

    def send(self, side, data):
        (source, source_port), (target, port) = self.ends[side], \
            self.ends[1 - side]
        if self.protocol == frames.UDP:
            data = frames.udp(source, target, source_port, port, data)
        elif self.protocol in (frames.ICMP, frames.IGMP):
            data = data[:2] + struct.pack(
                "!H", frames.checksum(data[:2] + b"\0\0" + data[4:])) + \
                data[4:]
        elif self.protocol == frames.ICMP6:
            data = frames.icmp6(source, target, data[0], data[1], data[4:8],
                                data[8:])
        self.trace.add(frames.ethernet(
            frames.ip(source, target, self.protocol, data, self.ttl)))

    def end(self, how=""):
        """Nothing says so."""


def trace_of(talk):
    """The frames of a Talk."""
    trace, flows, current = Trace(), {}, None
    for verb, operands in talk.steps:
        if verb == "send":
            current.send(*operands)
        elif verb == "wait":
            trace.pause(operands)
        elif verb == "end":
            current.end(*operands)
        else:
            key = tuple(operands)
            if key not in flows:
                flows[key] = _opened(trace, operands, len(flows))
            current = flows[key]
    for flow in flows.values():
        flow.end()
    return trace


def _opened(trace, operands, number):
    kind, ends = operands[0], [_end(each) for each in operands[1:3]]
    ttl = int(operands[4]) if operands[3:4] == ["ttl"] else 64
    protocol = _NUMBERS[kind] if kind in _NUMBERS else int(kind)
    if protocol != frames.TCP:
        return _Datagrams(trace, protocol, ends, ttl)
    return _Stream(trace, ends, (1000 * (number + 1), 900000 * (number + 1)))
