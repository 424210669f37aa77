// Files through the whole pipeline. Internal to analyze.

#ifndef TAPLINE_SENSORD_ANALYZE_FILE_RUN_H_
#define TAPLINE_SENSORD_ANALYZE_FILE_RUN_H_

#include <cstdio>

#include "absl/status/status.h"
#include "sensord/analyze/analyze.h"
#include "sensord/journal/record_sink.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Records of options.files to `sink`, progress and what could not be read to
// `err`; fills `summary`. An error when a file was damaged or unreadable.
absl::Status RunFiles(const AnalyzeOptions& options, RecordSink& sink,
                      std::FILE* err, v1::Summary& summary);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZE_FILE_RUN_H_
