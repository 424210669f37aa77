#include "sensord/inspect/timeline.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/output/columns.h"
#include "common/output/message_text.h"
#include "common/schema/field_info.h"
#include "sensord/inspect/expert.h"
#include "sensord/inspect/flow_facts.h"

namespace tapline {
namespace {

using google::protobuf::Timestamp;

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

v1::TimelineEntry Started(const v1::Flow& flow) {
  return Entry(
      flow.start(), "flow_started",
      absl::StrCat(LowerEnumName(*v1::Transport_descriptor(), flow.transport()),
                   " ", EndpointText(flow.originator()), " to ",
                   EndpointText(flow.responder())));
}

// Whether content of the protocol was in the event: its message says which, or
// the arm does (options.proto).
bool Shows(const v1::Event& event, absl::string_view protocol) {
  const auto* arm = ArmOf(event);
  if (arm == nullptr) return false;
  if (event.has_greeting()) return event.greeting().protocol() == protocol;
  if (arm->name() == protocol) return true;
  for (int i = 0; i < arm->options().ExtensionSize(v1::shows); ++i) {
    if (arm->options().GetExtension(v1::shows, i) == protocol) return true;
  }
  return false;
}

// With the first event of the protocol, which proved it; null without one.
const v1::Event* ProofOf(absl::string_view protocol,
                         const std::vector<v1::Event>& events) {
  const auto found = std::find_if(
      events.begin(), events.end(),
      [&](const v1::Event& event) { return Shows(event, protocol); });
  return found == events.end() ? nullptr : &*found;
}

// Each protocol the flow carried, first to last. Where no event proves one,
// nobody noted when: it has the time of the one before.
void AddDetected(const v1::Flow& flow, const std::vector<v1::Event>& events,
                 std::vector<v1::TimelineEntry>& entries) {
  const v1::Application& application = flow.application();
  Timestamp time = flow.start();
  std::string after;
  for (const std::string& earlier : application.earlier_protocols()) {
    const v1::Event* const proof = ProofOf(earlier, events);
    if (proof != nullptr && IsBefore(time, proof->time())) time = proof->time();
    entries.push_back(
        Entry(time, "protocol_detected", absl::StrCat(earlier, after)));
    after = absl::StrCat(", after ", earlier);
  }
  const std::string& protocol = application.protocol();
  if (protocol.empty() || protocol == "unknown") return;
  const v1::Event* const proof = ProofOf(protocol, events);
  if (proof != nullptr && IsBefore(time, proof->time())) time = proof->time();
  std::string text =
      absl::StrCat(protocol, " by ",
                   LowerEnumName(*v1::Basis_descriptor(), application.basis()));
  if (!application.host().empty()) {
    absl::StrAppend(&text, ", host ", application.host());
  }
  entries.push_back(
      Entry(time, "protocol_detected", absl::StrCat(text, after)));
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
      absl::StrCat(
          LowerEnumName(*v1::EndReason_descriptor(), part.end_reason()), ", ",
          PacketsOf(part), " packets, ", BytesOf(part), " bytes"));
}

}  // namespace

std::vector<v1::TimelineEntry> TimelineOf(const FlowHistory& history) {
  std::vector<v1::TimelineEntry> entries;
  if (history.parts.empty()) return entries;
  entries.push_back(Started(history.parts.front()));
  const v1::Flow whole = history.Whole();
  AddDetected(whole, history.events, entries);
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
