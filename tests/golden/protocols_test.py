#!/usr/bin/env python3
"""A capture of each protocol that is read, through the whole program.

    protocols_test.py --sensord build/release/bin/sensord [--only smtp]
                      [--update] [--keep DIR]

Each conversation of protocols/ (talk.py says how they are written) becomes a
capture, is analyzed, and what is told of its protocol compared with
protocols/expected/NAME.json. UNIT.talk is there for each unit that
common/net/protocols.def names, and has a flow of its protocol; UNIT_MORE.talk
is what else there is to show. `--update` writes the expectations: they are
read against the conversation, and against what another dissector says of the
captures that `--keep DIR` leaves there, before they are committed.
"""

import argparse
import base64
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

import view
from capture_file import pcap
from expectation import Failure, compare, loss_of, verdict
from talk import Talk, trace_of

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
TALKS = os.path.join(HERE, "protocols")
EXPECTED = os.path.join(TALKS, "expected")


def names_in(folder, ending):
    return sorted(name[:-len(ending)] for name in os.listdir(folder)
                  if name.endswith(ending))


def units():
    """The name of the protocol of each unit."""
    path = os.path.join(SOURCE, "common", "net", "protocols.def")
    with open(path, encoding="utf-8") as file:
        found = re.findall(r'^ANALYZED\(\w+, (\w+), "([^"]+)"', file.read(),
                           re.MULTILINE)
    return dict(found)


def unit_of(name):
    return name.partition("_")[0]


def check_secrets(talk, text):
    """What was marked as one is nowhere, neither as sent nor as base64."""
    said = text.encode()
    for secret in talk.secrets:
        for form in (secret, base64.b64encode(secret).rstrip(b"=")):
            if form in said:
                raise Failure("a secret is told: %s" % form)


def check_protocol(seen, name, protocols):
    """UNIT is read as the unit's protocol; UNIT_MORE may be a relative of it,
    as mDNS is of DNS."""
    if unit_of(name) not in protocols:
        raise Failure("no unit has the name before its first _")
    told = set()
    for flow in seen["flows"]:
        if flow.get("basis", "PORT_HINT") != "PORT_HINT":
            told.update([flow["protocol"]], flow.get("earlier_protocols", ()))
    if not told or (name in protocols and protocols[name] not in told):
        raise Failure("it is read as %s" % (", ".join(told) or "nothing"))


def run(name, folder, options, protocols):
    """What is told of a conversation, as text. Raises Failure."""
    with open(os.path.join(TALKS, name + ".talk"), encoding="utf-8") as file:
        try:
            talk = Talk(file.read())
        except ValueError as error:
            raise Failure(str(error)) from error
    path = os.path.join(options.keep or folder, name + ".pcap")
    with open(path, "wb") as file:
        file.write(pcap(trace_of(talk)))
    done = subprocess.run([options.sensord, "analyze", path, "-o", "json"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure("exit status %d: %s" % (done.returncode, done.stderr))
    loss = loss_of(done.stdout)
    if loss["dropped"]:
        raise Failure("frames are lost: %s" % loss)
    check_secrets(talk, done.stdout)
    seen = view.protocol_view(done.stdout)
    check_protocol(seen, name, protocols)
    return view.text_of(seen)


def check(name, folder, options, protocols):
    """What is wrong with a capture; empty when nothing is."""
    return verdict(lambda: compare(run(name, folder, options, protocols),
                                   EXPECTED, name, options.update))


def missing(names, protocols):
    """Units without a capture, expectations without one."""
    for unit in sorted(set(protocols) - set(names)):
        yield "protocols/%s.talk is missing" % unit
    for name in sorted(set(names_in(EXPECTED, ".json")) - set(names)):
        yield "expected/%s.json has no capture" % name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sensord", required=True)
    parser.add_argument("--only", default="",
                        help="captures whose name begins so")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--keep", help="folder that keeps the captures")
    options = parser.parse_args()
    protocols, names = units(), names_in(TALKS, ".talk")
    chosen = [name for name in names if name.startswith(options.only)]
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(
            lambda name: check(name, folder, options, protocols), chosen))
    wrong = ["%s: %s" % pair for pair in zip(chosen, results) if pair[1]]
    if not options.only:
        wrong += missing(names, protocols)
    for each in wrong:
        print("FAILED %s" % each)
    print("%d captures of %d protocols, %d wrong" % (
        len(chosen), len({unit_of(name) for name in chosen}), len(wrong)))
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
