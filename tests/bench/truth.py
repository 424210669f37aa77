"""How much of make_traffic's ground truth a run of sensord found."""

import collections
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


# Where our events have what the generator calls so (traffic/facts.def), and how
# they write it.
FIELDS = {
    "dns_name": ("dns.name", str),
    "tls_sni": ("tls.sni", str),
    "tls_subject": ("tls.certificates.subject", str),
    "quic_sni": ("quic.sni", str),
    "http_host": ("http.host", str),
    "ssh_client": ("ssh.client_version", str),
    "ssh_server": ("ssh.server_version", str),
    "smtp_helo": ("smtp.helo", str),
    "ftp_login": ("ftp.login",
                  lambda text: text.removeprefix("LOGIN_OUTCOME_").lower()),
    "sip_method": ("sip.method", str),
    "mqtt_client": ("mqtt.client_id", str),
}
# What flows of a kind are (traffic/kinds.def); kinds without a protocol of
# their own are left out.
PROTOCOLS = {
    "tls13": ("tls",), "tls12": ("tls",), "quic": ("quic",),
    "http": ("http",), "beacon": ("http",), "dns": ("dns",),
    "dns_tunnel": ("dns",), "mdns": ("mdns",), "ntp": ("ntp",),
    "icmp": ("icmp", "icmpv6"), "ssdp": ("ssdp",), "ssh": ("ssh",),
    "smtp": ("smtp",), "ftp": ("ftp",), "sip": ("sip",), "rtp": ("rtp",),
    "mqtt": ("mqtt",),
}


def values(message, path):
    """The values at "a.b" of a JSON message, through lists."""
    found = [message]
    for name in path.split("."):
        inner = []
        for value in found:
            value = value.get(name) if isinstance(value, dict) else None
            inner += value if isinstance(value, list) else [value]
        found = inner
    return [value for value in found if value]


def check_facts(truth, events):
    """{fact: {"expected", "found", "told_too_much", "examples"}}: how many
    flows have an event with the value they carry, and how many one with a value
    that they do not. A fact that FIELDS lacks is an error."""
    seen = {fact: (*FIELDS[fact], set()) for fact in truth["facts"]}
    for event in events:
        # The names of multicast DNS are not in the truth.
        if (event.get("responder") or {}).get("port") == 5353:
            continue
        for path, write, told in seen.values():
            for value in values(event, path):
                told.add((event.get("flow_id"), write(value)))
    result = {}
    for fact, (_, _, told) in seen.items():
        wanted = collections.Counter(truth["facts"][fact])
        counts = collections.Counter(value for _, value in told)
        missing = wanted - counts
        extra = counts - wanted
        expected = sum(wanted.values())
        result[fact] = {
            "expected": expected, "found": expected - sum(missing.values()),
            "told_too_much": sum(extra.values()),
            "examples": ["%s missing %s" % (fact, value)
                         for value in list(missing)[:3]] +
                        ["%s not there %s" % (fact, value)
                         for value in list(extra)[:3]],
        }
    return result


def flow_key(flow):
    """(protocol, originator, port, responder, port) of a flow record."""
    ends = [(flow[s]["address"], flow[s]["port"])
            for s in ("originator", "responder")]
    return (flow.get("ip_protocol") or 0, *ends[0], *ends[1])


def turned(key):
    return (key[0], *key[3:], *key[1:3])


class Protocols:
    """Whether flows have the name of what they carry."""

    def __init__(self, wanted):
        """`wanted` as from read_flows()."""
        self.kinds = {key: value[4] for key, value in wanted.items()
                      if value[4] in PROTOCOLS}
        self.said = {}

    def watch(self, records):
        """Passes flow records on and keeps their names."""
        for flow in records:
            key = flow_key(flow)
            if key not in self.kinds:
                key = turned(key)
            if key in self.kinds:
                application = flow.get("application") or {}
                self.said.setdefault(key, set()).update(
                    [application.get("protocol"),
                     *application.get("earlier_protocols", [])])
            yield flow

    def result(self):
        wrong = [(key, kind) for key, kind in self.kinds.items()
                 if not self.said.get(key, set()) & set(PROTOCOLS[kind])]
        return {"expected": len(self.kinds),
                "found": len(self.kinds) - len(wrong),
                "examples": ["%s %s is %s" % (kind, key, self.said.get(key))
                             for key, kind in wrong[:3]]}


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
        key = flow_key(flow)
        sides = ["from_originator", "from_responder"]
        if key not in left:
            key = turned(key)
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
