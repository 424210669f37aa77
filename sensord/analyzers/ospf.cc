#include "sensord/analyzers/ospf.h"

#include <algorithm>
#include <array>

#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/ospf.h"

namespace tapline::ospf {
namespace {

namespace field = fields::ospf;

constexpr uint8_t kIpProtocol = 89;
// Version, type, length, router, area, checksum, then version 2 authentication
// of 2 + 8 bytes, version 3 an instance and a zero.
constexpr size_t kHead2 = 24;
constexpr size_t kHead3 = 16;
constexpr uint8_t kHello = 1;
constexpr const char* kTypeNames[] = {"",
                                      "hello",
                                      "database_description",
                                      "link_state_request",
                                      "link_state_update",
                                      "link_state_acknowledgment"};

class OspfAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  // The header's fields.
  void Begin(EventWriter& event, uint8_t type) const;
  void OnHello(ByteCursor in, AnalyzerOutput& out);

  // Of the last header.
  uint8_t version_ = 0;
  uint16_t authentication_ = 0;
  uint32_t router_ = 0;
  uint32_t area_ = 0;
  // Hellos told last, of both directions.
  ToldSet<4> told_;
  std::array<uint32_t, std::size(kTypeNames)> counts_{};
};

Next OspfAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  constexpr size_t kAuthenticationAt = 14;
  constexpr uint16_t kPassword = 1;
  const Bytes b = segment.bytes;
  const bool v2 = !b.empty() && b[0] == 2;
  const size_t head = v2 ? kHead2 : kHead3;
  if (b.size() < head || (b[0] != 2 && b[0] != 3) || b[1] == 0 ||
      b[1] >= std::size(kTypeNames) || LoadBig16(&b[2]) < head) {
    if (!segment.truncated) out.Anomaly("ospf.malformed");
    return Want::kMore;
  }
  // What signs the packet, or a link-local block, follows its length.
  const size_t length = LoadBig16(&b[2]);
  if (length > b.size() && !segment.truncated) out.Anomaly("ospf.malformed");
  version_ = b[0];
  router_ = LoadBig32(&b[4]);
  area_ = LoadBig32(&b[8]);
  authentication_ = v2 ? LoadBig16(&b[kAuthenticationAt]) : 0;
  if (authentication_ == kPassword) out.Anomaly("ospf.plain_password");
  ++counts_[b[1]];
  if (b[1] != kHello) return Want::kMore;
  const size_t end = std::min(length, b.size());
  OnHello(ByteCursor(b.data() + head, end - head), out);
  return Want::kMore;
}

void OspfAnalyzer::Begin(EventWriter& event, uint8_t type) const {
  event.Set(field::kVersion, version_);
  event.SetSafe(field::kMessageType, kTypeNames[type]);
  event.SetSafe(field::kRouterId, IpAddress::FromV4(router_).ToString());
  event.SetSafe(field::kAreaId, IpAddress::FromV4(area_).ToString());
  if (version_ != 2) return;
  event.SetSafe(field::kAuthentication, authentication_ == 0 ? "none"
                                        : authentication_ == 1
                                            ? "password"
                                            : "cryptographic");
}

// Version 2: mask, interval of 2 bytes, options, priority, dead interval of 4.
// Version 3: interface, priority, options of 3 bytes, two intervals of 2.
// Then the two designated routers, then the neighbours.
void OspfAnalyzer::OnHello(ByteCursor in, AnalyzerOutput& out) {
  const Bytes all(in.position(), in.left());
  in.Skip(4);
  uint32_t interval;
  uint32_t dead;
  uint8_t priority;
  if (version_ == 2) {
    interval = in.U16();
    in.Skip(1);
    priority = in.U8();
    dead = in.U32();
  } else {
    priority = in.U8();
    in.Skip(3);
    interval = in.U16();
    dead = in.U16();
  }
  const uint32_t designated = in.U32();
  const uint32_t backup = in.U32();
  if (!in.ok()) {
    out.Anomaly("ospf.malformed");
    return;
  }
  if (!told_.Add(all, router_)) return;
  EventWriter event = out.NewEvent(field::kEvent);
  Begin(event, kHello);
  event.SetNonzero(field::kHelloIntervalSeconds, interval);
  event.SetNonzero(field::kDeadIntervalSeconds, dead);
  event.SetNonzero(field::kPriority, priority);
  if (designated != 0) {
    event.SetSafe(field::kDesignatedRouter,
                  IpAddress::FromV4(designated).ToString());
  }
  if (backup != 0) {
    event.SetSafe(field::kBackupRouter, IpAddress::FromV4(backup).ToString());
  }
  event.SetNonzero(field::kNeighbors, in.left() / 4);
}

void OspfAnalyzer::OnEnd(AnalyzerOutput& out) {
  for (uint8_t type = kHello + 1; type < counts_.size(); ++type) {
    if (counts_[type] == 0) continue;
    EventWriter event = out.NewEvent(field::kEvent);
    Begin(event, type);
    event.Set(field::kMessages, counts_[type]);
  }
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<OspfAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {
      .protocol = Protocol::kOspf, .ip_protocol = kIpProtocol, .open = Open};
  return kUnit;
}

}  // namespace tapline::ospf
