#include "sensord/store/selector_match.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/store/columns.h"
#include "sensord/store/compiled_selector.h"

namespace tapline {
namespace {

template <typename T>
bool Contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool AddressIn(const std::vector<Cidr>& cidrs, const Side& side) {
  if (!side.has_address) return false;
  return std::any_of(cidrs.begin(), cidrs.end(), [&](const Cidr& cidr) {
    return cidr.Contains(side.address);
  });
}

bool PortIn(const std::vector<uint32_t>& ports, const Side& side) {
  return side.present && Contains(ports, side.port);
}

class Matcher final : public SelectorMatcher {
 public:
  explicit Matcher(CompiledSelector selector) : s_(std::move(selector)) {}

  bool Matches(const v1::Record& record) const override {
    const Columns c = ColumnsOf(record);
    if (!Contains(s_.source_ids, c.source_id)) return false;
    if (record.has_alert() && !MatchesAlert(record.alert())) return false;
    if (!s_.addresses.empty() && !AddressIn(s_.addresses, c.a) &&
        !AddressIn(s_.addresses, c.b)) {
      return false;
    }
    if (!s_.sources.empty() && !AddressIn(s_.sources, c.a)) return false;
    if (!s_.targets.empty() && !AddressIn(s_.targets, c.b)) return false;
    if (!s_.ports.empty() && !PortIn(s_.ports, c.a) && !PortIn(s_.ports, c.b)) {
      return false;
    }
    return (s_.protocols.empty() && s_.transports.empty()) ||
           Contains(s_.transports, c.transport) ||
           Contains(s_.protocols, c.protocol);
  }

 private:
  bool MatchesAlert(const v1::Alert& alert) const {
    return (s_.min_severity == v1::SEVERITY_UNSPECIFIED ||
            alert.severity() >= s_.min_severity) &&
           (s_.rules.empty() || Contains(s_.rules, alert.rule())) &&
           !(s_.unacknowledged && alert.acknowledged());
  }

  const CompiledSelector s_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SelectorMatcher>> SelectorMatcher::Compile(
    const v1::Selector& selector) {
  ASSIGN_OR_RETURN(CompiledSelector compiled, CompileSelector(selector));
  return std::unique_ptr<SelectorMatcher>(
      std::make_unique<Matcher>(std::move(compiled)));
}

}  // namespace tapline
