// Flows added up by their two addresses, and by protocol.

#ifndef TAPLINE_SENSORD_INSPECT_CONVERSATIONS_H_
#define TAPLINE_SENSORD_INSPECT_CONVERSATIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "tapline/v1/alert.pb.h"
#include "tapline/v1/conversation.pb.h"
#include "tapline/v1/flow.pb.h"

namespace tapline {

// Thread safety: single-threaded.
class ProtocolTable {
 public:
  // A record of a flow: one of several when it was rotated.
  void Add(const v1::Flow& flow);
  // Most bytes first, names breaking ties; at most `limit`.
  std::vector<v1::ProtocolUse> Top(size_t limit) const;
  bool empty() const { return uses_.empty(); }

 private:
  absl::flat_hash_map<std::string, v1::ProtocolUse> uses_;
};

// Thread safety: single-threaded.
class ConversationTable {
 public:
  // Past this, flows of new conversations are only counted.
  static constexpr size_t kMaxConversations = 100'000;

  void Add(const v1::Flow& flow);
  void Add(const v1::Alert& alert);
  // Flows of conversations there was no room for.
  uint64_t left_out() const { return left_out_; }
  // Most bytes first; ids break ties.
  std::vector<v1::Conversation> Top(size_t limit) const;

 private:
  struct Totals {
    v1::Conversation conversation;
    ProtocolTable protocols;
  };

  absl::flat_hash_map<std::string, Totals> totals_;
  // Conversations by their addresses, low first.
  absl::flat_hash_map<std::string, std::string> by_addresses_;
  uint64_t left_out_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_CONVERSATIONS_H_
