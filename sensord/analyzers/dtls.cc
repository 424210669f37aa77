// Layout (RFC 6347 4.1, 4.2.2):
//
//   record:   type:u8 version:u16 epoch:u16 number:u48 length:u16
//   fragment: type:u8 length:u24 message:u16 offset:u24 length-here:u24
//
// DTLS 1.3 encrypts under a head of its own, 001CSLEE (RFC 9147 4).

#include "sensord/analyzers/dtls.h"

#include <bitset>
#include <utility>
#include <vector>

#include "sensord/analyzers/range_buffer.h"
#include "sensord/analyzers/tls_handshake.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::dtls {
namespace {

constexpr size_t kRecordHead = 13;
constexpr size_t kFragmentHead = 12;
constexpr size_t kMaxRecord = (1 << 14) + 2048;
constexpr uint8_t kAck = 26;

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 2083, Protocol::kDtls},   // radsec
    {UnitPort::kUdp, 3391, Protocol::kDtls},   // remote desktop gateways
    {UnitPort::kUdp, 5684, Protocol::kDtls},   // coaps
    {UnitPort::kUdp, 10161, Protocol::kDtls},  // snmpdtls
};

struct RecordHead {
  uint8_t type = 0;
  uint16_t epoch = 0;
  size_t length = 0;

  // False when no record begins here.
  bool Read(Bytes bytes) {
    if (bytes.size() < kRecordHead) return false;
    type = bytes[0];
    const uint16_t version = LoadBig16(&bytes[1]);
    epoch = LoadBig16(&bytes[3]);
    length = LoadBig16(&bytes[11]);
    const bool known = version == 0xfeff || version == 0xfefd ||
                       version == 0xfefc || version == 0x0100;
    return known && type >= tls_record::kChangeCipherSpec && type <= kAck &&
           length <= kMaxRecord;
  }
};

struct Fragment {
  uint8_t type = 0;
  size_t message_bytes = 0;
  uint16_t message = 0;
  size_t offset = 0;
  Bytes bytes;
  // Lies within its message.
  bool good = false;

  // Takes one off `record`; false when no whole one is left.
  bool Take(Bytes* record) {
    ByteCursor cursor(record->data(), record->size());
    type = cursor.U8();
    message_bytes = U24(cursor);
    message = cursor.U16();
    offset = U24(cursor);
    const size_t size = U24(cursor);
    const uint8_t* data = cursor.Take(size);
    if (data == nullptr) return false;
    bytes = {data, size};
    good = offset <= message_bytes && size <= message_bytes - offset;
    record->remove_prefix(kFragmentHead + size);
    return true;
  }

 private:
  static size_t U24(ByteCursor& cursor) {
    const size_t high = cursor.U8();
    return high << 16 | cursor.U16();
  }
};

Match Probe(const Opening& opening) {
  const Bytes datagram = opening.first();
  RecordHead head;
  if (!head.Read(datagram) || head.length == 0) return Match::kNo;
  const Bytes rest = datagram.subspan(kRecordHead);
  if (head.length > rest.size()) {
    return opening.truncated ? Match::kWeak : Match::kNo;
  }
  // Records fill the datagram.
  RecordHead next;
  const Bytes behind = rest.subspan(head.length);
  if (!behind.empty() && (behind[0] & 0xe0) != 0x20 && !next.Read(behind)) {
    return Match::kNo;
  }
  if (head.epoch != 0 || head.type != tls_record::kHandshake) {
    return Match::kYes;
  }
  Bytes record = rest.first(head.length);
  Fragment fragment;
  return fragment.Take(&record) && fragment.good && fragment.type <= 25
             ? Match::kYes
             : Match::kNo;
}

