#include "sensord/policy/run_time_change.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/config/limits.h"
#include "common/net/wire_text.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "sensord/policy/filters.h"

namespace tapline {
namespace {

bool IsSetting(const v1::Config& config, absl::string_view path) {
  for (const PathValue& found : GetPaths(config, path)) {
    if (found.path == path) return true;
  }
  return false;
}

bool IsFlag(const Flags& flags, absl::string_view path) {
  for (const auto& [flag_path, value] : flags) {
    if (flag_path == path) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<Overrides> WithSettings(const Overrides& overrides,
                                       const std::vector<v1::Setting>& settings,
                                       const Flags& flags,
                                       const v1::Config& config,
                                       absl::string_view user) {
  Overrides next = overrides;
  for (const v1::Setting& setting : settings) {
    if (!IsSetting(config, setting.path())) {
      return absl::InvalidArgumentError(absl::StrCat(
          PrintableText(setting.path()), ": there is no such setting"));
    }
    if (IsFileOnly(setting.path())) {
      return absl::FailedPreconditionError(absl::StrCat(
          setting.path(), ": can only be set in the configuration file"));
    }
    if (IsFlag(flags, setting.path())) {
      return absl::FailedPreconditionError(
          absl::StrCat(setting.path(), ": is fixed by a command line flag"));
    }
    if (setting.value().empty()) {
      next.settings.erase(setting.path());
      continue;
    }
    v1::Setting& kept = next.settings[setting.path()];
    kept.set_path(setting.path());
    kept.set_value(setting.value());
    kept.set_origin(absl::StrCat("rpc ", PrintableText(user)));
    kept.set_revision(overrides.revision + 1);
  }
  return next;
}

std::vector<v1::Setting> DescribeSettings(
    const v1::Config& config, absl::string_view prefix,
    const std::set<std::string>& file_paths, uint64_t file_revision,
    const Overrides& overrides, const Flags& flags,
    const SettingsInForce& in_force) {
  std::vector<v1::Setting> out;
  for (PathValue& item : GetPaths(config, prefix)) {
    v1::Setting setting;
    setting.set_path(item.path);
    setting.set_pending_restart(in_force.PendingRestart(item.path, item.value));
    setting.set_value(std::move(item.value));
    setting.set_origin("default");
    setting.set_needs_restart(!RestartOf(item.path).empty());
    if (file_paths.count(item.path) > 0) {
      setting.set_origin("file");
      setting.set_revision(file_revision);
    }
    const auto it = overrides.settings.find(item.path);
    if (it != overrides.settings.end()) {
      setting.set_origin("rpc");
      setting.set_revision(it->second.revision());
    }
    if (IsFlag(flags, item.path)) {
      setting.set_origin("flag");
      setting.set_revision(0);
    }
    out.push_back(std::move(setting));
  }
  return out;
}

absl::Status PrepareSuppression(absl::Time now, absl::string_view user,
                                v1::Suppression& suppression) {
  RETURN_IF_ERROR(CheckSuppression(suppression));
  if (!suppression.filter().empty()) {
    RETURN_IF_ERROR(CompileSuppressionFilter(suppression.filter()).status());
  }
  const absl::Status comment = CheckText("comment", suppression.comment());
  if (!comment.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("comment: ", comment.message()));
  }
  if (IsExpired(suppression, now)) {
    return absl::InvalidArgumentError("expires_at: lies in the past");
  }
  if (suppression.direction() == v1::DIRECTION_UNSPECIFIED) {
    suppression.set_direction(v1::DIRECTION_ANY);
  }
  suppression.set_origin("rpc");
  suppression.set_hits(0);
  suppression.set_created_by(WireText(user, 256));
  FillTime(now, *suppression.mutable_created_at());
  return absl::OkStatus();
}

}  // namespace tapline
