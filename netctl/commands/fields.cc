#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/filter/field_table.h"
#include "common/schema/field_info.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::SchemaField;

SchemaField ToProto(const filter::Field& field) {
  SchemaField out;
  out.set_name(field.name);
  for (const std::string& name : field.other_names) out.add_other_names(name);
  out.set_type(std::string(filter::TypeName(field.type)));
  out.set_unit(field.unit);
  out.set_value_privacy(field.privacy);
  for (const v1::RecordKind kind : field.Kinds()) out.add_kinds(kind);
  out.set_meaning(field.meaning);
  if (field.enum_type == nullptr) return out;
  for (int i = 1; i < field.enum_type->value_count(); ++i) {
    out.add_values(
        LowerEnumName(*field.enum_type, field.enum_type->value(i)->number()));
  }
  return out;
}

std::string KindsText(const SchemaField& field) {
  std::vector<std::string> names;
  for (const int kind : field.kinds()) {
    names.push_back(LowerEnumName(*v1::RecordKind_descriptor(), kind));
  }
  return names.empty() ? "all" : absl::StrJoin(names, ",");
}

// "one of tcp, udp, ..." for an enum.
std::string TypeText(const SchemaField& field) {
  if (field.values().empty()) return field.type();
  return absl::StrCat("one of ", absl::StrJoin(field.values(), ", "));
}

std::vector<Column<SchemaField>> FieldColumns() {
  return {
      {"NAME", 20, false, false,
       [](const SchemaField& f) { return TextCell(f.name()); }},
      {"TYPE", 12, false, false,
       [](const SchemaField& f) { return TextCell(f.type()); }},
      {"UNIT", 7, false, false,
       [](const SchemaField& f) { return TextCell(f.unit()); }},
      {"PRIVACY", 8, false, false,
       [](const SchemaField& f) {
         return TextCell(
             LowerEnumName(*v1::Privacy_descriptor(), f.value_privacy()));
       }},
      {"RECORDS", 6, false, false,
       [](const SchemaField& f) { return TextCell(KindsText(f)); }},
      {"ALSO", 8, false, true,
       [](const SchemaField& f) {
         return TextCell(absl::StrJoin(f.other_names(), ","));
       }},
      {"VALUES", 8, false, true,
       [](const SchemaField& f) {
         return TextCell(f.values().empty() ? "" : TypeText(f));
       }},
      {"MEANING", 20, false, false,
       [](const SchemaField& f) { return TextCell(f.meaning()); }},
  };
}

bool BeginsWith(const filter::Field& field, absl::string_view prefix) {
  if (absl::StartsWith(field.name, prefix)) return true;
  for (const std::string& name : field.other_names) {
    if (absl::StartsWith(name, prefix)) return true;
  }
  return false;
}

int PrintFields(Session& session, const std::string& prefix) {
  std::vector<SchemaField> fields;
  for (const filter::Field* field : filter::FieldTable::Get().fields()) {
    if (BeginsWith(*field, prefix)) fields.push_back(ToProto(*field));
  }
  if (fields.empty()) {
    session.terminal().Say(absl::StrCat("no field begins with ", prefix));
    return kExitNotFound;
  }
  return session.PrintList(FieldColumns(), fields);
}

}  // namespace

void AddFields(Command& root, Session& session) {
  auto prefix = std::make_shared<std::string>();
  Choices names;
  for (const absl::string_view name : filter::FieldTable::Get().Names()) {
    names.emplace_back(name);
  }
  root.Sub("fields", "Fields that filters can ask about",
           "netctl fields dns.\nnetctl fields tcp -o wide")
      .OptionalArgument("PREFIX", *prefix, "Only names that begin with this",
                        names)
      .Action([prefix, &session] { return PrintFields(session, *prefix); });
}

}  // namespace tapline
