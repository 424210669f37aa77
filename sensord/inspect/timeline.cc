#include "sensord/inspect/timeline.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/output/message_text.h"
#include "common/schema/field_info.h"
#include "sensord/inspect/expert.h"
#include "sensord/inspect/flow_facts.h"

namespace tapline {
namespace {

using google::protobuf::Timestamp;

template <typename Enum>
std::string Lower(const google::protobuf::EnumDescriptor& type, Enum value) {
  return absl::AsciiStrToLower(ShortEnumName(type, value));
}

bool IsBefore(const Timestamp& a, const Timestamp& b) {
  return std::pair(a.seconds(), a.nanos()) < std::pair(b.seconds(), b.nanos());
}

v1::TimelineEntry Entry(const Timestamp& time, std::string kind,
                        std::string text) {
  v1::TimelineEntry entry;
  *entry.mutable_time() = time;
  entry.set_kind(std::move(kind));
  entry.set_text(std::move(text));
  return entry;
}

std::string EndpointText(const v1::Endpoint& endpoint) {
  const bool six =
      endpoint.address().find(':') != std::string::npos && endpoint.port() > 0;
  return absl::StrCat(six ? "[" : "", endpoint.address(), six ? "]" : "",
                      endpoint.port() > 0 ? ":" : "",
                      endpoint.port() > 0 ? absl::StrCat(endpoint.port()) : "");
}

v1::TimelineEntry Started(const v1::Flow& flow) {
  return Entry(
      flow.start(), "flow_started",
      absl::StrCat(Lower(*v1::Transport_descriptor(), flow.transport()), " ",
                   EndpointText(flow.originator()), " to ",
                   EndpointText(flow.responder())));
}

// With the first event of the protocol, which proved it; without one, nobody
// noted when.
v1::TimelineEntry Detected(const v1::Flow& flow,
                           const std::vector<v1::Event>& events) {
  const v1::Application& application = flow.application();
  Timestamp time = flow.start();
  for (const v1::Event& event : events) {
    if (KindOf(event) != application.protocol()) continue;
    time = event.time();
    break;
  }
  std::string text =
      absl::StrCat(application.protocol(), " by ",
                   Lower(*v1::Basis_descriptor(), application.basis()));
  if (!application.host().empty()) {
    absl::StrAppend(&text, ", host ", application.host());
  }
  for (const std::string& earlier : application.earlier_protocols()) {
    absl::StrAppend(&text, ", after ", earlier);
  }
  return Entry(time, "protocol_detected", std::move(text));
}

v1::TimelineEntry OfEvent(const v1::Event& event) {
  const auto* arm = ArmOf(event);
  std::string kind;
  std::string text;
  if (arm != nullptr) {
    kind = arm->options().GetExtension(v1::moment);
    if (kind.empty()) kind = arm->name();
    text = MessageText(*MessageOf(event));
  }
  v1::TimelineEntry entry =
      Entry(event.time(), std::move(kind), std::move(text));
  entry.set_event_id(event.id());
  if (event.has_anomaly_event()) {
    entry.set_severity(v1::FINDING_SEVERITY_WARN);
  }
  return entry;
}

v1::TimelineEntry OfAlert(const v1::Alert& alert) {
  v1::TimelineEntry entry =
      Entry(alert.first_seen(), "alert_triggered",
            absl::StrCat(alert.rule(), ": ", alert.summary()));
  entry.set_alert_id(alert.id());
  entry.set_severity(alert.severity() >= v1::SEVERITY_HIGH
                         ? v1::FINDING_SEVERITY_ERROR
                         : v1::FINDING_SEVERITY_WARN);
  return entry;
}

// Findings that say of a destination that it is not what its port promises.
bool IsUnusualDestination(const v1::Finding& finding) {
  return finding.code() == "app.odd_port" ||
         finding.code() == "app.unknown_on_known_port";
}

v1::TimelineEntry OfFinding(const v1::Finding& finding) {
  std::string text = finding.summary();
  for (const v1::FindingValue& value : finding.evidence()) {
    absl::StrAppend(&text, "; ", value.name(), " ", value.seen());
    if (!value.threshold().empty()) {
      absl::StrAppend(&text, " instead of ", value.threshold());
    }
  }
  v1::TimelineEntry entry =
      Entry(finding.time(), "unusual_destination", std::move(text));
  entry.set_severity(finding.severity());
  return entry;
}

v1::TimelineEntry Ended(const v1::Flow& part) {
  const bool rotated = part.end_reason() == v1::END_REASON_ROTATED;
  const bool open = part.end_reason() == v1::END_REASON_ACTIVE;
  return Entry(
      part.end(),
      rotated ? "rotated"
      : open  ? "last_seen"
              : "ended",
      absl::StrCat(Lower(*v1::EndReason_descriptor(), part.end_reason()), ", ",
                   PacketsOf(part), " packets, ", BytesOf(part), " bytes"));
}

}  // namespace

std::vector<v1::TimelineEntry> TimelineOf(const FlowHistory& history) {
  std::vector<v1::TimelineEntry> entries;
  if (history.parts.empty()) return entries;
  const v1::Flow& last = history.parts.back();
  entries.push_back(Started(history.parts.front()));
  const std::string& protocol = last.application().protocol();
  if (!protocol.empty() && protocol != "unknown") {
    entries.push_back(Detected(last, history.events));
  }
  const v1::Flow whole = history.Whole();
  for (const v1::Finding& finding : Examine(FactsOf(history, whole))) {
    if (IsUnusualDestination(finding)) entries.push_back(OfFinding(finding));
  }
  for (const v1::Event& event : history.events) {
    entries.push_back(OfEvent(event));
  }
  for (const v1::Alert& alert : history.alerts) {
    entries.push_back(OfAlert(alert));
  }
  for (const v1::Flow& part : history.parts) entries.push_back(Ended(part));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const v1::TimelineEntry& a, const v1::TimelineEntry& b) {
                     return IsBefore(a.time(), b.time());
                   });
  return entries;
}

}  // namespace tapline
