#include "sensord/analyzers/bacnet.h"

#include <algorithm>

#include "sensord/analyzers/usage_table.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/bacnet.h"

namespace tapline::bacnet {
namespace {

namespace field = fields::bacnet;

// Type, function, length with these.
constexpr size_t kLinkHead = 4;
constexpr uint8_t kBacnetIp = 0x81;
constexpr uint8_t kLastFunction = 0x0c;
constexpr uint8_t kForwarded = 0x04;
constexpr uint8_t kNetworkVersion = 1;

// The first digit of a message; "network" is ours.
enum Kind : uint8_t {
  kConfirmed = 0,
  kUnconfirmed = 1,
  kSimpleAck = 2,
  kComplexAck = 3,
  kSegmentAck = 4,
  kError = 5,
  kReject = 6,
  kAbort = 7,
  kNetwork = 8,
};
constexpr const char* kKindNames[] = {"confirmed_request",
                                      "unconfirmed_request",
                                      "simple_ack",
                                      "complex_ack",
                                      "segment_ack",
                                      "error",
                                      "reject",
                                      "abort",
                                      "network"};

constexpr const char* kConfirmedNames[] = {"acknowledge_alarm",
                                           "cov_notification",
                                           "event_notification",
                                           "get_alarm_summary",
                                           "get_enrollment_summary",
                                           "subscribe_cov",
                                           "atomic_read_file",
                                           "atomic_write_file",
                                           "add_list_element",
                                           "remove_list_element",
                                           "create_object",
                                           "delete_object",
                                           "read_property",
                                           "read_property_conditional",
                                           "read_property_multiple",
                                           "write_property",
                                           "write_property_multiple",
                                           "device_communication_control",
                                           "private_transfer",
                                           "text_message",
                                           "reinitialize_device",
                                           "vt_open",
                                           "vt_close",
                                           "vt_data",
                                           "authenticate",
                                           "request_key",
                                           "read_range",
                                           "life_safety_operation",
                                           "subscribe_cov_property",
                                           "get_event_information"};
constexpr uint8_t kIAm = 0;
constexpr const char* kUnconfirmedNames[] = {"i_am",
                                             "i_have",
                                             "cov_notification",
                                             "event_notification",
                                             "private_transfer",
                                             "text_message",
                                             "time_synchronization",
                                             "who_has",
                                             "who_is",
                                             "utc_time_synchronization",
                                             "write_group"};

constexpr UnitPort kPorts[] = {{UnitPort::kUdp, 47808, Protocol::kBacnet}};

struct Message {
  bool malformed = false;
  // Link layer alone: nothing of the below.
  bool empty = false;
  uint8_t kind = 0;
  uint8_t service = 0;
  uint32_t device = 0;
  uint32_t vendor = 0;

  // False: the link's head is none.
  bool Read(Bytes b);

