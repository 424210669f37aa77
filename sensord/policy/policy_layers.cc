#include "sensord/policy/policy_layers.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/schema/field_info.h"
#include "common/status/macros.h"
#include "sensord/policy/filters.h"
#include "sensord/policy/overrides_file.h"

namespace tapline {
namespace {

constexpr absl::string_view kProfile = "detect.profile";

// The profile that settings or flags choose; nothing when neither does.
std::optional<v1::Profile> ChosenProfile(
    const std::map<std::string, v1::Setting>& settings, const Flags& flags) {
  std::optional<int> chosen;
  const auto it = settings.find(std::string(kProfile));
  if (it != settings.end()) {
    chosen = ParseEnumName(*v1::Profile_descriptor(), it->second.value());
  }
  for (const auto& [path, value] : flags) {
    if (path == kProfile) {
      chosen = ParseEnumName(*v1::Profile_descriptor(), value);
    }
  }
  if (!chosen.has_value()) return std::nullopt;
  return static_cast<v1::Profile>(*chosen);
}

}  // namespace

absl::StatusOr<Flags> ParseFlags(const std::vector<std::string>& flags) {
  Flags parsed;
  for (const std::string& flag : flags) {
    const size_t equals = flag.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, ": must be path=value"));
    }
    parsed.emplace_back(flag.substr(0, equals), flag.substr(equals + 1));
  }
  return parsed;
}

absl::StatusOr<Layered> ApplyLayers(
    absl::string_view file_text, absl::string_view file_name,
    const std::map<std::string, v1::Setting>& settings, const Flags& flags) {
  ASSIGN_OR_RETURN(
      ParsedConfig parsed,
      ParseYamlOver(file_text, file_name, ChosenProfile(settings, flags)));
  for (const auto& [path, setting] : settings) {
    RETURN_IF_ERROR(SetPath(parsed.config, path, setting.value()));
  }
  for (const auto& [path, value] : flags) {
    RETURN_IF_ERROR(SetPath(parsed.config, path, value));
  }
  RETURN_IF_ERROR(CheckConfig(parsed.config));
  RETURN_IF_ERROR(CheckSuppressionFilters(parsed.config));
  int number = 0;
  std::set<std::string> ids;
  for (v1::Suppression& suppression : *parsed.config.mutable_suppressions()) {
    ++number;
    std::string id = SuppressionId(suppression, "file");
    if (!ids.insert(id).second) {
      id = SuppressionId(suppression, absl::StrCat("file", number));
    }
    suppression.set_id(id);
    suppression.set_origin("file");
    if (suppression.direction() == v1::DIRECTION_UNSPECIFIED) {
      suppression.set_direction(v1::DIRECTION_ANY);
    }
  }
  return Layered{std::move(parsed.config), std::move(parsed.paths)};
}

std::string SuppressionId(const v1::Suppression& s, absl::string_view salt) {
  std::string key =
      absl::StrCat(s.cidr(), "|", s.port(), "|", s.rule(), "|", s.direction(),
                   "|", s.expires_at().seconds(), "|", salt);
  if (!s.filter().empty()) absl::StrAppend(&key, "|", s.filter());
  return absl::StrCat(absl::Hex(Fnv1a(key), absl::kZeroPad16));
}

bool IsExpired(const v1::Suppression& suppression, absl::Time now) {
  if (!suppression.has_expires_at()) return false;
  return absl::FromUnixSeconds(suppression.expires_at().seconds()) +
             absl::Nanoseconds(suppression.expires_at().nanos()) <=
         now;
}

}  // namespace tapline
