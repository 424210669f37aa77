"""JSON records as lines to compare byte for byte, and how they differ."""

import json

# A run of the program decides these, not the frames.
WALL_TIME = ("received_at",)
# Which run it was, and the place it gave the record in its journal.
RUN = WALL_TIME + ("epoch", "sequence", "source_id", "sensor_id")


def _load(text):
    """Numbers stay as they are written, so that no rounding makes two alike."""
    def literal(number):
        return "\0" + number
    return json.loads(text, parse_float=literal, parse_int=literal)


def normal(text, leave_out=WALL_TIME):
    """One JSON record without the fields named."""
    record = _load(text)
    for name in leave_out:
        record.pop(name, None)
    return json.dumps(record, ensure_ascii=False)


def summary(text, leave_out=("seconds",)):
    """The message `summary` of a JSON object without the fields named."""
    message = _load(text)["summary"]
    for name in leave_out:
        message.pop(name, None)
    return json.dumps(message, ensure_ascii=False)


def difference(one, two):
    """The first records that only one side has."""
    only_one = sorted(set(one) - set(two))
    only_two = sorted(set(two) - set(one))
    text = "%d and %d records, %d and %d unmatched" % (
        len(one), len(two), len(only_one), len(only_two))
    for mark, lines in (("-", only_one), ("+", only_two)):
        for line in lines[:1]:
            text += "\n    %s %s" % (mark, line[:1500])
    return text
