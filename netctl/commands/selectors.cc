#include "netctl/commands/selectors.h"

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/net/wire_text.h"
#include "common/schema/field_info.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "tapline/v1/config.pb.h"

namespace tapline {
namespace {

// Each rule has its settings under its name.
const Choices& Rules() {
  static const Choices rules = [] {
    Choices names;
    const auto& detect = *v1::DetectConfig::descriptor();
    for (int i = 0; i < detect.field_count(); ++i) {
      if (!IsLeaf(*detect.field(i))) names.push_back(detect.field(i)->name());
    }
    return names;
  }();
  return rules;
}

}  // namespace

absl::StatusOr<absl::Time> ParseMoment(absl::string_view text, absl::Time now) {
  if (text == "now") return now;
  if (const auto ago = ParseDuration(text)) return now - *ago;
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  return absl::InvalidArgumentError(
      absl::StrCat(PrintableText(text),
                   " is no time; say 10m, 24h, 7d or 2026-01-31T12:00:00Z"));
}

google::protobuf::Duration ToDuration(absl::Duration duration) {
  google::protobuf::Duration out;
  absl::Duration rest;
  out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return out;
}

void SelectorOptions::AddTo(Command& command, bool alerts) {
  if (alerts) {
    command.Text("--severity", severity_, "This severity or worse",
                 {"low", "medium", "high", "critical"});
    command.List("--rule", rules_, "Only these rules", Rules());
    command.Flag("--unacknowledged", unacknowledged_,
                 "Only alerts nobody has acknowledged");
  }
  command.List("--ip", addresses_, "Address or CIDR on either side");
  command.List("--source-address", sources_,
               "Address or CIDR of the originator or attacker");
  command.List("--target", targets_,
               "Address or CIDR of the responder or victim");
  command.Numbers("--port", ports_, "Port on either side");
  command.List("--protocol", protocols_, "Such as dns, tls, tcp or icmp");
  command.List("--source", source_ids_,
               "Records of this replay or analysis instead of live ones");
}

absl::StatusOr<v1::Selector> SelectorOptions::Build() const {
  v1::Selector selector;
  if (!severity_.empty()) {
    const auto severity = ParseEnumName(*v1::Severity_descriptor(), severity_);
    selector.set_min_severity(
        static_cast<v1::Severity>(severity.value_or(v1::SEVERITY_LOW)));
  }
  for (const uint32_t port : ports_) {
    if (port > 65535) {
      return absl::InvalidArgumentError(
          absl::StrCat("--port ", port, " is over 65535"));
    }
    selector.add_ports(port);
  }
  for (const std::string& text : rules_) selector.add_rules(text);
  for (const std::string& text : addresses_) selector.add_addresses(text);
  for (const std::string& text : sources_) selector.add_sources(text);
  for (const std::string& text : targets_) selector.add_targets(text);
  for (const std::string& text : protocols_) selector.add_protocols(text);
  for (const std::string& text : source_ids_) selector.add_source_ids(text);
  selector.set_unacknowledged(unacknowledged_);
  return selector;
}

void RecordName::AddTo(Command& command) {
  command.Argument("ID", id, "Id, or its first 4 digits or more");
  command.Text("--source", source_id,
               "live, or the id of a replay, when several have this id");
}

void RangeOptions::AddTo(Command& command) {
  command.Text("--since", since_, "From then on: 10m, 24h, 7d or a time");
  command.Text("--until", until_, "Before then");
}

absl::StatusOr<v1::TimeRange> RangeOptions::Build(absl::Time now) const {
  v1::TimeRange range;
  if (!since_.empty()) {
    ASSIGN_OR_RETURN(const absl::Time since, ParseMoment(since_, now));
    FillTime(since, *range.mutable_since());
  }
  if (!until_.empty()) {
    ASSIGN_OR_RETURN(const absl::Time until, ParseMoment(until_, now));
    FillTime(until, *range.mutable_until());
  }
  return range;
}

}  // namespace tapline
