// CPU time of the detectors per signal, on a mix of 500,000 ordinary flows and
// on a flood of random sources.

#include <sys/resource.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/config/defaults.h"
#include "sensord/detect/detect_stage.h"

namespace tapline {
namespace {

double CpuSeconds() {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec +
                                    usage.ru_stime.tv_usec);
}

// Signals in batches as the flow workers give them.
class Maker {
 public:
  explicit Maker(std::vector<SignalBatch>& batches) : batches_(batches) {}

  void Tick(UnixNanos by) { clock_ += by; }
  Signal& Add(SignalKind kind, const Signal& flow) {
    if (batches_.empty() || batches_.back().signals.size() >= 4096) {
      batches_.emplace_back();
    }
    Signal s = flow;
    s.clock = clock_;
    s.tie = ++tie_;
    s.kind = kind;
    batches_.back().signals.push_back(s);
    return batches_.back().signals.back();
  }
  void Close(const Signal& flow) {
    Signal& s = Add(SignalKind::kFlowClosed, flow);
    SignalBatch& batch = batches_.back();
    s.detail = static_cast<uint32_t>(batch.flows.size());
    FlowSummary summary;
    summary.end = FlowEnd::kFin;
    summary.originator_rtt_ns = 1;
    summary.from_originator.payload_bytes = 700;
    summary.from_responder.payload_bytes = 9000;
    batch.flows.push_back(std::move(summary));
  }
  void Query(const Signal& flow, uint32_t name) {
    Signal& s = Add(SignalKind::kDnsMessage, flow);
    SignalBatch& batch = batches_.back();
    s.detail = static_cast<uint32_t>(batch.dns.size());
    DnsData dns;
    dns.name = absl::StrCat("www", name % 7, ".site", name, ".example.com");
    dns.name_bytes = static_cast<uint16_t>(dns.name.size());
    batch.dns.push_back(std::move(dns));
  }

 private:
  std::vector<SignalBatch>& batches_;
  UnixNanos clock_ = 1'000'000 * kSecondNanos;
  uint64_t tie_ = 0;
};

uint32_t Next(uint64_t& state) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<uint32_t>(state >> 33);
}

std::vector<SignalBatch> Mix(int flows) {
  std::vector<SignalBatch> batches;
  Maker make(batches);
  uint64_t state = 1;
  for (int i = 0; i < flows; ++i) {
    make.Tick(20'000);
    Signal s;
    const bool udp = Next(state) % 4 == 0;
    s.ip_protocol = udp ? 17 : 6;
    s.originator = IpAddress::FromV4(0x0a000000 + Next(state) % 5000);
    s.responder = IpAddress::FromV4(0x50000000 + Next(state) % 20000);
    s.originator_port = static_cast<uint16_t>(32768 + Next(state) % 28000);
    s.responder_port = udp ? 53 : Next(state) % 8 == 0 ? 80 : 443;
    s.flow_id = static_cast<uint64_t>(i) + 1;
    make.Add(SignalKind::kFlowOpened, s);
    if (udp) {
      make.Query(s, Next(state) % 1000);
      make.Add(SignalKind::kAnswered, s);
    } else {
      make.Add(SignalKind::kSyn, s);
      make.Add(SignalKind::kAnswered, s);
      make.Add(SignalKind::kEstablished, s);
    }
    make.Close(s);
  }
  return batches;
}

std::vector<SignalBatch> Flood(int syns) {
  std::vector<SignalBatch> batches;
  Maker make(batches);
  uint64_t state = 1;
  for (int i = 0; i < syns; ++i) {
    make.Tick(2'000);
    Signal s;
    s.ip_protocol = 6;
    s.originator = IpAddress::FromV4(Next(state) % 0xdf000000u);
    s.responder = IpAddress::FromV4(0x50000001);
    s.originator_port = static_cast<uint16_t>(Next(state));
    s.responder_port = 80;
    make.Add(SignalKind::kSyn, s);
  }
  return batches;
}

void Measure(const char* name, const std::vector<SignalBatch>& batches) {
  auto policy = std::make_shared<Policy>();
  policy->config = DefaultConfig();
  DetectStage stage(policy, nullptr);
  std::vector<Detection> out;
  size_t signals = 0;
  const double before = CpuSeconds();
  for (const SignalBatch& batch : batches) {
    stage.Process(batch, out);
    signals += batch.signals.size();
  }
  const double seconds = CpuSeconds() - before;
  stage.Finish(out);
  std::printf(
      "%s signals=%zu ns_per_signal=%.1f raised=%llu forgotten=%llu\n", name,
      signals, seconds * 1e9 / static_cast<double>(signals),
      static_cast<unsigned long long>(stage.counters().raised.Get()),
      static_cast<unsigned long long>(stage.counters().forgotten_keys.Get()));
}

}  // namespace
}  // namespace tapline

int main() {
  tapline::Measure("mix", tapline::Mix(500'000));
  tapline::Measure("flood", tapline::Flood(2'000'000));
  return 0;
}
