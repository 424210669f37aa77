"""Claims of the integration tests: what fails one, and waiting for one.

    check(lost == 0, "%d packets lost" % lost)
    until(lambda: sensor.status()["verdict"] == "VERDICT_OK", 5, "all is well")
"""

import time


class Failure(Exception):
    """A claim does not hold."""


def check(claim, text):
    if not claim:
        raise Failure(text)


def verdict(claims):
    """Runs `claims`: the exit status of a test, after a line for what failed."""
    try:
        claims()
    except Failure as failure:
        print("FAILED: %s" % failure)
        return 1
    return 0


def until(claim, timeout, what):
    """Asks again until `claim` is true, then returns what it said. `what` is a
    text, or makes one when the claim failed."""
    limit = time.monotonic() + timeout
    while True:
        said = claim()
        if said:
            return said
        if time.monotonic() > limit:
            raise Failure("not within %g s: %s" % (
                timeout, what() if callable(what) else what))
        time.sleep(0.02)
