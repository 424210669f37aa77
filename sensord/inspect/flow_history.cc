#include "sensord/inspect/flow_history.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/filter/filter.h"
#include "common/net/ip_address.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "sensord/inspect/alert_relation.h"
#include "sensord/inspect/record_scan.h"

namespace tapline {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Timestamp;

constexpr char kLiveSource[] = "live";
constexpr uint64_t kMaxParts = 1'000;
constexpr uint64_t kMaxEvents = 10'000;
constexpr size_t kMaxEventBytes = 8 << 20;
constexpr uint64_t kMaxAlerts = 10'000;
// A flow's record comes when it has timed out; the longest timeout is a day,
// by default half an hour.
constexpr int64_t kClosingSeconds = 2'000;
// How much later than a flow's record what is about it may be received.
constexpr int64_t kBehindSeconds = 90;

Timestamp Moved(Timestamp time, int64_t seconds) {
  time.set_seconds(time.seconds() + seconds);
  return time;
}

bool IsIp(const v1::Endpoint& endpoint) {
  return IpAddress::Parse(endpoint.address()).ok();
}

// What a query for the flow's records can narrow by. Of the two ports the
// originator's is the one that other flows between the two do not have.
v1::Selector SelectorOf(const v1::Record& record) {
  v1::Selector selector;
  selector.add_source_ids(record.source_id());
  const v1::Flow& flow = record.flow();
  if (!IsIp(flow.originator()) || !IsIp(flow.responder())) return selector;
  for (const v1::Endpoint* side : {&flow.originator(), &flow.responder()}) {
    selector.add_sources(side->address());
    selector.add_targets(side->address());
  }
  const uint32_t port = flow.originator().port() > 0 ? flow.originator().port()
                                                     : flow.responder().port();
  if (port > 0) selector.add_ports(port);
  return selector;
}

bool IsOver(const v1::Flow& flow) {
  return flow.end_reason() != v1::END_REASON_ACTIVE &&
         flow.end_reason() != v1::END_REASON_ROTATED;
}

v1::TimeRange RangeOf(const v1::Record& record) {
  v1::TimeRange range;
  *range.mutable_since() = ReceivedSince(record);
  if (IsOver(record.flow()) && record.has_received_at()) {
    *range.mutable_until() = Moved(record.received_at(), kBehindSeconds);
  }
  return range;
}

StoreQuery QueryOf(const v1::Record& record, v1::RecordKind kind) {
  StoreQuery query;
  query.kind = kind;
  query.selector = SelectorOf(record);
  query.range = RangeOf(record);
  query.order_by = "received_at desc";
  return query;
}

// Records that hold the id in `field`, so that those of other flows, however
// many there are between the two hosts, do not count against the limits.
absl::StatusOr<FilterPtr> FilterById(const char* field, const std::string& id) {
  return Filter::Compile(absl::StrCat(field, " == \"", id, "\""), {});
}

// Newest first: each part tells until when the one before it was received.
absl::Status ReadParts(const Store& store, const v1::Record& newest,
                       FlowHistory& history) {
  const bool open = newest.flow().end_reason() == v1::END_REASON_ACTIVE;
  if (open) history.parts.push_back(newest.flow());
  ASSIGN_OR_RETURN(const FilterPtr filter,
                   FilterById("flow.id", newest.flow().id()));
  StoreQuery query = QueryOf(newest, v1::RECORD_KIND_FLOW);
  query.filter = filter.get();
  v1::Record oldest = newest;
  uint64_t left = kMaxParts;
  for (bool found = true; found && left > 0;) {
    found = false;
    ASSIGN_OR_RETURN(
        const ScanResult scan,
        ScanRecords(
            store, query, {left, absl::Seconds(2)}, [&](v1::Record& record) {
              const bool told = open && NanosOf(record.flow().start()) ==
                                            NanosOf(newest.flow().start());
              oldest = record;
              found = true;
              if (told) return true;
              history.parts.push_back(std::move(*record.mutable_flow()));
              return true;
            }));
    history.truncated |= scan.truncated;
    left -= scan.records;
    *query.range.mutable_until() = query.range.since();
    *query.range.mutable_since() = ReceivedSince(oldest);
    if (NanosOf(query.range.since()) >= NanosOf(query.range.until())) break;
  }
  if (history.parts.empty()) history.parts.push_back(newest.flow());
  std::reverse(history.parts.begin(), history.parts.end());
  return absl::OkStatus();
}

absl::Status ReadEvents(const Store& store, const v1::Record& newest,
                        FlowHistory& history) {
  ASSIGN_OR_RETURN(const FilterPtr filter,
                   FilterById("event.flow_id", newest.flow().id()));
  StoreQuery query = QueryOf(newest, v1::RECORD_KIND_EVENT);
  query.filter = filter.get();
  size_t bytes = 0;
  ASSIGN_OR_RETURN(const ScanResult scan,
                   ScanRecords(store, query, {kMaxEvents, absl::Seconds(4)},
                               [&](v1::Record& record) {
                                 bytes += record.ByteSizeLong();
                                 if (bytes > kMaxEventBytes) return false;
                                 history.events.push_back(
                                     std::move(*record.mutable_event()));
                                 return true;
                               }));
  history.truncated |= bytes > kMaxEventBytes;
  history.truncated |= scan.truncated;
  std::stable_sort(history.events.begin(), history.events.end(),
                   [](const v1::Event& a, const v1::Event& b) {
                     return NanosOf(a.time()) < NanosOf(b.time());
                   });
  return absl::OkStatus();
}

absl::Status ReadAlerts(const Store& store, const v1::Record& newest,
                        const v1::Flow& whole, FlowHistory& history) {
  StoreQuery query = QueryOf(newest, v1::RECORD_KIND_ALERT);
  query.selector.clear_ports();
  query.selector.clear_sources();
  query.selector.clear_targets();
  if (IsIp(whole.originator()) && IsIp(whole.responder())) {
    query.selector.add_addresses(whole.originator().address());
    query.selector.add_addresses(whole.responder().address());
  }
  // One that was raised long before may have gone on.
  query.range.clear_since();
  ASSIGN_OR_RETURN(const ScanResult scan,
                   ScanRecords(store, query, {kMaxAlerts, absl::Seconds(2)},
                               [&](v1::Record& record) {
                                 if (IsAbout(record.alert(), whole)) {
                                   history.alerts.push_back(
                                       std::move(*record.mutable_alert()));
                                 }
                                 return true;
                               }));
  history.truncated |= scan.truncated;
  std::reverse(history.alerts.begin(), history.alerts.end());
  return absl::OkStatus();
}

// Every counter of a side; rates belong to a moment, flags are a set.
void AddCounters(const v1::FlowSide& from, v1::FlowSide& to) {
  const auto& type = *v1::FlowSide::descriptor();
  const auto& reflection = *from.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      reflection.SetUInt64(&to, &field,
                           reflection.GetUInt64(to, &field) +
                               reflection.GetUInt64(from, &field));
    } else if (field.number() != v1::FlowSide::kTcpFlagsFieldNumber &&
               field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      reflection.SetUInt32(&to, &field,
                           reflection.GetUInt32(to, &field) +
                               reflection.GetUInt32(from, &field));
    }
  }
  to.set_tcp_flags(to.tcp_flags() | from.tcp_flags());
}

