#!/usr/bin/env python3
"""Kills, a full disk and a reader that does not read (R14, R16, R19).

    reliability_test.py --bin DIR [--scenario NAME] [--rounds 8] [--seconds 6]

--rounds are kill -9 rounds (the release bar is 50), --seconds how long the disk
stays full (the bar is 60). Prints what was measured; fails on any broken claim.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import lab as labs
from checks import Failure, check, until

HERE = os.path.dirname(os.path.abspath(__file__))


def attack(lab):
    child = lab.start("a", [sys.executable, os.path.join(HERE, "attacker.py"),
                            lab.interface["a"]], stdout=subprocess.PIPE)
    check(b"attacking" in child.stdout.readline(), "no attacker")
    return child


def capturing(sensor):
    status = sensor.netctl("status", "-o", "json", check=False)
    return status.returncode == 0 and \
        "CAPTURE_STATE_RUNNING" in status.stdout


def stored_alerts(sensor):
    page = sensor.netctl("list", "alerts", "--all", "-o", "json", timeout=120)
    return {json.loads(line)["alert"]["id"]
            for line in page.stdout.splitlines() if line.startswith('{"alert"')}


def databases(sensor):
    data = os.path.join(sensor.folder, "data")
    return [os.path.join(data, name) for name in os.listdir(data)
            if name.endswith(".db")]


def kill_rounds(binaries, options):
    """R14: what a client saw is there after kill -9; capturing within 2 s."""
    random.seed(14)
    slowest = 0.0
    with labs.Lab() as lab, labs.Sensor(lab, binaries) as sensor:
        attack(lab)
        # netctl reconnects by itself and goes on from its cursor.
        watch = sensor.watch("alerts")
        for _ in range(options.rounds):
            have = len(watch.records("alert"))
            until(lambda: len(watch.records("alert")) > have, 20,
                  "alerts while attacked")
            time.sleep(random.random() * 0.5)
            sensor.child.send_signal(signal.SIGKILL)
            sensor.child.wait()
            begin = time.monotonic()
            sensor.start()
            until(lambda: capturing(sensor), 10, "capturing again")
            slowest = max(slowest, time.monotonic() - begin)
        have = len(watch.records("alert"))
        until(lambda: len(watch.records("alert")) > have, 20,
              "the watch goes on after the last kill")
        # Each kill is a gap that says since when records may be missing.
        told = [gap for gap in json.loads(
            sensor.netctl("loss", "-o", "json").stdout)["gaps"]
                if gap["reason"] == "unclean_stop" and
                gap["kind"] == "RECORD_KIND_FLOW"]
        check(len(told) == min(options.rounds, 20), "%d kills, %d gaps" %
              (options.rounds, len(told)))
        check("unclean_stop" in sensor.netctl("list", "flows").stderr,
              "the list does not tell of the gaps")
        seen = [a["id"] for _, a in watch.records("alert")]
        stored = stored_alerts(sensor)
        labs.stop(sensor.child)
        for path in databases(sensor):
            with sqlite3.connect(path) as database:
                result = database.execute("PRAGMA integrity_check").fetchone()
                check(result == ("ok",), "%s: %s" % (path, result))
    missing = set(seen) - stored
    print("kill -9: %d rounds, %d alerts received, %d missing, %d twice, "
          "slowest restart to capturing %.2f s" %
          (options.rounds, len(seen), len(missing), len(seen) - len(set(seen)),
           slowest))
    check(len(seen) == len(set(seen)), "alerts were shown twice")
    check(not missing, "received but not stored: %s" % sorted(missing)[:5])
    check(slowest <= 2.0, "capturing again took %.2f s" % slowest)


def loss_of(sensor, stage, item=None):
    loss = json.loads(sensor.netctl("loss", "-o", "json").stdout)
    return [s for s in loss["stages"] if s["stage"] == stage and
            item in (None, s["item"])]


def disk_full(binaries, options):
    """R16: capture goes on, the gap is counted, writing resumes by itself."""
    with labs.Lab() as lab:
        sensor = labs.Sensor(lab, binaries)
        data = os.path.join(sensor.folder, "data")
        os.mkdir(data, 0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700",
                        "tmpfs", data], check=True)
        try:
            with sensor:
                attack(lab)
                filler = os.path.join(data, "filler")
                until(lambda: int(sensor.status()["store"]["alerts"]) > 0, 20,
                      "an alert is stored")
                with open(filler, "wb") as file:
                    try:
                        while True:
                            file.write(b"\0" * 65536)
                            file.flush()
                    except OSError:
                        pass
                pid = sensor.child.pid
                until(lambda: not sensor.status()["store"]["writable"], 30,
                      "status says the store is not writable")
                before = int(sensor.status()["capture"]["packets"])
                end = time.monotonic() + options.seconds
                while time.monotonic() < end:
                    time.sleep(0.5)
                status = sensor.status()
                during = int(status["capture"]["packets"]) - before
                check(during > 100 * options.seconds, "packets stopped: %d" %
                      during)
                check(status["verdict"] != "VERDICT_OK", "verdict is OK")
                check(int(status["capture"]["kernel_drops"]) == 0, "drops")
                os.unlink(filler)
                begin = time.monotonic()
                until(lambda: sensor.status()["store"]["writable"], 10,
                      "writing resumes")
                took = time.monotonic() - begin
                stored = int(sensor.status()["store"]["alerts"])
                until(lambda: int(sensor.status()["store"]["alerts"]) > stored,
                      10, "new alerts are stored")
                check(sensor.child.pid == pid and sensor.child.poll() is None,
                      "sensord ended")
                journal = loss_of(sensor, "journal") + loss_of(sensor, "store")
        finally:
            sensor.close()
            subprocess.run(["umount", "-l", data], check=False,
                           stderr=subprocess.DEVNULL)
    print("disk full %g s: %d packets captured meanwhile, writing resumed "
          "after %.1f s" % (options.seconds, during, took))
    for stage in journal:
        dropped = sum(int(d["count"]) for d in stage["dropped"])
        check(int(stage["in"]) == int(stage["out"]) + dropped +
              int(stage["in_flight"]), "ledger of %s" % stage)
    check(took <= 5.0, "resuming took %.1f s" % took)


def slow_reader(binaries, options):
    """R19: one that never reads gets one exact gap; nobody else notices."""
    config = "listen: {subscriber_queue: 20000}\n" \
        "flow: {timeouts: {udp: 1s, tcp_opening: 1s}}\n"
    with labs.Lab() as lab, labs.Sensor(lab, binaries, config) as sensor:
        command = [os.path.join(binaries, "netctl"), "--address",
                   sensor.address, "watch", "flows", "-o", "json"]
        stuck = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        try:
            stuck_reader(lab, sensor, stuck)
        finally:
            labs.stop(stuck, signal.SIGKILL)


def stuck_reader(lab, sensor, stuck):
    until(lambda: sensor.status().get("subscribers", 0) == 1, 10, "subscribed")
    stuck.send_signal(signal.SIGSTOP)
    good = sensor.watch("flows")
    rss = int(sensor.status()["resident_bytes"])
    for wave in range(1, 5):
        flood = lab.start("a", [sys.executable, "-c", FLOOD,
                                lab.address_b])
        check(flood.wait(60) == 0, "flood")
        # A wave is less than the queue: who reads at all keeps up.
        until(lambda: len(good.records("flow")) >= 14_000 * wave, 60,
              "the good reader has most flows of wave %d" % wave)
    good.quiet(2.5)
    total = len(good.records("flow"))
    check(not good.records("gap"), "the good reader lost something: %s" %
          good.records("gap")[:2])
    grown = int(sensor.status()["resident_bytes"]) - rss
    stuck.send_signal(signal.SIGCONT)
    got, gaps, lost = 0, 0, 0
    while got + lost < total:
        line = json.loads(stuck.stdout.readline())
        if "flow" in line:
            got += 1
        elif "gap" in line:
            gaps += 1
            lost += int(line["gap"]["count"])
    print("slow reader: %d flows published, it got %d and %d gap records "
          "for %d; memory of sensord grew %.1f MiB meanwhile" %
          (total, got, gaps, lost, grown / 1048576))
    check(got + lost == total, "delivered + gaps is not what was published")
    check(gaps >= 1, "no gap although it stood still")


FLOOD = """
import socket, sys, time
for port in range(15000):
    if port % 500 == 0:
        time.sleep(0.02)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(b"x", (sys.argv[1], 20000 + port))
    s.close()
"""

SCENARIOS = {"kill": kill_rounds, "disk_full": disk_full,
             "slow_reader": slow_reader}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--scenario", choices=sorted(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6)
    options = parser.parse_args()
    if not labs.can_make_namespaces():
        print("skipped: needs root and network namespaces")
        return labs.SKIP
    failed = False
    for name, scenario in SCENARIOS.items():
        if options.scenario not in (None, name):
            continue
        try:
            scenario(options.bin, options)
        except Failure as failure:
            failed = True
            print("FAILED %s: %s" % (name, failure))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
