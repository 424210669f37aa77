// `sensord analyze`: capture files through the whole pipeline, without a
// daemon.

#ifndef TAPLINE_SENSORD_ANALYZE_ANALYZE_H_
#define TAPLINE_SENSORD_ANALYZE_ANALYZE_H_

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "common/filter/filter.h"
#include "common/output/printer.h"
#include "sensord/policy/policy.h"

namespace tapline {

// What is printed; everything is built and counted in any case.
enum class AnalyzeOnly { kAll, kAlerts, kFlows, kEvents, kSummary };

// A closer look instead of the records.
enum class Inspection { kNone, kExpert, kConversations, kTimeline, kFollow };

struct AnalyzeOptions {
  // In order; "-" is standard input.
  std::vector<std::string> files;
  int workers = 1;
  PrintOptions print;
  AnalyzeOnly only = AnalyzeOnly::kAll;
  // Which records are printed, and of which the summary is (MatchCount); null:
  // all. Must outlive the analysis.
  const Filter* filter = nullptr;
  PolicyPtr policy;
  // Instead of an analysis: show this packet, with its bytes when `hex`.
  std::optional<uint64_t> packet;
  bool hex = false;
  // Instead of its records: what is odd about flows, flows added up by their
  // addresses, what happened on one, who sent what on it.
  Inspection inspection = Inspection::kNone;
  // Its id, or the beginning of it.
  std::string flow;
  // With kFollow: also what was sent.
  bool previews = false;
};

// Prints records to `out` as they come (an alert once, when everything about it
// is known), the summary last; reasons and progress to `err`.
// Returns 0 when all files were read to their end, 1 when one was damaged or
// unreadable (what could be read was analyzed and printed) or `out` could not
// be written.
int Analyze(const AnalyzeOptions& options, std::FILE* out, std::FILE* err);

// Prints the packet `options.packet`, counted from 0 over all files, layer by
// layer. Returns as Analyze; 1 also when there is no such packet.
int ShowPacket(const AnalyzeOptions& options, std::FILE* out, std::FILE* err);

// Prints what `options.inspection` asks for; the filter says of which flows.
// Memory is bounded (FileHistory); kFollow reads the files twice. Returns as
// Analyze, 1 also when there is no such flow.
int InspectFiles(const AnalyzeOptions& options, std::FILE* out, std::FILE* err);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZE_ANALYZE_H_
