// What flows of each application protocol amount to.

#ifndef TAPLINE_SENSORD_PIPELINE_PROTOCOL_TOTALS_H_
#define TAPLINE_SENSORD_PIPELINE_PROTOCOL_TOTALS_H_

#include <array>
#include <cstddef>
#include <vector>

#include "common/ledger/ledger.h"
#include "sensord/event/protocol.h"
#include "sensord/event/signal.h"
#include "tapline/v1/conversation.pb.h"

namespace tapline {

// Thread safety: Add from one thread, Top from any.
class ProtocolTotals {
 public:
  // A record of a flow: one of several when it was rotated.
  void Add(const FlowSummary& flow);
  // As RankProtocols.
  std::vector<v1::ProtocolUse> Top(size_t limit) const;

 private:
  struct Total {
    Counter flows;
    Counter packets;
    Counter bytes;
    Counter encrypted_bytes;
  };
  std::array<Total, static_cast<size_t>(Protocol::kCount)> totals_;
};

// Fills share and encrypted_ratio, sorts by bytes, most first, names breaking
// ties, and keeps at most `limit`.
void RankProtocols(size_t limit, std::vector<v1::ProtocolUse>& uses);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_PROTOCOL_TOTALS_H_
