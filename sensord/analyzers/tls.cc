#include "sensord/analyzers/tls.h"

#include <utility>

#include "sensord/analyzers/stream_buffer.h"
#include "sensord/analyzers/tls_handshake.h"
#include "sensord/analyzers/tls_stream.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::tls {
namespace {

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 443, Protocol::kTls},   // HTTPS
    {UnitPort::kTcp, 465, Protocol::kTls},   // submissions
    {UnitPort::kTcp, 563, Protocol::kTls},   // nntps
    {UnitPort::kTcp, 636, Protocol::kTls},   // ldaps
    {UnitPort::kTcp, 853, Protocol::kTls},   // domain-s
    {UnitPort::kTcp, 989, Protocol::kTls},   // ftps-data
    {UnitPort::kTcp, 990, Protocol::kTls},   // ftps
    {UnitPort::kTcp, 992, Protocol::kTls},   // telnets
    {UnitPort::kTcp, 993, Protocol::kTls},   // imaps
    {UnitPort::kTcp, 995, Protocol::kTls},   // pop3s
    {UnitPort::kTcp, 2083, Protocol::kTls},  // radsec
    {UnitPort::kTcp, 3269, Protocol::kTls},  // global catalog
    {UnitPort::kTcp, 5061, Protocol::kTls},  // sips
    {UnitPort::kTcp, 5223, Protocol::kTls},  // XMPP, push services
    {UnitPort::kTcp, 5671, Protocol::kTls},  // amqps
    {UnitPort::kTcp, 6514, Protocol::kTls},  // syslog-tls
    {UnitPort::kTcp, 6697, Protocol::kTls},  // ircs-u
    {UnitPort::kTcp, 8443, Protocol::kTls},  // pcsync-https
    {UnitPort::kTcp, 8883, Protocol::kTls},  // secure-mqtt
};

// --- Identification ---------------------------------------------------------

// An SSL 2.0 ClientHello (RFC 5246 E.2): a record of two bytes' head that holds
// it and nothing else.
Match ProbeSsl2(Bytes bytes) {
  constexpr size_t kHead = 11;
  if (bytes.size() > 2 && bytes[2] != tls_message::kClientHello) {
    return Match::kNo;
  }
  if (bytes.size() > 3 && bytes[3] != 0 && bytes[3] != 3) return Match::kNo;
  if (bytes.size() < kHead) return Match::kMore;
  const size_t record = LoadBig16(bytes.data()) & 0x7fff;
  const uint16_t version = LoadBig16(&bytes[3]);
  const size_t ciphers = LoadBig16(&bytes[5]);
  const size_t session_id = LoadBig16(&bytes[7]);
  const size_t challenge = LoadBig16(&bytes[9]);
  const bool good = (version == 2 || (version >= 0x300 && version <= 0x304)) &&
                    ciphers > 0 && ciphers % 3 == 0 &&
                    (session_id == 0 || session_id == 16) && challenge >= 16 &&
                    challenge <= 32 &&
                    record == 9 + ciphers + session_id + challenge;
  return good ? Match::kYes : Match::kNo;
}

// A Certificate message (RFC 5246 7.4.2): lengths of itself, of its list and of
// the first certificate that agree, and DER.
bool IsCertificate(Bytes message) {
  constexpr size_t kListAt = TlsMessageReader::kHead;
  constexpr size_t kFirstAt = kListAt + 3;
  constexpr size_t kDerAt = kFirstAt + 3;
  if (message.size() <= kDerAt) return false;
  const auto length = [&](size_t at) {
    return size_t{message[at]} << 16 | LoadBig16(&message[at + 1]);
  };
  return message[0] == tls_message::kCertificate &&
         length(kListAt) + 3 == length(1) &&
         length(kFirstAt) + 3 <= length(kListAt) && message[kDerAt] == 0x30;
}

// The first message of a handshake: a hello, or any other where the beginning
// was not seen.
Match ProbeHandshake(Bytes bytes, size_t record, bool midstream) {
  constexpr size_t kVersionAt = kTlsRecordHead + TlsMessageReader::kHead;
  const uint8_t type = bytes[kTlsRecordHead];
  const bool hello =
      type == tls_message::kClientHello || type == tls_message::kServerHello;
  if (!hello && midstream && IsCertificate(bytes.subspan(kTlsRecordHead))) {
    return Match::kYes;
  }
  if (!hello) return midstream ? Match::kWeak : Match::kNo;
  // Cut into records so small that nobody else would.
  if (record < kVersionAt + 1 - kTlsRecordHead) return Match::kYes;
  if (bytes.size() <= kVersionAt) return Match::kMore;
  const uint8_t major = bytes[kVersionAt];
  const bool good = bytes[kTlsRecordHead + 1] == 0 &&
                    (major == 3 || (major == 0x7f && type == 2));
  return good ? Match::kYes : Match::kNo;
}

