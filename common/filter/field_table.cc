#include "common/filter/field_table.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/filter/number_values.h"
#include "common/filter/schema_source.h"
#include "common/schema/field_info.h"

namespace tapline::filter {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// The schema has no recursive message; this bounds a mistake.
constexpr size_t kMaxSteps = 8;

constexpr absl::string_view kOriginator =
    "flow.originator event.originator packet.source alert.source";
constexpr absl::string_view kResponder =
    "flow.responder event.responder packet.destination alert.target";
constexpr absl::string_view kEither =
    "flow.originator event.originator packet.source alert.source "
    "flow.responder event.responder packet.destination alert.target";

constexpr absl::string_view kProtocols[] = {
#define PROTOCOL(id, name, encrypted) name,
#include "common/net/protocols.def"
#undef PROTOCOL
};

// Fields of events that mean the same whatever the protocol (login.proto), and
// the one name for all of them.
struct SharedRow {
  absl::string_view leaf;
  absl::string_view name;
  absl::string_view meaning;
};
constexpr SharedRow kShared[] = {
    {"login", "login", "How an attempt to log in ended, of any protocol"},
    {"failed_logins", "login.failed_logins",
     "Attempts to log in that were refused so far, of any protocol"},
    {"cleartext_password", "login.cleartext_password",
     "A password crossed the network where everybody on the way can read it, "
     "of any protocol"},
};

struct OtherRow {
  absl::string_view name;
  absl::string_view protocol;
};
constexpr OtherRow kOthers[] = {
#define SIDES(name, sides, leaf, view, about, meaning)
#define FIELDS(name, paths, view, number, about, meaning)
#define DERIVED(name, path, other, view, meaning)
#define OTHER(name, protocol) {name, protocol},
#include "common/filter/aliases.def"
#undef OTHER
#undef DERIVED
#undef FIELDS
#undef SIDES
};

struct NotKeptRow {
  absl::string_view name;
  absl::string_view instead;
};
constexpr NotKeptRow kNotKept[] = {
#define NOT_KEPT(name, instead) {name, instead},
#include "common/filter/not_kept.def"
#undef NOT_KEPT
};

bool IsFilterable(const FieldDescriptor& first) {
  return first.containing_oneof() == nullptr ||
         KindOfArm(first) != v1::RECORD_KIND_UNSPECIFIED;
}

}  // namespace

struct FieldTable::AliasRow {
  absl::string_view name;
  // Several by blanks; each is completed with ".leaf" when that is not empty.
  absl::string_view paths;
  absl::string_view leaf;
  View view;
  int64_t number;
  absl::string_view about;
  absl::string_view meaning;
  // Of a view of two places; "" for others.
  absl::string_view other;
};

const FieldTable& FieldTable::Get() {
  static const FieldTable table;
  return table;
}

FieldTable::FieldTable() {
  Steps steps;
  Walk(*v1::Record::descriptor(), steps);
  for (const absl::string_view name : kProtocols) AddProtocol(name);
  const auto& transports = *v1::Transport_descriptor();
  for (int i = 1; i < transports.value_count(); ++i) {
    AddProtocol(LowerEnumName(transports, transports.value(i)->number()));
  }
  static constexpr AliasRow kAliases[] = {
#define SIDES(name, sides, leaf, view, about, meaning) \
  {name, k##sides, leaf, View::view, 0, about, meaning, ""},
#define FIELDS(name, paths, view, number, about, meaning) \
  {name, paths, "", View::view, number, about, meaning, ""},
#define DERIVED(name, path, other, view, meaning) \
  {name, path, "", View::view, 0, "", meaning, other},
#define OTHER(name, protocol)
#include "common/filter/aliases.def"
#undef OTHER
#undef DERIVED
#undef SIDES
#undef FIELDS
  };
  for (const AliasRow& row : kAliases) AddAlias(row);
  for (const OtherRow& row : kOthers) {
    const auto field = by_name_.find(row.protocol);
    if (field == by_name_.end()) {
      errors_.push_back(absl::StrCat(row.name, ": no protocol ", row.protocol));
    } else {
      AddName(std::string(row.name), *field->second);
    }
  }
  for (std::string& error : NumberValueErrors()) {
    errors_.push_back(std::move(error));
  }
  for (const auto& field : owned_) fields_.push_back(field.get());
  std::sort(fields_.begin(), fields_.end(),
            [](const Field* a, const Field* b) { return a->name < b->name; });
}

void FieldTable::Walk(const Descriptor& message, Steps& steps) {
  if (steps.size() == kMaxSteps) return;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (steps.empty() && !IsFilterable(field)) continue;
    // Whoever may not see payload may not guess it with filters either.
    if (PrivacyOf(field) == v1::PRIVACY_CONTENT) continue;
    steps.push_back(&field);
    AddSchemaField(steps);
    if (!IsLeaf(field)) Walk(*field.message_type(), steps);
    steps.pop_back();
  }
}

