"""Rows of the evasion checklist. TCP: E14 to E31."""

import cases_stream as stream
import cases_tcp as tcp
from evasion_case import Case, Row

ROWS = (
    Row(14, "TCP segments overlapping, identical", (
        Case("identical", stream.overlap_identical,
             "read once; two retransmissions"),
    )),
    Row(15, "TCP segments overlapping, different", (
        Case("read_before", stream.overlap_different,
             "first wins; tcp.overlap_diff with both hashes; ambiguous"),
        Case("behind_hole", stream.overlap_behind_hole,
             "the same for what waits"),
        Case("across_hole", stream.overlap_across_hole,
             "only the hole is filled: GET, not PUT"),
    )),
    Row(16, "Retransmission with changed data after the ACK", (
        Case("changed", stream.changed_after_ack,
             "/truth is read; tcp.overlap_diff"),
    )),
    Row(17, "Data outside of the window", (
        Case("beyond", stream.out_of_window,
             "not read; tcp.out_of_window; bytes counted"),
        Case("scaled", stream.scaled_window,
             "within a scaled window: waits behind its hole, no anomaly but "
             "that hole"),
        Case("unknown_scale", stream.unknown_scale, "likewise, midstream"),
    )),
    Row(18, "RST out of window, with a bad ACK or checksum", (
        Case("out_of_window", tcp.rst_out_of_window,
             "ignored: ends by FIN, the answer is read; tcp.bad_rst"),
        Case("in_window", tcp.rst_in_window_ignored,
             "ends by FIN; tcp.rst_challenge"),
        Case("in_window_silence", tcp.rst_in_window_silence, "ends by RST"),
        Case("in_window_and_peer", tcp.rst_in_window_and_peer,
             "ends by RST, CLOSED"),
        Case("bad_checksum", tcp.rst_bad_checksum,
             "ignored: ends by FIN, the answer is read; tcp.bad_rst"),
        Case("bad_ack", tcp.rst_bad_ack,
             "ignored: not refused; tcp.bad_rst"),
        Case("exact", tcp.rst_exact, "CLOSED, ends by RST"),
    )),
    Row(19, "RST, then data goes on", (
        Case("at_once", tcp.data_at_once,
             "the same flow, tcp.data_after_rst; both requests are read"),
        Case("half_a_minute", tcp.data_after_half_a_minute,
             "the same flow within 60 s",
             deviation="a closed flow is told after 5 s (features.md F07); "
             "what comes later is another flow, midstream"),
        Case("two_minutes", tcp.data_after_two_minutes,
             "another flow, midstream"),
    )),
    Row(20, "RST and FIN carrying data", (
        Case("fin", stream.fin_with_data, "request and answer are read"),
        Case("rst", stream.rst_with_data,
             "counted, not read: the request is not there"),
    )),
    Row(21, "SYN with data", (
        Case("fast_open", stream.fast_open_taken,
             "read once the SYN-ACK took it; tcp.syn_data"),
        Case("refused", stream.fast_open_refused, "read once, from later"),
        Case("plain", stream.syn_data_plain, "as the SYN-ACK says; event"),
        Case("unanswered", stream.syn_data_unanswered,
             "counted, held to the end of the flow; tcp.syn_data"),
    )),
    Row(22, "Impossible flags", (
        Case("alone", tcp.bad_flags,
             "tcp.bad_flags; no state; a stealth scan needs more of them"),
        Case("inside", tcp.bad_flags_inside,
             "tcp.bad_flags once; the connection goes on"),
        Case("reserved", tcp.reserved_bits,
             "tcp.reserved_bits twice: not for ECN"),
    )),
    Row(23, "SYNs that differ", (
        Case("syn", tcp.syn_other_isn,
             "the newest wins; tcp.syn_isn_changed; the request is read"),
        Case("syn_ack", tcp.syn_ack_other_isn,
             "the first wins; tcp.synack_isn_changed; the request is read"),
        Case("simultaneous", tcp.simultaneous_open,
             "established; tcp.simultaneous_open"),
        Case("split", tcp.split_handshake,
             "established; the request is read"),
    )),
    Row(24, "Old duplicate SYN", (
        Case("established", tcp.old_syn,
             "one flow; tcp.syn_in_connection; the request is read"),
        Case("time_wait_greater", tcp.time_wait_greater, "two flows"),
        Case("time_wait_lower", tcp.time_wait_lower, "one flow"),
        Case("time_wait_answered", tcp.time_wait_lower_answered,
             "two flows: the SYN-ACK is proof"),
    )),
    Row(25, "Sequence numbers wrap, flows beyond 4 GiB", (
        Case("wrap", stream.wrap, "read across 2^32; no anomaly"),
        Case("five_gibibytes", stream.five_gibibytes,
             "5 GiB counted; the second answer is found behind them"),
    )),
    Row(26, "Zero window, window shrink, keep-alive", (
        Case("zero_window", tcp.zero_window, "zero windows counted; no storm"),
        Case("shrink", tcp.window_shrink, "nothing is told"),
        Case("keep_alive", tcp.keep_alive,
             "no payload, no retransmission, nothing told"),
    )),
    Row(27, "PAWS: old timestamp", (
        Case("old", stream.old_timestamp,
             "the decoy is not read; tcp.old_timestamp"),
        Case("overtaken", stream.timestamps_overtaken, "read; no anomaly"),
        Case("wrap", stream.timestamp_wrap, "a wrapped one is newer"),
    )),
    Row(28, "Urgent pointer", (
        Case("octet", stream.urgent_octet, "/truth; tcp.urgent"),
        Case("many", stream.urgent_many,
             "over 64: read in line; ambiguous"),
        Case("beyond", stream.urgent_beyond, "nothing left out"),
    )),
    Row(29, "Desynchronisation", (
        Case("single_bytes", stream.single_bytes, "read"),
        Case("reverse", stream.reverse_order, "read"),
        Case("holes", stream.holes,
             "given up: tcp.gap; headers still counted; memory in bounds"),
    )),
    Row(30, "Seen from the middle, in one direction", (
        Case("midstream", tcp.midstream,
             "the service's port is the responder's; midstream"),
        Case("unknown", tcp.midstream_unknown,
             "midstream; no protocol, the first sender is the originator"),
        Case("client_only", tcp.one_way_client,
             "one_way; the request is read"),
        Case("server_only", tcp.one_way_server,
             "one_way; the answer is read, unmatched"),
    )),
    Row(31, "A 5-tuple used again within a second", (
        Case("reuse", tcp.reuse, "three flows, a request each"),
        Case("after_rst", tcp.reuse_after_rst, "two flows"),
    )),
)
