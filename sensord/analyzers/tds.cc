#include "sensord/analyzers/tds.h"

#include "sensord/analyzers/framed_stream.h"
#include "sensord/analyzers/gss_session.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/tds_message.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/tds.h"

namespace tapline::tds {
namespace {

namespace field = fields::tds;

constexpr size_t kMaxHead = 8 << 10;
constexpr size_t kTlsHead = 5;
constexpr int kEncryptionOff = 0;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 1433, Protocol::kTds}};

// A record of TLS between packets: of a login that is encrypted, or all.
bool IsTlsRecord(Bytes bytes) {
  return bytes[0] >= 0x14 && bytes[0] <= 0x17 &&
         (bytes.size() < 2 || bytes[1] == 3);
}

uint64_t Measure(Bytes begin) {
  if (IsTlsRecord(begin)) {
    if (begin.size() < kTlsHead) return FramedStream::kNeedsMore;
    return kTlsHead + LoadBig16(&begin[3]);
  }
  if (begin.size() < kTdsHeadBytes) return FramedStream::kNeedsMore;
  const size_t size = TdsPacketSize(begin);
  return size == 0 ? FramedStream::kBroken : size;
}

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  if (first.empty()) return Match::kMore;
  if (first[0] != kTdsPrelogin && first[0] != kTdsLogin7) return Match::kNo;
  if (first.size() < kTdsHeadBytes) return Match::kMore;
  const size_t size = TdsPacketSize(first);
  // Process, packet and window of the first packet (2.2.3.1).
  if (size <= kTdsHeadBytes || size > kMaxHead || first[6] > 1) {
    return Match::kNo;
  }
  if (first.size() < size) return Match::kMore;
  const Bytes payload = first.subspan(kTdsHeadBytes, size - kTdsHeadBytes);
  TdsPrelogin prelogin;
  TdsLogin login;
  const bool good = first[0] == kTdsPrelogin
                        ? ReadTdsPrelogin(payload, false, &prelogin) &&
                              !prelogin.version.empty()
                        : ReadTdsLogin(payload, false, &login);
  return good ? Match::kYes : Match::kNo;
}

class TdsAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    if (streams_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    if (seen_) Tell(Login::kUnknown, out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + streams_[0].MemoryBytes() +
           streams_[1].MemoryBytes() + gss_.MemoryBytes() +
           client_.version.capacity() + server_.version.capacity() +
           login_.workstation.capacity() + login_.account.capacity() +
           login_.application.capacity() + login_.server_name.capacity() +
           login_.database.capacity() + reply_.program.capacity();
  }

 private:
  Want OnPacket(Bytes packet, bool cut, bool from_originator,
                AnalyzerOutput& out);
  Want OnClient(uint8_t type, Bytes payload, bool cut, AnalyzerOutput& out);
  Want OnServer(Bytes payload, bool cut, AnalyzerOutput& out);
  void Tell(Login outcome, AnalyzerOutput& out);

  // [0] from the originator.
  FramedStream streams_[2] = {FramedStream(kMaxHead), FramedStream(kMaxHead)};
  TdsPrelogin client_;
  TdsPrelogin server_;
  TdsLogin login_;
  TdsReply reply_;
  GssSession gss_;
  bool seen_ = false;
  // The next reply is the server's prelogin.
  bool prelogin_waits_ = false;
  bool has_login_ = false;
};

Next TdsAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  FramedStream& stream = streams_[segment.from_originator ? 0 : 1];
  Want want = Want::kMore;
  const FramedStream::Result result =
      stream.Add(segment.bytes, Measure, [&](Bytes head, uint64_t size) {
        want = OnPacket(head, size > head.size(), segment.from_originator, out);
        return want == Want::kMore;
      });
  if (result == FramedStream::Result::kBroken) {
    out.Anomaly("tds.framing");
    OnEnd(out);
    want = Want::kDone;
  }
  return want;
}

