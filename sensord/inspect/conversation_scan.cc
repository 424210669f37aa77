#include "sensord/inspect/conversation_scan.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/net/ip_address.h"
#include "common/status/macros.h"
#include "sensord/inspect/conversations.h"
#include "sensord/inspect/flow_history.h"

namespace tapline {
namespace {

constexpr ScanLimits kAlertLimits = {10'000, absl::Seconds(2)};
constexpr int64_t kLongestFlowSeconds = 86'400;
constexpr int64_t kBehindSeconds = 90;
constexpr size_t kAllProtocols = 1'000;

// What alerts there may be about flows of the choice; each flow takes its own.
StoreQuery AlertsOf(const FlowChoice& choice) {
  StoreQuery query;
  query.kind = v1::RECORD_KIND_ALERT;
  query.selector = choice.selector;
  // An alert has the addresses of the flow, in either order, and not always
  // its ports.
  query.selector.clear_protocols();
  query.selector.clear_ports();
  query.selector.clear_sources();
  query.selector.clear_targets();
  for (const auto* side :
       {&choice.selector.sources(), &choice.selector.targets()}) {
    for (const std::string& address : *side) {
      query.selector.add_addresses(address);
    }
  }
  // It may have been raised while the flow was open, or follow within a minute.
  query.range = choice.range;
  if (choice.range.has_since()) {
    query.range.mutable_since()->set_seconds(choice.range.since().seconds() -
                                             kLongestFlowSeconds);
  }
  if (choice.range.has_until()) {
    query.range.mutable_until()->set_seconds(choice.range.until().seconds() +
                                             kBehindSeconds);
  }
  return query;
}

// REQUIRES: the table has no flows.
absl::StatusOr<ScanResult> AddAlerts(const Store& store,
                                     const FlowChoice& choice,
                                     ConversationTable& table) {
  return ScanRecords(store, AlertsOf(choice), kAlertLimits,
                     [&](v1::Record& record) {
                       table.Add(record.alert());
                       return true;
                     });
}

}  // namespace

absl::StatusOr<ConversationList> ReadConversations(const Store& store,
                                                   Control& control,
                                                   const FlowChoice& choice,
                                                   size_t limit) {
  ConversationTable table;
  ASSIGN_OR_RETURN(const ScanResult alerts, AddAlerts(store, choice, table));
  ASSIGN_OR_RETURN(const ScanResult flows, ScanFlows(store, control, choice, {},
                                                     [&](v1::Record& record) {
                                                       table.Add(record.flow());
                                                     }));
  ConversationList list;
  list.conversations = table.Top(limit);
  list.examined = flows.records;
  list.truncated = flows.truncated || alerts.truncated || table.left_out() > 0;
  return list;
}

absl::StatusOr<ProtocolList> ReadProtocols(const Store& store, Control& control,
                                           const FlowChoice& choice) {
  ProtocolTable table;
  ASSIGN_OR_RETURN(const ScanResult flows, ScanFlows(store, control, choice, {},
                                                     [&](v1::Record& record) {
                                                       table.Add(record.flow());
                                                     }));
  return ProtocolList{table.Top(kAllProtocols), flows.records, flows.truncated};
}

absl::StatusOr<v1::Flow> FindConversation(const Store& store, Control& control,
                                          absl::string_view id,
                                          const std::string& source_id,
                                          const v1::TimeRange& range) {
  absl::StatusOr<v1::Record> named = FindFlow(store, control, id, source_id);
  if (named.ok()) return std::move(*named->mutable_flow());
  if (!absl::IsNotFound(named.status())) return named.status();
  // By the conversation's own id there is no index.
  std::vector<v1::Flow> found;
  FlowChoice choice;
  choice.selector.add_source_ids(source_id);
  choice.range = range;
  ASSIGN_OR_RETURN(
      const ScanResult scan,
      ScanFlows(store, control, choice, {}, [&](v1::Record& record) {
        const std::string& own = record.flow().conversation_id();
        const bool fits = found.size() < 2 && absl::StartsWith(own, id) &&
                          (found.empty() || found[0].conversation_id() != own);
        if (fits) found.push_back(std::move(*record.mutable_flow()));
      }));
  if (found.size() > 1) {
    return SeveralFit("conversations", id,
                      {found[0].conversation_id(), found[1].conversation_id()});
  }
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no flow or conversation begins with ", id,
                     scan.truncated ? " among the newest flows" : ""));
  }
  return std::move(found[0]);
}

absl::StatusOr<ConversationFlows> ReadConversation(const Store& store,
                                                   Control& control,
                                                   const v1::Flow& one,
                                                   const std::string& source_id,
                                                   const v1::TimeRange& range) {
  FlowChoice choice;
  choice.selector.add_source_ids(source_id);
  choice.range = range;
  // A MAC address is nothing a selector can ask for.
  if (IpAddress::Parse(one.originator().address()).ok()) {
    for (const auto* side : {&one.originator(), &one.responder()}) {
      choice.selector.add_sources(side->address());
      choice.selector.add_targets(side->address());
    }
  }
  ConversationFlows out;
  ConversationTable table;
  ASSIGN_OR_RETURN(const ScanResult alerts, AddAlerts(store, choice, table));
  ASSIGN_OR_RETURN(
      const ScanResult flows,
      ScanFlows(store, control, choice, {}, [&](v1::Record& record) {
        if (record.flow().conversation_id() != one.conversation_id()) return;
        table.Add(record.flow());
        if (out.flows.size() == kMaxConversationFlows) {
          out.truncated = true;
        } else {
          out.flows.push_back(std::move(record));
        }
      }));
  out.truncated |= flows.truncated || alerts.truncated;
  for (v1::Conversation& c : table.Top(1)) out.conversation = std::move(c);
  return out;
}

}  // namespace tapline
