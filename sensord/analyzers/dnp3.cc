#include "sensord/analyzers/dnp3.h"

#include <algorithm>

#include "sensord/analyzers/message_reader.h"
#include "sensord/analyzers/usage_table.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/dnp3.h"

namespace tapline::dnp3 {
namespace {

namespace field = fields::dnp3;

// Two bytes of start, length of what follows it without checksums, control,
// destination, source, checksum; then blocks of 16 bytes with a checksum each.
constexpr size_t kHead = 10;
constexpr uint8_t kStart0 = 0x05;
constexpr uint8_t kStart1 = 0x64;
// Control and addresses.
constexpr size_t kMinLength = 5;
constexpr size_t kBlock = 16;
constexpr size_t kChecksum = 2;
// Transport, control and function are in the first block.
constexpr size_t kMaxFrame = kHead + 250 + 16 * kChecksum;
constexpr uint8_t kFirstOfTransport = 0x40;
constexpr uint8_t kResponse = 129;
constexpr uint8_t kUnsolicited = 130;

struct Function {
  uint8_t code;
  const char* name;
  bool control;
};

constexpr Function kFunctions[] = {
    {0, "confirm", false},
    {1, "read", false},
    {2, "write", true},
    {3, "select", true},
    {4, "operate", true},
    {5, "direct_operate", true},
    {6, "direct_operate_no_response", true},
    {7, "freeze", true},
    {8, "freeze_no_response", true},
    {9, "freeze_clear", true},
    {10, "freeze_clear_no_response", true},
    {13, "cold_restart", true},
    {14, "warm_restart", true},
    {15, "initialize_data", true},
    {16, "initialize_application", true},
    {17, "start_application", true},
    {18, "stop_application", true},
    {19, "save_configuration", true},
    {20, "enable_unsolicited", false},
    {21, "disable_unsolicited", true},
    {22, "assign_class", true},
    {23, "delay_measurement", false},
    {24, "record_current_time", false},
    {25, "open_file", true},
    {26, "close_file", false},
    {27, "delete_file", true},
    {28, "get_file_information", false},
    {29, "authenticate_file", false},
    {30, "abort_file", false},
    {31, "activate_configuration", true},
    {32, "authentication_request", false},
    {33, "authentication_error", false},
    {kResponse, "response", false},
    {kUnsolicited, "unsolicited_response", false},
    {131, "authentication_response", false},
};

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 20000, Protocol::kDnp3},
    {UnitPort::kUdp, 20000, Protocol::kDnp3},
};

// CRC-16 with the polynomial 0x3d65, lowest bit first, inverted.
uint16_t ChecksumOf(const uint8_t* p, size_t size) {
  constexpr uint16_t kReversed = 0xa6bc;
  uint16_t crc = 0;
  for (size_t i = 0; i < size; ++i) {
    crc ^= p[i];
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ kReversed
                                                 : crc >> 1);
    }
  }
  return static_cast<uint16_t>(~crc);
}

bool HasStart(Bytes b) {
  return b[0] == kStart0 && b[1] == kStart1 && b[2] >= kMinLength;
}

bool HasChecksum(Bytes b) {
  return ChecksumOf(b.data(), kHead - kChecksum) == LoadLittle16(&b[8]);
}

// Of the whole frame.
size_t BytesOf(Bytes head) {
  const size_t data = head[2] - kMinLength;
  return kHead + data + (data + kBlock - 1) / kBlock * kChecksum;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (!b.empty() && b[0] != kStart0) return Match::kNo;
  if (b.size() > 1 && b[1] != kStart1) return Match::kNo;
  if (b.size() < kHead) {
    return opening.datagram ? Match::kNo : Match::kMore;
  }
  return HasStart(b) && HasChecksum(b) ? Match::kYes : Match::kNo;
}

class Dnp3Analyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    for (const Usage& row : usage_.rows()) Tell(row, true, out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes() +
           usage_.MemoryBytes();
  }

 private:
  void OnFrame(Bytes frame, AnalyzerOutput& out);
  static void Tell(const Usage& row, bool ended, AnalyzerOutput& out);

  MessageReader in_[2] = {MessageReader(kMaxFrame), MessageReader(kMaxFrame)};
  // By source, destination and function.
  UsageTable usage_;
};

Next Dnp3Analyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageReader datagram(kMaxFrame);
  MessageReader& in =
      segment.datagram ? datagram : in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  while (in.Peek(kHead, &b)) {
    if (!HasStart(b)) {
      out.Anomaly("dnp3.malformed");
      if (segment.datagram) return Want::kMore;
      OnEnd(out);
      return Want::kDone;
    }
    if (!HasChecksum(b)) out.Anomaly("dnp3.checksum");
    const size_t whole = BytesOf(b);
    if (!in.Peek(whole, &b)) break;
    out.Identify(Protocol::kDnp3, ProtocolBasis::kDecoded, 100);
    OnFrame(b, out);
    in.Pass(whole);
  }
  return Want::kMore;
}

void Dnp3Analyzer::OnFrame(Bytes frame, AnalyzerOutput& out) {
  // Behind the header: transport, control, function; of a response two bytes
  // of indications, the second of which says what was wrong.
  constexpr size_t kTransportAt = kHead;
  constexpr size_t kFunctionAt = kHead + 2;
  constexpr size_t kIndicationAt = kHead + 4;
  constexpr uint8_t kWrong = 0x0f;
  // Link layer alone, or the middle of a longer message.
  if (frame[2] < kMinLength + 3 ||
      (frame[kTransportAt] & kFirstOfTransport) == 0) {
    return;
  }
  const uint8_t function = frame[kFunctionAt];
  Usage* row = usage_.Find(uint64_t{LoadLittle16(&frame[6])} << 32 |
                           uint64_t{LoadLittle16(&frame[4])} << 8 | function);
  if (row == nullptr) {
    out.Anomaly("dnp3.too_many_uses");
    return;
  }
  ++row->requests;
  const bool response = function == kResponse || function == kUnsolicited;
  if (response && frame[2] >= kMinLength + 5 &&
      (frame[kIndicationAt] & kWrong) != 0) {
    ++row->errors;
  }
  if (!row->told) Tell(*row, false, out);
  row->told = true;
}

void Dnp3Analyzer::Tell(const Usage& row, bool ended, AnalyzerOutput& out) {
  const uint8_t code = row.key & 0xff;
  const auto* function =
      std::find_if(std::begin(kFunctions), std::end(kFunctions),
                   [code](const Function& f) { return f.code == code; });
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetNonzero(field::kSource, row.key >> 32);
  event.SetNonzero(field::kDestination, row.key >> 8 & 0xffff);
  event.SetNonzero(field::kFunction, code);
  if (function != std::end(kFunctions)) {
    event.SetSafe(field::kName, function->name);
    event.SetTrue(field::kControl, function->control);
  }
  event.SetTrue(field::kEnded, ended);
  event.SetNonzero(field::kMessages, row.requests);
  event.SetNonzero(field::kErrors, row.errors);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<Dnp3Analyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kDnp3,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::dnp3
