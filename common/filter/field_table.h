// Every field a filter can name: those of the schema, and aliases.def.
//
// A field is named by its option `filter`, or by its path from v1::Record
// ("flow.originator.port"), that of an event's arm without "event"
// ("dns.rcode"). The path is understood, too. Payload (PRIVACY_CONTENT) is
// no field.

#ifndef TAPLINE_COMMON_FILTER_FIELD_TABLE_H_
#define TAPLINE_COMMON_FILTER_FIELD_TABLE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/filter/field.h"

namespace tapline::filter {

// Thread safety: constant.
class FieldTable {
 public:
  static const FieldTable& Get();

  // By any of its names; null when there is none.
  const Field* Find(absl::string_view name) const;
  // By name.
  const std::vector<const Field*>& fields() const { return fields_; }
  // What to do instead of asking for a field that Wireshark has and records do
  // not keep; empty for other names.
  static absl::string_view InsteadOf(absl::string_view name);
  // The name with that of its protocol as it is here ("ssl.sni", "tls.sni");
  // empty when it has no other.
  static std::string Renamed(absl::string_view name);
  // All names that Find knows, in order.
  std::vector<absl::string_view> Names() const;
  // Rows of aliases.def and number_values.def that name no field of the schema,
  // names that stand twice, and those of several fields of different types.
  // Always empty in a release: a test sees to it.
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  struct AliasRow;
  using Steps = std::vector<const google::protobuf::FieldDescriptor*>;

  FieldTable();
  void Walk(const google::protobuf::Descriptor& message, Steps& steps);
  void AddSchemaField(const Steps& steps);
  void AddAlias(const AliasRow& row);
  // Null, and an error, when the field has another type.
  Field* AddSource(const std::string& name, Source source);
  void AddProtocol(absl::string_view name);
  // The field of that name, made when there is none.
  Field& Named(const std::string& name);
  void AddName(const std::string& name, Field& field);
  // InvalidArgument in errors_ and false when the schema has no such path.
  bool Resolve(absl::string_view path, Source& source);

  std::vector<std::unique_ptr<Field>> owned_;
  std::vector<const Field*> fields_;
  absl::flat_hash_map<std::string, Field*> by_name_;
  std::vector<std::string> errors_;
};

}  // namespace tapline::filter

#endif  // TAPLINE_COMMON_FILTER_FIELD_TABLE_H_
