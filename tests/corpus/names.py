"""Names as they are compared between programs that print them differently."""

import re


def plain(name):
    """In lower case, without final dot and without port; a run of bytes that
    are not printable ASCII, as they are or as \\ddd or \\n, is one "?"."""
    name = re.sub(r"(\\(\d{3}|.|$)|[^ -~]|\?)+", "?", name.lower())
    name = re.sub(r"^(\[.*\]|[^:]*):\d+$", r"\1", name)
    return name.strip("[]").rstrip(".")


def strings(message):
    """Every string of a JSON message, its submessages' included."""
    if isinstance(message, str):
        yield message
    elif isinstance(message, dict):
        for value in message.values():
            yield from strings(value)
    elif isinstance(message, list):
        for value in message:
            yield from strings(value)


def at(message, path):
    """The values at "a.b.c" of a JSON message, through lists."""
    found = [message]
    for name in path.split("."):
        inner = []
        for value in found:
            value = value.get(name) if isinstance(value, dict) else None
            inner += value if isinstance(value, list) else [value]
        found = [value for value in inner if value is not None]
    return found
