// `sensord analyze --expert`, --conversations, --timeline, --follow: what the
// daemon's clients may ask, of files.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/output/inspection_columns.h"
#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "sensord/analyze/analyze.h"
#include "sensord/analyze/file_history.h"
#include "sensord/analyze/file_run.h"
#include "sensord/capture/file_sequence.h"
#include "sensord/inspect/conversations.h"
#include "sensord/inspect/stream_follow.h"
#include "sensord/inspect/timeline.h"

namespace tapline {
namespace {

// As the daemon answers at most.
constexpr size_t kMaxItems = 1000;

// Adds up flows, with the alerts about them in their last revision: these are
// known only at the end.
class ConversationSink final : public RecordSink {
 public:
  static constexpr size_t kMaxFlows = 100'000;

  explicit ConversationSink(const Filter* filter) : filter_(filter) {}

  void Accept(absl::Span<v1::Record* const> records) override {
    for (const v1::Record* record : records) {
      const Redacted<v1::Record> redacted = redactor_.Apply(*record);
      if (record->has_alert()) {
        Keep(redacted.get().alert());
      } else if (record->has_flow() &&
                 (filter_ == nullptr || filter_->Matches(redacted.get()))) {
        Keep(redacted.get().flow());
      }
    }
  }
  std::vector<v1::Conversation> Take() {
    for (const auto& [id, alert] : alerts_) table_.Add(alert);
    for (const v1::Flow& flow : flows_) table_.Add(flow);
    left_out_ += table_.left_out();
    return table_.Top(kMaxItems);
  }
  uint64_t left_out() const { return left_out_; }

 private:
  void Keep(const v1::Alert& alert) {
    const bool known = alerts_.count(alert.id()) > 0;
    if (known || alerts_.size() < FileHistory::kMaxAlerts) {
      alerts_[alert.id()] = alert;
    } else {
      ++left_out_;
    }
  }
  void Keep(const v1::Flow& flow) {
    if (flows_.size() < kMaxFlows) {
      flows_.push_back(flow);
    } else {
      ++left_out_;
    }
  }

  const Filter* const filter_;
  const Redactor redactor_;
  ConversationTable table_;
  std::vector<v1::Flow> flows_;
  std::map<std::string, v1::Alert> alerts_;
  uint64_t left_out_ = 0;
};

// What is printed, and what is said besides.
struct Answer {
  std::string text;
  std::string remark;
};

template <typename T>
std::string ListText(std::vector<Column<T>> columns,
                     const std::vector<T>& items, const PrintOptions& print) {
  const Redactor redactor;
  std::vector<Redacted<T>> redacted;
  for (const T& item : items) redacted.push_back(redactor.Apply(item));
  return Printer<T>(std::move(columns), print).List(redacted);
}

std::string LeftOut(uint64_t records) {
  if (records == 0) return "";
  return absl::StrCat(records, " records more than can be kept were left out");
}

Answer Expert(const FileHistory& history, const PrintOptions& print) {
  std::vector<v1::Finding> findings = history.Findings();
  Answer answer;
  answer.remark = LeftOut(history.left_out());
  if (findings.size() > kMaxItems) {
    answer.remark = absl::StrCat("of ", findings.size(), " findings the first ",
                                 kMaxItems, " are shown; --filter narrows");
    findings.resize(kMaxItems);
  }
  answer.text = ListText(FindingColumns(), findings, print);
  return answer;
}

// Reads the files again, for the packets of the flow.
absl::StatusOr<StreamTurns> ReadStream(const AnalyzeOptions& options,
                                       const v1::Flow& flow) {
  FileSequence source(options.files);
  StreamFollower follower(flow, options.previews);
  FrameBatch batch;
  while (true) {
    ASSIGN_OR_RETURN(const ReadResult result, source.Read(batch));
    for (const Frame& frame : batch.frames) {
      KeptFrame kept;
      kept.frame = frame;
      kept.captured_bytes = frame.captured_bytes;
      follower.Add(kept);
    }
    if (result == ReadResult::kEnd) return follower.Take();
  }
}

absl::StatusOr<Answer> Follow(const AnalyzeOptions& options,
                              const FlowHistory& history) {
  const v1::Flow flow = history.Whole();
  ASSIGN_OR_RETURN(const StreamTurns stream, ReadStream(options, flow));
  // Who may read the file may see what was sent.
  const Redactor redactor(v1::CAPTURE_MODE_FULL);
  std::vector<Redacted<v1::Turn>> turns;
  for (const v1::Turn& turn : stream.turns) {
    turns.push_back(redactor.Apply(turn));
  }
  Answer answer;
  answer.text = TurnsText(turns, options.previews, options.print);
  if (stream.truncated) {
    answer.remark = absl::StrCat("only the first ", turns.size(),
                                 " turns are told; the flow has more");
  }
  return answer;
}

absl::StatusOr<Answer> Inspect(const AnalyzeOptions& options, std::FILE* err) {
  v1::Summary summary;
  const bool again = options.inspection == Inspection::kFollow;
  if (again && std::count(options.files.begin(), options.files.end(), "-")) {
    return absl::InvalidArgumentError(
        "--follow reads the files twice; standard input cannot be");
  }
  if (options.inspection == Inspection::kConversations) {
    ConversationSink sink(options.filter);
    RETURN_IF_ERROR(RunFiles(options, sink, err, summary));
    const std::vector<v1::Conversation> list = sink.Take();
    return Answer{ListText(ConversationColumns(), list, options.print),
                  LeftOut(sink.left_out())};
  }
  FileHistory history(absl::AsciiStrToLower(options.flow), options.filter);
  RETURN_IF_ERROR(RunFiles(options, history, err, summary));
  if (options.inspection == Inspection::kExpert) {
    return Expert(history, options.print);
  }
  ASSIGN_OR_RETURN(const FlowHistory one, history.One());
  if (again) return Follow(options, one);
  return Answer{ListText(TimelineColumns(), TimelineOf(one), options.print),
                LeftOut(history.left_out())};
}

}  // namespace

int InspectFiles(const AnalyzeOptions& options, std::FILE* out,
                 std::FILE* err) {
  const absl::StatusOr<Answer> answer = Inspect(options, err);
  if (!answer.ok()) {
    std::fprintf(err, "sensord: %s\n",
                 std::string(answer.status().message()).c_str());
    return 1;
  }
  if (!answer->remark.empty()) {
    std::fprintf(err, "sensord: %s\n", answer->remark.c_str());
  }
  const std::string& text = answer->text;
  const bool written =
      std::fwrite(text.data(), 1, text.size(), out) == text.size() &&
      std::fflush(out) == 0;
  return written ? 0 : 1;
}

}  // namespace tapline
