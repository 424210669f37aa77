// Compiled capture filters (pcap-filter(7)).

#ifndef TAPLINE_SENSORD_CAPTURE_BPF_FILTER_H_
#define TAPLINE_SENSORD_CAPTURE_BPF_FILTER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sensord/capture/frame.h"

struct bpf_program;

namespace tapline {

inline constexpr size_t kMaxFilterBytes = 64 * 1024;

// A filter for one link type. Thread safety: const methods are thread-safe.
class BpfFilter {
 public:
  ~BpfFilter();
  BpfFilter(const BpfFilter&) = delete;
  BpfFilter& operator=(const BpfFilter&) = delete;

  const std::string& text() const { return text_; }
  uint16_t link_type() const { return link_type_; }
  // For pcap_setfilter, which copies it.
  bpf_program* program() const { return program_.get(); }
  // What the kernel would decide.
  bool Matches(const Frame& frame) const;

 private:
  friend absl::StatusOr<std::unique_ptr<BpfFilter>> CompileFilter(
      uint16_t link_type, uint32_t snap_bytes, absl::string_view text);
  BpfFilter();

  std::string text_;
  uint16_t link_type_ = 0;
  std::unique_ptr<bpf_program> program_;
};

// Empty text matches everything. Nothing is looked up in the network.
// InvalidArgument: with the compiler's text; also text over kMaxFilterBytes,
// with names of hosts or networks (filter_names.h), or a filter that can never
// match.
absl::StatusOr<std::unique_ptr<BpfFilter>> CompileFilter(
    uint16_t link_type, uint32_t snap_bytes, absl::string_view text);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_BPF_FILTER_H_
