// Which records a watch lets through.

#ifndef TAPLINE_SENSORD_SERVICE_RECORD_FILTER_H_
#define TAPLINE_SENSORD_SERVICE_RECORD_FILTER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/filter/filter.h"
#include "sensord/store/selector_match.h"
#include "tapline/v1/observe_service.pb.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// What a client asked to watch, of any kind.
struct WatchSpec {
  v1::RecordKind kind = v1::RECORD_KIND_UNSPECIFIED;
  v1::Selector selector;
  v1::WatchRange range;
  // An expression; empty: none.
  std::string filter;
  // What it may name, and what "now" is.
  Filter::Options filter_options;
  // Alerts: also revisions after the first.
  bool include_updates = false;
  // Stats: only this window.
  absl::Duration stats_window;
  // Flows: how often open flows are sent; zero never.
  absl::Duration snapshot_interval;
};

// Time of a record's arrival; the infinite past when it has none.
absl::Time ReceivedAt(const v1::Record& record);

// Thread safety: constant after construction.
class RecordFilter {
 public:
  // InvalidArgument: SELECTOR_INVALID, FILTER_INVALID.
  static absl::StatusOr<RecordFilter> Create(const WatchSpec& spec);

  // Selector, filter, time range and window, whatever the revision.
  bool Matches(const v1::Record& record) const;
  // Of an alert: whether this revision is asked for.
  bool TakesRevision(const v1::Record& record) const;
  // Matches, and is of a revision asked for.
  bool Takes(const v1::Record& record) const;

  // OK, or ResourceExhausted (IsTooCostly) once a record was not judged.
  absl::Status CheckCost() const;

  // As asked, with the default source filled in.
  const v1::Selector& selector() const { return selector_; }
  // Null: none.
  const Filter* filter() const { return filter_.get(); }

 private:
  RecordFilter(const WatchSpec& spec, std::unique_ptr<SelectorMatcher> matcher,
               FilterPtr filter);

  v1::Selector selector_;
  std::unique_ptr<SelectorMatcher> matcher_;
  FilterPtr filter_;
  absl::Time since_;
  absl::Time until_;
  bool include_updates_;
  absl::Duration stats_window_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_RECORD_FILTER_H_
