#include "sensord/inspect/finding_writer.h"

#include <utility>

namespace tapline {

void FindingWriter::Value(absl::string_view name, std::string seen,
                          absl::string_view threshold) {
  if (finding_.evidence_size() == kMaxValues) return;
  v1::FindingValue& value = *finding_.add_evidence();
  value.set_name(std::string(name));
  value.set_seen(std::move(seen));
  value.set_threshold(std::string(threshold));
}

void FindingWriter::Rests(const v1::Event& event) {
  At(event.time());
  if (!counted_) finding_.set_count(finding_.count() + 1);
  if (finding_.event_ids_size() < kMaxIds) finding_.add_event_ids(event.id());
}

void FindingWriter::Rests(const v1::Alert& alert) {
  At(alert.first_seen());
  if (!counted_) finding_.set_count(finding_.count() + 1);
  if (finding_.alert_ids_size() < kMaxIds) finding_.add_alert_ids(alert.id());
}

void FindingWriter::Count(uint64_t count) {
  counted_ = true;
  finding_.set_count(count);
}

void FindingWriter::At(const google::protobuf::Timestamp& time) {
  if (!finding_.has_time()) *finding_.mutable_time() = time;
}

}  // namespace tapline