void FieldTable::AddSchemaField(const Steps& steps) {
  const FieldDescriptor& leaf = *steps.back();
  Source source = SourceAt(steps);
  std::string path = source.Path();
  const bool arm_of_event = steps.size() > 1 &&
                            steps[0]->number() == v1::Record::kEvent &&
                            steps[1]->containing_oneof() != nullptr;
  if (arm_of_event) {
    path = path.substr(path.find('.') + 1);
    for (const SharedRow& row : kShared) {
      if (steps.size() != 3 || leaf.name() != row.leaf) continue;
      Field* const field = AddSource(std::string(row.name), source);
      if (field != nullptr) field->meaning = std::string(row.meaning);
    }
  }
  const FieldInfo info = IsLeaf(leaf) ? GetFieldInfo(leaf) : FieldInfo();
  if (info.filter.empty()) {
    AddSource(path, std::move(source));
    return;
  }
  // Under its path a time is the number it is stored as ("rtt_ns"), under a
  // name without unit a duration.
  if (info.unit == "ns" && TypeOf(leaf, View::kPlain) == Type::kInteger) {
    AddSource(path, source);
    source.view = View::kNanoseconds;
    AddSource(info.filter, std::move(source));
    return;
  }
  Field* const field = AddSource(info.filter, std::move(source));
  if (field != nullptr) AddName(path, *field);
}

Field* FieldTable::AddSource(const std::string& name, Source source) {
  Field& field = Named(name);
  const FieldDescriptor& leaf = *source.steps.back();
  if (field.sources.empty()) FillFrom(leaf, source.view, field);
  if (field.type != TypeOf(leaf, source.view)) {
    errors_.push_back(
        absl::StrCat(name, ": ", source.Path(), " has another type"));
    return nullptr;
  }
  for (const Source& known : field.sources) {
    if (known.view == source.view && known.steps == source.steps) return &field;
  }
  field.sources.push_back(std::move(source));
  return &field;
}

// What is about the protocol: events with its arm, flows that carry it or are
// it, packets and alerts as far as they say.
void FieldTable::AddProtocol(absl::string_view name) {
  if (name == "unknown") return;
  Field& field = Named(std::string(name));
  const auto add = [&](absl::string_view path, View view, int64_t number) {
    for (const Source& known : field.sources) {
      if (known.view == view && known.Path() == path) return;
    }
    Source source;
    if (!Resolve(path, source)) return;
    source.view = view;
    source.number = number;
    source.text = std::string(name);
    field.sources.push_back(std::move(source));
  };
  add("flow.application.protocol", View::kIsText, 0);
  add("alert.evidence.brute_force.service", View::kIsText, 0);
  if (name == "dns") add("alert.evidence.dns_tunnel", View::kThere, 0);
  field.type = Type::kPresence;
  field.meaning = absl::StrCat("Is about ", name);
  const auto transport = ParseEnumName(*v1::Transport_descriptor(), name);
  if (!transport) return;
  for (const char* path :
       {"flow.transport", "event.transport", "packet.transport",
        "alert.evidence.port_scan.transport",
        "alert.evidence.host_sweep.transport"}) {
    add(path, View::kIsNumber, *transport);
  }
  if (*transport == v1::TRANSPORT_TCP) {
    for (const char* rule : {"stealth_scan", "brute_force", "syn_flood"}) {
      add(absl::StrCat("alert.evidence.", rule), View::kThere, 0);
    }
  }
  if (*transport == v1::TRANSPORT_ARP) {
    add("alert.evidence.arp_spoof", View::kThere, 0);
  }
}

// Of a name that the schema has already, further places.
void FieldTable::AddAlias(const AliasRow& row) {
  const std::string name(row.name);
  Field& field = Named(name);
  if (field.alias) {
    errors_.push_back(absl::StrCat(name, ": stands twice in aliases.def"));
  }
  if (field.sources.empty()) field.meaning = std::string(row.meaning);
  field.alias = true;
  const Field* const about = row.about.empty() ? nullptr : Find(row.about);
  if (!row.about.empty() && about == nullptr) {
    errors_.push_back(absl::StrCat(name, ": no protocol ", row.about));
  }
  for (const absl::string_view begin : absl::StrSplit(row.paths, ' ')) {
    Source source;
    if (!Resolve(absl::StrCat(begin, row.leaf.empty() ? "" : ".", row.leaf),
                 source)) {
      continue;
    }
    Source other;
    if (!row.other.empty() && !Resolve(row.other, other)) continue;
    source.others = std::move(other.steps);
    if (row.view != View::kPlain) source.view = row.view;
    source.number = row.number;
    source.about = about;
    AddSource(name, std::move(source));
  }
}

Field& FieldTable::Named(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return *found->second;
  owned_.push_back(std::make_unique<Field>());
  Field& field = *owned_.back();
  field.name = name;
  by_name_[name] = &field;
  return field;
}

void FieldTable::AddName(const std::string& name, Field& field) {
  if (by_name_.emplace(name, &field).second) field.other_names.push_back(name);
}

bool FieldTable::Resolve(absl::string_view path, Source& source) {
  const Descriptor* message = v1::Record::descriptor();
  Steps steps;
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field =
        message == nullptr ? nullptr
                           : message->FindFieldByName(std::string(name));
    if (field == nullptr) {
      errors_.push_back(absl::StrCat("the schema has no field ", path));
      return false;
    }
    steps.push_back(field);
    message = field->message_type();
  }
  source = SourceAt(steps);
  return true;
}

const Field* FieldTable::Find(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

absl::string_view FieldTable::InsteadOf(absl::string_view name) {
  for (const NotKeptRow& row : kNotKept) {
    if (row.name == name) return row.instead;
  }
  return "";
}

std::string FieldTable::Renamed(absl::string_view name) {
  for (const OtherRow& row : kOthers) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, row.name) && absl::StartsWith(rest, ".")) {
      return absl::StrCat(row.protocol, rest);
    }
  }
  return "";
}

std::vector<absl::string_view> FieldTable::Names() const {
  std::vector<absl::string_view> names;
  for (const auto& [name, field] : by_name_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tapline::filter
