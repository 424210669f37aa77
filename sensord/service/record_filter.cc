#include "sensord/service/record_filter.h"

#include <utility>

#include "common/status/macros.h"
#include "sensord/service/errors.h"
#include "sensord/service/filter_request.h"

namespace tapline {
namespace {

constexpr char kLiveSource[] = "live";

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

v1::Selector WithSource(v1::Selector selector) {
  if (selector.source_ids().empty()) selector.add_source_ids(kLiveSource);
  return selector;
}

}  // namespace

absl::Time ReceivedAt(const v1::Record& record) {
  if (!record.has_received_at()) return absl::InfinitePast();
  return FromProto(record.received_at());
}

absl::StatusOr<RecordFilter> RecordFilter::Create(const WatchSpec& spec) {
  absl::StatusOr<std::unique_ptr<SelectorMatcher>> matcher =
      SelectorMatcher::Compile(WithSource(spec.selector));
  if (!matcher.ok()) {
    return WithReason(matcher.status(), absl::StatusCode::kInvalidArgument,
                      Reason::kSELECTOR_INVALID);
  }
  ASSIGN_OR_RETURN(FilterPtr filter,
                   CompileRequestFilter(spec.filter, spec.filter_options));
  return RecordFilter(spec, *std::move(matcher), std::move(filter));
}

RecordFilter::RecordFilter(const WatchSpec& spec,
                           std::unique_ptr<SelectorMatcher> matcher,
                           FilterPtr filter)
    : selector_(WithSource(spec.selector)),
      matcher_(std::move(matcher)),
      filter_(std::move(filter)),
      since_(absl::InfinitePast()),
      until_(absl::InfiniteFuture()),
      include_updates_(spec.include_updates),
      stats_window_(spec.stats_window) {
  const v1::TimeRange& range = spec.range.range();
  if (range.has_since()) since_ = FromProto(range.since());
  if (range.has_until()) until_ = FromProto(range.until());
}

bool RecordFilter::Matches(const v1::Record& record) const {
  // A snapshot of an open flow is not received: it is of now.
  if (record.has_received_at()) {
    const absl::Time received_at = ReceivedAt(record);
    if (received_at < since_ || received_at >= until_) return false;
  }
  if (record.has_stats()) {
    const auto& window = record.stats().window();
    if (absl::Seconds(window.seconds()) + absl::Nanoseconds(window.nanos()) !=
        stats_window_) {
      return false;
    }
  }
  return matcher_->Matches(record) &&
         (filter_ == nullptr || filter_->Matches(record));
}

absl::Status RecordFilter::CheckCost() const {
  return filter_ == nullptr || filter_->given_up() == 0 ? absl::OkStatus()
                                                        : TooCostly();
}

bool RecordFilter::TakesRevision(const v1::Record& record) const {
  return !record.has_alert() || include_updates_ ||
         record.alert().revision() <= 1;
}

bool RecordFilter::Takes(const v1::Record& record) const {
  return TakesRevision(record) && Matches(record);
}

}  // namespace tapline
