// Link types: LINKTYPE_ values as files hold them (tcpdump.org/linktypes),
// against the DLT_ values of libpcap on this platform.

#ifndef TAPLINE_SENSORD_CAPTURE_LINK_TYPE_H_
#define TAPLINE_SENSORD_CAPTURE_LINK_TYPE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace tapline {

// From pcap_datalink().
uint16_t LinkTypeFromDlt(int dlt);

// For pcap_open_dead(): the inverse.
int DltFromLinkType(uint16_t link_type);

// From the last word of a classic pcap header: the low 16 bits are the type,
// bits 28..31 and 26 describe a frame check sequence and are ignored. Raw IP as
// some systems wrote it (12, 14) becomes 101.
// InvalidArgument: one of the reserved bits 16..25 is set.
absl::StatusOr<uint16_t> LinkTypeFromHeader(uint32_t word);

// Of a bus, not a network: frames may have megabytes, and libpcap takes memory
// for what a record claims (128 MiB; max_snaplen_for_dlt in its pcap-common.c).
bool IsBus(uint16_t link_type);

// "EN10MB"; the number when it has no name.
std::string LinkTypeName(uint16_t link_type);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_LINK_TYPE_H_
