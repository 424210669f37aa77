// A Selector with its values parsed; both the matcher and the SQL pre-filter
// are made from it.

#ifndef TAPLINE_SENSORD_STORE_COMPILED_SELECTOR_H_
#define TAPLINE_SENSORD_STORE_COMPILED_SELECTOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/ip_address.h"
#include "tapline/v1/record.pb.h"
#include "tapline/v1/selector.pb.h"

namespace tapline {

struct CompiledSelector {
  v1::Severity min_severity = v1::SEVERITY_UNSPECIFIED;
  std::vector<std::string> rules;
  std::vector<Cidr> addresses;
  std::vector<Cidr> sources;
  std::vector<Cidr> targets;
  std::vector<uint32_t> ports;
  // A name may be both ("igmp").
  std::vector<std::string> protocols;
  std::vector<v1::Transport> transports;
  bool unacknowledged = false;
  // As in Columns: "" for "live". Never empty.
  std::vector<std::string> source_ids;
};

// InvalidArgument: names the value that is no address, rule, protocol or port.
absl::StatusOr<CompiledSelector> CompileSelector(const v1::Selector& selector);

// SQL over the columns of a table of the kind: a condition that every matching
// row fulfils, with its parameters in order. "1" when nothing narrows it.
struct SqlFilter {
  std::string where;
  struct Value {
    enum Type { kInt, kText, kBlob } type;
    int64_t number = 0;
    std::string bytes;
  };
  std::vector<Value> values;
};
SqlFilter PreFilter(const CompiledSelector& selector, v1::RecordKind kind);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_COMPILED_SELECTOR_H_
