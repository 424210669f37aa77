// Any text as a configuration file: an accepted one is valid, and each of its
// settings can be written and read back.

#include <cstdint>
#include <cstdlib>

#include "common/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = tapline::ParseYaml(text, "fuzz.yaml");
  if (!config.ok()) {
    if (config.status().code() != absl::StatusCode::kInvalidArgument) abort();
    return 0;
  }
  if (!tapline::CheckConfig(*config).ok()) abort();
  for (const tapline::PathValue& setting : tapline::GetPaths(*config)) {
    tapline::v1::Config copy = *config;
    if (!tapline::SetPath(copy, setting.path, setting.value).ok()) abort();
    if (copy.SerializeAsString() != config->SerializeAsString()) abort();
  }
  return 0;
}
