"""DNS messages (RFC 1035 4), also ones that lie."""

import struct

A, NS, CNAME, TXT, AAAA, OPT = 1, 2, 5, 16, 28, 41


def name(text):
    """Labels of a name with dots; "" is the root."""
    labels = [part.encode("latin-1") for part in text.split(".") if part]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def pointer(to):
    return struct.pack("!H", 0xc000 | to)


def question(what, kind=A):
    """`what`: a text, or the bytes of a name as they are to be."""
    if isinstance(what, str):
        what = name(what)
    return what + struct.pack("!HH", kind, 1)


def answer(what, address=b"\xc0\x00\x02\x09", kind=A, ttl=300):
    if isinstance(what, str):
        what = name(what)
    return what + struct.pack("!HHIH", kind, 1, ttl, len(address)) + address


def padding(size):
    """An OPT record with a padding option (RFC 6891, RFC 7830)."""
    option = struct.pack("!HH", 12, size) + bytes(size)
    return b"\0" + struct.pack("!HHIH", OPT, 1232, 0, len(option)) + option


def message(ident, questions=(), answers=(), additional=(), *, flags=0x0100,
            counts=None):
    """`counts`: what the header says instead of what is there."""
    if counts is None:
        counts = (len(questions), len(answers), 0, len(additional))
    return struct.pack("!HHHHHH", ident, flags, *counts) + \
        b"".join(questions) + b"".join(answers) + b"".join(additional)


def query(ident, what, kind=A, **more):
    return message(ident, [question(what, kind)], **more)


def response(ident, what, *answers, kind=A, flags=0x8180, **more):
    """With one address when no `answers` are given."""
    return message(ident, [question(what, kind)],
                   answers or [answer(pointer(12))], flags=flags, **more)


def framed(body):
    """As TCP carries it (RFC 1035 4.2.2)."""
    return struct.pack("!H", len(body)) + body
