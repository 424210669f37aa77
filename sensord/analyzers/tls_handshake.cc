#include "sensord/analyzers/tls_handshake.h"

#include "sensord/analyzers/tls_registry.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

constexpr uint8_t kFatal = 2;
constexpr uint8_t kCloseNotify = 0;
constexpr uint8_t kUserCanceled = 90;

// An alert in a record of TLS 1.3: its two bytes, the content type and the tag
// of every cipher but one. Everything else that may stand in its place is
// longer.
constexpr size_t kEncryptedAlertBytes = 19;

constexpr size_t kSsl2ClientHead = 9;
constexpr size_t kSsl2ServerHead = 11;
constexpr uint8_t kSsl2X509 = 1;
constexpr uint8_t kNamedCurve = 3;

bool IsKnownMessage(uint8_t type) {
  // HelloRequest to NewSessionTicket, EndOfEarlyData to EncryptedExtensions,
  // Certificate to ClientKeyExchange, Finished to CompressedCertificate,
  // NextProtocol.
  return type <= 6 || type == 8 || (type >= 11 && type <= 16) ||
         (type >= 20 && type <= 25) || type == 67;
}

}  // namespace

TlsHandshake::TlsHandshake(TlsCarrier carrier, const FlowIdentity& flow)
    : carrier_(carrier), responder_port_(flow.responder_port) {}

bool TlsHandshake::Is13() const {
  return server_hello_ && IsTls13(server_.version);
}

bool TlsHandshake::IsProtected(bool from_originator, Bytes start) const {
  if (Is13()) return true;
  if (!cipher_changed_[from_originator ? 0 : 1]) return false;
  if (server_hello_) return true;
  // Before the server's choice a change of ciphers may be that which TLS 1.3
  // only pretends (RFC 8446 D.4): then another hello follows in clear.
  if (start.empty() || (start.size() > 1 && start[1] != 0)) return true;
  return start[0] != tls_message::kClientHello &&
         start[0] != tls_message::kServerHello;
}

// --- Messages ---------------------------------------------------------------

bool TlsHandshake::OnMessage(uint8_t type, Bytes body, const Segment& segment,
                             AnalyzerOutput& out) {
  if (!HasHello() && !IsKnownMessage(type)) return false;
  switch (type) {
    case tls_message::kClientHello:
      return OnClientHello(body, segment, out);
    case tls_message::kServerHello:
      return OnServerHello(body, segment, out);
    case tls_message::kHelloRetryRequest:
      hello_retry_ = true;
      break;
    case tls_message::kCertificate:
      OnCertificate(body, segment, out);
      break;
    case tls_message::kServerKeyExchange:
      OnServerKeyExchange(body);
      break;
    case tls_message::kCertificateRequest:
      certificate_requested_ = true;
      break;
    default:
      break;
  }
  return true;
}

bool TlsHandshake::OnClientHello(Bytes body, const Segment& segment,
                                 AnalyzerOutput& out) {
  TlsClientHello hello;
  const bool datagram = carrier_ == TlsCarrier::kDatagram;
  if (!hello.Read(body, datagram)) {
    out.Anomaly("tls.hello_malformed");
    return client_hello_;
  }
  if (client_hello_) {
    // After a retry request, or a cookie of DTLS: the same but for details.
    if (TextOf(hello.sni) != client_.sni) out.Anomaly("tls.sni_changed");
    return true;
  }
  client_hello_ = true;
  client_is_originator_ = segment.from_originator;
  begin_ = segment.clock;
  out.Identify(datagram ? Protocol::kDtls : Protocol::kTls,
               ProtocolBasis::kDecoded, 100);
  client_ = TlsClientFacts(hello, carrier_);
  NoteClientHello(hello, client_, out);
  return true;
}

bool TlsHandshake::OnServerHello(Bytes body, const Segment& segment,
                                 AnalyzerOutput& out) {
  TlsServerHello hello;
  if (!hello.Read(body)) {
    out.Anomaly("tls.hello_malformed");
    return HasHello();
  }
  if (!HasHello()) {
    out.Identify(
        carrier_ == TlsCarrier::kDatagram ? Protocol::kDtls : Protocol::kTls,
        ProtocolBasis::kDecoded, 100);
  }
  if (!client_hello_) client_is_originator_ = !segment.from_originator;
  if (hello.malformed) out.Anomaly("tls.hello_malformed");
  if (hello.retry_request) {
    hello_retry_ = true;
    return true;
  }
  if (server_hello_) return true;
  server_hello_ = true;
  server_ = TlsServerFacts(hello);
  SetVersion(hello.version, out);
  if (absl::string_view(TlsCipherName(server_.cipher)).find("_WITH_NULL_") !=
      absl::string_view::npos) {
    out.Encrypted(false);
  }
  NoteResumption(hello);
  return true;
}

void TlsHandshake::SetVersion(uint16_t version, AnalyzerOutput& out) {
  server_.version = version;
  if (IsDeprecatedTls(version)) out.Anomaly("tls.deprecated_version");
}

// RFC 8446 4.2.11; RFC 5246 7.4.1.3; RFC 5077 3.4.
void TlsHandshake::NoteResumption(const TlsServerHello& hello) {
  if (IsTls13(hello.version)) {
    if (hello.psk) resumption_ = "psk";
    return;
  }
  if (client_.session_id.empty() ||
      TextOf(hello.session_id) != client_.session_id) {
    return;
  }
  resumption_ = client_.ticket ? "ticket" : "session_id";
}

