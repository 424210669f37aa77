// Flows added up by their two addresses, and by protocol.

#ifndef TAPLINE_SENSORD_INSPECT_CONVERSATIONS_H_
#define TAPLINE_SENSORD_INSPECT_CONVERSATIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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

  // An alert counts for the conversations with a flow that it is about
  // (IsAbout), whose two addresses are its two. REQUIRES: no flow was added.
  void Add(const v1::Alert& alert);
  void Add(const v1::Flow& flow);
  // Flows of conversations there was no room for.
  uint64_t left_out() const { return left_out_; }
  // Most bytes first; ids break ties.
  std::vector<v1::Conversation> Top(size_t limit) const;

 private:
  struct Totals {
    v1::Conversation conversation;
    ProtocolTable protocols;
    // Places in the pair's alerts of those that count.
    absl::flat_hash_set<size_t> alerts;
  };

  void CountAlerts(const v1::Flow& flow, Totals& totals) const;

  absl::flat_hash_map<std::string, Totals> totals_;
  // By their addresses, low first.
  absl::flat_hash_map<std::string, std::vector<v1::Alert>> alerts_;
  uint64_t left_out_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_INSPECT_CONVERSATIONS_H_