class DtlsAnalyzer final : public Analyzer {
 public:
  explicit DtlsAnalyzer(const FlowIdentity& flow)
      : handshake_(TlsCarrier::kDatagram, flow) {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override { handshake_.Tell(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + handshake_.MemoryBytes() + WaitingBytes() +
           sizeof(Waiting) *
               (side_[0].waiting.capacity() + side_[1].waiting.capacity());
  }

 private:
  static constexpr size_t kMaxBytes = 64 << 10;
  static constexpr int kMaxRecords = 64;
  // Messages of a handshake, of each side, are fewer.
  static constexpr size_t kMaxMessages = 64;
  static constexpr size_t kMaxWaiting = 8;

  // A message whose fragments have not all come.
  struct Waiting {
    uint16_t message = 0;
    uint8_t type = 0;
    size_t bytes = 0;
    RangeBuffer buffer{kMaxBytes};
  };
  struct Side {
    // By number: told already. They come again when an answer is late.
    std::bitset<kMaxMessages> done;
    std::vector<Waiting> waiting;
  };

  // False when the datagram goes on with what is no record.
  bool OnRecord(Bytes* rest, const Segment& segment, AnalyzerOutput& out);
  void OnPlain(const RecordHead& head, Bytes bytes, const Segment& segment,
               AnalyzerOutput& out);
  void OnFragment(const Fragment& fragment, const Segment& segment,
                  AnalyzerOutput& out);
  void OnPart(const Fragment& fragment, const Segment& segment,
              AnalyzerOutput& out);
  size_t WaitingBytes() const;

  TlsHandshake handshake_;
  // [0] of the originator.
  Side side_[2];
};

Next DtlsAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  Bytes rest = segment.bytes;
  for (int i = 0; i < kMaxRecords && !rest.empty(); ++i) {
    const bool more = OnRecord(&rest, segment, out);
    if (handshake_.IsOver()) {
      handshake_.Tell(out);
      return Want::kDone;
    }
    if (!more) break;
  }
  return Want::kMore;
}

bool DtlsAnalyzer::OnRecord(Bytes* rest, const Segment& segment,
                            AnalyzerOutput& out) {
  if ((rest->front() & 0xe0) == 0x20) {
    // How long it is depends on the size of connection ids; of a datagram with
    // several only the sum is known.
    handshake_.OnProtected(tls_record::kApplicationData, rest->size(), segment);
    return false;
  }
  RecordHead head;
  if (!head.Read(*rest)) {
    // STUN and RTP share ports with DTLS (RFC 7983).
    if (rest->data() != segment.bytes.data()) {
      out.Anomaly("dtls.record_invalid");
    }
    return false;
  }
  rest->remove_prefix(kRecordHead);
  if (head.length > rest->size()) {
    if (!segment.truncated) out.Anomaly("dtls.record_invalid");
    return false;
  }
  const Bytes bytes = rest->first(head.length);
  rest->remove_prefix(head.length);
  if (head.epoch != 0) {
    handshake_.OnProtected(head.type, head.length, segment);
  } else {
    OnPlain(head, bytes, segment, out);
  }
  return true;
}

void DtlsAnalyzer::OnPlain(const RecordHead& head, Bytes bytes,
                           const Segment& segment, AnalyzerOutput& out) {
  switch (head.type) {
    case tls_record::kHandshake: {
      Fragment fragment;
      while (!bytes.empty()) {
        if (!fragment.Take(&bytes) || !fragment.good) {
          out.Anomaly("dtls.fragment_invalid");
          return;
        }
        OnFragment(fragment, segment, out);
      }
      break;
    }
    case tls_record::kChangeCipherSpec:
      handshake_.OnChangeCipherSpec(segment.from_originator);
      break;
    case tls_record::kAlert:
      if (bytes.size() == 2) handshake_.OnAlert(bytes[0], bytes[1], segment);
      break;
    default:
      break;
  }
}

void DtlsAnalyzer::OnFragment(const Fragment& fragment, const Segment& segment,
                              AnalyzerOutput& out) {
  Side& side = side_[segment.from_originator ? 0 : 1];
  if (fragment.message >= kMaxMessages || side.done[fragment.message]) return;
  if (fragment.bytes.size() < fragment.message_bytes) {
    OnPart(fragment, segment, out);
    return;
  }
  // A server that asks for a cookie may count from 0 again.
  side.done[fragment.message] =
      fragment.type != tls_message::kHelloVerifyRequest;
  handshake_.OnMessage(fragment.type, fragment.bytes, segment, out);
}

void DtlsAnalyzer::OnPart(const Fragment& fragment, const Segment& segment,
                          AnalyzerOutput& out) {
  Side& side = side_[segment.from_originator ? 0 : 1];
  size_t i = 0;
  while (i < side.waiting.size() &&
         side.waiting[i].message != fragment.message) {
    ++i;
  }
  if (fragment.message_bytes > kMaxBytes || i == kMaxWaiting ||
      WaitingBytes() + fragment.bytes.size() > kMaxBytes) {
    out.Anomaly("dtls.handshake_oversize");
    return;
  }
  if (i == side.waiting.size()) {
    Waiting& added = side.waiting.emplace_back();
    added.message = fragment.message;
    added.type = fragment.type;
    added.bytes = fragment.message_bytes;
  }
  Waiting& waiting = side.waiting[i];
  if (waiting.bytes != fragment.message_bytes ||
      waiting.type != fragment.type) {
    out.Anomaly("dtls.fragment_invalid");
    return;
  }
  if (waiting.buffer.Add(fragment.offset, fragment.bytes) ==
      RangeBuffer::Result::kDiffers) {
    out.Anomaly("dtls.overlap_diff");
    out.Ambiguous();
  }
  if (waiting.buffer.Ready().size() < waiting.bytes) return;
  side.done[fragment.message] = true;
  handshake_.OnMessage(waiting.type, waiting.buffer.Ready(), segment, out);
  side.waiting.erase(side.waiting.begin() + static_cast<std::ptrdiff_t>(i));
}

size_t DtlsAnalyzer::WaitingBytes() const {
  size_t bytes = 0;
  for (const Side& side : side_) {
    for (const Waiting& waiting : side.waiting) {
      bytes += waiting.buffer.MemoryBytes();
    }
  }
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow) {
  return std::make_unique<DtlsAnalyzer>(flow);
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kDtls,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::dtls
