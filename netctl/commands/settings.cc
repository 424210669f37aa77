#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::Setting;

struct SetOptions {
  std::string path;
  std::string value;
  bool dry_run = false;
};

std::vector<Column<Setting>> SettingColumns() {
  return {
      {"PATH", 40, false, false,
       [](const Setting& s) { return TextCell(s.path()); }},
      {"VALUE", 20, false, false,
       [](const Setting& s) { return TextCell(s.value()); }},
      {"ORIGIN", 7, false, false,
       [](const Setting& s) { return TextCell(s.origin()); }},
      {"REVISION", 8, true, true,
       [](const Setting& s) { return NumberCell(s.revision()); }},
      {"IN_FORCE", 13, false, false,
       [](const Setting& s) {
         if (!s.pending_restart().empty()) {
           return Cell{"NOT YET", Color::kYellow, ""};
         }
         return TextCell(s.needs_restart() ? "after restart" : "at once");
       }},
  };
}

// Says what has to restart for these to be in force.
void SayPending(Session& session, const std::vector<Setting>& settings) {
  std::vector<std::string> capture, sensor;
  for (const Setting& setting : settings) {
    if (setting.pending_restart() == "capture") {
      capture.push_back(setting.path());
    } else if (!setting.pending_restart().empty()) {
      sensor.push_back(setting.path());
    }
  }
  if (!capture.empty()) {
    session.terminal().Say(absl::StrCat(
        "not in force until capture restarts ('netctl stop capture', then "
        "'netctl start capture'): ",
        absl::StrJoin(capture, ", ")));
  }
  if (!sensor.empty()) {
    session.terminal().Say(absl::StrCat("not in force until sensord restarts: ",
                                        absl::StrJoin(sensor, ", ")));
  }
}

int PrintSettings(Session& session,
                  const google::protobuf::RepeatedPtrField<Setting>& settings) {
  const int code = session.PrintList(SettingColumns(), Items(settings));
  SayPending(session, Items(settings));
  return code;
}

// An empty value takes the change back.
int Update(Session& session, const SetOptions& options) {
  v1::UpdateSettingsRequest request;
  request.set_validate_only(options.dry_run);
  Setting& setting = *request.add_settings();
  setting.set_path(options.path);
  setting.set_value(options.value);
  v1::UpdateSettingsResponse response;
  const grpc::Status status = session.client().Call(
      session.client().policy(), &v1::PolicyService::Stub::UpdateSettings,
      request, &response);
  if (!status.ok()) return session.Fail(status);
  return PrintSettings(session, response.settings());
}

}  // namespace

int ListSettings(Session& session, const std::string& prefix) {
  v1::GetSettingsRequest request;
  request.set_prefix(prefix);
  v1::GetSettingsResponse response;
  const grpc::Status status = session.client().Call(
      session.client().policy(), &v1::PolicyService::Stub::GetSettings, request,
      &response);
  if (!status.ok()) return session.Fail(status);
  return PrintSettings(session, response.settings());
}

void AddSettings(Command& root, Session& session) {
  auto prefix = std::make_shared<std::string>();
  root.Sub("settings", "List settings with value and origin",
           "netctl settings --prefix detect.port_scan")
      .Text("--prefix", *prefix, "Only paths that begin with this")
      .Action([prefix, &session] { return ListSettings(session, *prefix); });
  auto options = std::make_shared<SetOptions>();
  root.Sub("set",
           "Change a setting; in force within a second or, where the answer "
           "says so, "
           "after a restart",
           "netctl set detect.port_scan.min_ports 20\n"
           "netctl set detect.profile sensitive")
      .Argument("PATH", options->path, "Such as detect.port_scan.min_ports")
      .Argument("VALUE", options->value, "Such as 20, 1m30s, true, [22, 3389]")
      .Flag("--dry-run", options->dry_run, "Only check")
      .Action([options, &session] { return Update(session, *options); });
  auto unset = std::make_shared<SetOptions>();
  root.Sub("unset", "Take a changed setting back",
           "netctl unset detect.port_scan.min_ports")
      .Argument("PATH", unset->path, "Such as detect.port_scan.min_ports")
      .Flag("--dry-run", unset->dry_run, "Only check")
      .Action([unset, &session] { return Update(session, *unset); });
}

}  // namespace tapline
