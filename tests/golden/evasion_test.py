#!/usr/bin/env python3
"""The evasion checklist E1 to E51, one capture a case.

    evasion_test.py --sensord build/release/bin/sensord [--only E15] [--update]

Each case of evasion_table.py is built, analyzed, and what came of it compared
with expected/CASE.json. Beside that, of every case: nothing is lost without
being counted, and memory stays within bounds. `--update` writes the
expectations: they are read against the checklist before they are committed.
`--keep DIR` leaves the captures there.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import sys
import tempfile

import evasion_table
import view
from capture_file import Trace, pcap
from expectation import Failure, compare, loss_of, verdict

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
EXPECTED = os.path.join(HERE, "expected")


def analyze(sensord, path, config):
    """Exit status, output, errors and the largest memory in KiB. Called in a
    small process: a child's memory counts from what its parent had."""
    arguments = [sensord, "analyze", path, "-o", "json"]
    if config:
        arguments += ["--config", config]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.posix_spawn(sensord, arguments, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, err.fileno(), 2)])
        _, status, usage = os.wait4(child, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return os.waitstatus_to_exitcode(status), texts[0], texts[1], \
        usage.ru_maxrss


def run(case, name, folder, options, launchers):
    """The view of a case as text. Raises Failure."""
    capture = case.build()
    if isinstance(capture, Trace):
        capture = pcap(capture)
    path = os.path.join(options.keep or folder, name + ".pcap")
    with open(path, "wb") as file:
        file.write(capture)
    config = None
    if case.config:
        config = os.path.join(folder, name + ".yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(case.config)
    status, out, err, memory = launchers.submit(
        analyze, options.sensord, path, config).result()
    if not options.keep:
        os.unlink(path)
    if status != case.status:
        raise Failure("exit status %d, not %d: %s" % (status, case.status,
                                                      err.strip()))
    if options.max_mib and memory > options.max_mib * 1024:
        raise Failure("took %d MiB, more than %d" % (memory // 1024,
                                                     options.max_mib))
    loss_of(out)
    seen = view.view(out)
    if case.status:
        seen["error"] = err.strip().replace(path, "FILE")
    return view.text_of(seen)


def check_pointer(pointer):
    """The test that covers a case is there, and has the name."""
    path = os.path.join(SOURCE, pointer.path)
    if not os.path.exists(path):
        raise Failure("%s is not there" % pointer.path)
    with open(path, encoding="utf-8") as file:
        if pointer.test not in file.read():
            raise Failure("%s has no %s" % (pointer.path, pointer.test))


def check_table():
    """Every row once, in order, with something that shows it; no expectation
    without its case."""
    numbers = [row.number for row in evasion_table.ROWS]
    if numbers != list(range(1, 52)):
        raise Failure("rows are not E1 to E51: %s" % numbers)
    names = set()
    for row in evasion_table.ROWS:
        if not row.cases and not row.pointers:
            raise Failure("E%d is not shown by anything" % row.number)
        for case in row.cases:
            name = row.name_of(case)
            if name in names:
                raise Failure("%s is there twice" % name)
            names.add(name)
    stray = sorted(set(os.listdir(EXPECTED)) -
                   {name + ".json" for name in names})
    if stray:
        raise Failure("expectations without a case: %s" % ", ".join(stray))


def checks_of(options, folder, launchers):
    """(name, function that raises Failure) of all that was asked for."""
    for row in evasion_table.ROWS:
        for case in row.cases:
            name = row.name_of(case)
            if options.only and not name.startswith(options.only):
                continue

            def check(case=case, name=name):
                compare(run(case, name, folder, options, launchers), EXPECTED,
                        name, options.update)
            yield name, check
        for pointer in row.pointers:
            if not options.only:
                yield "E%02d %s" % (row.number, pointer.test), \
                    lambda pointer=pointer: check_pointer(pointer)
    if not options.only and not options.update:
        yield "table", check_table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sensord", required=True)
    parser.add_argument("--only", help="cases whose name begins so")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--keep", help="folder that keeps the captures")
    parser.add_argument("--max-mib", type=int, default=0,
                        help="memory no case may pass; 0: any")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(2) as pool, \
            concurrent.futures.ProcessPoolExecutor(
                2, multiprocessing.get_context("spawn")) as launchers:
        checks = list(checks_of(options, folder, launchers))
        results = pool.map(verdict, [check for _, check in checks])
        for (name, _), wrong in zip(checks, results):
            if wrong:
                failed += 1
                print("FAILED %s: %s" % (name, wrong))
    deviations = sum(1 for row in evasion_table.ROWS for case in row.cases
                     if case.deviation)
    print("%d of %d checks hold, %d cases are known deviations" % (
        len(checks) - failed, len(checks), deviations))
    return 1 if failed or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
