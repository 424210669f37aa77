"""TLS handshake messages and records (RFC 8446, RFC 5246)."""

import struct

CHANGE, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_DONE = 1, 2, 11, 14
CIPHERS = (0x1301, 0x1302, 0xc02f, 0xc030)
# Reserved values that must be ignored (RFC 8701).
GREASE = 0x1a1a


def vector(data, width):
    return len(data).to_bytes(width, "big") + data


def extension(kind, data):
    return struct.pack("!H", kind) + vector(data, 2)


def server_name(*names):
    """One list with these host names, texts or bytes (RFC 6066 3)."""
    entries = b""
    for each in names:
        text = each.encode() if isinstance(each, str) else each
        entries += b"\0" + vector(text, 2)
    return extension(0, vector(entries, 2))


def alpn(*protocols):
    return extension(16, vector(b"".join(vector(p.encode(), 1)
                                         for p in protocols), 2))


def versions(*numbers):
    return extension(43, vector(struct.pack("!%dH" % len(numbers), *numbers),
                                1))


def groups(*numbers):
    return extension(10, vector(struct.pack("!%dH" % len(numbers), *numbers),
                                2))


def signatures(*numbers):
    return extension(13, vector(struct.pack("!%dH" % len(numbers), *numbers),
                                2))


def encrypted_hello():
    """An outer encrypted_client_hello (RFC 9849 5) of opaque contents."""
    return extension(0xfe0d, b"\0" + struct.pack("!HHB", 1, 1, 7) +
                     vector(b"\x11" * 32, 2) + vector(b"\x22" * 144, 2))


def usual(*names):
    """What a browser would send for a site."""
    return [server_name(*names), groups(29, 23), signatures(0x0403, 0x0804),
            alpn("h2", "http/1.1"), versions(0x0304, 0x0303)]


def handshake(kind, body):
    return bytes([kind]) + vector(body, 3)


def client_hello(extensions, ciphers=CIPHERS, random=b"\x5a" * 32):
    body = b"\x03\x03" + random + vector(bytes(32), 1) + \
        vector(struct.pack("!%dH" % len(ciphers), *ciphers), 2) + b"\x01\0" + \
        vector(b"".join(extensions), 2)
    return handshake(CLIENT_HELLO, body)


def hello(*names):
    """A ClientHello for a site."""
    return client_hello(usual(*names))


def server_hello(cipher=0x1301, extensions=None, version=0x0303):
    """Of TLS 1.3, or of `version` with these `extensions`, which opens a new
    session."""
    session = bytes(32) if extensions is None else b""
    if extensions is None:
        extensions = [extension(43, b"\x03\x04"),
                      extension(51, struct.pack("!H", 29) + vector(bytes(32),
                                                                  2))]
    body = struct.pack("!H", version) + b"\xa5" * 32 + vector(session, 1) + \
        struct.pack("!HB", cipher, 0)
    if extensions:
        body += vector(b"".join(extensions), 2)
    return handshake(SERVER_HELLO, body)


def record(data, kind=HANDSHAKE, version=0x0301):
    return struct.pack("!BHH", kind, version, len(data)) + data


def records(data, size, kind=HANDSHAKE):
    """In records of `size` bytes."""
    return b"".join(record(data[at:at + size], kind)
                    for at in range(0, len(data), size))


def alert(level, description):
    return record(bytes([level, description]), ALERT, 0x0303)


def server_flight():
    """The server's answer of TLS 1.3: its hello and encrypted records."""
    return record(server_hello(), version=0x0303) + \
        record(b"\x01", CHANGE, 0x0303) + record(b"\x77" * 500, DATA, 0x0303)


def client_flight():
    """What the client goes on with."""
    return record(b"\x01", CHANGE, 0x0303) + \
        record(b"\x88" * 53, DATA, 0x0303)


def ssl2_hello(ciphers=(0x00002f, 0x000035, 0x00000a)):
    """A ClientHello in the form of SSL 2.0 (RFC 5246 E.2), for TLS 1.0."""
    listed = b"".join(cipher.to_bytes(3, "big") for cipher in ciphers)
    body = struct.pack("!BHHHH", 1, 0x0301, len(listed), 0, 32) + listed + \
        bytes(32)
    return struct.pack("!H", 0x8000 | len(body)) + body
