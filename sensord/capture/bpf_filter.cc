#include "sensord/capture/bpf_filter.h"

#include <pcap/pcap.h>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/capture/filter_names.h"
#include "sensord/capture/link_type.h"

namespace tapline {

BpfFilter::BpfFilter() : program_(std::make_unique<bpf_program>()) {}

BpfFilter::~BpfFilter() { pcap_freecode(program_.get()); }

bool BpfFilter::Matches(const Frame& frame) const {
  pcap_pkthdr header = {};
  header.caplen = frame.captured_bytes;
  header.len = frame.wire_bytes;
  return pcap_offline_filter(program_.get(), &header, frame.data) != 0;
}

absl::StatusOr<std::unique_ptr<BpfFilter>> CompileFilter(
    uint16_t link_type, uint32_t snap_bytes, absl::string_view text) {
  if (text.size() > kMaxFilterBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("filter: ", text.size(), " bytes, at most ",
                     kMaxFilterBytes, " allowed"));
  }
  if (text.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError("filter: contains a zero byte");
  }
  RETURN_IF_ERROR(CheckFilterNames(text));
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> dead(
      pcap_open_dead(DltFromLinkType(link_type), static_cast<int>(snap_bytes)),
      &pcap_close);
  if (dead == nullptr) return absl::ResourceExhaustedError("out of memory");
  auto filter = absl::WrapUnique(new BpfFilter());
  filter->text_ = std::string(text);
  filter->link_type_ = link_type;
  constexpr int kOptimize = 1;
  if (pcap_compile(dead.get(), filter->program_.get(), filter->text_.c_str(),
                   kOptimize, PCAP_NETMASK_UNKNOWN) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("filter: ", pcap_geterr(dead.get()), " (link type ",
                     LinkTypeName(link_type), ")"));
  }
  return filter;
}

}  // namespace tapline
