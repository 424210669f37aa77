"""What of an analysis is compared: everything that follows from the frames,
nothing that names a run.

A view is {"flows", "events", "alerts", "summary"}. Of a flow, "sent" and
"received" are [packets, frame bytes, IP bytes, payload bytes]. What is zero,
empty or false is left out.
"""

import json

# Of a kind; captures of floods have more.
MAX_RECORDS = 100
# Of messages: when, and what follows from other fields.
_LEFT_OUT = {"id", "time", "flow_id", "originator", "responder", "transport",
             "request_time", "response_time_ns", "handshake_ns", "rtt_ns",
             "ja3", "ja3s", "encapsulation"}


def _short(text):
    """ "TCP_STATE_FIN_WAIT" is "FIN_WAIT". """
    for prefix in ("TRANSPORT_", "TCP_STATE_", "END_REASON_", "BASIS_",
                   "ENCRYPTION_", "HANDSHAKE_OUTCOME_", "QUIC_STATE_",
                   "SEVERITY_", "LOGIN_OUTCOME_", "SSH_STAGE_"):
        if text.startswith(prefix):
            return text[len(prefix):]
    return text


def _plain(value):
    """Without what says nothing; 64-bit numbers, which JSON has as text, as
    numbers; equal elements behind one another as one."""
    if isinstance(value, dict):
        kept = {}
        for key, each in value.items():
            if key in _LEFT_OUT and not (key == "id" and
                                         isinstance(each, int)):
                continue
            if key.endswith("_bytes") or key == "close_code":
                each = int(each)
            each = _plain(each)
            if each not in (0, "", "0", False, [], {}, "UNSPECIFIED"):
                kept[key] = each
        return kept
    if isinstance(value, list):
        values = [_plain(each) for each in value]
        if not values or not isinstance(values[0], dict):
            return values
        return [each if times == 1 else {**each, "times": times}
                for each, times in _runs(values)]
    return _short(value) if isinstance(value, str) else value


def _runs(values):
    """Each value with how often it stands there in a row."""
    runs = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 1])
    return runs


def _ends(record):
    def end(endpoint):
        address = endpoint["address"]
        if not endpoint.get("port"):
            return address
        if ":" in address:
            address = "[%s]" % address
        return "%s:%d" % (address, endpoint["port"])
    transport = _short(record["transport"]).lower()
    if transport == "other":
        transport = "ip %s" % record.get("ip_protocol", "?")
    return "%s %s > %s" % (transport, end(record["originator"]),
                           end(record["responder"]))


def _name(flow):
    """A flow for people: its ends, and what they are in."""
    name = _ends(flow)
    around = flow.get("encapsulation") or {}
    if around.get("vlan_ids"):
        name += " vlan " + ".".join(str(v) for v in around["vlan_ids"])
    if around.get("tunnels"):
        name += " in " + " ".join(around["tunnels"])
        if around.get("vni"):
            name += " %d" % around["vni"]
    return name


def _side(side):
    return [int(side[field]) for field in
            ("packets", "frame_bytes", "ip_bytes", "payload_bytes")]


def _flow(flow, names):
    sides = [flow["from_originator"], flow["from_responder"]]
    seen = {"flow": _name(flow), "sent": _side(sides[0]),
            "received": _side(sides[1])}
    for field in ("retransmissions", "out_of_order", "zero_windows"):
        counts = [side[field] for side in sides]
        if any(counts):
            seen[field] = counts
    if "ICMP" in flow["transport"]:
        seen["icmp"] = [flow["icmp_type"], flow["icmp_code"]]
    tcp = flow.get("tcp")
    if tcp:
        seen["state"] = _short(tcp["state"])
        seen["midstream"], seen["one_way"] = tcp["midstream"], tcp["one_way"]
    seen["end"] = _short(flow["end_reason"])
    application = _plain(flow["application"])
    for field in ("confidence", "encryption", "encryption_basis"):
        application.pop(field, None)
    seen.update(application)
    if flow["aggregated_flows"] != "1":
        seen["aggregated_flows"] = int(flow["aggregated_flows"])
    for field in ("icmp_errors", "ambiguous", "anomalies"):
        seen[field] = flow[field]
    around = flow.get("encapsulation") or {}
    if around.get("outer_flow_id"):
        seen["carried_by"] = names.get(around["outer_flow_id"], "unknown")
    return _plain(seen)


