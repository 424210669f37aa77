#include "common/filter/number_values.h"

#include <map>

#include "absl/strings/str_cat.h"

namespace tapline::filter {
namespace {

using google::protobuf::FieldDescriptor;

constexpr char kPackage[] = "tapline.v1.";

struct Tables {
  // By full name.
  std::map<std::string, uint64_t> most;
  std::map<std::string, std::string> table;
  std::map<std::string, ValueNames> names;
};

Tables Make() {
  Tables tables;
#define MOST(field, number) tables.most[absl::StrCat(kPackage, field)] = number;
#define NAMED(field, name) tables.table[absl::StrCat(kPackage, field)] = #name;
#define VALUE(name, text, number) tables.names[#name].push_back({text, number});
#include "common/filter/number_values.def"
#undef VALUE
#undef NAMED
#undef MOST
  return tables;
}

const Tables& All() {
  static const Tables tables = Make();
  return tables;
}

}  // namespace

std::optional<uint64_t> MostOf(const FieldDescriptor& field) {
  const auto found = All().most.find(field.full_name());
  if (found == All().most.end()) return std::nullopt;
  return found->second;
}

const ValueNames* NamesOf(const FieldDescriptor& field) {
  const auto table = All().table.find(field.full_name());
  if (table == All().table.end()) return nullptr;
  const auto names = All().names.find(table->second);
  return names == All().names.end() ? nullptr : &names->second;
}

std::vector<std::string> NumberValueErrors() {
  const auto* const pool = google::protobuf::DescriptorPool::generated_pool();
  std::vector<std::string> errors;
  for (const auto& [field, most] : All().most) {
    if (pool->FindFieldByName(field) == nullptr) {
      errors.push_back(absl::StrCat("MOST: no field ", field));
    }
  }
  for (const auto& [field, table] : All().table) {
    const FieldDescriptor* const found = pool->FindFieldByName(field);
    if (found == nullptr) {
      errors.push_back(absl::StrCat("NAMED: no field ", field));
    } else if (NamesOf(*found) == nullptr) {
      errors.push_back(absl::StrCat("NAMED: no table ", table));
    }
  }
  return errors;
}

}  // namespace tapline::filter
