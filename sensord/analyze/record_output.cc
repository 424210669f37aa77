#include "sensord/analyze/record_output.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/output/columns.h"
#include "common/output/json.h"
#include "common/schema/record_kind.h"

namespace tapline {
namespace {

// A line for each, most bytes first.
std::string ProtocolText(const v1::Summary& summary) {
  std::string text;
  for (const v1::ProtocolUse& use : summary.protocols()) {
    absl::StrAppendFormat(&text,
                          "protocol %s: %d flows, %d packets, %d bytes (%.1f "
                          "%%), %.1f %% encrypted\n",
                          use.protocol(), use.flows(), use.packets(),
                          use.bytes(), use.share() * 100,
                          use.encrypted_ratio() * 100);
  }
  return text;
}

}  // namespace

RecordOutput::RecordOutput(const PrintOptions& print, AnalyzeOnly only,
                           const Filter* filter, std::FILE* out)
    : print_(print), only_(only), filter_(filter), out_(out) {}

bool RecordOutput::Takes(const v1::Record& record) const {
  return filter_ == nullptr || filter_->Matches(record);
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
    if (!Prints(KindOf(*record))) continue;
    if (record->has_alert()) {
      KeepAlert(*record);
    } else if (Takes(*record)) {
      Print(*record);
    }
  }
}

void RecordOutput::KeepAlert(const v1::Record& record) {
  const google::protobuf::Timestamp& seen = record.alert().first_seen();
  const AlertKey key(seen.seconds() * 1'000'000'000 + seen.nanos(),
                     record.alert().id());
  alerts_[key] = record;
  if (alerts_.size() > kMaxAlerts) {
    if (Takes(alerts_.begin()->second)) Print(alerts_.begin()->second);
    alerts_.erase(alerts_.begin());
  }
}

void RecordOutput::Print(const v1::Record& record) {
  if (print_.format == Format::kJson) {
    Write(JsonLine(redactor_.Apply(record)));
  } else if (print_.format == Format::kYaml) {
    Write(MessageYaml(redactor_.Apply(record)));
  } else if (record.has_summary()) {
    Write(SummaryText(record.summary()));
  } else {
    PrintRow(record);
  }
}

void RecordOutput::PrintRow(const v1::Record& record) {
  const v1::RecordKind kind = KindOf(record);
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
  Write(printer->Item(redactor_.Apply(record)));
}

void RecordOutput::Write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), out_) != text.size()) {
    ok_ = false;
  }
}

void RecordOutput::Finish(const v1::Record& summary, bool complete) {
  for (const auto& [key, record] : alerts_) {
    if (Takes(record)) Print(record);
  }
  alerts_.clear();
  // Of nothing there is nothing to tell a person.
  const bool empty = !complete && summary.summary().packets() == 0 &&
                     print_.format != Format::kJson &&
                     print_.format != Format::kYaml;
  if (!empty &&
      (only_ == AnalyzeOnly::kAll || only_ == AnalyzeOnly::kSummary)) {
    Print(summary);
  }
  if (std::fflush(out_) != 0) ok_ = false;
}

std::string SummaryText(const v1::Summary& summary) {
  const std::string suppressed =
      summary.suppressed_alerts() == 0
          ? ""
          : absl::StrCat(" (", summary.suppressed_alerts(),
                         " more suppressed)");
  const double seconds = summary.seconds() > 0 ? summary.seconds() : 1e-9;
  std::string text = absl::StrFormat(
      "\n%d packets, %d bytes in %.2f s (%.2f million packets/s)\n"
      "%d flows, %d events, %d alerts%s\n",
      summary.packets(), summary.bytes(), summary.seconds(),
      summary.packets() / seconds / 1e6, summary.flows(), summary.events(),
      summary.alerts(), suppressed);
  if (summary.aggregated_flows() > 0) {
    absl::StrAppend(&text, summary.aggregated_flows(),
                    " one-packet flows counted in aggregates\n");
  }
  const v1::Loss& loss = summary.loss();
  absl::StrAppendFormat(&text, "frames: %d in = %d out + %d in flight",
                        loss.in(), loss.out(), loss.in_flight());
  for (const v1::Dropped& dropped : loss.dropped()) {
    absl::StrAppendFormat(&text, " + %d dropped (%s: %s)", dropped.count(),
                          dropped.stage(), dropped.reason());
  }
  absl::StrAppend(&text, "\n");
  text += ProtocolText(summary);
  for (const v1::AnomalyCount& anomaly : summary.anomalies()) {
    absl::StrAppendFormat(&text, "anomaly %s: %d\n", anomaly.name(),
                          anomaly.count());
  }
  return text;
}

}  // namespace tapline
