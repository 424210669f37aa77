// Sources, a sink and a policy for the tests of this folder.

#ifndef TAPLINE_TESTS_SENSORD_CONTROL_CONTROL_HARNESS_H_
#define TAPLINE_TESTS_SENSORD_CONTROL_CONTROL_HARNESS_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/sync/mutex.h"
#include "sensord/control/sources.h"
#include "sensord/journal/record_sink.h"
#include "tests/support/fake_source.h"
#include "tests/support/packet_builder.h"

namespace tapline::testing {

class CountingSink final : public RecordSink {
 public:
  void Accept(absl::Span<v1::Record* const> records) override {
    for (const v1::Record* r : records) flows += r->has_flow();
  }
  std::atomic<uint64_t> flows{0};
};

// Hands out a source's frames, then stays idle until stopped, like a quiet
// link.
class LinkSource final : public FrameSource {
 public:
  explicit LinkSource(
      std::shared_ptr<const std::vector<TimedFrame>> frames,
      std::chrono::milliseconds idle = std::chrono::milliseconds(1))
      : inner_(std::move(frames), 512), idle_(idle) {}

  absl::StatusOr<ReadResult> Read(FrameBatch& batch) override {
    absl::StatusOr<ReadResult> result = inner_.Read(batch);
    if (*result == ReadResult::kFrames) return result;
    MutexLock lock(mutex_);
    if (!stopped_) {
      changed_.wait_for(mutex_, idle_);
    }
    return stopped_ ? ReadResult::kEnd : ReadResult::kIdle;
  }
  CaptureCounters counters() const override { return inner_.counters(); }
  void Stop() override {
    MutexLock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  FakeSource inner_;
  const std::chrono::milliseconds idle_;
  Mutex mutex_;
  CondVar changed_;
  bool stopped_ = false;
};

inline std::shared_ptr<const std::vector<TimedFrame>> UdpFlows(int flows) {
  auto frames = std::make_shared<std::vector<TimedFrame>>();
  for (int i = 0; i < flows; ++i) {
    frames->push_back(
        {1'767'225'600 * kSecondNanos + i,
         Ethernet(0x0800, Ipv4("192.0.2.1", "192.0.2.2", 17,
                               Udp(static_cast<uint16_t>(10'000 + i), 99,
                                   {1, 2, 3})))});
  }
  return frames;
}

inline PolicyPtr TestPolicy() {
  auto policy = std::make_shared<Policy>();
  policy->config = DefaultConfig();
  policy->config.mutable_capture()->set_interface("first0");
  return policy;
}

// Any interface but "none0" is a quiet link that saw `frames`; the BPF text
// "bad" does not compile.
inline Sources SourcesOf(
    std::shared_ptr<const std::vector<TimedFrame>> frames,
    std::chrono::milliseconds idle = std::chrono::milliseconds(1)) {
  Sources sources;
  sources.live =
      [frames,
       idle](const v1::CaptureConfig& config) -> absl::StatusOr<OpenedCapture> {
    if (config.interface() == "none0") {
      return absl::NotFoundError("no interface \"none0\"");
    }
    if (config.bpf() == "bad") {
      return absl::InvalidArgumentError("syntax error in filter");
    }
    OpenedCapture opened;
    opened.interface = config.interface();
    opened.link_type = "EN10MB";
    opened.source = std::make_unique<LinkSource>(frames, idle);
    return opened;
  };
  sources.replay = [frames](
                       const std::vector<std::string>& files,
                       double) -> absl::StatusOr<std::unique_ptr<FrameSource>> {
    if (files.front() == "/quiet") {
      return std::make_unique<LinkSource>(frames);
    }
    return std::make_unique<FakeSource>(frames, 16);
  };
  return sources;
}

inline Sources FakeSources(int flows) { return SourcesOf(UdpFlows(flows)); }

// A connection that asked a web server for `host` and goes on.
inline std::shared_ptr<const std::vector<TimedFrame>> HttpFlow(
    const std::string& host) {
  auto frames = std::make_shared<std::vector<TimedFrame>>();
  const auto add = [&](bool up, uint8_t flags, uint32_t sequence,
                       const std::string& text) {
    const std::string from = up ? "192.0.2.1" : "192.0.2.2";
    const std::string to = up ? "192.0.2.2" : "192.0.2.1";
    TcpFields fields;
    fields.sequence = sequence;
    fields.acknowledgment = (flags & kAck) != 0 ? 1 : 0;
    frames->push_back(
        {1'767'225'600 * kSecondNanos + static_cast<int64_t>(frames->size()),
         Ethernet(0x0800, Ipv4(from, to, 6,
                               Tcp(up ? 40'000 : 80, up ? 80 : 40'000, flags,
                                   Text(text), fields)))});
  };
  add(true, kSyn, 0, "");
  add(false, kSyn | kAck, 0, "");
  add(true, kAck, 1, "");
  add(true, kAck, 1,
      absl::StrCat("GET / HTTP/1.1\r\nHost: ", host, "\r\n\r\n"));
  return frames;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_CONTROL_CONTROL_HARNESS_H_
