// Datagrams of one flow through the analyzers: the first two bytes give length
// and direction of each. Names stay within their limits.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer_set.h"
#include "sensord/analyzers/dns_message.h"

namespace tapline {
namespace {

class Check final : public AnalyzerOutput {
 public:
  void Dns(SignalKind kind, DnsData data) override {
    if (data.name_bytes > 253 || data.name.size() > 1024) std::abort();
    if (data.answers.size() > kMaxDnsAnswers) std::abort();
    for (char c : data.name) {
      if (c <= ' ' || c > '~') std::abort();
    }
    if (kind == SignalKind::kDnsMessage && !data.response) ++queries;
    if (kind == SignalKind::kDnsTransaction && !data.unmatched) ++ended;
  }
  void Anomaly(const char*) override {}
  void Host(const std::string&) override {}
  void Identify(Protocol, ProtocolBasis) override {}
  void Ignore() override {}

  size_t queries = 0;
  size_t ended = 0;
};

}  // namespace
}  // namespace tapline

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tapline;
  const auto set = NewAnalyzerSet();
  Check check;
  UnixNanos clock = 0;
  while (size > 2) {
    const size_t length = data[0] < size - 2 ? data[0] : size - 2;
    const bool from_originator = (data[1] & 1) == 0;
    const uint16_t port = (data[1] & 2) != 0 ? 9999 : 53;
    const std::vector<uint8_t> payload(data + 2, data + 2 + length);
    Packet p;
    p.ip_protocol = kIpProtoUdp;
    p.source_port = from_originator ? 40000 : port;
    p.destination_port = from_originator ? port : 40000;
    p.payload = payload.data();
    p.payload_bytes = p.payload_captured = static_cast<uint32_t>(length);
    p.clock = clock += data[1] * kMillisecondNanos * 100;
    if (length > 0) set->OnDatagram({&p, 1, from_originator}, check);
    data += length + 2;
    size -= length + 2;
  }
  set->OnFlowEnd(1, clock, check);
  if (check.ended > check.queries) std::abort();
  return 0;
}
