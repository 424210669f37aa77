"""E42 and E43: HTTP messages whose end two readers could see differently, and
those without end."""

from cases_stream import opened
from connection import CLIENT, SERVER

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
# Behind what is ambiguous: it must not be read.
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: evil.example\r\n\r\n"


def exchange(request, answer=OK, **more):
    """One connection, one segment a side."""
    c = opened(**more)
    c.send(CLIENT, request)
    c.send(SERVER, answer)
    c.close()
    return c.trace


def each(requests, answer=OK):
    """A connection for each request, from ports of their own."""
    trace = None
    for number, request in enumerate(requests):
        c = opened(trace, client_port=40000 + number)
        trace = c.trace
        c.send(CLIENT, request)
        c.send(SERVER, answer)
        c.close()
    return trace


def post(*lines, body=b"", start=b"POST /first HTTP/1.1"):
    """A request with these header lines, something smuggled behind it."""
    return b"\r\n".join((start, b"Host: a.example") + lines) + b"\r\n\r\n" + \
        body + SMUGGLED


CHUNKS = b"4\r\nabcd\r\n0\r\n\r\n"


def length_and_coding():
    return each([post(b"Content-Length: 6", b"Transfer-Encoding: chunked",
                      body=CHUNKS),
                 post(b"Transfer-Encoding: chunked", b"Content-Length: 6",
                      body=CHUNKS)])


def two_lengths():
    """Different; the same twice is only odd."""
    return each([post(b"Content-Length: 4", b"Content-Length: 40",
                      body=b"abcd"),
                 post(b"Content-Length: 4, 40", body=b"abcd"),
                 post(b"Content-Length: 4", b"Content-Length: 4",
                      body=b"abcd")])


def disguised_coding():
    """Codings and names that one reader takes for chunked and another does
    not."""
    return each([post(line, body=CHUNKS) for line in (
        b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, foo",
        b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding : chunked",
        b"Transfer_Encoding: chunked", b"Transfer-Encoding: chunked\r\n"
        b"Transfer-Encoding: identity", b"X: y\nTransfer-Encoding: chunked",
        b"Transfer-Encoding:\r\n chunked")])


def legal_coding():
    """Case and white space are free: the next request is read."""
    return each([post(line, body=CHUNKS) for line in (
        b"transfer-ENCODING: ChUnKeD", b"Transfer-Encoding:\t chunked \t",
        b"Transfer-Encoding:chunked", b"Transfer-Encoding: gzip, chunked")])


def odd_lengths():
    return each([post(b"Content-Length: " + value, body=b"abcd")
                 for value in (b"+4", b"0x4", b"4 4", b"-4", b"",
                               b"18446744073709551620", b"4.0")])


def odd_lines():
    """Bare LF, CR alone, NUL, folding, a space before the colon, no colon."""
    return each([post(line) for line in (
        b"A: b\nC: d", b"A: b\rC: d", b"A: b\0c", b"A: b\r\n folded",
        b"A : b", b"no colon")])


def hosts():
    """Absolute form against Host, two Hosts, none."""
    return each([b"GET http://one.example/ HTTP/1.1\r\nHost: two.example"
                 b"\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHost: one.example\r\nHost: two.example"
                 b"\r\n\r\n",
                 b"GET / HTTP/1.1\r\n\r\n",
                 b"GET http://one.example/ HTTP/1.1\r\nHost: ONE.example"
                 b"\r\n\r\n"])


def broken_chunks():
    """A size that is none, no line end behind a chunk, and a flood of chunk
    extensions and of trailers."""
    begin = b"Transfer-Encoding: chunked"
    return each([post(begin, body=b"zz\r\nabcd\r\n0\r\n\r\n"),
                 post(begin, body=b"4\r\nabcdXX0\r\n\r\n"),
                 post(begin, body=b"4;" + b"e=f;" * 5000 + b"\r\nabcd\r\n"
                      b"0\r\n\r\n"),
                 post(begin, body=b"0\r\n" + b"A: b\r\n" * 5000 + b"\r\n"),
                 post(begin, body=b"ffffffffffffffffff\r\nabcd")])


def after_close():
    """A request behind the last one, an answer behind the last one."""
    last = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n" \
        b"\r\nok"
    return exchange(b"GET /last HTTP/1.1\r\nHost: a.example\r\n"
                    b"Connection: close\r\n\r\n" + SMUGGLED, last + OK)