Match ProbeRecord(Bytes bytes, bool midstream) {
  const size_t record = LoadBig16(&bytes[3]);
  if (record > kMaxTlsRecord) return Match::kNo;
  switch (bytes[0]) {
    case tls_record::kHandshake:
      return ProbeHandshake(bytes, record, midstream);
    case tls_record::kAlert:
      if (record != 2) return midstream ? Match::kWeak : Match::kNo;
      if (bytes.size() < kTlsRecordHead + 2) return Match::kMore;
      return bytes[5] == 1 || bytes[5] == 2 ? Match::kYes : Match::kNo;
    case tls_record::kChangeCipherSpec:
      return record == 1 && bytes[5] == 1 ? Match::kYes : Match::kNo;
    case tls_record::kApplicationData:
      return midstream ? Match::kYes : Match::kWeak;
    default:
      return Match::kWeak;
  }
}

Match Probe(const Opening& opening) {
  // Servers that speak before any hello, and empty records, are games: a few
  // are played along.
  constexpr int kMaxEmptyRecords = 16;
  Bytes bytes = opening.first();
  if (!bytes.empty() && bytes[0] >= 0x80) return ProbeSsl2(bytes);
  for (int i = 0; i < kMaxEmptyRecords; ++i) {
    if (!IsTlsRecordHead(bytes)) return Match::kNo;
    if (bytes.size() <= kTlsRecordHead) return Match::kMore;
    if (LoadBig16(&bytes[3]) != 0) return ProbeRecord(bytes, opening.midstream);
    bytes.remove_prefix(kTlsRecordHead);
  }
  return Match::kNo;
}

// --- Reading ----------------------------------------------------------------

class TlsAnalyzer final : public Analyzer {
 public:
  explicit TlsAnalyzer(const FlowIdentity& flow)
      : handshake_(TlsCarrier::kStream, flow) {}

  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override { handshake_.Tell(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + handshake_.MemoryBytes() + side_[0].MemoryBytes() +
           side_[1].MemoryBytes();
  }

 private:
  struct Side {
    TlsRecordReader records;
    TlsMessageReader messages;
    // Its first bytes came.
    bool begun = false;
    // It begins with a message of SSL 2.0, which waits here.
    bool ssl2 = false;
    StreamBuffer ssl2_message{0x7fff + 2};
    // What the record at hand holds is encrypted; known with its first byte.
    bool is_protected = false;
    bool undecided = false;
    // Part of a message is missing: the others before the change of ciphers
    // cannot be found.
    bool blind = false;
    // First byte of an alert that is cut in two.
    bool half_alert = false;
    uint8_t alert_level = 0;

    size_t MemoryBytes() const {
      return messages.MemoryBytes() + ssl2_message.MemoryBytes();
    }
  };

  Want OnSsl2(const Segment& segment, Bytes* input, AnalyzerOutput& out);
  Want OnPiece(const TlsPiece& piece, const Segment& segment,
               AnalyzerOutput& out);
  Want OnHandshake(const TlsPiece& piece, const Segment& segment,
                   AnalyzerOutput& out);
  void OnAlert(const TlsPiece& piece, const Segment& segment,
               AnalyzerOutput& out);
  Want End(AnalyzerOutput& out) {
    handshake_.Tell(out);
    return Want::kDone;
  }

  TlsHandshake handshake_;
  // [0] of the originator.
  Side side_[2];
};

Next TlsAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  Side& side = side_[segment.from_originator ? 0 : 1];
  Bytes input = segment.bytes;
  if (!side.begun && !input.empty()) {
    side.begun = true;
    side.ssl2 = input.front() >= 0x80;
  }
  if (side.ssl2) {
    const Want want = OnSsl2(segment, &input, out);
    if (want != Want::kMore) return want;
  }
  TlsPiece piece;
  while (true) {
    switch (side.records.Next(&input, &piece)) {
      case TlsRecordReader::Result::kMore:
        return Want::kMore;
      case TlsRecordReader::Result::kBroken:
        if (!handshake_.HasHello()) return Want::kWrong;
        out.Anomaly("tls.record_invalid");
        return End(out);
      case TlsRecordReader::Result::kPiece:
        break;
    }
    const Want want = OnPiece(piece, segment, out);
    if (want != Want::kMore) return want;
    if (handshake_.IsOver()) return End(out);
  }
}

