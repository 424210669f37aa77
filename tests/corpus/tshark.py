"""Runs of tshark over one capture of the corpus.

It runs without a profile, resolves nothing, and puts TCP segments that came out
of order in order.
"""

import os
import subprocess

ROW, LIST = "\x1e", "\x1f"


class Tshark:
    """`home` is an empty folder."""

    def __init__(self, corpus, home):
        self.corpus = corpus
        self.environment = dict(os.environ, HOME=home)

    def rows(self, capture, wanted, fields, *flags):
        """([{field: text}], trouble): of packets that the display filter
        `wanted` takes. Several values of a field are one text with LIST between
        them. `trouble` is what it said when it read nothing, else None."""
        command = ["tshark", "-n", "-r", os.path.join(self.corpus, capture),
                   "-o", "tcp.reassemble_out_of_order:TRUE", *flags, "-Y",
                   wanted, "-T", "fields", "-E", "separator=" + ROW, "-E",
                   "aggregator=" + LIST]
        for field in fields:
            command += ["-e", field]
        done = subprocess.run(command, capture_output=True, timeout=600,
                              stdin=subprocess.DEVNULL, check=False,
                              env=self.environment)
        lines = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
        trouble = None
        if done.returncode != 0 and not lines:
            # It says so of formats it does not know; a cut file has rows.
            trouble = done.stderr.decode("utf-8", "replace")[-200:]
        return [dict(zip(fields, line.split(ROW))) for line in lines], trouble
