// Hand-made packets into an engine, and what comes out.

#ifndef TAPLINE_TESTS_SENSORD_FLOW_FLOW_HARNESS_H_
#define TAPLINE_TESTS_SENSORD_FLOW_FLOW_HARNESS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/siphash.h"
#include "sensord/decode/flow_key.h"
#include "sensord/decode/packet.h"
#include "sensord/flow/flow_engine.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline::testing {

inline constexpr UnixNanos kStart = 1'700'000'000 * kSecondNanos;

inline IpAddress Host(uint32_t n) { return IpAddress::FromV4(0x0a000000 + n); }

// One end point: host number and port.
struct End {
  uint32_t host = 1;
  uint16_t port = 0;
};

inline constexpr End kClient{1, 40000};
inline constexpr End kServer{2, 443};

// Flags of TCP that go together.
inline constexpr uint8_t kSa = kTcpSyn | kTcpAck;
inline constexpr uint8_t kFa = kTcpFin | kTcpAck;
inline constexpr uint8_t kRa = kTcpRst | kTcpAck;

// Packets of a source, dated by `clock`.
class Traffic {
 public:
  explicit Traffic(uint64_t seed = 7) : key_{seed, seed * 31} {}

  void Wait(UnixNanos nanos) { clock += nanos; }

  Packet& Add(uint8_t protocol, End from, End to, uint32_t payload = 0) {
    Packet& p = batch.packets.emplace_back();
    p.source = Host(from.host);
    p.destination = Host(to.host);
    p.source_port = from.port;
    p.destination_port = to.port;
    p.ip_protocol = protocol;
    p.ip_version = 4;
    p.clock = p.time = clock;
    p.ordinal = ordinal++;
    p.payload_bytes = payload;
    p.ip_bytes = 40 + payload;
    p.frame_bytes = 54 + payload;
    p.tcp_window = 1000;
    Rekey(p);
    batch.clock = clock;
    return p;
  }

  // After changing addresses, ports, protocol or context.
  void Rekey(Packet& p) const {
    const FlowHashes h = HashFlowKey(key_, FlowKeyOf(p));
    p.flow_hash = h.flow;
    p.shard = h.shard;
  }

  Packet& Udp(End from, End to, uint32_t payload = 20) {
    return Add(kIpProtoUdp, from, to, payload);
  }

  Packet& Tcp(End from, End to, uint8_t flags, uint32_t sequence,
              uint32_t acknowledgment = 0, uint32_t payload = 0) {
    Packet& p = Add(kIpProtoTcp, from, to, payload);
    p.tcp_flags = flags;
    p.tcp_sequence = sequence;
    p.tcp_acknowledgment = acknowledgment;
    return p;
  }

  // SYN, SYN-ACK, ACK, 1 ms apart; sequences continue at 1001 and 5001.
  void Handshake(End client = kClient, End server = kServer) {
    Tcp(client, server, kTcpSyn, 1000);
    Wait(kMillisecondNanos);
    Tcp(server, client, kTcpSyn | kTcpAck, 5000, 1001);
    Wait(kMillisecondNanos);
    Tcp(client, server, kTcpAck, 1001, 5001);
  }

  Packet& Icmp(uint32_t from, uint32_t to, uint8_t type, uint8_t code = 0) {
    Packet& p = Add(kIpProtoIcmp, {from, 0}, {to, 0}, 8);
    p.icmp_type = type;
    p.icmp_code = code;
    return p;
  }

  // A port unreachable from `router` that quotes `quoted`.
  Packet& Unreachable(uint32_t router, const Packet quoted) {
    Packet& p = Icmp(router, 0, 3, 3);
    p.destination = quoted.source;
    Rekey(p);
    p.marks |= kMarkQuote;
    p.aux = static_cast<uint32_t>(batch.quotes.size());
    p.shard = quoted.shard;
    QuotedPacket& q = batch.quotes.emplace_back();
    q.source = quoted.source;
    q.destination = quoted.destination;
    q.source_port = quoted.source_port;
    q.destination_port = quoted.destination_port;
    q.ip_protocol = quoted.ip_protocol;
    q.flow_hash = quoted.flow_hash;
    return p;
  }

  UnixNanos clock = kStart;
  uint64_t ordinal = 0;
  DecodedBatch batch;

 private:
  SipKey key_;
};

// An engine with everything it ever said.
class Engine {
 public:
  explicit Engine(const FlowOptions& options = {},
                  std::unique_ptr<PayloadAnalyzer> analyzer = nullptr,
                  ShardMask shards = kAllShards)
      : engine(options, shards, std::move(analyzer)) {}

  void Take(Traffic& traffic) {
    engine.Process(traffic.batch, out);
    traffic.batch.Clear();
  }
  void AdvanceTo(UnixNanos clock) { engine.AdvanceClock(clock, out); }
  void Finish() { engine.Finish(FlowEnd::kEndOfInput, out); }

  std::vector<Signal> Of(SignalKind kind) const {
    std::vector<Signal> found;
    for (const Signal& s : out.signals) {
      if (s.kind == kind) found.push_back(s);
    }
    return found;
  }
  size_t Count(SignalKind kind) const { return Of(kind).size(); }

  // Records of closed flows and aggregates, in order.
  std::vector<FlowSummary> Closed() const {
    std::vector<FlowSummary> found;
    for (const Signal& s : out.signals) {
      if (s.kind == SignalKind::kFlowClosed) {
        found.push_back(out.flows[s.detail]);
      }
    }
    return found;
  }

  // Names of anomalies, in order.
  std::vector<std::string> Anomalies() const {
    std::vector<std::string> found;
    for (const Signal& s : out.signals) {
      if (s.kind == SignalKind::kAnomaly) {
        found.push_back(out.anomalies[s.detail].name);
      }
    }
    return found;
  }

  // The open flows.
  std::vector<FlowSummary> Open() {
    std::vector<FlowSummary> flows;
    uint64_t cursor = 0;
    do {
      engine.Snapshot(3, &cursor, flows);
    } while (cursor != 0);
    return flows;
  }

  FlowEngine engine;
  SignalBatch out;
};

// One engine and traffic for it.
class FlowTest : public ::testing::Test {
 protected:
  // The only flow that is open once the engine took the traffic so far.
  FlowSummary Only() {
    engine_.Take(t_);
    const std::vector<FlowSummary> open = engine_.Open();
    EXPECT_EQ(open.size(), 1);
    return open.size() == 1 ? open[0] : FlowSummary();
  }

  Traffic t_;
  Engine engine_;
};

// Kinds without traffic totals.
inline std::vector<SignalKind> Kinds(const SignalBatch& out) {
  std::vector<SignalKind> kinds;
  for (const Signal& s : out.signals) {
    if (s.kind != SignalKind::kTraffic) kinds.push_back(s.kind);
  }
  return kinds;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_FLOW_FLOW_HARNESS_H_
