#include "sensord/detect/suppressor.h"

#include <utility>

#include "sensord/detect/clock_math.h"
#include "sensord/policy/filters.h"
#include "tapline/v1/record.pb.h"

namespace tapline {
namespace {

UnixNanos Nanos(const google::protobuf::Timestamp& t) {
  if (t.seconds() > kNever / kSecondNanos - 1) return kNever;
  if (t.seconds() < -kNever / kSecondNanos + 1) return -kNever;
  return t.seconds() * kSecondNanos + t.nanos();
}

bool Contains(const Cidr& cidr, bool present, const v1::Endpoint& endpoint) {
  if (!present) return false;
  const absl::StatusOr<IpAddress> address =
      IpAddress::Parse(endpoint.address());
  return address.ok() && cidr.Contains(*address);
}

}  // namespace

void Suppressor::Configure(const v1::Config& config) {
  entries_.clear();
  for (const v1::Suppression& s : config.suppressions()) {
    Entry entry{.id = s.id(),
                .cidr = std::nullopt,
                .port = s.port(),
                .rule = s.rule(),
                .direction = s.direction(),
                .expires_at = kNever,
                .filter = nullptr};
    if (!s.cidr().empty()) {
      absl::StatusOr<Cidr> cidr = Cidr::Parse(s.cidr());
      if (!cidr.ok()) continue;
      entry.cidr = *cidr;
    }
    if (!s.filter().empty()) {
      absl::StatusOr<FilterPtr> filter = CompileSuppressionFilter(s.filter());
      if (!filter.ok()) continue;
      entry.filter = *std::move(filter);
    }
    if (!entry.cidr && entry.port == 0 && entry.rule.empty() &&
        entry.filter == nullptr) {
      continue;
    }
    if (s.has_expires_at()) entry.expires_at = Nanos(s.expires_at());
    entries_.push_back(std::move(entry));
  }
}

bool Suppressor::Matches(const Entry& entry, const v1::Alert& alert) {
  if (!entry.rule.empty() && entry.rule != alert.rule()) return false;
  if (entry.port != 0 &&
      (!alert.has_target() || alert.target().port() != entry.port)) {
    return false;
  }
  if (!entry.cidr) return true;
  if (entry.direction != v1::DIRECTION_TARGET &&
      Contains(*entry.cidr, alert.has_source(), alert.source())) {
    return true;
  }
  return entry.direction != v1::DIRECTION_SOURCE &&
         Contains(*entry.cidr, alert.has_target(), alert.target());
}

const std::string* Suppressor::Match(const v1::Alert& alert,
                                     UnixNanos clock) const {
  // Made when the first filter asks for it.
  v1::Record record;
  for (const Entry& entry : entries_) {
    if (clock >= entry.expires_at || !Matches(entry, alert)) continue;
    if (entry.filter == nullptr) return &entry.id;
    if (!record.has_alert()) *record.mutable_alert() = alert;
    if (entry.filter->Matches(record)) return &entry.id;
  }
  return nullptr;
}

}  // namespace tapline