 private:
  bool ReadNetwork(ByteCursor& in);
  bool ReadApplication(ByteCursor& in);
  void ReadIAm(ByteCursor in);
};

bool Message::Read(Bytes b) {
  // An original message, to one or to all; or one that was forwarded.
  constexpr uint8_t kDistribute = 0x09;
  constexpr uint8_t kOriginal = 0x0a;
  constexpr uint8_t kBroadcast = 0x0b;
  if (b.size() < kLinkHead || b[0] != kBacnetIp || b[1] > kLastFunction ||
      LoadBig16(&b[2]) < kLinkHead || LoadBig16(&b[2]) > b.size()) {
    return false;
  }
  ByteCursor in(b.data(), b.size());
  in.Limit(LoadBig16(&b[2]));
  in.Skip(kLinkHead);
  // Whom it came from: address and port.
  if (b[1] == kForwarded) in.Skip(6);
  empty = b[1] != kForwarded && b[1] != kDistribute && b[1] != kOriginal &&
          b[1] != kBroadcast;
  if (!empty) malformed = !ReadNetwork(in);
  return true;
}

// Version, control; destination and source with networks, if there are; hops.
bool Message::ReadNetwork(ByteCursor& in) {
  constexpr uint8_t kMessageFlag = 0x80;
  constexpr uint8_t kDestinationFlag = 0x20;
  constexpr uint8_t kSourceFlag = 0x08;
  if (in.U8() != kNetworkVersion) return false;
  const uint8_t control = in.U8();
  if ((control & kDestinationFlag) != 0) {
    in.Skip(2);
    in.Skip(in.U8());
  }
  if ((control & kSourceFlag) != 0) {
    in.Skip(2);
    in.Skip(in.U8());
  }
  if ((control & kDestinationFlag) != 0) in.Skip(1);
  if (!in.ok()) return false;
  if ((control & kMessageFlag) == 0) return ReadApplication(in);
  kind = kNetwork;
  service = in.U8();
  return in.ok();
}

bool Message::ReadApplication(ByteCursor& in) {
  constexpr uint8_t kSegmented = 0x08;
  const uint8_t head = in.U8();
  kind = head >> 4;
  if (kind >= kNetwork) return false;
  switch (kind) {
    case kUnconfirmed:
      break;
    case kConfirmed:
      // Sizes, number; of a segment its number and the window.
      in.Skip((head & kSegmented) != 0 ? 4 : 2);
      break;
    case kComplexAck:
      in.Skip((head & kSegmented) != 0 ? 3 : 1);
      break;
    case kSegmentAck:
      // Numbers and a window, no service.
      return in.Skip(3);
    default:
      in.Skip(1);
      break;
  }
  service = in.U8();
  if (in.ok() && kind == kUnconfirmed && service == kIAm) ReadIAm(in);
  return in.ok();
}

// Object identifier, longest message, segmentation, maker: each a tag with the
// length in its last three bits.
void Message::ReadIAm(ByteCursor in) {
  constexpr uint8_t kObjectIdentifier = 0xc4;
  constexpr uint32_t kInstance = 0x3fffff;
  if (in.U8() != kObjectIdentifier) return;
  const uint32_t object = in.U32();
  for (int i = 0; i < 2; ++i) in.Skip(in.U8() & 7);
  const size_t size = in.U8() & 7;
  const uint8_t* value = in.Take(size);
  if (value == nullptr || size > 4) return;
  device = object & kInstance;
  for (size_t i = 0; i < size; ++i) vendor = vendor << 8 | value[i];
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  Message message;
  if (opening.truncated || !message.Read(b) || message.malformed) {
    return Match::kNo;
  }
  // Link messages are few bytes; others have a version and a known kind too.
  const bool whole = LoadBig16(&b[2]) == b.size();
  return whole && !message.empty ? Match::kYes : Match::kWeak;
}

class BacnetAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const Usage& row : usage_.rows()) {
      // Once is what was told before.
      if (row.requests > 1) Tell(row, nullptr, out);
    }
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + usage_.MemoryBytes();
  }

 private:
  static void Tell(const Usage& row, const Message* message,
                   AnalyzerOutput& out);

  // By kind and service.
  UsageTable usage_;
};

Next BacnetAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  Message message;
  if (!message.Read(segment.bytes)) return Want::kMore;
  if (message.malformed) {
    if (!segment.truncated) out.Anomaly("bacnet.malformed");
    return Want::kMore;
  }
  out.Identify(Protocol::kBacnet, ProtocolBasis::kDecoded, 100);
  if (message.empty) return Want::kMore;
  Usage* row =
      usage_.Find(static_cast<uint64_t>(message.kind) << 8 | message.service);
  if (row == nullptr) {
    out.Anomaly("bacnet.too_many_uses");
    return Want::kMore;
  }
  ++row->requests;
  if (!row->told) Tell(*row, &message, out);
  row->told = true;
  return Want::kMore;
}

const char* NameOf(uint8_t kind, uint8_t service) {
  if (kind == kUnconfirmed) {
    return service < std::size(kUnconfirmedNames) ? kUnconfirmedNames[service]
                                                  : "";
  }
  const bool confirmed = kind == kConfirmed || kind == kSimpleAck ||
                         kind == kComplexAck || kind == kError;
  return confirmed && service < std::size(kConfirmedNames)
             ? kConfirmedNames[service]
             : "";
}

void BacnetAnalyzer::Tell(const Usage& row, const Message* message,
                          AnalyzerOutput& out) {
  const uint8_t kind = row.key >> 8 & 0xff;
  const uint8_t service = row.key & 0xff;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kMessageType, kKindNames[kind]);
  event.SetNonzero(field::kService, service);
  event.SetNonempty(field::kName, NameOf(kind, service));
  if (message != nullptr) {
    event.SetNonzero(field::kDevice, message->device);
    event.SetNonzero(field::kVendor, message->vendor);
  }
  event.SetTrue(field::kEnded, message == nullptr);
  event.SetNonzero(field::kMessages, row.requests);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<BacnetAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kBacnet,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::bacnet
