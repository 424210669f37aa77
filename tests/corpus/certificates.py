"""The subject of an X.509 certificate, read without any library (RFC 5280),
and of its text form (RFC 4514)."""

import re

# X.520 attribute types and their usual short names (RFC 4514 section 3).
NAMES = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
         "2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU",
         "0.9.2342.19200300.100.1.25": "DC",
         "0.9.2342.19200300.100.1.1": "UID"}
ENCODINGS = {30: "utf-16-be", 28: "utf-32-be", 20: "latin-1"}


class Broken(Exception):
    """Not the DER of a certificate."""


def _element(data, at):
    """(tag, start of the contents, end) of the element at `at`."""
    if at + 2 > len(data):
        raise Broken
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7f
        length = int.from_bytes(data[start:start + size], "big")
        start += size
    if start + length > len(data):
        raise Broken
    return tag, start, start + length


def _children(data, start, end):
    at = start
    while at < end:
        tag, first, at = _element(data, at)
        yield tag, first, at


def _oid(data):
    numbers, value = [], 0
    for byte in data:
        value = value << 7 | byte & 0x7f
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        raise Broken
    top = min(numbers[0] // 40, 2)
    return ".".join(map(str, [top, numbers[0] - 40 * top] + numbers[1:]))


def subject(data):
    """The attributes of a DER certificate's subject, as a sorted tuple of
    "CN=www.example.com"; raises Broken."""
    _, start, _ = _element(data, 0)
    _, start, end = _element(data, start)
    fields = list(_children(data, start, end))
    if fields and fields[0][0] == 0xa0:  # version
        fields = fields[1:]
    if len(fields) < 5:
        raise Broken
    # serialNumber, signature, issuer, validity, subject
    _, start, end = fields[4]
    found = []
    for _, first, last in _children(data, start, end):
        for _, one, two in _children(data, first, last):
            pair = list(_children(data, one, two))
            if len(pair) != 2:
                raise Broken
            oid = _oid(data[pair[0][1]:pair[0][2]])
            text = data[pair[1][1]:pair[1][2]].decode(
                ENCODINGS.get(pair[1][0], "utf-8"), "replace")
            found.append("%s=%s" % (NAMES.get(oid, oid), text))
    return tuple(sorted(found))


def split(text):
    """The attributes of "CN=www.example.com, O=A\\, B" as subject() has them."""
    found = re.findall(r"\s*((?:\\.|[^\\,+])+)", text)

    def bare(match):
        escaped = match[1]
        return bytes.fromhex(escaped.decode()) if len(escaped) == 2 else escaped

    return [re.sub(rb"\\([0-9a-fA-F]{2}|.)", bare, one.encode())
            .decode("utf-8", "replace") for one in found]
