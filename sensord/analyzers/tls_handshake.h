// Follows a handshake of TLS or DTLS message by message and tells it as one
// event, whatever carries the messages.
//
// Anomalies beside those of tls_facts.h, each once a flow:
//   tls.sni_changed            a second ClientHello names another server
//   tls.hello_malformed        a ServerHello breaks its rules
//   tls.certificate_malformed  a certificate breaks RFC 5280
//   tls.deprecated_version     SSL, TLS 1.0 or 1.1, DTLS 1.0 agreed on

#ifndef TAPLINE_SENSORD_ANALYZERS_TLS_HANDSHAKE_H_
#define TAPLINE_SENSORD_ANALYZERS_TLS_HANDSHAKE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/tls_certificate.h"
#include "sensord/analyzers/tls_facts.h"

namespace tapline {

// Types of handshake messages (IANA, "TLS HandshakeType").
namespace tls_message {
inline constexpr uint8_t kHelloRequest = 0;
inline constexpr uint8_t kClientHello = 1;
inline constexpr uint8_t kServerHello = 2;
inline constexpr uint8_t kHelloVerifyRequest = 3;
inline constexpr uint8_t kHelloRetryRequest = 6;
inline constexpr uint8_t kCertificate = 11;
inline constexpr uint8_t kServerKeyExchange = 12;
inline constexpr uint8_t kCertificateRequest = 13;
}  // namespace tls_message

// Types of records (IANA, "TLS ContentType").
namespace tls_record {
inline constexpr uint8_t kChangeCipherSpec = 20;
inline constexpr uint8_t kAlert = 21;
inline constexpr uint8_t kHandshake = 22;
inline constexpr uint8_t kApplicationData = 23;
inline constexpr uint8_t kHeartbeat = 24;
// DTLS with connection ids (RFC 9146).
inline constexpr uint8_t kConnectionId = 25;
}  // namespace tls_record

class TlsHandshake {
 public:
  TlsHandshake(TlsCarrier carrier, const FlowIdentity& flow);

  // A whole message, header aside, that was not encrypted. False when it is
  // none of TLS.
  bool OnMessage(uint8_t type, Bytes body, const Segment& segment,
                 AnalyzerOutput& out);
  // SSL 2.0 has messages of its own: a ClientHello of it, which may offer more
  // than SSL 2.0, and its ServerHello.
  void OnSsl2ClientHello(Bytes message, const Segment& segment,
                         AnalyzerOutput& out);
  void OnSsl2ServerHello(Bytes message, const Segment& segment,
                         AnalyzerOutput& out);
  void OnChangeCipherSpec(bool from_originator);
  void OnAlert(uint8_t level, uint8_t description, const Segment& segment);
  // A record whose contents are encrypted; `size` of them.
  void OnProtected(uint8_t type, size_t size, const Segment& segment);
  // Bytes were not captured.
  void OnLoss() { incomplete_ = true; }

  // Whether a handshake record of this side is encrypted; `start`: its first
  // bytes where a message may begin, else none.
  bool IsProtected(bool from_originator, Bytes start) const;
  // Nothing more will be learnt.
  bool IsOver() const { return outcome_ != Outcome::kUnknown || given_up_; }
  bool HasHello() const { return client_hello_ || server_hello_; }
  // The one event, unless there is nothing to tell.
  void Tell(AnalyzerOutput& out);

  // On the heap.
  size_t MemoryBytes() const;

 private:
  enum class Outcome : uint8_t {  // values equal tapline.v1.HandshakeOutcome
    kUnknown = 0,
    kEstablished = 1,
    kFailed = 2,
  };
  struct Alert {
    uint8_t level;
    uint8_t description;
    bool from_server;
  };
  static constexpr size_t kMaxAlerts = 8;
  static constexpr size_t kMaxCertificates = 16;
  // Encrypted records without a hello that explains them.
  static constexpr int kMaxUnexplained = 4;

  bool OnClientHello(Bytes body, const Segment& segment, AnalyzerOutput& out);
  bool OnServerHello(Bytes body, const Segment& segment, AnalyzerOutput& out);
  void OnCertificate(Bytes body, const Segment& segment, AnalyzerOutput& out);
  void AddCertificate(Bytes der, bool from_server, AnalyzerOutput& out);
  void OnServerKeyExchange(Bytes body);
  void NoteResumption(const TlsServerHello& hello);
  void SetVersion(uint16_t version, AnalyzerOutput& out);
  bool IsServer(bool from_originator) const {
    return from_originator != client_is_originator_;
  }
  bool Is13() const;
  void TellFacts(EventWriter& event) const;
  void TellInference(EventWriter& event, AnalyzerOutput& out) const;

  const TlsCarrier carrier_;
  const uint16_t responder_port_;

  bool client_is_originator_ = true;
  bool client_hello_ = false;
  // The last one, not a retry request.
  bool server_hello_ = false;
  bool hello_retry_ = false;
  bool incomplete_ = false;
  bool given_up_ = false;
  bool told_ = false;
  Outcome outcome_ = Outcome::kUnknown;
  // By side, [0] of the originator.
  bool cipher_changed_[2] = {false, false};
  bool finished_[2] = {false, false};
  int unexplained_ = 0;

  UnixNanos begin_ = 0;
  UnixNanos end_ = 0;
  TlsClientFacts client_;
  TlsServerFacts server_;
  const char* resumption_ = nullptr;
  bool certificate_requested_ = false;
  std::vector<TlsCertificateFacts> certificates_;
  std::vector<TlsCertificateFacts> client_certificates_;
  uint32_t certificate_count_ = 0;
  std::vector<Alert> alerts_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TLS_HANDSHAKE_H_