Want TdsAnalyzer::OnPacket(Bytes packet, bool cut, bool from_originator,
                           AnalyzerOutput& out) {
  if (IsTlsRecord(packet)) {
    // The client's holds its login; the server answers that way only when all
    // is encrypted.
    if (from_originator) return Want::kMore;
    out.Encrypted(true);
    Tell(Login::kUnknown, out);
    return Want::kDone;
  }
  const Bytes payload = packet.subspan(kTdsHeadBytes);
  if (from_originator) return OnClient(packet[0], payload, cut, out);
  return packet[0] == kTdsReply ? OnServer(payload, cut, out) : Want::kMore;
}

Want TdsAnalyzer::OnClient(uint8_t type, Bytes payload, bool cut,
                           AnalyzerOutput& out) {
  bool good = true;
  switch (type) {
    case kTdsPrelogin:
      // Later ones carry the handshake of TLS.
      if (!payload.empty() && IsTlsRecord(payload)) return Want::kMore;
      good = ReadTdsPrelogin(payload, cut, &client_);
      prelogin_waits_ = true;
      break;
    case kTdsLogin7:
      good = ReadTdsLogin(payload, cut, &login_);
      has_login_ = good;
      if (!login_.token.empty()) gss_.OnToken(login_.token, cut);
      login_.token = Bytes();
      break;
    case kTdsSspi:
      gss_.OnToken(payload, cut);
      break;
    default:
      // Statements: the login was not seen, or is over.
      Tell(Login::kUnknown, out);
      return Want::kDone;
  }
  if (!good) {
    out.Anomaly("tds.malformed");
    return Want::kMore;
  }
  seen_ = true;
  out.Identify(Protocol::kTds, ProtocolBasis::kDecoded, 100);
  return Want::kMore;
}

Want TdsAnalyzer::OnServer(Bytes payload, bool cut, AnalyzerOutput& out) {
  if (prelogin_waits_) {
    prelogin_waits_ = false;
    if (!ReadTdsPrelogin(payload, cut, &server_)) out.Anomaly("tds.malformed");
    return Want::kMore;
  }
  reply_ = TdsReply();
  if (!ReadTdsReply(payload, cut, &reply_)) {
    out.Anomaly("tds.malformed");
    return Want::kMore;
  }
  if (!reply_.token.empty()) {
    gss_.OnToken(reply_.token, cut);
    reply_.token = Bytes();
    if (!reply_.accepted) return Want::kMore;
  }
  // Only the login was encrypted.
  if (!has_login_ && server_.encryption == kEncryptionOff) out.Encrypted(false);
  Tell(reply_.accepted     ? Login::kSucceeded
       : reply_.error != 0 ? Login::kFailed
                           : Login::kUnknown,
       out);
  return Want::kDone;
}

void TdsAnalyzer::Tell(Login outcome, AnalyzerOutput& out) {
  seen_ = false;
  EventWriter event = out.NewEvent(field::kEvent);
  const auto text = [&event](TextField to, absl::string_view value) {
    if (!value.empty()) event.Set(to, value);
  };
  text(field::kClientVersion, client_.version);
  text(field::kServerVersion,
       reply_.server_version.empty() ? server_.version : reply_.server_version);
  text(field::kServerProgram, reply_.program);
  text(field::kTdsVersion,
       reply_.version.empty() ? login_.version : reply_.version);
  text(field::kClientEncryption, TdsEncryptionName(client_.encryption));
  text(field::kServerEncryption, TdsEncryptionName(server_.encryption));
  if (has_login_) {
    event.Set(field::kCleartextLogin, true);
    text(field::kAccount, login_.account);
    text(field::kWorkstation, login_.workstation);
    text(field::kApplication, login_.application);
    text(field::kServerName, login_.server_name);
    text(field::kDatabase, login_.database);
    if (login_.integrated) event.Set(field::kIntegrated, true);
    // Swapped bits hide nothing ([MS-TDS] 2.2.6.4).
    event.SetTrue(field::kCleartextPassword, !login_.integrated);
  }
  gss_.Tell(event, field::kAuthentication);
  event.Set(field::kLogin, static_cast<uint64_t>(outcome));
  if (outcome == Login::kFailed) event.Set(field::kErrorNumber, reply_.error);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<TdsAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kTds,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::tds
