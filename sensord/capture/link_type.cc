#include "sensord/capture/link_type.h"

#include <pcap/pcap.h>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

// Types whose numbers differ; all others are equal (libpcap pcap-common.c).
struct Pair {
  int dlt;
  uint16_t link_type;
};
constexpr Pair kDiffering[] = {
    {DLT_ATM_RFC1483, 100}, {DLT_RAW, 101},      {DLT_SLIP_BSDOS, 102},
    {DLT_PPP_BSDOS, 103},   {DLT_ATM_CLIP, 106},
};

// DLT_RAW of Linux and of OpenBSD, in headers of writers that did not
// translate.
constexpr uint16_t kDltRawLinux = 12;
constexpr uint16_t kDltRawOpenBsd = 14;
constexpr uint16_t kLinkTypeRaw = 101;

}  // namespace

uint16_t LinkTypeFromDlt(int dlt) {
  for (const Pair& pair : kDiffering) {
    if (pair.dlt == dlt) return pair.link_type;
  }
  if (dlt == kDltRawOpenBsd) return kLinkTypeRaw;
  return static_cast<uint16_t>(dlt);
}

int DltFromLinkType(uint16_t link_type) {
  for (const Pair& pair : kDiffering) {
    if (pair.link_type == link_type) return pair.dlt;
  }
  return link_type;
}

absl::StatusOr<uint16_t> LinkTypeFromHeader(uint32_t word) {
  constexpr uint32_t kReserved = 0x03ff0000;
  if ((word & kReserved) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("unsupported link type 0x", absl::Hex(word)));
  }
  const uint16_t type = static_cast<uint16_t>(word);
  if (type == kDltRawLinux || type == kDltRawOpenBsd) return kLinkTypeRaw;
  return type;
}

bool IsBus(uint16_t link_type) {
  switch (DltFromLinkType(link_type)) {
    case DLT_DBUS:
    case DLT_EBHSCR:
    case DLT_USB_LINUX:
    case DLT_USB_LINUX_MMAPPED:
    case DLT_USBPCAP:
    case DLT_USB_DARWIN:
      return true;
    default:
      return false;
  }
}

std::string LinkTypeName(uint16_t link_type) {
  const char* name = pcap_datalink_val_to_name(DltFromLinkType(link_type));
  return name != nullptr ? std::string(name) : absl::StrCat(link_type);
}

}  // namespace tapline
