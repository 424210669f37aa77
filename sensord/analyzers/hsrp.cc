#include "sensord/analyzers/hsrp.h"

#include <algorithm>
#include <iterator>

#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/hsrp.h"

namespace tapline::hsrp {
namespace {

namespace field = fields::hsrp;

// Version 1: version 0, operation, state, hello and hold time, priority, group,
// a zero, password of 8 bytes, virtual address.
constexpr size_t kBytes1 = 20;
constexpr size_t kPasswordAt = 8;
// Its advertisement: type 1, length, state, a zero, counts and a reserve.
constexpr uint8_t kAdvertise = 3;
constexpr size_t kAdvertiseBytes = 16;
// Version 2: type 1 and length 40; version 2, operation, state, kind of
// address, group of 2 bytes, identifier of 6, priority and two times of 4
// each, address of 16.
constexpr size_t kBytes2 = 42;
constexpr uint8_t kGroupState = 1;
constexpr uint8_t kGroupStateBytes = 40;
constexpr absl::string_view kDefaultPassword("cisco\0\0\0", 8);

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 1985, Protocol::kHsrp},
    {UnitPort::kUdp, 2029, Protocol::kHsrp},
};

const char* StateName1(uint8_t state) {
  switch (state) {
    case 0:
      return "initial";
    case 1:
      return "learn";
    case 2:
      return "listen";
    case 4:
      return "speak";
    case 8:
      return "standby";
    case 16:
      return "active";
    default:
      return nullptr;
  }
}

constexpr const char* kOperations[] = {"hello", "coup", "resign", "advertise"};
constexpr const char* kStates2[] = {"",      "initial", "learn", "listen",
                                    "speak", "standby", "active"};

struct Message {
  uint32_t version = 0;
  uint8_t operation = 0;
  const char* state = nullptr;
  uint32_t group = 0;
  uint32_t priority = 0;
  IpAddress address;
  bool default_password = false;

  bool Read(Bytes b) {
    return b.size() >= 4 && (b[0] == 0 ? Read1(b) : Read2(b));
  }

 private:
  bool Read1(Bytes b);
  bool Read2(Bytes b);
};

bool Message::Read1(Bytes b) {
  version = 1;
  operation = b[1];
  if (operation == kAdvertise) {
    return b.size() == kAdvertiseBytes && LoadBig16(&b[2]) == 1 &&
           LoadBig16(&b[4]) == 10;
  }
  if (b.size() < kBytes1 || operation > kAdvertise) return false;
  state = StateName1(b[2]);
  priority = b[5];
  group = b[6];
  default_password = TextOf(b.subspan(kPasswordAt, 8)) == kDefaultPassword;
  address = IpAddress::FromV4(&b[16]);
  return state != nullptr && b[7] == 0 && b[3] != 0 && b[4] >= b[3];
}

bool Message::Read2(Bytes b) {
  version = 2;
  if (b.size() < kBytes2 || b[0] != kGroupState || b[1] != kGroupStateBytes ||
      b[2] != 2 || b[3] > 2 || b[4] == 0 || b[4] >= std::size(kStates2) ||
      (b[5] != 4 && b[5] != 6)) {
    return false;
  }
  operation = b[3];
  state = kStates2[b[4]];
  group = LoadBig16(&b[6]);
  priority = LoadBig32(&b[14]);
  address = b[5] == 4 ? IpAddress::FromV4(&b[26]) : IpAddress::FromV6(&b[26]);
  return true;
}

Match Probe(const Opening& opening) {
  Message message;
  if (!message.Read(opening.first())) return Match::kNo;
  // Little of version 1 could not be something else.
  const bool sure = message.version == 2 || message.default_password;
  return sure ? Match::kYes : Match::kWeak;
}

class HsrpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  ToldSet<8> told_;
};

Next HsrpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  Message message;
  if (!message.Read(segment.bytes)) return Want::kMore;
  out.Identify(Protocol::kHsrp, ProtocolBasis::kDecoded, 100);
  if (!told_.Add(segment.bytes.first(std::min(
          segment.bytes.size(), message.version == 1 ? kBytes1 : kBytes2)))) {
    return Want::kMore;
  }
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kVersion, message.version);
  event.SetSafe(field::kOperation, kOperations[message.operation]);
  if (message.state == nullptr) return Want::kMore;
  event.SetSafe(field::kState, message.state);
  event.SetNonzero(field::kGroup, message.group);
  event.SetNonzero(field::kPriority, message.priority);
  event.SetSafe(field::kVirtualAddress, message.address.ToString());
  event.SetTrue(field::kDefaultPassword, message.default_password);
  return Want::kMore;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<HsrpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kHsrp,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::hsrp
