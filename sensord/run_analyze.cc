#include <cstdio>
#include <memory>
#include <string>

#include "common/config/config.h"
#include "common/config/config_file.h"
#include "sensord/daemon.h"

namespace tapline {

int RunAnalyze(const CommandLine& args) {
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
    policy->config = *std::move(config);
    policy->origin = "file";
  }
  if (args.no_dpi) policy->config.mutable_flow()->set_dpi(false);
  policy->revision = 1;
  AnalyzeOptions options = args.analyze;
  options.policy = std::move(policy);
  return Analyze(options, stdout, stderr);
}

}  // namespace tapline
