"""The evasion checklist: what is tried, and what must come of it.

The table says what is expected in words, expected/CASE.json in full. A case
that shows less than its row asks for says so in `deviation`. The rows of
packets, TCP and protocols are in files of their own; here are those of captures
and the whole.
"""

import cases_capture as capture
import cases_loss as loss
import evasion_packets
import evasion_protocols
import evasion_tcp
from evasion_case import Case, Pointer, Row

_ROWS = (
    Row(47, "The same payload at different snap lengths", (
        Case("none", capture.snap_none, "everything"),
        Case("256", capture.snap_256,
             "the same names as far as they were captured, the same counts"),
        Case("68", capture.snap_68, "the same counts"),
    )),
    Row(48, "Duplicate packets", (
        Case("off", capture.duplicates,
             "counted twice: de-duplication is off by default"),
        Case("on", capture.duplicates, "each counted once; frame.duplicate",
             config="flow: {duplicate_window: 1ms}\n"),
        Case("slower", capture.duplicates_later,
             "no duplicates: 2 ms are more than the window",
             config="flow: {duplicate_window: 1ms}\n"),
    )),
    Row(49, "Losses in the middle of a flow", (
        Case("in_body", loss.in_body,
             "tcp.gap; the second answer is read: its place is proven"),
        Case("in_head", loss.in_head,
             "tcp.gap; nothing after it is read"),
        Case("in_dns", loss.in_dns, "likewise"),
        Case("at_beginning", loss.at_beginning,
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

ROWS = tuple(sorted(evasion_packets.ROWS + evasion_tcp.ROWS +
                    evasion_protocols.ROWS + _ROWS,
                    key=lambda row: row.number))
