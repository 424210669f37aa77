"""Whether a DNS message follows RFC 1035 to its last byte."""

import struct

# RFC 1035 4.1.1 and its successors (RFC 6895 2.2).
OPCODES = {0, 1, 2, 4, 5, 6}
MAX_NAME = 255


def _name(data, at):
    """Where a name ends; raises ValueError where it breaks the rules."""
    end, length, hops = None, 0, 0
    while True:
        if at >= len(data):
            raise ValueError("name is cut")
        size = data[at]
        if size >= 192:
            if at + 1 >= len(data):
                raise ValueError("pointer is cut")
            end = end or at + 2
            target = (size & 63) << 8 | data[at + 1]
            hops += 1
            if target >= at or hops > 64:
                raise ValueError("pointer leads forward")
            at = target
        elif size > 63:
            raise ValueError("label of no known kind")
        else:
            length += size + 1
            if length > MAX_NAME:
                raise ValueError("name is too long")
            at += size + 1
            if size == 0:
                return end or at


def is_sound(data):
    """True for one well-formed message and nothing behind it."""
    if len(data) < 12:
        return False
    flags, questions, *records = struct.unpack_from(">5H", data, 2)
    if flags >> 11 & 15 not in OPCODES or flags & 0x40:
        return False
    try:
        at = 12
        for _ in range(questions):
            at = _name(data, at) + 4
        for _ in range(sum(records)):
            at = _name(data, at)
            size, = struct.unpack_from(">H", data, at + 8)
            at += 10 + size
    except (ValueError, struct.error):
        return False
    return at == len(data) and questions > 0
