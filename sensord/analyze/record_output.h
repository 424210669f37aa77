// Prints the records of an analysis.

#ifndef TAPLINE_SENSORD_ANALYZE_RECORD_OUTPUT_H_
#define TAPLINE_SENSORD_ANALYZE_RECORD_OUTPUT_H_

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "common/filter/filter.h"
#include "common/output/printer.h"
#include "common/redact/redactor.h"
#include "sensord/analyze/analyze.h"
#include "sensord/analyze/match_count.h"
#include "sensord/journal/record_sink.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Thread safety: one thread at a time.
class RecordOutput final : public RecordSink {
 public:
  // Incidents that wait for their last revision; past it the oldest is printed
  // as it stands.
  static constexpr size_t kMaxAlerts = 65536;

  // `filter` may be null, and must outlive this. An alert is judged as it is
  // printed: by its last revision.
  RecordOutput(const PrintOptions& print, AnalyzeOnly only,
               const Filter* filter, std::FILE* out);

  void Accept(absl::Span<v1::Record* const> records) override;
  bool Wants(v1::RecordKind kind) const override {
    return Prints(kind) || Counts(kind);
  }

  // Prints the alerts, by time and id, then the summary, with a filter of what
  // it takes; for people only when something was read or the reading was
  // complete.
  void Finish(const v1::Record& summary, bool complete);
  // False when `out` refused something.
  bool ok() const { return ok_; }

 private:
  using AlertKey = std::pair<int64_t, std::string>;

  bool Prints(v1::RecordKind kind) const;
  bool PrintsSummary() const {
    return only_ == AnalyzeOnly::kAll || only_ == AnalyzeOnly::kSummary;
  }
  // For a summary of what the filter takes.
  bool Counts(v1::RecordKind kind) const {
    return filter_ != nullptr && PrintsSummary() &&
           (kind == v1::RECORD_KIND_ALERT || kind == v1::RECORD_KIND_FLOW ||
            kind == v1::RECORD_KIND_EVENT);
  }
  bool ForPrograms() const {
    return print_.format == Format::kJson || print_.format == Format::kYaml;
  }
  // The filter judges what a client could see, as it does of a live source:
  // records as they are once secrets are masked.
  void KeepAlert(Redacted<v1::Record> record);
  bool Takes(const Redacted<v1::Record>& record) const;
  // Counts and prints it where the filter takes it.
  void Tell(const Redacted<v1::Record>& record);
  void Print(const Redacted<v1::Record>& record);
  void PrintRow(const Redacted<v1::Record>& record);
  void PrintSummary(const v1::Record& summary);
  void Write(const std::string& text);

  const PrintOptions print_;
  const AnalyzeOnly only_;
  const Filter* const filter_;
  std::FILE* const out_;
  const Redactor redactor_;
  bool ok_ = true;
  // Newest revision of each alert, by first_seen and id.
  std::map<AlertKey, Redacted<v1::Record>> alerts_;
  MatchCount matching_;
  // Of tables: one printer a kind; the kind whose header stands above.
  std::map<v1::RecordKind, std::unique_ptr<Printer<v1::Record>>> printers_;
  v1::RecordKind headed_ = v1::RECORD_KIND_UNSPECIFIED;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZE_RECORD_OUTPUT_H_
