// Keeps what analyzers tell of one flow, events as protobuf messages.

#ifndef TAPLINE_TESTS_SUPPORT_FLOW_LISTENER_H_
#define TAPLINE_TESTS_SUPPORT_FLOW_LISTENER_H_

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "sensord/event/event_writer.h"
#include "sensord/flow/payload_analyzer.h"
#include "tapline/v1/event.pb.h"

namespace tapline::testing {

class FlowListener : public AnalyzerOutput {
 public:
  EventWriter NewEvent(EventArm arm) override {
    return EventWriter(arm, &list_);
  }
  void DnsMessage(DnsData data) override {
    dns_messages.push_back(std::move(data));
  }
  void Anomaly(const char* name) override {
    for (const std::string& known : anomalies) {
      if (known == name) return;
    }
    anomalies.emplace_back(name);
  }
  void Ambiguous() override { ambiguous = true; }
  void Host(absl::string_view name) override {
    if (host.empty()) host.assign(name.data(), name.size());
  }
  void SafeHost(absl::string_view name) override { Host(name); }
  void Ja4(absl::string_view text) override {
    if (ja4.empty()) ja4.assign(text.data(), text.size());
  }
  void Identify(Protocol p, ProtocolBasis b, int c) override {
    protocol = p;
    basis = b;
    confidence = c;
  }
  void Upgrade() override { earlier.push_back(protocol); }
  void Encrypted(bool yes) override { encrypted = yes ? 1 : 0; }
  void Carries(const char* what, ProtocolBasis) override { carries = what; }
  void Unrecognized() override { ++unrecognized; }
  void Reached(Stage stage) override { stages.push_back(stage); }

  // Every event told so far; ends the process when one is not a message of its
  // arm.
  std::vector<v1::Event> Events() const {
    std::vector<v1::Event> events;
    for (const EventData& item : list_.items) {
      Read(item, &events.emplace_back());
    }
    return events;
  }
  // Ends the process when Events would.
  void CheckEvents() const {
    // One for all: messages keep their memory.
    v1::Event event;
    for (const EventData& item : list_.items) Read(item, &event);
  }

  EventList& list() { return list_; }

  std::vector<DnsData> dns_messages;
  std::vector<std::string> anomalies;
  std::string host;
  std::string ja4;
  Protocol protocol = Protocol::kUnknown;
  ProtocolBasis basis = ProtocolBasis::kNone;
  int confidence = 0;
  // Protocols that carried the present one.
  std::vector<Protocol> earlier;
  bool ambiguous = false;
  std::vector<Stage> stages;
  std::string carries;
  int unrecognized = 0;
  // -1: not told.
  int encrypted = -1;

 private:
  void Read(const EventData& item, v1::Event* event) const {
    const auto* field =
        v1::Event::descriptor()->FindFieldByNumber(static_cast<int>(item.arm));
    const absl::string_view bytes = list_.BytesOf(item);
    if (field == nullptr ||
        !event->GetReflection()
             ->MutableMessage(event, field)
             ->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      std::abort();
    }
  }

  EventList list_;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_FLOW_LISTENER_H_
