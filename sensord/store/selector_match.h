// Whether a record is what a Selector asks for. The store's SQL pre-filter may
// let more through; this decides.

#ifndef TAPLINE_SENSORD_STORE_SELECTOR_MATCH_H_
#define TAPLINE_SENSORD_STORE_SELECTOR_MATCH_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tapline/v1/record.pb.h"
#include "tapline/v1/selector.pb.h"

namespace tapline {

class SelectorMatcher {
 public:
  // InvalidArgument: names the value that is no address, rule or protocol.
  static absl::StatusOr<std::unique_ptr<SelectorMatcher>> Compile(
      const v1::Selector& selector);
  virtual ~SelectorMatcher() = default;
  virtual bool Matches(const v1::Record& record) const = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_SELECTOR_MATCH_H_
