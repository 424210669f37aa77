"""E44 and E45: TLS handshakes cut, joined and hidden."""

import tls
from capture_file import Trace
from cases_stream import ANSWER, TRUTH, opened
from connection import CLIENT, SERVER
from tls import record


def handshake(client, size=1460, server=None, **more):
    """A connection whose client begins with these bytes."""
    c = opened(**{"port": 443, **more})
    c.send(CLIENT, client, size=size)
    c.send(SERVER, tls.server_flight() if server is None else server)
    c.send(CLIENT, tls.client_flight())
    c.close()
    return c.trace


HELLO = tls.hello("site.example")


def whole():
    return handshake(record(HELLO))


def split_records():
    """The hello over records of 50 bytes."""
    return handshake(tls.records(HELLO, 50))


def split_segments():
    return handshake(record(HELLO), size=1)


def one_byte_records():
    return handshake(tls.records(HELLO, 1))


def joined_messages():
    """TLS 1.2: three messages in one record of the server, and the client's
    last ones in one segment."""
    hello = tls.server_hello(0xc02f, [tls.extension(0xff01, b"\0"),
                                      tls.alpn("h2")])
    c = opened(port=443)
    c.send(CLIENT, record(tls.client_hello([
        tls.server_name("site.example"), tls.alpn("h2")])))
    c.send(SERVER, record(hello + tls.handshake(
        tls.CERTIFICATE, tls.vector(b"", 3)) +
        tls.handshake(tls.SERVER_DONE, b"")))
    change = record(b"\1", tls.CHANGE)
    c.send(CLIENT, record(tls.handshake(16, bytes(33))) + change +
           record(b"\x99" * 40))
    c.send(SERVER, change + record(b"\x99" * 40))
    c.send(CLIENT, record(b"\x99" * 50, tls.DATA))
    c.close()
    return c.trace


def empty_records():
    """Zero length, before the hello and within it."""
    return handshake(record(b"") + record(HELLO[:40]) + record(b"") +
                     record(HELLO[40:]))


def oversize_record():
    """More than RFC 5246 allows, behind the hello."""
    return handshake(record(HELLO) + record(b"\0" * 18433, tls.DATA))


def oversize_first():
    """The hello claims a record no TLS has: it is none."""
    return handshake(record(HELLO + bytes(20000)))


def oversize_handshake():
    """A message that says it has 16 MiB."""
    return handshake(record(HELLO) + record(b"\x0b\xff\xff\xff" + bytes(500)))


def alerts_between():
    """A warning within the hello's records, then a fatal one."""
    warning = tls.alert(1, 112)
    return handshake(record(HELLO[:60]) + warning + record(HELLO[60:]),
                     server=tls.alert(2, 40))


def ssl2():
    """Answered with TLS 1.0."""
    flight = tls.server_hello(0x002f, [], 0x0301) + \
        tls.handshake(tls.CERTIFICATE, tls.vector(b"", 3)) + \
        tls.handshake(tls.SERVER_DONE, b"")
    return handshake(tls.ssl2_hello(), server=record(flight))


def grease():
    """Reserved values everywhere they may be (RFC 8701): the same site and
    the same fingerprint without them."""
    extensions = tls.usual("site.example")
    greased = [tls.extension(tls.GREASE, b"")] + extensions[:1] + [
        tls.groups(tls.GREASE, 29, 23)] + extensions[2:4] + [
        tls.versions(tls.GREASE, 0x0304, 0x0303),
        tls.extension(0x2a2a, b"\0")]
    trace = handshake(record(HELLO))
    return handshake(record(tls.client_hello(
        greased, (tls.GREASE,) + tls.CIPHERS)), trace=trace,
        client_port=40001)


def duplicate_extension():
    """Two server_name extensions with different names."""
    return handshake(record(tls.client_hello(
        tls.usual("first.example") + [tls.server_name("second.example")])))


def two_names():
    return handshake(record(tls.hello("first.example", "second.example")))


def odd_names():
    """NUL, an address, upper case, a trailing dot, not UTF-8, 300 bytes."""
    trace = None
    for number, name in enumerate((
            b"bank.example\0.evil.example", b"192.0.2.7", b"SITE.Example",
            b"site.example.", b"\xff\xfe.example", b"a" * 300, b"")):
        trace = handshake(record(tls.hello(name)), trace=trace,
                          client_port=40000 + number)
    return trace


def encrypted_hello():
    return handshake(record(tls.client_hello(
        tls.usual("cover.example") + [tls.encrypted_hello()])))


# --- E45: where TLS is not expected, and where it is not --------------------


def starttls():
    c = opened(port=25)
    for side, line in (
            (SERVER, b"220 mail.example ESMTP\r\n"),
            (CLIENT, b"EHLO client.example\r\n"),
            (SERVER, b"250-mail.example\r\n250 STARTTLS\r\n"),
            (CLIENT, b"STARTTLS\r\n"), (SERVER, b"220 go ahead\r\n")):
        c.send(side, line)
    c.send(CLIENT, record(tls.hello("mail.example")))
    c.send(SERVER, tls.server_flight())
    c.send(CLIENT, tls.client_flight())
    c.close()
    return c.trace


def connect():
    c = opened(port=3128)
    c.send(CLIENT, b"CONNECT site.example:443 HTTP/1.1\r\n"
           b"Host: site.example:443\r\n\r\n")
    c.send(SERVER, b"HTTP/1.1 200 OK\r\n\r\n")
    c.send(CLIENT, record(HELLO))
    c.send(SERVER, tls.server_flight())
    c.send(CLIENT, tls.client_flight())
    c.close()
    return c.trace


def plain_on_443():
    c = opened(port=443)
    c.send(CLIENT, TRUTH)
    c.send(SERVER, ANSWER)
    c.close()
    return c.trace


def odd_port():
    return handshake(record(HELLO), port=22)


def server_hello_from_client():
    """The wrong side says the wrong hello: no site, no fingerprint."""
    c = opened(Trace(), port=443)
    c.send(CLIENT, record(tls.server_hello(), version=0x0303))
    c.send(SERVER, record(HELLO))
    c.close()
    return c.trace
