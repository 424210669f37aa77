"""Whether a TLS ClientHello has a server name, read from captured segments."""


def server_name(flow):
    """True or False for the first ClientHello of a TCP flow (evidence.Flow);
    None when the captured bytes do not show it."""
    for way in flow.ways:
        data = _stream(way)
        if len(data) > 9 and data[0] == 22 and data[5] == 1:
            return _has_name(_handshake(data))
    return None


def _stream(way):
    """The first segments of a direction, joined as far as they follow."""
    data, end = b"", None
    for sequence, payload in sorted(
            zip(way.sequences, way.payloads), key=lambda one: one[0] or 0):
        if sequence is None:
            return b""
        if end is not None and sequence > end:
            break
        data = data[:len(data) - (end - sequence)] if end else data
        data += payload
        end = sequence + len(payload)
    return data


def _handshake(data):
    """The handshake message in the first records."""
    out, at = b"", 0
    while at + 5 <= len(data) and data[at] == 22:
        size = int.from_bytes(data[at + 3:at + 5], "big")
        out += data[at + 5:at + 5 + size]
        at += 5 + size
    return out


def _has_name(hello):
    """Of a ClientHello message (RFC 8446 4.1.2), or None when it is cut."""
    at = 4 + 2 + 32
    for size in (1, 2, 1):
        if at + size > len(hello):
            return None
        at += size + int.from_bytes(hello[at:at + size], "big")
    if at == 4 + int.from_bytes(hello[1:4], "big"):
        return False
    end = at + 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 2
    while at + 4 <= min(end, len(hello)):
        if hello[at:at + 2] == b"\0\0":
            return True
        at += 4 + int.from_bytes(hello[at + 2:at + 4], "big")
    return False if end <= len(hello) else None
