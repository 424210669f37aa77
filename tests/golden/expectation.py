"""What golden tests do with an analysis and what is expected of it."""

import difflib
import json
import os


class Failure(Exception):
    """A capture is not told as it should be."""


def loss_of(text):
    """The loss that `sensord analyze -o json` tells. Raises Failure unless
    in = out + dropped, nothing left over."""
    for line in text.splitlines():
        record = json.loads(line)
        if "summary" not in record:
            continue
        loss = record["summary"]["loss"]
        done = int(loss["out"]) + sum(int(each["count"])
                                      for each in loss["dropped"])
        if int(loss["in"]) != done or loss["in_flight"] != "0":
            raise Failure("frames are lost without a count: %s" % loss)
        return loss
    raise Failure("no summary")


def compare(seen, folder, name, update):
    """Raises Failure unless `seen` is what folder/NAME.json says; with
    `update` writes that instead."""
    path = os.path.join(folder, name + ".json")
    if update:
        os.makedirs(folder, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(seen)
        return
    if not os.path.exists(path):
        raise Failure("no expectation yet; read what --update writes")
    with open(path, encoding="utf-8") as file:
        expected = file.read()
    if seen != expected:
        lines = difflib.unified_diff(expected.splitlines(), seen.splitlines(),
                                     "expected", "actual", n=0, lineterm="")
        raise Failure("\n    " + "\n    ".join(lines))


def verdict(check):
    """What is wrong; empty when nothing is."""
    try:
        check()
    except Failure as failure:
        return str(failure)
    return ""
