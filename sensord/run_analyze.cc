#include <cstdio>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/config/config.h"
#include "common/config/config_file.h"
#include "sensord/daemon.h"
#include "sensord/policy/filters.h"

namespace tapline {

namespace {

// Null for an empty text. A mistake is told on stderr.
absl::StatusOr<FilterPtr> CompileFilter(const std::string& text) {
  if (text.empty()) return FilterPtr();
  Filter::Options options;
  options.now = absl::Now();
  absl::StatusOr<FilterPtr> filter = Filter::Compile(text, options);
  if (!filter.ok()) {
    std::fprintf(stderr, "sensord: --filter: %s\n%s",
                 std::string(filter.status().message()).c_str(),
                 PointAt(text, filter.status()).c_str());
  }
  return filter;
}

}  // namespace

int RunAnalyze(const CommandLine& args) {
  const absl::StatusOr<FilterPtr> filter = CompileFilter(args.filter);
  if (!filter.ok()) return 2;
  if (args.explain_filter) {
    if (*filter == nullptr) {
      std::fprintf(stderr, "sensord: --explain-filter needs --filter\n");
      return 2;
    }
    return std::fputs(ExplainFilter(**filter).c_str(), stdout) < 0 ? 1 : 0;
  }
  auto policy = std::make_shared<Policy>();
  policy->origin = "default";
  policy->config = DefaultConfig();
  if (!args.config_file.empty()) {
    absl::StatusOr<v1::Config> config = ReadConfigFile(args.config_file);
    if (!config.ok()) {
      std::fprintf(stderr, "sensord: %s\n",
                   std::string(config.status().message()).c_str());
      return 2;
    }
    const absl::Status filters = CheckSuppressionFilters(*config);
    if (!filters.ok()) {
      std::fprintf(stderr, "sensord: %s: %s\n", args.config_file.c_str(),
                   std::string(filters.message()).c_str());
      return 2;
    }
    policy->config = *std::move(config);
    policy->origin = "file";
  }
  if (args.no_dpi) policy->config.mutable_flow()->set_dpi(false);
  policy->revision = 1;
  AnalyzeOptions options = args.analyze;
  options.policy = std::move(policy);
  options.filter = filter->get();
  if (options.inspection != Inspection::kNone) {
    return InspectFiles(options, stdout, stderr);
  }
  return options.packet ? ShowPacket(options, stdout, stderr)
                        : Analyze(options, stdout, stderr);
}

}  // namespace tapline