Want TlsAnalyzer::OnSsl2(const Segment& segment, Bytes* input,
                         AnalyzerOutput& out) {
  Side& side = side_[segment.from_originator ? 0 : 1];
  const Bytes all = side.ssl2_message.Add(*input);
  const size_t size =
      all.size() < 2 ? 2 : 2 + (LoadBig16(all.data()) & size_t{0x7fff});
  if (all.size() < size || all.size() < 3) {
    side.ssl2_message.Keep(all);
    *input = Bytes();
    return Want::kMore;
  }
  const Bytes message = all.subspan(2, size - 2);
  constexpr uint8_t kSsl2ServerHello = 4;
  if (!message.empty() && message[0] == tls_message::kClientHello) {
    handshake_.OnSsl2ClientHello(message, segment, out);
  } else if (!message.empty() && message[0] == kSsl2ServerHello) {
    handshake_.OnSsl2ServerHello(message, segment, out);
  } else {
    return handshake_.HasHello() ? End(out) : Want::kWrong;
  }
  // Whatever of the segment is behind the message.
  *input = input->last(all.size() - size);
  side.ssl2_message.Keep({});
  side.ssl2 = false;
  return handshake_.IsOver() ? End(out) : Want::kMore;
}

Want TlsAnalyzer::OnPiece(const TlsPiece& piece, const Segment& segment,
                          AnalyzerOutput& out) {
  if (piece.first && piece.record_bytes > kMaxTlsRecord) {
    if (!handshake_.HasHello()) return Want::kWrong;
    out.Anomaly("tls.record_oversize");
  }
  if (piece.first && piece.record_bytes == 0 &&
      piece.type != tls_record::kApplicationData) {
    out.Anomaly("tls.record_empty");
  }
  switch (piece.type) {
    case tls_record::kHandshake:
      return OnHandshake(piece, segment, out);
    case tls_record::kAlert:
      OnAlert(piece, segment, out);
      break;
    case tls_record::kChangeCipherSpec:
      if (piece.first) handshake_.OnChangeCipherSpec(segment.from_originator);
      break;
    case tls_record::kApplicationData:
      if (piece.first) {
        handshake_.OnProtected(piece.type, piece.record_bytes, segment);
      }
      break;
    default:
      break;
  }
  return Want::kMore;
}

Want TlsAnalyzer::OnHandshake(const TlsPiece& piece, const Segment& segment,
                              AnalyzerOutput& out) {
  Side& side = side_[segment.from_originator ? 0 : 1];
  if (piece.first) side.undecided = true;
  if (side.undecided && !piece.bytes.empty()) {
    side.undecided = false;
    const bool may_begin = !side.messages.waiting() && !side.blind;
    side.is_protected = handshake_.IsProtected(
        segment.from_originator, may_begin ? piece.bytes : Bytes());
    if (side.is_protected) {
      handshake_.OnProtected(piece.type, piece.record_bytes, segment);
    }
  }
  if (side.is_protected || side.blind) return Want::kMore;
  Bytes rest = piece.bytes;
  TlsMessageReader::Message message;
  while (true) {
    switch (side.messages.Next(&rest, &message)) {
      case TlsMessageReader::Result::kMore:
        return Want::kMore;
      case TlsMessageReader::Result::kOversize:
        if (!handshake_.HasHello()) return Want::kWrong;
        out.Anomaly("tls.handshake_oversize");
        return End(out);
      case TlsMessageReader::Result::kMessage:
        break;
    }
    if (!handshake_.OnMessage(message.type, message.body, segment, out)) {
      return Want::kWrong;
    }
  }
}

void TlsAnalyzer::OnAlert(const TlsPiece& piece, const Segment& segment,
                          AnalyzerOutput& out) {
  // Encrypted ones are longer.
  if (piece.record_bytes != 2) {
    if (piece.first) {
      handshake_.OnProtected(piece.type, piece.record_bytes, segment);
    }
    return;
  }
  Side& side = side_[segment.from_originator ? 0 : 1];
  for (const uint8_t byte : piece.bytes) {
    if (!side.half_alert) {
      side.alert_level = byte;
      side.half_alert = true;
      continue;
    }
    side.half_alert = false;
    handshake_.OnAlert(side.alert_level, byte, segment);
    out.Identify(Protocol::kTls, ProtocolBasis::kDecoded, 100);
  }
}

Next TlsAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                        AnalyzerOutput& out) {
  Side& side = side_[from_originator ? 0 : 1];
  handshake_.OnLoss();
  const bool handshake = side.records.type() == tls_record::kHandshake;
  if (side.ssl2 || !side.records.Skip(bytes)) return End(out);
  if (handshake && !side.is_protected) side.blind = true;
  return Want::kMore;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow) {
  return std::make_unique<TlsAnalyzer>(flow);
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kTls,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::tls