// RFC 5246 7.4.2: certificate_list<0..2^24-1> of opaque<1..2^24-1>.
void TlsHandshake::OnCertificate(Bytes body, const Segment& segment,
                                 AnalyzerOutput& out) {
  if (Is13()) return;
  ByteCursor cursor(body.data(), body.size());
  const auto take24 = [&cursor] {
    const size_t high = cursor.U8();
    return high << 16 | cursor.U16();
  };
  const size_t size = take24();
  bool good = cursor.ok() && size == cursor.left();
  cursor.Limit(size);
  while (good && cursor.left() > 0) {
    const size_t length = take24();
    const uint8_t* der = cursor.Take(length);
    good = der != nullptr && length > 0;
    if (good) {
      AddCertificate({der, length}, IsServer(segment.from_originator), out);
    }
  }
  if (!good) out.Anomaly("tls.certificate_malformed");
  if (good && !HasHello()) {
    out.Identify(
        carrier_ == TlsCarrier::kDatagram ? Protocol::kDtls : Protocol::kTls,
        ProtocolBasis::kDecoded, 100);
  }
}

void TlsHandshake::AddCertificate(Bytes der, bool from_server,
                                  AnalyzerOutput& out) {
  if (from_server) ++certificate_count_;
  auto& chain = from_server ? certificates_ : client_certificates_;
  if (chain.size() == kMaxCertificates) return;
  if (chain.emplace_back(der).malformed) {
    out.Anomaly("tls.certificate_malformed");
  }
}

// RFC 8422 5.4: the named curve of an ECDHE exchange, whose suites are those of
// RFC 8422, 5289, 7905 and 5489.
void TlsHandshake::OnServerKeyExchange(Bytes body) {
  const uint8_t block = static_cast<uint8_t>(server_.cipher >> 8);
  if (block != 0xc0 && block != 0xcc && block != 0xd0) return;
  if (body.size() >= 3 && body[0] == kNamedCurve) {
    server_.group = LoadBig16(&body[1]);
  }
}

// --- SSL 2.0 ----------------------------------------------------------------

// RFC 5246 E.2: type, version, lengths of ciphers, session id and challenge.
void TlsHandshake::OnSsl2ClientHello(Bytes message, const Segment& segment,
                                     AnalyzerOutput& out) {
  if (message.size() < kSsl2ClientHead || client_hello_) return;
  client_hello_ = true;
  client_is_originator_ = segment.from_originator;
  begin_ = segment.clock;
  out.Identify(Protocol::kTls, ProtocolBasis::kDecoded, 100);
  client_.versions.push_back(LoadBig16(&message[1]));
  client_.cipher_count = LoadBig16(&message[3]) / 3u;
}

// The SSL 2.0 protocol, "SERVER-HELLO": type, session id hit, kind of
// certificate, version, lengths of certificate, ciphers and connection id.
void TlsHandshake::OnSsl2ServerHello(Bytes message, const Segment& segment,
                                     AnalyzerOutput& out) {
  if (message.size() < kSsl2ServerHead) return;
  if (!client_hello_) client_is_originator_ = !segment.from_originator;
  server_hello_ = true;
  SetVersion(kSsl2, out);
  if (message[1] != 0) resumption_ = "session_id";
  const size_t size = LoadBig16(&message[5]);
  if (message[2] == kSsl2X509 && size > 0 &&
      size <= message.size() - kSsl2ServerHead) {
    AddCertificate(message.subspan(kSsl2ServerHead, size), true, out);
  }
  // What follows is not followed.
  given_up_ = true;
}

// --- Records ----------------------------------------------------------------

void TlsHandshake::OnChangeCipherSpec(bool from_originator) {
  cipher_changed_[from_originator ? 0 : 1] = true;
}

void TlsHandshake::OnAlert(uint8_t level, uint8_t description,
                           const Segment& segment) {
  if (IsOver()) return;
  if (alerts_.size() < kMaxAlerts) {
    alerts_.push_back({level, description, IsServer(segment.from_originator)});
  }
  // TLS 1.3 has no warnings but the two that say good-bye.
  const bool ends = level == kFatal || description == kCloseNotify ||
                    (Is13() && description != kUserCanceled);
  if (!ends) return;
  outcome_ = Outcome::kFailed;
  end_ = segment.clock;
}

void TlsHandshake::OnProtected(uint8_t type, size_t size,
                               const Segment& segment) {
  if (IsOver()) return;
  const int side = segment.from_originator ? 0 : 1;
  if (!server_hello_) {
    // Early data, or one side of the conversation alone.
    if (++unexplained_ == kMaxUnexplained) given_up_ = true;
    return;
  }
  bool established = false;
  if (Is13()) {
    if (type != tls_record::kApplicationData) return;
    if (size == kEncryptedAlertBytes) {
      outcome_ = Outcome::kFailed;
      end_ = segment.clock;
      return;
    }
    established = !IsServer(segment.from_originator);
  } else if (type == tls_record::kAlert) {
    outcome_ = Outcome::kFailed;
    end_ = segment.clock;
    return;
  } else {
    finished_[side] = finished_[side] || type == tls_record::kHandshake;
    established = finished_[0] && finished_[1];
    // A client may send data before the server has finished (RFC 7918), a
    // server not.
    if (type == tls_record::kApplicationData) {
      established |= IsServer(segment.from_originator);
    }
  }
  if (established) {
    outcome_ = Outcome::kEstablished;
    end_ = segment.clock;
  } else if (++unexplained_ == 8 * kMaxUnexplained) {
    // The other side was not captured.
    given_up_ = true;
  }
}

}  // namespace tapline
