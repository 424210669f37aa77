"""Runs one program pinned to cores and measures it."""

import os
import struct
import subprocess
import threading
import time


class Measured:
    """What one run took. Memory is in bytes."""

    def __init__(self):
        self.code = None
        self.out = ""
        self.err = ""
        self.wall = 0.0
        self.cpu = 0.0
        self.peak_rss = 0
        self.peak_anon = 0


# An open flow may take this much.
FLOW_BYTES = 300


def base_anon(command, capture, folder, cores):
    """Peak RssAnon of the command (a list that names `capture`) on the first
    ten packets of the capture."""
    name = os.path.join(folder, "ten.pcap")
    with open(capture, "rb") as source, open(name, "wb") as target:
        target.write(source.read(24))
        for _ in range(10):
            header = source.read(16)
            target.write(header)
            target.write(source.read(struct.unpack("=4I", header)[2]))
    command = [name if part == capture else part for part in command]
    return run(command, cores, True).peak_anon


def _sample(pid, result, stop):
    """Peaks of VmHWM and RssAnon, looked at every 2 ms."""
    path = "/proc/%d/status" % pid
    while not stop.is_set():
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                for line in file:
                    if line.startswith("VmHWM:"):
                        value = int(line.split()[1]) * 1024
                        result.peak_rss = max(result.peak_rss, value)
                    elif line.startswith("RssAnon:"):
                        value = int(line.split()[1]) * 1024
                        result.peak_anon = max(result.peak_anon, value)
        except (OSError, ValueError, IndexError):
            return
        stop.wait(0.002)


def run(command, cores, sample=False, timeout=600):
    """Runs `command` on the cores; CPU time is the kernel's, from wait4."""
    result = Measured()
    cores = set(cores) & os.sched_getaffinity(0) or os.sched_getaffinity(0)
    started = time.monotonic()
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, cores))
    stop = threading.Event()
    threads = [threading.Thread(target=_drain, args=(child.stdout, result,
                                                     "out")),
               threading.Thread(target=_drain, args=(child.stderr, result,
                                                     "err"))]
    if sample:
        threads.append(threading.Thread(target=_sample,
                                        args=(child.pid, result, stop)))
    timer = threading.Timer(timeout, child.kill)
    timer.start()
    for thread in threads:
        thread.start()
    _, status, usage = os.wait4(child.pid, 0)
    result.wall = time.monotonic() - started
    timer.cancel()
    stop.set()
    for thread in threads:
        thread.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    child.stderr.close()
    result.code = child.returncode
    result.cpu = usage.ru_utime + usage.ru_stime
    result.peak_rss = max(result.peak_rss, usage.ru_maxrss * 1024)
    return result


def _drain(pipe, result, name):
    data = pipe.read()
    setattr(result, name, data.decode("utf-8", "replace"))
