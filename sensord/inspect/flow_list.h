// What lists of flows can do besides filtering: sort by what a flow amounts to,
// and keep those that alerts are about.

#ifndef TAPLINE_SENSORD_INSPECT_FLOW_LIST_H_
#define TAPLINE_SENSORD_INSPECT_FLOW_LIST_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sensord/store/store.h"
#include "tapline/v1/alert.pb.h"
#include "tapline/v1/record.pb.h"
#include "tapline/v1/selector.pb.h"

namespace tapline {

struct FlowRanking {
  enum class By { kBytes, kPackets, kDuration, kStart };
  By by = By::kBytes;
  bool descending = false;

  // "bytes", "packets", "duration" or "start", with optional " desc"; none for
  // any other text.
  static std::optional<FlowRanking> Parse(absl::string_view order_by);
};

// The first of many flows by a ranking; ties by their order of arrival.
// Thread safety: single-threaded.
class FlowTop {
 public:
  // Keeps `limit` records, and as many again while sorting.
  FlowTop(FlowRanking ranking, size_t limit)
      : ranking_(ranking), limit_(limit) {}

  void Add(v1::Record record);
  // Records added so far.
  size_t added() const { return arrived_; }
  // In their order; the object is empty afterwards.
  std::vector<v1::Record> Take();

 private:
  struct Ranked {
    double key;
    size_t arrival;
    v1::Record record;
  };
  void Cut();

  const FlowRanking ranking_;
  const size_t limit_;
  size_t arrived_ = 0;
  std::vector<Ranked> kept_;
};

// Which flows alerts are about (IsAbout). Thread safety: constant once filled.
class AlertedFlows {
 public:
  // The newest 10,000 alerts of the selector's sources, in 2 s. Errors as of
  // Store::List.
  static absl::StatusOr<AlertedFlows> Read(const Store& store,
                                           const v1::Selector& selector);

  void Add(const v1::Record& alert);
  bool Has(const v1::Record& flow) const;
  // There are more alerts than were read.
  bool truncated() const { return truncated_; }

 private:
  // By source and one address that the alert names.
  absl::flat_hash_map<std::string, std::vector<v1::Alert>> alerts_;
  bool truncated_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_FLOW_LIST_H_
