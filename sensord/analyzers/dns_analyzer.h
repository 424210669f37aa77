// DNS over UDP: queries, and responses matched to them.

#ifndef TAPLINE_SENSORD_ANALYZERS_DNS_ANALYZER_H_
#define TAPLINE_SENSORD_ANALYZERS_DNS_ANALYZER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sensord/analyzers/dns_message.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

// A query waits for the response of the same flow, id and question from the
// other side; it is given up when the flow ends, after kGiveUp (seen at the
// flow's next message), or when kMaxPending others of its flow wait.
// Thread safety: single-threaded.
class DnsAnalyzer {
 public:
  static constexpr size_t kMaxPending = 64;
  static constexpr UnixNanos kGiveUp = 30 * kSecondNanos;

  // `hint` is what the flow's port says; without one only a message that is
  // credible throughout is taken, and the flow's other datagrams are ignored
  // when the first is not.
  void OnDatagram(const Datagram& datagram, Protocol hint, AnalyzerOutput& out);
  void OnFlowEnd(uint64_t flow_id, AnalyzerOutput& out);

 private:
  struct Pending {
    UnixNanos clock = 0;
    bool from_originator = true;
    DnsData query;
  };
  using Waiting = std::vector<Pending>;

  void OnQuery(const Datagram& datagram, DnsData query, AnalyzerOutput& out);
  void OnResponse(const Datagram& datagram, Protocol hint, DnsData response,
                  AnalyzerOutput& out);
  void TellAnomalies(AnalyzerOutput& out);
  void GiveUpOld(Waiting& waiting, UnixNanos clock, AnalyzerOutput& out);
  DnsData TakeData();

  DnsMessage message_;
  std::vector<DnsAnswerData> answers_;
  // By flow id; flows without waiting queries are not in it.
  absl::flat_hash_map<uint64_t, Waiting> waiting_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_DNS_ANALYZER_H_
