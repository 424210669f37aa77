"""How much of make_traffic's ground truth a run of sensord found."""

import hashlib
import json

# Alerts that a mix may raise without being asked for: a flood is a spike.
TOLERATED = {"traffic_spike"}


def number(value):
    return int(value or 0)


def _end(alert, side):
    return (alert.get(side) or {}).get("address", "")


def _matches(expected, alert):
    if expected["rule"] != alert["rule"]:
        return False
    for side in ("source", "target"):
        wanted, found = expected[side], _end(alert, side)
        # Empty: many, or not told by the rule.
        if wanted and found and wanted != found:
            return False
    if expected["source"] and not _end(alert, "source"):
        return False
    if expected["target"] and not _end(alert, "target"):
        return False
    return bool(expected["source"] or expected["target"])


def check_alerts(truth, alerts):
    """{"expected", "found", "severity_wrong", "repeated", "false", "missing",
    "examples"}: an alert of the same rule and ends as an expected one finds
    it once; the next for the same incident is `repeated`."""
    wanted = truth["alerts"]
    taken = [0] * len(wanted)
    wrong_severity, repeated, false = 0, 0, []
    # An incident is told again with a higher revision.
    latest = {}
    for alert in alerts:
        latest[alert["id"]] = alert
    by_rule = {}
    for index, expected in enumerate(wanted):
        by_rule.setdefault(expected["rule"], []).append(index)
    for alert in latest.values():
        hits = [i for i in by_rule.get(alert["rule"], [])
                if _matches(wanted[i], alert)]
        if not hits:
            if alert["rule"] not in TOLERATED:
                false.append(alert)
            continue
        fresh = [i for i in hits if not taken[i]]
        at = (fresh or hits)[0]
        taken[at] += 1
        if not fresh:
            repeated += 1
        elif alert.get("severity") != wanted[at]["severity"]:
            wrong_severity += 1
    missing = [wanted[i] for i in range(len(wanted)) if not taken[i]]
    return {
        "expected": len(wanted), "found": sum(1 for n in taken if n),
        "severity_wrong": wrong_severity, "repeated": repeated,
        "false": len(false), "missing": len(missing),
        "examples": [json.dumps(x) for x in
                     missing[:3] + [_short(a) for a in false[:3]]],
    }


def _short(alert):
    return {"rule": alert["rule"], "source": _end(alert, "source"),
            "target": _end(alert, "target"), "count": alert.get("count")}


def check_dns(truth, events):
    """Queries seen on port 53 and whether their names are the right set."""
    queries, names = 0, set()
    for event in events:
        dns = event.get("dns")
        if dns is None or (event.get("responder") or {}).get("port") != 53:
            continue
        queries += 1
        names.add(dns["name"])
    digest = hashlib.sha256("".join(sorted(n + "\n" for n in names)).encode())
    return {"expected": truth["dns"]["queries"], "found": queries,
            "names": len(names),
            "same_names": digest.hexdigest() == truth["dns"]["names_sha256"]}


def read_flows(path):
    """{(protocol, a, port, b, port): (packets ab, bytes ab, packets ba, bytes
    ba, kind)} of a --truth-flows file."""
    flows = {}
    with open(path, encoding="utf-8") as file:
        next(file)
        for line in file:
            part = line.rstrip("\n").split("\t")
            key = (int(part[1]), part[2], int(part[3]), part[4], int(part[5]))
            flows[key] = tuple(map(int, part[6:10])) + (part[0],)
    return flows


class Totals:
    """What all flow records together account for: a flow that only an
    AGGREGATED record counts is kept, too, when packets and bytes are exact."""

    def __init__(self, truth):
        self.truth = truth
        self.flows = self.aggregated = self.packets = self.bytes = 0

    def watch(self, records):
        """Passes flow records on and adds them up."""
        for flow in records:
            kept = number(flow["aggregated_flows"])
            self.flows += kept
            if flow["end_reason"] == "END_REASON_AGGREGATED":
                self.aggregated += kept
            for side in ("from_originator", "from_responder"):
                self.packets += number(flow[side]["packets"])
                self.bytes += number(flow[side]["frame_bytes"])
            yield flow

    def wrong(self):
        """What is refused or counted twice, or None."""
        if self.packets != self.truth["packets"] or \
                self.bytes != self.truth["bytes"]:
            return "flows hold %d packets and %d bytes of %d and %d" % (
                self.packets, self.bytes, self.truth["packets"],
                self.truth["bytes"])
        if self.flows < self.truth["flows"]:
            return "%d flows kept of %d" % (self.flows, self.truth["flows"])
        return None

    def text(self):
        return "%d flows kept of %d, %d of them in aggregates; %d packets, " \
            "%d bytes" % (self.flows, self.truth["flows"], self.aggregated,
                          self.packets, self.bytes)


def check_flows(wanted, records):
    """Flows with exactly the expected counts, summed over records. `records`
    yields Flow objects as JSON."""
    left = {key: list(value[:4]) for key, value in wanted.items()}
    extra = 0
    for flow in records:
        ends = [(flow[s]["address"], flow[s]["port"])
                for s in ("originator", "responder")]
        protocol = flow.get("ip_protocol") or 0
        key = (protocol, *ends[0], *ends[1])
        sides = ["from_originator", "from_responder"]
        if key not in left:
            key = (protocol, *ends[1], *ends[0])
            sides.reverse()
        if key not in left:
            extra += 1
            continue
        at = left[key]
        for way, side in enumerate(sides):
            at[2 * way] -= number(flow[side]["packets"])
            at[2 * way + 1] -= number(flow[side]["frame_bytes"])
    exact = sum(1 for value in left.values() if not any(value))
    wrong = [(key, wanted[key], value) for key, value in left.items()
             if any(value)]
    return {"expected": len(left), "found": exact, "extra": extra,
            "examples": [str(w) for w in wrong[:3]]}