def interim():
    """100 Continue is no answer yet."""
    c = opened()
    c.send(CLIENT, b"PUT /first HTTP/1.1\r\nHost: a.example\r\n"
           b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    c.send(SERVER, b"HTTP/1.1 100 Continue\r\n\r\n")
    c.send(CLIENT, b"abcd")
    c.send(SERVER, b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    c.send(CLIENT, b"GET /second HTTP/1.1\r\nHost: a.example\r\n\r\n")
    c.send(SERVER, OK)
    c.close()
    return c.trace


def no_bodies():
    """Answers to HEAD, 204 and 304 have none (RFC 9112 6.3); the first and the
    last may say how long it would be."""
    request = b"%s /%d HTTP/1.1\r\nHost: a.example\r\n\r\n"
    answer = b"HTTP/1.1 %d X\r\nContent-Length: 500\r\n\r\n"
    return exchange(b"".join((request % (b"HEAD", 1), request % (b"GET", 2),
                              request % (b"GET", 3), request % (b"GET", 4))),
                    answer % 200 + b"HTTP/1.1 204 X\r\n\r\n" + answer % 304 +
                    OK)


def body_of_204():
    """It may not say that it has one (RFC 9110 8.6)."""
    return exchange(get(1) + get(2), b"HTTP/1.1 204 X\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(OK) + OK + OK)


def connect():
    """Behind the 200 of a CONNECT is another protocol."""
    c = opened(port=3128)
    c.send(CLIENT, b"CONNECT inner.example:80 HTTP/1.1\r\n"
           b"Host: inner.example:80\r\n\r\n")
    c.send(SERVER, b"HTTP/1.1 200 OK\r\n\r\n")
    c.send(CLIENT, b"GET /inside HTTP/1.1\r\nHost: inner.example\r\n\r\n")
    c.send(SERVER, OK)
    c.close()
    return c.trace


def connect_refused():
    """Without a 2xx the connection stays HTTP."""
    c = opened(port=3128)
    c.send(CLIENT, b"CONNECT inner.example:443 HTTP/1.1\r\n"
           b"Host: inner.example:443\r\n\r\n")
    c.send(SERVER, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    c.send(CLIENT, b"GET /outside HTTP/1.1\r\nHost: a.example\r\n\r\n")
    c.send(SERVER, OK)
    c.close()
    return c.trace


def upgrade():
    c = opened()
    c.send(CLIENT, b"GET /chat HTTP/1.1\r\nHost: a.example\r\n"
           b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Version: 13\r\n\r\n")
    c.send(SERVER, b"HTTP/1.1 101 Switching Protocols\r\n"
           b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
    c.send(CLIENT, bytes.fromhex("818537fa213d7f9f4d5158"))
    c.send(SERVER, b"\x81\x05Hello")
    c.close()
    return c.trace


# --- E43: without end -------------------------------------------------------


def get(number):
    return b"GET /n%d HTTP/1.1\r\nHost: a.example\r\n\r\n" % number


def pipelining():
    """Seventy requests before the first answer: six are told unanswered."""
    c = opened()
    c.send(CLIENT, b"".join(get(number) for number in range(70)))
    c.send(SERVER, OK * 70)
    c.close()
    return c.trace


def answer_alone():
    c = opened()
    c.send(SERVER, OK)
    c.send(CLIENT, get(1))
    c.send(SERVER, OK)
    c.close()
    return c.trace


def many_headers():
    """A million of them."""
    c = opened()
    c.send(CLIENT, b"GET /first HTTP/1.1\r\nHost: a.example\r\n", size=60000)
    lines = b"A: b\r\n" * 10000
    for _ in range(100):
        c.send(CLIENT, lines, size=60000)
    c.send(CLIENT, b"\r\n" + SMUGGLED)
    c.send(SERVER, OK)
    c.close()
    return c.trace


def long_line():
    """Ten megabytes without an end."""
    c = opened()
    c.send(CLIENT, b"GET /first HTTP/1.1\r\nHost: a.example\r\nLong: ")
    part = b"a" * 60000
    for _ in range(170):
        c.send(CLIENT, part, size=60000)
    c.send(CLIENT, b"\r\n\r\n" + SMUGGLED)
    c.send(SERVER, OK)
    c.close()
    return c.trace


def hundred_headers():
    """As many as are read, and one more."""
    return each([b"GET /%d HTTP/1.1\r\nHost: a.example\r\n" % count +
                 b"A: b\r\n" * (count - 1) + b"\r\n" + get(2)
                 for count in (100, 101)])