// As Store::Get names records.
std::string NameOf(const v1::Record& record) {
  return absl::StrCat(record.source_id(), "/", record.flow().id());
}

}  // namespace

Timestamp ReceivedSince(const v1::Record& record) {
  const v1::Flow& flow = record.flow();
  const int64_t seconds =
      std::max<int64_t>(flow.end().seconds() - flow.start().seconds(), 0);
  Timestamp since =
      Moved(record.has_received_at() ? record.received_at() : flow.end(),
            -seconds - kClosingSeconds);
  // A live capture tells at once, and a flow may have been silent for long
  // before its record came.
  if (record.source_id() == kLiveSource) {
    const Timestamp begun = Moved(flow.start(), -kBehindSeconds);
    if (NanosOf(begun) < NanosOf(since)) since = begun;
  }
  return since;
}

v1::Flow FlowHistory::Whole() const {
  v1::Flow whole;
  if (parts.empty()) return whole;
  whole = parts.back();
  for (size_t i = parts.size() - 1; i-- > 0;) AddEarlierPart(parts[i], whole);
  return whole;
}

FlowFacts FactsOf(const FlowHistory& history, const v1::Flow& whole) {
  FlowFacts facts(whole);
  for (const v1::Event& event : history.events) facts.events.push_back(&event);
  for (const v1::Alert& alert : history.alerts) facts.alerts.push_back(&alert);
  return facts;
}

void AddEarlierPart(const v1::Flow& earlier, v1::Flow& whole) {
  if (NanosOf(earlier.start()) < NanosOf(whole.start())) {
    *whole.mutable_start() = earlier.start();
  }
  AddCounters(earlier.from_originator(), *whole.mutable_from_originator());
  AddCounters(earlier.from_responder(), *whole.mutable_from_responder());
}

absl::StatusOr<v1::Record> FindFlow(const Store& store, Control& control,
                                    absl::string_view id,
                                    absl::string_view source_id) {
  absl::StatusOr<v1::Record> stored =
      store.Get(v1::RECORD_KIND_FLOW, id, source_id);
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored;
  if (!source_id.empty() && source_id != kLiveSource) return stored;
  std::vector<std::string> names;
  if (stored.ok()) {
    const bool over = stored->source_id() == kLiveSource &&
                      stored->flow().end_reason() != v1::END_REASON_ROTATED;
    if (over && id.size() == stored->flow().id().size()) return stored;
    names.push_back(NameOf(*stored));
  }
  // Two are too many already.
  OpenFlowList open = control.OpenFlows({2, std::string(id), true});
  for (const v1::Record& record : open.flows) {
    const std::string name = NameOf(record);
    if (!absl::c_linear_search(names, name)) names.push_back(name);
  }
  if (names.size() > 1) return SeveralFit("flows", id, names);
  if (!open.flows.empty()) return std::move(open.flows.front());
  if (stored.ok()) return stored;
  if (!open.complete) {
    return absl::UnavailableError(absl::StrCat(
        "the capture is too busy to look for open flow ", id, "; ask again"));
  }
  // It may have ended meanwhile.
  return store.Get(v1::RECORD_KIND_FLOW, id, source_id);
}

absl::StatusOr<FlowHistory> ReadFlowHistory(const Store& store,
                                            Control& control,
                                            absl::string_view id,
                                            absl::string_view source_id) {
  ASSIGN_OR_RETURN(const v1::Record newest,
                   FindFlow(store, control, id, source_id));
  FlowHistory history;
  RETURN_IF_ERROR(ReadParts(store, newest, history));
  v1::Record whole = newest;
  *whole.mutable_flow() = history.Whole();
  RETURN_IF_ERROR(ReadEvents(store, whole, history));
  RETURN_IF_ERROR(ReadAlerts(store, whole, whole.flow(), history));
  return history;
}

}  // namespace tapline
