#include "sensord/analyze/analyze.h"

#include "sensord/analyze/file_run.h"
#include "sensord/analyze/record_output.h"

namespace tapline {

int Analyze(const AnalyzeOptions& options, std::FILE* out, std::FILE* err) {
  RecordOutput output(options.print, options.only, options.filter, out);
  v1::Record record;
  absl::Status status =
      RunFiles(options, output, err, *record.mutable_summary());
  output.Finish(record, status.ok());
  if (options.filter != nullptr && options.filter->given_up() > 0) {
    // What is printed is not all that the filter asks for.
    std::fprintf(err, "sensord: %llu records were not judged: %s\n",
                 static_cast<unsigned long long>(options.filter->given_up()),
                 std::string(TooCostly().message()).c_str());
    status.Update(TooCostly());
  }
  if (!output.ok()) {
    std::fprintf(err, "sensord: the output could not be written completely\n");
    return 1;
  }
  return status.ok() ? 0 : 1;
}

}  // namespace tapline
