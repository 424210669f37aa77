#include "sensord/decode/decoder.h"

#include "sensord/decode/duplicate_filter.h"
#include "sensord/decode/fast_path.h"
#include "sensord/decode/frame_walk.h"

namespace tapline {
namespace {

// How far ahead of the walk frames are fetched into the cache.
constexpr size_t kPrefetch = 8;

void RunWalk(FrameWalk& walk) {
  StartLink(walk);
  while (walk.step != Step::kDone) {
    switch (walk.step) {
      case Step::kDone:
        break;
      case Step::kEthernet:
        ReadEthernet(walk);
        break;
      case Step::kEtherType:
        ReadEtherType(walk);
        break;
      case Step::kMpls:
        ReadMpls(walk);
        break;
      case Step::kPppoe:
        ReadPppoe(walk);
        break;
      case Step::kPpp:
        ReadPpp(walk);
        break;
      case Step::kIp: {
        const uint8_t* p = walk.in.Peek(1);
        walk.step = p != nullptr && *p >> 4 == 6 ? Step::kIpv6 : Step::kIpv4;
        break;
      }
      case Step::kIpv4:
        ReadIpv4(walk);
        break;
      case Step::kIpv6:
        ReadIpv6(walk);
        break;
      case Step::kTransport:
        ReadTransport(walk);
        break;
    }
  }
}

// Which packet a sample belongs to is known only now.
void SettleSamples(FrameWalk& walk) {
  std::vector<AnomalySample>& samples = walk.state.out->anomalies;
  const int32_t count = static_cast<int32_t>(walk.state.out->packets.size());
  for (size_t i = walk.first_sample; i < samples.size(); ++i) {
    if (samples[i].packet < count) continue;
    samples[i].packet = walk.packets > 0 ? count - 1 : -1;
  }
}

void Account(FrameWalk& walk) {
  DecodeCounters& counters = walk.state.counters;
  if (walk.packets > 0) {
    counters.decoded.Add();
    // What was found wrong after the last packet is its payload.
    if ((walk.marks & kMarkMalformed) != 0) {
      walk.packet().marks |= kMarkMalformed;
    }
  } else if (walk.held) {
    counters.held.Add();
  } else if (walk.known) {
    counters.decoded.Add();
  } else {
    // A walk that gave nothing has said why.
    if (walk.drop == Anomaly::kCount) Drop(walk, Anomaly::kLinkUnknownType);
    counters.dropped[static_cast<size_t>(walk.drop)].Add();
  }
  SettleSamples(walk);
}

}  // namespace

const char* AnomalyName(Anomaly anomaly) {
  static constexpr const char* kNames[] = {
#define ANOMALY(id, name, drops) name,
#include "sensord/decode/anomalies.def"
#undef ANOMALY
  };
  const size_t i = static_cast<size_t>(anomaly);
  return i < static_cast<size_t>(Anomaly::kCount) ? kNames[i] : "";
}

class Decoder::Impl {
 public:
  Impl(const DecoderOptions& options, ContextTable& contexts)
      : state_(options, contexts),
        duplicates_(options.duplicate_window, state_.secret) {}

  void Decode(const FrameBatch& frames, DecodedBatch& out) {
    out.Clear();
    state_.out = &out;
    const size_t n = frames.frames.size();
    const Frame* f = frames.frames.data();
    const bool fast = !state_.options.verify_checksums;
    uint64_t plain = 0;
    for (size_t i = 0; i < n; ++i) {
      if (i + kPrefetch < n) {
        // Headers seldom lie within one cache line.
        __builtin_prefetch(f[i + kPrefetch].data);
        __builtin_prefetch(f[i + kPrefetch].data + 64);
      }
      if (duplicates_.enabled() && duplicates_.Repeats(f[i])) {
        DropDuplicate();
      } else if (fast && DecodePlain(state_.secret, f[i], out.packets)) {
        ++plain;
      } else {
        DecodeFrame(f[i]);
      }
    }
    state_.counters.frames.Add(plain);
    state_.counters.decoded.Add(plain);
    ExpireFragments(state_, frames.clock);
    out.clock = frames.clock;
    state_.out = nullptr;
  }

  void Finish() { FinishFragments(state_); }

  const DecodeCounters& counters() const { return state_.counters; }

 private:
  void DecodeFrame(const Frame& frame) {
    state_.counters.frames.Add();
    FrameWalk walk(state_, frame);
    RunWalk(walk);
    Account(walk);
  }

  // Without a sample: who asks for this knows that there are some.
  void DropDuplicate() {
    constexpr size_t kIndex = static_cast<size_t>(Anomaly::kFrameDuplicate);
    state_.counters.frames.Add();
    state_.counters.anomalies[kIndex].Add();
    state_.counters.dropped[kIndex].Add();
  }

  DecodeState state_;
  DuplicateFilter duplicates_;
};

Decoder::Decoder(const DecoderOptions& options, ContextTable& contexts)
    : impl_(std::make_unique<Impl>(options, contexts)) {}
Decoder::~Decoder() = default;

void Decoder::Decode(const FrameBatch& frames, DecodedBatch& out) {
  impl_->Decode(frames, out);
}

void Decoder::Finish() { impl_->Finish(); }

const DecodeCounters& Decoder::counters() const { return impl_->counters(); }

}  // namespace tapline
