#include "sensord/analyze/record_output.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/output/columns.h"
#include "common/output/json.h"
#include "common/schema/record_kind.h"
#include "sensord/analyze/summary_text.h"

namespace tapline {

RecordOutput::RecordOutput(const PrintOptions& print, AnalyzeOnly only,
                           const Filter* filter, std::FILE* out)
    : print_(print), only_(only), filter_(filter), out_(out) {}

bool RecordOutput::Takes(const Redacted<v1::Record>& record) const {
  return filter_ == nullptr || filter_->Matches(record.get());
}

bool RecordOutput::Prints(v1::RecordKind kind) const {
  switch (kind) {
    case v1::RECORD_KIND_ALERT:
      return only_ == AnalyzeOnly::kAll || only_ == AnalyzeOnly::kAlerts;
    case v1::RECORD_KIND_FLOW:
      return only_ == AnalyzeOnly::kAll || only_ == AnalyzeOnly::kFlows;
    case v1::RECORD_KIND_EVENT:
      return only_ == AnalyzeOnly::kAll || only_ == AnalyzeOnly::kEvents;
    default:
      return false;
  }
}

void RecordOutput::Accept(absl::Span<v1::Record* const> records) {
  for (const v1::Record* record : records) {
    if (!Wants(KindOf(*record))) continue;
    Redacted<v1::Record> redacted = redactor_.Apply(*record);
    if (record->has_alert()) {
      KeepAlert(std::move(redacted));
    } else {
      Tell(redacted);
    }
  }
}

void RecordOutput::Tell(const Redacted<v1::Record>& record) {
  if (!Takes(record)) return;
  if (filter_ != nullptr) matching_.Add(record.get());
  if (Prints(KindOf(record.get()))) Print(record);
}

void RecordOutput::KeepAlert(Redacted<v1::Record> record) {
  const v1::Alert& alert = record.get().alert();
  const google::protobuf::Timestamp& seen = alert.first_seen();
  AlertKey key(seen.seconds() * 1'000'000'000 + seen.nanos(), alert.id());
  alerts_.insert_or_assign(std::move(key), std::move(record));
  if (alerts_.size() > kMaxAlerts) {
    Tell(alerts_.begin()->second);
    alerts_.erase(alerts_.begin());
  }
}

void RecordOutput::Print(const Redacted<v1::Record>& record) {
  if (print_.format == Format::kJson) {
    Write(JsonLine(record));
  } else if (print_.format == Format::kYaml) {
    Write(MessageYaml(record));
  } else {
    PrintRow(record);
  }
}

void RecordOutput::PrintRow(const Redacted<v1::Record>& record) {
  const v1::RecordKind kind = KindOf(record.get());
  auto& printer = printers_[kind];
  if (printer == nullptr) {
    printer = std::make_unique<Printer<v1::Record>>(RecordColumns(kind), print_,
                                                    kIdColumn);
  }
  if (headed_ != kind) {
    Write(absl::StrCat(headed_ == v1::RECORD_KIND_UNSPECIFIED ? "" : "\n",
                       printer->Header()));
    headed_ = kind;
  }
  Write(printer->Item(record));
}

void RecordOutput::Write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), out_) != text.size()) {
    ok_ = false;
  }
}

void RecordOutput::PrintSummary(const v1::Record& summary) {
  if (filter_ == nullptr) {
    if (ForPrograms()) return Print(redactor_.Apply(summary));
    return Write(SummaryText(summary.summary()));
  }
  v1::Record matching = summary;
  *matching.mutable_summary() = matching_.Of(summary.summary());
  matching.mutable_summary()->set_filter(filter_->canonical());
  if (ForPrograms()) return Print(redactor_.Apply(matching));
  Write(FilteredSummaryText(summary.summary(), matching.summary()));
}

void RecordOutput::Finish(const v1::Record& summary, bool complete) {
  for (const auto& [key, record] : alerts_) Tell(record);
  alerts_.clear();
  // Of nothing there is nothing to tell a person.
  const bool empty =
      !complete && summary.summary().packets() == 0 && !ForPrograms();
  if (!empty && PrintsSummary()) PrintSummary(summary);
  if (std::fflush(out_) != 0) ok_ = false;
}

}  // namespace tapline
