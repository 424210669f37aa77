#include "sensord/analyze/file_run.h"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "common/sync/mutex.h"
#include "sensord/capture/file_sequence.h"
#include "sensord/pipeline/pipeline.h"
#include "sensord/pipeline/summary.h"

namespace tapline {
namespace {

// A line on a terminal that says how far the analysis is, twice a second.
class Progress {
 public:
  Progress(const Pipeline& pipeline, std::FILE* err)
      : pipeline_(pipeline), err_(err), shown_(isatty(fileno(err)) != 0) {
    if (shown_) thread_ = std::thread([this] { Run(); });
  }
  ~Progress() {
    if (!shown_) return;
    {
      MutexLock lock(mutex_);
      over_ = true;
      changed_.notify_all();
    }
    thread_.join();
    std::fputs("\r\033[K", err_);
  }

 private:
  void Run() {
    MutexLock lock(mutex_);
    while (!over_) {
      changed_.wait_for(mutex_, std::chrono::milliseconds(500));
      if (over_) return;
      const CaptureCounters c = pipeline_.source().counters();
      const double share = c.total_bytes == 0
                               ? 0
                               : 100.0 * static_cast<double>(c.read_bytes) /
                                     static_cast<double>(c.total_bytes);
      std::fprintf(err_, "\r\033[K%5.1f %%, %llu packets", share,
                   static_cast<unsigned long long>(c.frames));
      std::fflush(err_);
    }
  }

  const Pipeline& pipeline_;
  std::FILE* const err_;
  const bool shown_;
  Mutex mutex_;
  CondVar changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace

absl::Status RunFiles(const AnalyzeOptions& options, RecordSink& sink,
                      std::FILE* err, v1::Summary& summary) {
  PipelineOptions pipeline_options;
  pipeline_options.workers = options.workers;
  pipeline_options.policy = options.policy;
  pipeline_options.origin.source_id = "analysis";
  RandomSeed(pipeline_options.seed);
  auto source = std::make_unique<FileSequence>(options.files);
  const FileSequence& files = *source;
  Pipeline pipeline(pipeline_options, std::move(source), sink);

  const auto begin = std::chrono::steady_clock::now();
  absl::Status status;
  {
    Progress progress(pipeline, err);
    status = pipeline.Run();
  }
  const absl::Duration wall =
      absl::FromChrono(std::chrono::steady_clock::now() - begin);
  summary = SummaryOf(pipeline, wall);
  for (const absl::Status& error : files.errors()) {
    std::fprintf(err, "sensord: %s\n", std::string(error.message()).c_str());
  }
  return status;
}

}  // namespace tapline
