"""The evasion checklist: what is tried, and what must come of it.

The table says what is expected in words, expected/CASE.json in full. A case
that shows less than its row asks for says so in `deviation`.
"""

from typing import Callable, NamedTuple, Tuple

import cases_capture as capture
import cases_dns as dns
import cases_http as http
import cases_ip as ip
import cases_length as length
import cases_link as link
import cases_quic as quic
import cases_stream as stream
import cases_tcp as tcp
import cases_tls as tls


class Case(NamedTuple):
    """One capture. `build` makes a Trace, or the bytes of a capture file."""
    name: str
    build: Callable
    expected: str
    config: str = ""
    status: int = 0
    deviation: str = ""


class Pointer(NamedTuple):
    """A test elsewhere that shows what no capture file can."""
    path: str
    test: str
    why: str


class Row(NamedTuple):
    number: int
    title: str
    cases: Tuple[Case, ...] = ()
    pointers: Tuple[Pointer, ...] = ()

    def name_of(self, case):
        return "E%02d_%s" % (self.number, case.name)


ROWS = (
    Row(1, "IPv4 fragments overlapping, same data", (
        Case("same_data", ip.overlap_same,
             "joined and read; ip.frag_overlap; not ambiguous"),
    )),
    Row(2, "IPv4 fragments overlapping, different data", (
        Case("new_over_old", ip.overlap_new_over_old,
             "the first name is read; ip.frag_overlap_diff with both hashes; "
             "flow ambiguous"),
        Case("old_over_new", ip.overlap_old_over_new,
             "what came first stands, though it lies behind"),
        Case("teardrop", ip.teardrop,
             "ends that contradict each other: the later fragment is refused "
             "(ip.frag_bad_end) and nothing is made up"),
    )),
    Row(3, "IPv6 fragments overlapping", (
        Case("overlap", ip.ipv6_overlap,
             "all three dropped as ip6.frag_overlap (RFC 5722), no flow"),
        Case("repeated", ip.ipv6_repeated,
             "a repetition does no harm; ip.frag_duplicate"),
    )),
    Row(4, "Tiny first fragment", (
        Case("tiny_first", ip.tiny_first,
             "ports and flags from the joined header; ip.frag_tiny"),
        Case("offset_one", ip.tiny_offset_one,
             "the flags that came first count: no SYN; ip.frag_tiny"),
        Case("later_alone", ip.later_alone,
             "no flow: ports are never read from a later fragment"),
    )),
    Row(5, "Fragments that are too long, too many, late or lost", (
        Case("ping_of_death", ip.ping_of_death, "refused: ip.frag_too_long"),
        Case("never_ending", ip.never_ending,
             "dropped after 30 s: ip.frag_timeout; what follows is read"),
        Case("missing_last", ip.missing_last,
             "the first datagram times out, the second, 2 s old, is whole"),
        Case("out_of_order", ip.out_of_order,
             "joined in any order; ip.frag_duplicate"),
        Case("flood_of_first", ip.flood_of_first,
             "ip.frag_evicted, in bounds, and the datagram in progress is "
             "whole in the end"),
        Case("odd_fragments", ip.odd_fragments,
             "ip.frag_empty, ip.frag_bad_length"),
    )),
    Row(6, "The same IP id in different surroundings", (
        Case("protocols", ip.same_id_protocols, "two whole datagrams"),
        Case("vlans", ip.same_id_vlans, "one.example and two.example, whole"),
        Case("tunnels", ip.same_id_tunnels,
             "one.example and two.example; the keyed fragment joins nothing"),
        Case("directions", ip.same_id_directions, "query and answer, whole"),
        Case("interfaces", ip.same_id_interfaces,
             "two halves that are not joined",
             deviation="libpcap does not tell which interface of a pcapng "
             "file a packet is from; live interfaces have a decoder each"),
    )),
    Row(7, "IPv6 atomic fragments, fragment header not last", (
        Case("atomic", ip.atomic_fragment,
             "both names are read; ip6.atomic_fragment"),
        Case("not_last", ip.fragment_header_not_last, "the query is read"),
        Case("nested", ip.fragments_in_fragments,
             "ip6.nested_fragment; what it carries is unknown"),
    )),
    Row(8, "TTL that differs from the flow's usual", (
        Case("low", ip.low_ttl, "read and counted; ttl.shift; not ambiguous"),
        Case("low_overlap", ip.low_ttl_overlap,
             "ttl.shift, tcp.overlap_diff, ambiguous; the first is read"),
        Case("within_five", ip.ttl_within_five, "nothing is told"),
    )),
    Row(9, "Bad IP header checksum", (
        Case("fragment", ip.bad_checksum_fragment,
             "ip.bad_checksum; counted, not joined and not read"),
        Case("segment", ip.bad_checksum_segment,
             "/truth is read, the decoy only counted"),
        Case("datagram", ip.bad_checksum_datagram,
             "the decoy is counted, not read"),
        Case("all_bad", ip.bad_checksums_only,
             "read: not the sender's doing where none is right"),
    )),
    Row(10, "Bad TCP and UDP checksums", (
        Case("bad", stream.bad_checksum,
             "the decoy is not read; tcp.bad_checksum_data"),
        Case("offloaded", stream.offloaded,
             "read: none of the sender's is right"),
        Case("offloaded_strict", stream.offloaded, "not read",
             config="flow: {checksums: strict}\n"),
        Case("off", stream.bad_checksum,
             "the decoy came first and is read; tcp.overlap_diff",
             config="flow: {checksums: off}\n"),
        Case("super_packet", stream.super_packet,
             "segments of 40,000 bytes are read; no anomaly"),
        Case("merged", stream.merged, "read; no anomaly"),
        Case("zero_total_length", stream.zero_total_length,
             "read to its end; ip.zero_length"),
        Case("udp", stream.udp_checksum,
             "the decoy is counted, not read; udp.bad_checksum_data"),
    )),
    Row(11, "UDP without checksum", (
        Case("zero", length.udp_without_checksum,
             "read; udp.zero_checksum6 once, for IPv6 that is no tunnel"),
    )),
    Row(12, "Lengths that lie", (
        Case("ip_total_too_long", length.ip_total_too_long,
             "what is there is read; ip.length_exceeds_frame"),
        Case("ip_total_too_short", length.ip_total_too_short,
             "dropped: ip.bad_total_length"),
        Case("ip_header_length", length.ip_header_length,
             "dropped: ip.bad_header_length"),
        Case("ipv6_too_long", length.ipv6_payload_too_long,
             "what is there is read; ip.length_exceeds_frame"),
        Case("udp_length", length.udp_length,
             "the smaller one counts; udp.bad_length twice, udp.length_short, "
             "and the message cut by it is dns.malformed"),
        Case("tcp_data_offset", length.tcp_data_offset,
             "tcp.bad_data_offset; no payload"),
        Case("snap_truncated", length.snap_truncated,
             "bytes of the wire are counted, what was captured is read; "
             "snap.truncated"),
        Case("snap_inside_headers", length.snap_inside_headers,
             "snap.header_cut; never a byte beyond"),
    )),
    Row(13, "Ethernet padding", (
        Case("padding", length.ethernet_padding,
             "no payload but the request's; no anomaly"),
    )),
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
    Row(32, "VLAN tags", (
        Case("priority", link.vlan_priority, "one flow, both queries"),
        Case("stacks", link.vlan_stacks, "four flows, by their tags"),
        Case("too_many", link.vlan_too_many,
             "vlan.too_many twice, link.truncated"),
    ), (
        Pointer("tests/sensord/capture/live_source_test.cc",
                "ATagTakenOffOnReceptionIsPutBack",
                "tags stripped by hardware come beside the frame"),
    )),
    Row(33, "MPLS", (
        Case("depths", link.mpls_depths,
             "up to eight labels; mpls.too_many_labels"),
        Case("no_bottom", link.mpls_no_bottom, "mpls.no_bottom"),
        Case("pseudowires", link.mpls_pseudowires,
             "three frames inside are read; mpls.ambiguous_payload once"),
    )),
    Row(34, "Tunnels, nested, pretended", (
        Case("kinds", link.tunnels,
             "inner flows named by their tunnel, linked to the outer"),
        Case("guesses", link.tunnel_guesses,
             "payload of UDP: a port is no proof"),
        Case("four", link.nested_four, "five flows, each in the one before"),
        Case("five", link.nested_five,
             "tunnel.depth_exceeded; what is around is counted"),
        Case("layers", link.layers_exceeded,
             "layers.exceeded; what is around is counted"),
    )),
    Row(35, "A tunnel whose inside equals its outside", (
        Case("loop", link.tunnel_loop,
             "bounded; a flow a depth, each frame counted once in each"),
    )),
    Row(36, "IPv6 extension headers", (
        Case("usual", link.extension_usual, "read; no anomaly"),
        Case("hundred", link.extension_hundred,
             "ten are read, more are ip6.ext_header_limit, transport unknown"),
        Case("order", link.extension_order,
             "ip6.duplicate_header, ip6.hop_by_hop_not_first"),
        Case("routing0", link.extension_routing0, "ip6.routing_type0"),
        Case("no_next", link.extension_no_next,
             "ip6.no_next_header_data once; nothing is read"),
        Case("unknown", link.extension_unknown, "protocol 253, no ports"),
        Case("length", link.extension_length,
             "ip6.ext_header_cut; transport unknown"),
    )),
    Row(37, "Link layers", (
        Case("pppoe", link.link_pppoe,
             "three queries; pppoe.bad_length, pppoe.bad_header"),
        Case("llc", link.link_llc,
             "two queries; llc.bad_length; a type below 1536 is dropped"),
        Case("cooked", link.link_cooked, "two queries; link.truncated"),
        Case("cooked2", link.link_cooked2, "two queries; link.truncated"),
        Case("null", link.link_null, "three queries; link.unknown_type"),
        Case("raw", link.link_raw, "two queries; ip.bad_version"),
        Case("ppp", link.link_ppp, "three queries; ppp.unknown_protocol"),
        Case("pppoe_file", link.link_pppoe_file, "a query"),
        Case("wifi", link.link_wifi, "802.11 is refused: link.unsupported"),
        Case("unknown", link.link_unknown,
             "link.unknown_type once; LLDP is known; link.truncated"),
    )),
    Row(38, "ARP and NDP spoofing", (
        Case("spoof", link.arp_spoof, "one alert"),
        Case("change", link.arp_change, "no alert"),
        Case("flood", link.arp_flood,
             "as many as the table holds are told, once; no alert"),
        Case("alternate", link.arp_alternate,
             "100 changes a second are told, the rest is arp.change_flood; "
             "one alert"),
        Case("broken", link.arp_broken, "arp.truncated, arp.unsupported"),
        Case("neighbours", link.neighbour_spoof, "one alert",
             deviation="only ARP has a table of who holds an address; "
             "neighbour advertisements are counted"),
    )),
    Row(39, "DNS messages that lie", (
        Case("pointers", dns.pointers,
             "four dns.malformed with what came before; one whole answer"),
        Case("pointer_chain", dns.pointer_chain, "at most 64 jumps"),
        Case("labels", dns.labels,
             "names of 255 bytes are read; longer ones and labels beyond 63 "
             "are malformed"),
        Case("counts", dns.counts,
             "dns.malformed, dns.short; read as far as there is something"),
        Case("counts_first", dns.counts_first,
             "not taken for DNS: the port stays a hint"),
        Case("trailing", dns.trailing, "read; dns.trailing_bytes"),
    )),
    Row(40, "DNS messages that do not match", (
        Case("mismatches", dns.mismatches,
             "answered only by flow, id and question in any letters; others "
             "unmatched; dns.question_mismatch"),
        Case("pipelined", dns.pipelined, "three transactions"),
        Case("several_questions", dns.several_questions,
             "dns.several_questions; the first name"),
        Case("edns_padding", dns.edns_padding, "padded"),
        Case("tcp_split", dns.tcp_split, "four transactions"),
        Case("tcp_short_length", dns.tcp_short_length,
             "the first is read, then dns.malformed and nothing more"),
        Case("other_ports", dns.other_ports,
             "two transactions; the cut message is not taken for DNS"),
    )),
    Row(41, "DNS labels with NUL, dot and control bytes", (
        Case("bytes", dns.bytes_in_labels, "escaped as \\ddd"),
    )),
    Row(42, "HTTP framing that two readers see differently", (
        Case("length_and_coding", http.length_and_coding,
             "http.framing_ambiguous; nothing smuggled is read"),
        Case("two_lengths", http.two_lengths,
             "ambiguous twice; the same length twice is only told"),
        Case("disguised_coding", http.disguised_coding,
             "ambiguous, each; nothing smuggled is read"),
        Case("legal_coding", http.legal_coding,
             "no anomaly: the second request is a request"),
        Case("odd_lengths", http.odd_lengths, "ambiguous, each"),
        Case("odd_lines", http.odd_lines,
             "told by name; ambiguous where a reader may see another end"),
        Case("hosts", http.hosts,
             "http.host_mismatch, http.host_ambiguous, http.host_missing; "
             "nothing for the same host"),
        Case("broken_chunks", http.broken_chunks, "ambiguous, each"),
        Case("after_close", http.after_close,
             "http.data_after_close; nothing smuggled is read"),
        Case("interim", http.interim, "two transactions, 201 and 200"),
        Case("no_bodies", http.no_bodies, "four transactions"),
        Case("body_of_204", http.body_of_204,
             "ambiguous: one reader skips the body, another does not"),
        Case("connect", http.connect, "the request inside is read"),
        Case("connect_refused", http.connect_refused,
             "the next request is read"),
        Case("upgrade", http.upgrade, "websocket, http before it"),
    )),
    Row(43, "HTTP without end", (
        Case("pipelining", http.pipelining,
             "64 outstanding, six told unanswered: "
             "http.too_many_outstanding"),
        Case("answer_alone", http.answer_alone,
             "unmatched; the second is matched"),
        Case("many_headers", http.many_headers,
             "http.head_too_large; in bounds"),
        Case("long_line", http.long_line, "http.head_too_large; in bounds"),
        Case("hundred_headers", http.hundred_headers,
             "100 are read; 101 are http.too_many_headers"),
    )),
    Row(44, "TLS handshakes cut, joined and hidden", (
        Case("whole", tls.whole, "site.example, TLS 1.3, established"),
        Case("split_records", tls.split_records, "the same"),
        Case("split_segments", tls.split_segments, "the same"),
        Case("one_byte_records", tls.one_byte_records, "the same"),
        Case("joined_messages", tls.joined_messages,
             "TLS 1.2, cipher and ALPN of the server, established"),
        Case("empty_records", tls.empty_records,
             "the same site; tls.record_empty"),
        Case("oversize_record", tls.oversize_record,
             "the site; tls.record_oversize"),
        Case("oversize_first", tls.oversize_first, "not taken for TLS"),
        Case("oversize_handshake", tls.oversize_handshake,
             "the site; tls.handshake_oversize"),
        Case("alerts_between", tls.alerts_between,
             "the site, both alerts, failed"),
        Case("ssl2", tls.ssl2, "read; no site; an old version"),
        Case("grease", tls.grease, "the same JA4 twice; grease"),
        Case("duplicate_extension", tls.duplicate_extension,
             "first.example; tls.extension_duplicate, tls.sni_multiple"),
        Case("two_names", tls.two_names,
             "first.example; tls.sni_multiple"),
        Case("odd_names", tls.odd_names,
             "told by name; sni as sent with NUL escaped, host in lower case "
             "without the dot; an empty name is malformed"),
        Case("encrypted_hello", tls.encrypted_hello,
             "ech: the outer name is not presented as the site",
             deviation="the event says ech, but the name is the flow's host: "
             "clients without a key send the same (RFC 9849 6.2), and then "
             "it is the site"),
    )),
    Row(45, "TLS where it is not expected", (
        Case("starttls", tls.starttls, "smtp, then tls"),
        Case("connect", tls.connect, "http, then tls"),
        Case("plain_on_443", tls.plain_on_443, "http"),
        Case("odd_port", tls.odd_port, "tls on 22"),
        Case("wrong_side", tls.server_hello_from_client,
             "no site is told of the wrong side"),
    )),
    Row(46, "QUIC Initials", (
        Case("whole", quic.whole, "site.example, version 1, connected"),
        Case("version2", quic.version2, "the same with version 2"),
        Case("coalesced", quic.coalesced, "every packet is read; zero_rtt"),
        Case("out_of_order", quic.out_of_order, "the site"),
        Case("overlapping_same", quic.overlapping_same, "the site"),
        Case("overlapping_different", quic.overlapping_different,
             "the first name; quic.crypto_overlap_diff; ambiguous"),
        Case("with_hole", quic.with_hole, "no site"),
        Case("split_datagrams", quic.split_datagrams, "the site"),
        Case("beyond_buffer", quic.beyond_buffer,
             "quic.crypto_oversize, quic.crypto_scattered; the site"),
        Case("decoys", quic.decoys, "two connections with their names"),
        Case("retry", quic.retry, "the site, retry, original id kept"),
        Case("negotiation", quic.negotiation, "the site, version 1"),
        Case("unknown_version", quic.unknown_version, "a flow, no metadata"),
        Case("zero_rtt_first", quic.zero_rtt_first, "the site, zero_rtt"),
        Case("migration", quic.migration,
             "the second flow has no metadata of its own"),
        Case("small", quic.small, "quic.small_initial; the site"),
        Case("short_id", quic.short_id,
             "quic.short_connection_id; the site"),
        Case("bad_tag", quic.bad_tag, "quic.bad_tag; no site"),
        Case("bad_frame", quic.bad_frame, "quic.bad_frame; the site"),
        Case("closed", quic.closed, "closed, with the alert"),
        Case("key_flood", quic.key_flood,
             "2,000 with a site, 1,000 quic.sampled"),
    )),
    Row(47, "The same payload at different snap lengths", (
        Case("none", capture.snap_none, "everything"),
        Case("256", capture.snap_256,
             "the same names as far as they were captured, the same counts"),
        Case("68", capture.snap_68, "the same counts"),
    )),
    Row(48, "Duplicate packets", (
        Case("off", capture.duplicates,
             "counted twice: de-duplication is off by default",
             deviation="there is no option that removes them"),
    )),
    Row(49, "Losses in the middle of a flow", (
        Case("in_body", stream.loss_in_body,
             "tcp.gap; the second answer is read: its place is proven"),
        Case("in_head", stream.loss_in_head,
             "tcp.gap; nothing after it is read"),
        Case("in_dns", stream.loss_in_dns, "likewise"),
        Case("at_beginning", stream.loss_at_beginning,
             "tcp.gap; no guess at what it is"),
        Case("counted", capture.counted_drops,
             "a gap in its place, whoever lost it"),
    ), (
        Pointer("tests/sensord/capture/live_source_test.cc",
                "DropsOfAFullRingAreCountedExactly", "drops of the kernel"),
    )),
    Row(50, "Time", (
        Case("nanoseconds", capture.nanoseconds, "as any"),
        Case("big_endian", capture.big_endian, "as any"),
        Case("pcapng", capture.as_pcapng, "as any"),
        Case("reordered", capture.reordered_times, "as any; no anomaly"),
        Case("step_back", capture.step_back,
             "one flow; clock.step_back; no negative duration"),
        Case("jump_forward", capture.jump_forward,
             "one flow; clock.jump_forward once"),
        Case("impossible", capture.impossible_times,
             "one flow; clock.jump_forward for each that is taken as it is"),
        Case("zero", capture.zero_time,
             "clock.jump_forward, counted once three frames confirm it"),
    ), (
        Pointer("tests/sensord/capture/clock_stamper_test.cc",
                "ClockNeverGoesBackWhateverTheTimes", "any times at all"),
    )),
    Row(51, "Capture of tapline's own traffic", (), (
        Pointer("tests/sensord/capture/self_tuples_test.cc",
                "BothDirectionsOfAConnectionAreOwn", "by exact tuple"),
        Pointer("tests/sensord/capture/live_source_test.cc",
                "OwnConnectionsAreLeftOutAndCounted",
                "on a link: left out and counted"),
    )),
)
