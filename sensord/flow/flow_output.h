// What analyzers tell of a flow, on its way to signals. Internal to the
// tracker.

#ifndef TAPLINE_SENSORD_FLOW_FLOW_OUTPUT_H_
#define TAPLINE_SENSORD_FLOW_FLOW_OUTPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/net/wire_text.h"
#include "sensord/flow/flow_tracker.h"

namespace tapline {

// Made for one call.
class FlowTracker::Output final : public AnalyzerOutput {
 public:
  Output(FlowTracker& tracker, FlowEntry& flow,
         AnalysisEnd end = AnalysisEnd::kOver)
      : tracker_(tracker), flow_(flow), end_(end) {}

  EventWriter NewEvent(EventArm arm) override {
    EventList& events = tracker_.writer_.batch().events;
    tracker_.writer_.Add(SignalKind::kEvent, flow_).detail =
        static_cast<uint32_t>(events.items.size());
    return EventWriter(arm, &events);
  }

  void DnsMessage(DnsData data) override {
    SignalBatch& out = tracker_.writer_.batch();
    tracker_.writer_.Add(SignalKind::kDnsMessage, flow_).detail =
        static_cast<uint32_t>(out.dns.size());
    out.dns.push_back(std::move(data));
  }

  void Anomaly(const char* name) override {
    std::vector<const char*>& names = tracker_.analyzer_anomalies_;
    const auto known = std::find(names.begin(), names.end(), name);
    const auto number = static_cast<uint16_t>(known - names.begin());
    if (known == names.end()) names.push_back(name);
    if (!Detail().anomalies.Add(number)) return;
    SignalBatch& out = tracker_.writer_.batch();
    tracker_.writer_.Add(SignalKind::kAnomaly, flow_).detail =
        static_cast<uint32_t>(out.anomalies.size());
    out.anomalies.emplace_back().name = name;
  }

  void Ambiguous() override {
    tracker_.TellAnomaly(flow_, FlowAnomaly::kAmbiguous);
  }

  void Host(absl::string_view host) override {
    if (host.empty() || Detail().host != nullptr) return;
    Detail().host = MakeSmallText(WireText(host, kMaxHostBytes));
  }
  void SafeHost(absl::string_view host) override {
    if (host.empty() || Detail().host != nullptr) return;
    Detail().host = MakeSmallText(host.substr(0, kMaxHostBytes));
  }

  void Ja4(absl::string_view ja4) override {
    FlowDetail& detail = Detail();
    if (detail.ja4 != nullptr || ja4.empty()) return;
    detail.ja4 = MakeSmallText(WireText(ja4, kMaxJa4Bytes));
  }

  void Identify(Protocol protocol, ProtocolBasis basis,
                int confidence) override {
    flow_.protocol = protocol;
    flow_.basis = static_cast<uint32_t>(basis) & 7;
    flow_.examined = 1;
    Detail().confidence = static_cast<uint8_t>(confidence);
    tracker_.ChooseTimeouts(flow_);
  }

  void Unrecognized() override {
    // What comes after an analysis that is given up might have told.
    if (end_ == AnalysisEnd::kOver) flow_.examined = 1;
  }

  void Upgrade() override {
    FlowDetail& detail = Detail();
    detail.AddEarlier(flow_.protocol);
    detail.encryption = Encryption::kUnknown;
    detail.carries = nullptr;
  }

  void Encrypted(bool encrypted) override {
    Detail().encryption =
        encrypted ? Encryption::kEncrypted : Encryption::kCleartext;
  }

  void Carries(const char* what, ProtocolBasis basis) override {
    FlowDetail& detail = Detail();
    detail.carries = what;
    detail.carries_basis = basis;
  }

  void Reached(Stage stage) override {
    constexpr TimeoutClass kClasses[] = {
        TimeoutClass::kQuicOpening, TimeoutClass::kUdpQuic,
        TimeoutClass::kQuicFailed, TimeoutClass::kQuicEnded,
        TimeoutClass::kQuicDraining};
    flow_.timeout_class = kClasses[static_cast<size_t>(stage)];
  }

 private:
  FlowDetail& Detail() { return tracker_.DetailOf(flow_); }

  static constexpr size_t kMaxHostBytes = 256;
  static constexpr size_t kMaxJa4Bytes = 64;

  FlowTracker& tracker_;
  FlowEntry& flow_;
  const AnalysisEnd end_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_FLOW_OUTPUT_H_
