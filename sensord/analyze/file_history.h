// What an analysis tells, kept for a closer look at flows.

#ifndef TAPLINE_SENSORD_ANALYZE_FILE_HISTORY_H_
#define TAPLINE_SENSORD_ANALYZE_FILE_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/filter/filter.h"
#include "common/redact/redactor.h"
#include "sensord/inspect/flow_history.h"
#include "sensord/journal/record_sink.h"
#include "tapline/v1/finding.pb.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Keeps flows with their events, and alerts, redacted, up to the limits below;
// what is beyond is counted. Thread safety: one thread at a time.
class FileHistory final : public RecordSink {
 public:
  static constexpr size_t kMaxFlows = 20'000;
  static constexpr size_t kMaxEvents = 100'000;
  static constexpr size_t kMaxAlerts = 10'000;

  // Keeps flows whose id begins with `id` and that the filter (may be null)
  // takes.
  FileHistory(std::string id, const Filter* filter);

  void Accept(absl::Span<v1::Record* const> records) override;

  // The flow whose id begins with `id`. NotFound; FailedPrecondition when
  // several fit.
  absl::StatusOr<FlowHistory> One() const;
  // Worst first, then by time.
  std::vector<v1::Finding> Findings() const;
  // Records there was no room for.
  uint64_t left_out() const { return left_out_; }

 private:
  void Keep(const v1::Record& record);
  FlowHistory HistoryOf(const std::string& id,
                        const std::vector<v1::Flow>& parts) const;

  const std::string id_;
  const Filter* const filter_;
  const Redactor redactor_;
  // By id; records of one flow in the order they came.
  std::map<std::string, std::vector<v1::Flow>> flows_;
  size_t parts_ = 0;
  // Of flows that are not told yet too, by the id of the flow.
  absl::flat_hash_map<std::string, std::vector<v1::Event>> events_;
  size_t event_count_ = 0;
  // The newest revision of each, by id.
  std::map<std::string, v1::Alert> alerts_;
  uint64_t left_out_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZE_FILE_HISTORY_H_
