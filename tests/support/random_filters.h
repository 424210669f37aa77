// Filters that compile, over all fields, with values that records have.

#ifndef TAPLINE_TESTS_SUPPORT_RANDOM_FILTERS_H_
#define TAPLINE_TESTS_SUPPORT_RANDOM_FILTERS_H_

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/filter/field_table.h"
#include "common/filter/filter.h"
#include "common/filter/source_values.h"
#include "tests/support/random_records.h"

namespace tapline::testing {

class RandomFilters {
 public:
  // Both must outlive this.
  RandomFilters(RandomRecords& dice, const std::vector<v1::Record>& records)
      : dice_(dice), records_(records) {
    for (const filter::Field* field : filter::FieldTable::Get().fields()) {
      fields_.push_back(field);
      // What the store knows about is asked for more often.
      const std::string path = field->sources[0].Path();
      for (const char* stored :
           {"address", "port", "transport", "application.protocol",
            "alert.rule", "alert.severity", "observed_at", "received_at"}) {
        if (absl::EndsWith(path, stored)) {
          for (int i = 0; i < 8; ++i) fields_.push_back(field);
        }
      }
    }
  }

  std::string Make() { return Expression(3); }

 private:
  std::string Expression(int depth) {
    if (depth == 0 || dice_.Chance(35)) return Relation();
    if (dice_.Chance(25)) {
      return absl::StrCat("not (", Expression(depth - 1), ")");
    }
    const char* const word = dice_.Any({"and", "and", "or", "or", "xor"});
    return absl::StrCat("(", Expression(depth - 1), ") ", word, " (",
                        Expression(depth - 1), ")");
  }

  std::string Relation() {
    const filter::Field& field =
        *fields_[dice_.Below(static_cast<uint32_t>(fields_.size()))];
    if (field.type == filter::Type::kPresence) return field.name;
    if (dice_.Chance(8)) return field.name;
    if (dice_.Chance(4)) return absl::StrCat("observed(", field.name, ")");
    if (dice_.Chance(4)) {
      return absl::StrCat("count(", field.name, ") >= ", dice_.Below(3));
    }
    // A word without a dot is a value on the right.
    if (dice_.Chance(4) && absl::StrContains(field.name, '.')) {
      return absl::StrCat(field.name, " == ", field.name);
    }
    const std::string quantifier =
        dice_.Chance(20) ? dice_.Any({"any ", "all "}) : "";
    if (dice_.Chance(25)) {
      return absl::StrCat(quantifier, field.name,
                          dice_.Chance(50) ? " in {" : " not in {",
                          Value(field), ", ", Value(field), "}");
    }
    if (field.type == filter::Type::kText && dice_.Chance(30)) {
      return absl::StrCat(
          field.name,
          dice_.Any({" contains ", " startswith ", " endswith ", " matches "}),
          Value(field));
    }
    const bool network = field.type == filter::Type::kAddress;
    const std::string value = Value(field);
    const bool order = field.type != filter::Type::kBool &&
                       !(network && absl::StrContains(value, '/'));
    const char* const op = order && dice_.Chance(50)
                               ? dice_.Any({" < ", " <= ", " > ", " >= "})
                               : dice_.Any({" == ", " != ", " === ", " !== "});
    return absl::StrCat(quantifier, field.name, op, value);
  }

  // A value some record has, or any of the type.
  std::string Value(const filter::Field& field) {
    if (field.named_after != nullptr) {
      return dice_.Any({"\"port_scan\"", "\"dns_tunnel\""});
    }
    if (field.type == filter::Type::kAddress && dice_.Chance(50)) {
      return dice_.Any({"10.0.0.0/24", "10.0.0.0/8", "0.0.0.0/0",
                        "2001:db8::/32", "::/0", "::/96", "fe80::/10",
                        "10.0.0.128/25", "255.255.255.255", "::1"});
    }
    const v1::Record& record =
        records_[dice_.Below(static_cast<uint32_t>(records_.size()))];
    std::string text;
    for (const filter::Source& source : field.sources) {
      filter::Budget budget{1000};
      filter::VisitSource(source, record, false, budget,
                          [&](const filter::Value& value) {
                            text = ValueText(value, filter::InfoOf(field));
                            return dice_.Chance(50);
                          });
    }
    // An enum's number that has no name cannot be written.
    const bool nameless =
        field.type == filter::Type::kEnum && absl::StartsWith(text, "-");
    // Nor a number the wire has no room for.
    uint64_t number = 0;
    const bool huge = field.type == filter::Type::kInteger &&
                      absl::SimpleAtoi(text, &number) && number > field.most;
    return text.empty() || nameless || huge ? AnyValue(field) : text;
  }

  std::string AnyValue(const filter::Field& field) {
    switch (field.type) {
      case filter::Type::kBool:
        return dice_.Any({"true", "false"});
      case filter::Type::kEnum:
        return absl::StrCat(1 + dice_.Below(2));
      case filter::Type::kText:
        return dice_.Any({"\"www.example.com\"", "\"tls\"", "\"a\"",
                          "\"port_scan\"", "\"00000000000000a1\""});
      case filter::Type::kAddress:
        return dice_.Any({"10.0.0.1", "2001:db8::1", "02:00:00:00:00:01"});
      case filter::Type::kInteger:
        return absl::StrCat(std::min<uint64_t>(dice_.Below(5), field.most));
      default:
        return absl::StrCat(dice_.Below(5));
    }
  }

  RandomRecords& dice_;
  const std::vector<v1::Record>& records_;
  std::vector<const filter::Field*> fields_;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_RANDOM_FILTERS_H_
