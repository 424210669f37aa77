// What one check writes its finding into.

#ifndef TAPLINE_SENSORD_INSPECT_FINDING_WRITER_H_
#define TAPLINE_SENSORD_INSPECT_FINDING_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "sensord/inspect/flow_facts.h"
#include "tapline/v1/finding.pb.h"

namespace tapline {

// A check calls Value at least once when it fires, and nothing otherwise.
// Thread safety: single-threaded.
class FindingWriter {
 public:
  static constexpr int kMaxValues = 16;
  static constexpr int kMaxIds = 8;

  explicit FindingWriter(v1::Finding& finding) : finding_(finding) {}

  bool fired() const { return finding_.evidence_size() > 0; }

  // What was seen, and with what it was compared ("" for nothing). Names of
  // values stand for themselves; texts come from records, so they are safe.
  void Value(absl::string_view name, std::string seen,
             absl::string_view threshold = "");
  void Value(absl::string_view name, uint64_t seen,
             absl::string_view threshold = "") {
    Value(name, absl::StrCat(seen), threshold);
  }
  // "at least N".
  void AtLeast(absl::string_view name, uint64_t seen, uint64_t least) {
    Value(name, seen, absl::StrCat("at least ", least));
  }

  // It rests on this; its time is the first such time. Each event counts as
  // one occurrence unless Count says otherwise.
  void Rests(const v1::Event& event);
  void Rests(const v1::Alert& alert);
  void Count(uint64_t count);
  // Other than the list says.
  void Severity(v1::FindingSeverity severity) {
    finding_.set_severity(severity);
  }

 private:
  void At(const google::protobuf::Timestamp& time);

  v1::Finding& finding_;
  bool counted_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_FINDING_WRITER_H_