def _event(event, names):
    """Of an odd packet that is told without its flow, its ends as sent."""
    seen = {}
    if event["flow_id"]:
        seen["flow"] = names[event["flow_id"]]
    elif "originator" in event:
        seen["packet"] = _ends(event)
    for kind, message in event.items():
        if not isinstance(message, dict) or kind in _LEFT_OUT:
            continue
        if kind == "anomaly_event":
            seen["anomaly"] = message["name"]
            hashes = [message["first_hash"], message["other_hash"]]
            if any(hashes):
                seen["hashes"] = hashes
        else:
            seen[kind] = _plain(message)
    return seen


def _without(record, *names):
    return {key: each for key, each in record.items() if key not in names}


def _merged(records):
    """Of many records that differ only in the flow one, with their number, in
    the order of their first."""
    groups = {}
    for record in records:
        rest = _without(record, "flow", "packet")
        key = json.dumps(rest, sort_keys=True)
        groups.setdefault(key, [rest, 0])[1] += 1
    return [{**rest, "times": count} for rest, count in groups.values()]


def _counted(events):
    """At most MAX_RECORDS: many are merged, then the first of each kind stand
    for the rest."""
    if len(events) <= MAX_RECORDS:
        return _plain(events)
    merged, kinds = [], {}
    for event in _merged(events):
        kind = next(iter(_without(event, "times")))
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] <= MAX_RECORDS // 4:
            merged.append(event)
    return merged + [{"more": kind, "times": count - MAX_RECORDS // 4}
                     for kind, count in kinds.items()
                     if count > MAX_RECORDS // 4]


def _alert(alert):
    return {"rule": alert["rule"], "summary": alert["summary"]}


def _summary(summary):
    loss = summary["loss"]
    seen = {field: int(summary[field]) for field in
            ("packets", "bytes", "flows", "aggregated_flows", "alerts")}
    seen["decoded"] = int(loss["out"])
    seen["in_flight"] = int(loss["in_flight"])
    seen["dropped"] = {"%s %s" % (each["stage"], each["reason"]):
                       int(each["count"]) for each in loss["dropped"]}
    seen["anomalies"] = {each["name"]: int(each["count"])
                         for each in summary["anomalies"]}
    return _plain(seen)


def view(text):
    """The view of what `sensord analyze -o json` printed."""
    records = [json.loads(line) for line in text.splitlines()]
    flows = [record["flow"] for record in records if "flow" in record]
    names = {flow["id"]: _name(flow) for flow in flows}
    seen = {
        "flows": [_flow(flow, names) for flow in flows],
        "events": _counted([_event(record["event"], names)
                            for record in records if "event" in record]),
        "alerts": [_alert(record["alert"]) for record in records
                   if "alert" in record],
    }
    if len(seen["flows"]) > MAX_RECORDS:
        seen["flows"] = _merged(seen["flows"])
    # Flows end in an order of their own.
    seen["flows"].sort(key=lambda flow: json.dumps(flow, sort_keys=True))
    for record in records:
        if "summary" in record:
            seen["summary"] = _summary(record["summary"])
    return seen


# Of a flow, what its protocol made of it; other fields have other tests.
_PROTOCOL_FIELDS = ("flow", "sent", "received", "retransmissions",
                    "out_of_order", "icmp", "state", "end", "protocol",
                    "basis", "earlier_protocols", "host", "encryption",
                    "icmp_errors", "ambiguous", "anomalies", "carried_by")


def protocol_view(text):
    """The same, without alerts and summary, and of flows only what is said
    about their protocol."""
    seen = view(text)
    encryption = {}
    for line in text.splitlines():
        flow = json.loads(line).get("flow")
        if flow:
            encryption[_name(flow)] = _short(flow["application"]["encryption"])
    for flow in seen["flows"]:
        flow["encryption"] = encryption[flow["flow"]]
    return {"flows": [{field: flow[field] for field in _PROTOCOL_FIELDS
                       if field in flow} for flow in seen["flows"]],
            "events": seen["events"]}


def text_of(seen):
    """A view as a file has it: a record a line."""
    parts = []
    for key in sorted(seen):
        if isinstance(seen[key], list):
            lines = [json.dumps(each, sort_keys=True, ensure_ascii=False)
                     for each in seen[key]]
            if not lines:
                continue
            body = "[\n  %s\n]" % ",\n  ".join(lines)
        else:
            body = json.dumps(seen[key], sort_keys=True, ensure_ascii=False)
        parts.append('"%s": %s' % (key, body))
    return "{\n%s\n}\n" % ",\n".join(parts)
