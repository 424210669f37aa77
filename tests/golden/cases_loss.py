"""E49: what is read of a stream of which a piece was not captured."""

import dns
from cases_stream import REQUEST, TRUTH, answered, opened
from connection import CLIENT, SERVER


def in_body():
    """A body of known length is survived: the next answer is read."""
    c = opened()
    c.send(CLIENT, TRUTH + REQUEST % b"next")
    c.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" +
           b"x" * 500)
    c.sent[SERVER] += 1500
    c.acknowledge(CLIENT)
    c.send(SERVER, b"x" * 1000)
    c.send(SERVER, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    c.close()
    return c.trace


def in_head():
    """Where the next message begins cannot be known: no more is read, though
    what follows looks like an answer."""
    c = opened()
    c.send(CLIENT, TRUTH + REQUEST % b"next")
    c.send(SERVER, b"HTTP/1.1 200 OK\r\nContent-Le")
    c.sent[SERVER] += 20
    c.acknowledge(CLIENT)
    c.send(SERVER, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    c.close()
    return c.trace


def in_dns():
    """The length before the next message is lost."""
    c = opened(port=53)
    c.send(CLIENT, dns.framed(dns.query(1, "one.example")))
    c.sent[CLIENT] += 10
    c.acknowledge(SERVER)
    c.send(CLIENT, dns.framed(dns.query(2, "two.example")))
    c.send(CLIENT, dns.framed(dns.query(3, "three.example")))
    c.close()
    return c.trace


def at_beginning():
    """The connection is there, its first bytes are not."""
    c = opened()
    c.sent[CLIENT] += 100
    c.acknowledge(SERVER)
    c.send(CLIENT, TRUTH)
    return answered(c)
