// Signals as the flow workers give them, made by hand.

#ifndef TAPLINE_TESTS_SENSORD_DETECT_TRAFFIC_H_
#define TAPLINE_TESTS_SENSORD_DETECT_TRAFFIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sensord/detect/detect_stage.h"
#include "sensord/event/signal.h"
#include "sensord/policy/policy.h"

namespace tapline {

IpAddress Ip(absl::string_view text);
MacAddress Mac(uint8_t last);

// The default profile, small enough to read: what the tests rely on.
v1::Config DetectTestConfig();
PolicyPtr MakePolicy(const v1::Config& config);

// One 5-tuple.
struct Path {
  IpAddress from;
  IpAddress to;
  uint16_t port = 0;
  uint16_t from_port = 40000;
  uint8_t protocol = 6;
};

// Writes one batch; the clock starts at 1,000,000 s and only At and Wait move
// it.
class Traffic {
 public:
  Traffic& Wait(absl::Duration by);
  UnixNanos now() const { return clock_; }

  Signal& Add(SignalKind kind, const Path& path);
  // TCP: SYN without an answer; with a RST; half open; complete.
  void Syn(const Path& path);
  void Refused(const Path& path);
  void HalfOpen(const Path& path);
  void Connect(const Path& path);
  // A TCP flow of this length, with its handshake, that ends now.
  void Session(const Path& path, absl::Duration length, uint64_t sent_bytes,
               uint64_t received_bytes, FlowEnd end = FlowEnd::kFin);
  void Close(const Path& path, absl::Duration length, uint64_t sent_bytes,
             uint64_t received_bytes, FlowEnd end = FlowEnd::kFin);
  // A UDP flow's first packet; and its answer; or its refusal.
  void Udp(const Path& path, bool answered);
  void UdpRefused(const Path& path);
  void Ping(const IpAddress& from, const IpAddress& to);
  void Stealth(const Path& path, uint8_t tcp_flags);
  void Query(const IpAddress& client, absl::string_view name);
  void ArpRequest(const IpAddress& sender, const MacAddress& mac,
                  const IpAddress& target);
  void ArpReply(const IpAddress& sender, const MacAddress& mac,
                const IpAddress& target);
  void Gratuitous(const IpAddress& sender, const MacAddress& mac);
  // A second that ends now, on one of the shards.
  void Second(const TrafficData& data);

  SignalBatch batch;

 private:
  void Arp(ArpSignal arp);

  UnixNanos clock_ = 1'000'000 * kSecondNanos;
  uint64_t ordinal_ = 0;
};

// Runs batches through a stage and keeps what comes out.
class DetectRun {
 public:
  DetectRun() : DetectRun(DetectTestConfig()) {}
  explicit DetectRun(const v1::Config& config);

  DetectRun& Feed(Traffic& traffic);
  DetectRun& Advance(UnixNanos clock);
  DetectRun& Finish();

  // The newest revision of each alert, in order of first appearance.
  std::vector<v1::Alert> Alerts() const;
  // "port_scan host_sweep": rules of Alerts(), sorted.
  std::string RuleNames() const;

  DetectStage stage;
  std::vector<Detection> detections;
};

}  // namespace tapline

#endif  // TAPLINE_TESTS_SENSORD_DETECT_TRAFFIC_H_
