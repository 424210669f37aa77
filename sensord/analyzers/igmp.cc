#include "sensord/analyzers/igmp.h"

#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/igmp.h"

namespace tapline::igmp {
namespace {

namespace field = fields::igmp;

constexpr uint8_t kIpProtocol = 2;
// Type, time, checksum, group.
constexpr size_t kHead = 8;
constexpr size_t kQuery3 = 12;
// Of version 3: type, reserved, checksum, reserved, count; each record: type,
// words of more, count of sources, group.
constexpr size_t kRecordHead = 8;
constexpr size_t kMaxGroups = 16;

enum Type : uint8_t {
  kQuery = 0x11,
  kReport1 = 0x12,
  kReport2 = 0x16,
  kLeave = 0x17,
  kReport3 = 0x22,
};
// A record that changes to including: of nothing, it leaves.
constexpr uint8_t kToInclude = 3;

class IgmpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  ToldSet<16> told_;
};

void TellGroup(EventWriter& event, const uint8_t* group) {
  if (LoadBig32(group) == 0) return;
  event.SetSafe(field::kGroups, IpAddress::FromV4(group).ToString());
}

// False: a record ends behind the message.
bool TellRecords(ByteCursor in, EventWriter& event) {
  const uint16_t count = in.U16();
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* record = in.Take(kRecordHead);
    if (record == nullptr) return false;
    const size_t more = 4u * LoadBig16(record + 2) + 4u * record[1];
    if (!in.Skip(more)) return false;
    if (i < kMaxGroups) TellGroup(event, record + 4);
  }
  return true;
}

// Whether all a version 3 report says is that groups are left.
bool OnlyLeaves(Bytes b) {
  return b.size() >= 2 * kRecordHead && LoadBig16(&b[6]) == 1 &&
         b[8] == kToInclude && LoadBig16(&b[10]) == 0;
}

Next IgmpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const Bytes b = segment.bytes;
  if (b.size() < kHead) {
    if (!segment.truncated) out.Anomaly("igmp.malformed");
    return Want::kMore;
  }
  const uint8_t type = b[0];
  const bool known = type == kQuery || type == kReport1 || type == kReport2 ||
                     type == kLeave || type == kReport3;
  // DVMRP and others that share the number.
  if (!known || !told_.Add(b)) return Want::kMore;
  bool whole = true;
  {
    EventWriter event = out.NewEvent(field::kEvent);
    const bool leaves = type == kLeave || (type == kReport3 && OnlyLeaves(b));
    event.SetSafe(field::kMessageType, type == kQuery ? "query"
                                       : leaves       ? "leave"
                                                      : "report");
    uint32_t version = 2;
    if (type == kReport1 || (type == kQuery && b[1] == 0)) version = 1;
    if (type == kReport3 || (type == kQuery && b.size() >= kQuery3)) {
      version = 3;
    }
    event.Set(field::kVersion, version);
    if (type == kReport3) {
      whole = TellRecords(ByteCursor(&b[6], b.size() - 6), event);
    } else {
      TellGroup(event, &b[4]);
    }
  }
  if (!whole && !segment.truncated) out.Anomaly("igmp.malformed");
  return Want::kMore;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<IgmpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {
      .protocol = Protocol::kIgmp, .ip_protocol = kIpProtocol, .open = Open};
  return kUnit;
}

}  // namespace tapline::igmp
