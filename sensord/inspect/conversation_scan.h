// Conversations and protocols of what is kept and what is open now.

#ifndef TAPLINE_SENSORD_INSPECT_CONVERSATION_SCAN_H_
#define TAPLINE_SENSORD_INSPECT_CONVERSATION_SCAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sensord/control/control.h"
#include "sensord/inspect/record_scan.h"
#include "sensord/store/store.h"
#include "tapline/v1/conversation.pb.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Each adds up at most 100,000 records within 8 s, the newest.

struct ConversationList {
  // Most bytes first.
  std::vector<v1::Conversation> conversations;
  // Records added up.
  uint64_t examined = 0;
  bool truncated = false;
};
// Errors of these: as of ScanFlows.
absl::StatusOr<ConversationList> ReadConversations(const Store& store,
                                                   Control& control,
                                                   const FlowChoice& choice,
                                                   size_t limit);

struct ProtocolList {
  // Most bytes first.
  std::vector<v1::ProtocolUse> protocols;
  uint64_t examined = 0;
  bool truncated = false;
};
absl::StatusOr<ProtocolList> ReadProtocols(const Store& store, Control& control,
                                           const FlowChoice& choice);

// A flow of the conversation whose id, or that of one of whose flows, begins
// with `id`. NotFound; FailedPrecondition when several fit (names two, as
// Store::Get does).
absl::StatusOr<v1::Flow> FindConversation(const Store& store, Control& control,
                                          absl::string_view id,
                                          const std::string& source_id,
                                          const v1::TimeRange& range);

struct ConversationFlows {
  v1::Conversation conversation;
  // Open ones, then the newest first.
  std::vector<v1::Record> flows;
  bool truncated = false;
};
inline constexpr size_t kMaxConversationFlows = 1000;
// The conversation that `one` belongs to.
absl::StatusOr<ConversationFlows> ReadConversation(const Store& store,
                                                   Control& control,
                                                   const v1::Flow& one,
                                                   const std::string& source_id,
                                                   const v1::TimeRange& range);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_CONVERSATION_SCAN_H_
