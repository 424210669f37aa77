#include "sensord/dissect/dissector.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/output/value_text.h"
#include "sensord/capture/link_type.h"
#include "sensord/decode/decoder.h"
#include "sensord/dissect/application.h"
#include "sensord/dissect/layer_walk.h"

namespace tapline {
namespace {

// Each step takes at least a byte; frames with more headers are made to annoy.
constexpr int kMaxHeaders = 48;

DecoderOptions Options() {
  DecoderOptions options;
  options.fragment_bytes = 256 << 10;
  return options;
}

bool Drops(absl::string_view anomaly) {
#define ANOMALY(id, name, drops) \
  if (anomaly == name) return drops;
#include "sensord/decode/anomalies.def"
#undef ANOMALY
  return false;
}

// The layer that an anomaly ("ip6.frag_overlap") is about; the frame's own
// layer ("") where it has none.
absl::string_view LayerOf(absl::string_view anomaly, const LayerWriter& out) {
  const absl::string_view subject = anomaly.substr(0, anomaly.find('.'));
  if (subject == "ip") return out.HasLayer("ip") ? "ip" : "ipv6";
  if (subject == "ip6") return "ipv6";
  if (subject == "link") return out.HasLayer("eth") ? "eth" : "sll";
  if (subject == "icmp") return out.HasLayer("icmp") ? "icmp" : "icmpv6";
  if (subject == "pppoe") return "pppoes";
  return out.HasLayer(subject) ? subject : "";
}

std::vector<TunnelKind> TunnelsOf(const DecodedBatch& decoded,
                                  const ContextTable& contexts) {
  std::vector<TunnelKind> kinds;
  if (decoded.packets.empty()) return kinds;
  const Context& innermost = contexts.Get(decoded.packets.back().context);
  for (int i = 0; i < innermost.tunnel_count; ++i) {
    kinds.push_back(innermost.tunnels[i]);
  }
  return kinds;
}

void WriteFrame(const Frame& frame, LayerWriter& out) {
  out.Begin("frame", "Frame", frame.data, frame.captured_bytes);
  // Wireshark counts from 1.
  out.Number("frame.number", frame.ordinal + 1, nullptr, 0);
  out.Number("frame.ordinal", frame.ordinal, nullptr, 0);
  google::protobuf::Timestamp time;
  time.set_seconds(frame.time / kSecondNanos);
  time.set_nanos(static_cast<int32_t>(frame.time % kSecondNanos));
  out.Text("frame.time", TimestampText(time), nullptr, 0);
  out.Number("frame.len", frame.wire_bytes, nullptr, 0, "bytes");
  out.Number("frame.cap_len", frame.captured_bytes, nullptr, 0, "bytes");
  out.Text("frame.encap_type", LinkTypeName(frame.link_type), nullptr, 0);
}

void Step(LayerWalk& walk) {
  switch (walk.step) {
    case LayerStep::kDone:
      return;
    case LayerStep::kEthernet:
      return DissectEthernet(walk);
    case LayerStep::kEtherType:
      return DissectEtherType(walk);
    case LayerStep::kMpls:
      return DissectMpls(walk);
    case LayerStep::kPppoe:
      return DissectPppoe(walk);
    case LayerStep::kPpp:
      return DissectPpp(walk);
    case LayerStep::kIp: {
      const uint8_t* p = walk.in.Peek(1);
      const bool six = p != nullptr && *p >> 4 == 6;
      return six ? DissectIpv6(walk) : DissectIpv4(walk);
    }
    case LayerStep::kIpv4:
      return DissectIpv4(walk);
    case LayerStep::kIpv6:
      return DissectIpv6(walk);
    case LayerStep::kTransport:
      return DissectTransport(walk);
  }
}

}  // namespace

class Dissector::Impl {
 public:
  explicit Impl(AnalyzerOptions analyzers)
      : analyzers_(std::move(analyzers)), decoder_(Options(), contexts_) {}

  v1::Dissection Dissect(const Frame& frame, bool headers_only) {
    v1::Dissection dissection;
    LayerWriter out(frame, dissection);
    WriteFrame(frame, out);
    batch_.frames.assign(1, frame);
    batch_.clock = frame.clock;
    decoder_.Decode(batch_, decoded_);
    LayerWalk walk(frame, out);
    walk.tunnels = TunnelsOf(decoded_, contexts_);
    StartLink(walk);
    while (walk.step != LayerStep::kDone && walk.headers < kMaxHeaders) {
      Step(walk);
    }
    if (walk.step != LayerStep::kDone) dissection.set_truncated(true);
    if (!WritePayload(out)) WriteRest(walk, headers_only, out);
    for (const AnomalySample& anomaly : decoded_.anomalies) {
      out.RemarkLayer(LayerOf(anomaly.name, out),
                      Drops(anomaly.name) ? kError : kWarn, anomaly.name);
    }
    // Pieces of datagrams must not meet in a later call.
    decoder_.Finish();
    batch_.frames.clear();
    return dissection;
  }

 private:
  // False when there is no payload to understand.
  bool WritePayload(LayerWriter& out) {
    if (decoded_.packets.empty()) return false;
    const Packet& packet = decoded_.packets.back();
    if (packet.payload_captured == 0) return false;
    if ((packet.marks & (kMarkArp | kMarkNoTransport)) != 0) return false;
    // New ones: units may remember what one flow told them for another.
    const auto analyzers = NewAnalyzerSet(analyzers_);
    const bool header = packet.ip_protocol == kIpProtoIcmp ||
                        packet.ip_protocol == kIpProtoIcmpV6;
    // All of it was dissected as headers.
    if (header) WriteRemarks(packet, *analyzers, out);
    if (!header) WriteApplication(packet, *analyzers, out);
    return !header;
  }

  // What no layer names.
  static void WriteRest(const LayerWalk& walk, bool headers_only,
                        LayerWriter& out) {
    const size_t size = walk.WireLeft();
    if (size == 0 || walk.quoted) return;
    out.Begin("data", walk.fragment ? "Fragment" : "Data", walk.in.position(),
              walk.in.left());
    out.Number("data.len", size, walk.in.position(), walk.in.left(), "bytes");
    if (walk.in.left() == size) return;
    out.Remark(kNote, headers_only ? "not kept in metadata mode"
                                   : "not captured completely");
  }

  const AnalyzerOptions analyzers_;
  ContextTable contexts_;
  Decoder decoder_;
  FrameBatch batch_;
  DecodedBatch decoded_;
};

Dissector::Dissector(AnalyzerOptions analyzers)
    : impl_(std::make_unique<Impl>(std::move(analyzers))) {}
Dissector::~Dissector() = default;

v1::Dissection Dissector::Dissect(const Frame& frame, bool headers_only) {
  return impl_->Dissect(frame, headers_only);
}

}  // namespace tapline
