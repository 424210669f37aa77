// How a handshake is told.

#include "sensord/analyzers/encrypted_dns.h"
#include "sensord/analyzers/tls_handshake.h"
#include "sensord/analyzers/tls_registry.h"
#include "sensord/event/fields/tls.h"

namespace tapline {
namespace {

constexpr uint8_t kFatal = 2;

}  // namespace

void TlsHandshake::Tell(AnalyzerOutput& out) {
  // Where no hello was seen, certificates may have been.
  if (told_ || (!HasHello() && alerts_.empty() && certificates_.empty())) {
    return;
  }
  told_ = true;
  EventWriter event = out.NewEvent(fields::tls::kEvent);
  TellFacts(event);
  TellInference(event, out);
}

void TlsHandshake::TellFacts(EventWriter& event) const {
  namespace field = fields::tls;
  event.Set(field::kSni, client_.sni);
  for (const std::string& name : client_.alpn) {
    event.Set(field::kAlpnOffered, name);
  }
  event.Set(field::kAlpn, server_.alpn);
  for (const uint16_t version : client_.versions) {
    event.SetSafe(field::kVersionsOffered, TlsVersionName(version));
  }
  event.Set(field::kCiphersOffered, client_.cipher_count);
  if (server_hello_) {
    event.SetSafe(field::kVersion, TlsVersionName(server_.version));
    event.Set(field::kDeprecatedVersion, IsDeprecatedTls(server_.version));
  }
  if (server_.cipher != 0) {
    event.SetSafe(field::kCipher, TlsCipherName(server_.cipher));
    event.Set(field::kCipherNumber, server_.cipher);
  }
  if (server_.group != 0)
    event.SetSafe(field::kGroup, TlsGroupName(server_.group));
  event.SetSafe(field::kJa3, client_.ja3);
  event.SetSafe(field::kJa3s, server_.ja3s);
  event.SetSafe(field::kJa4, client_.ja4);
  const UnixNanos when = end_ != 0 ? end_ : begin_;
  for (const TlsCertificateFacts& certificate : certificates_) {
    event.Open(field::kCertificates);
    certificate.Tell(when, event);
    event.Close();
  }
  event.Set(field::kCertificateCount, certificate_count_);
  event.Set(field::kClientCertificateRequested, certificate_requested_);
  for (const TlsCertificateFacts& certificate : client_certificates_) {
    event.Open(field::kClientCertificates);
    certificate.Tell(when, event);
    event.Close();
  }
  event.Set(field::kEch, client_.ech);
  event.Set(field::kResumed, resumption_ != nullptr);
  if (resumption_ != nullptr) event.SetSafe(field::kResumption, resumption_);
  event.Set(field::kEarlyData, client_.early_data);
  event.Set(field::kHelloRetry, hello_retry_);
  event.Set(field::kGrease, client_.grease);
  event.Set(field::kOutcome, static_cast<uint64_t>(outcome_));
  for (const Alert& alert : alerts_) {
    event.Open(field::kAlerts);
    event.Set(fields::tls_alert::kFatal, alert.level == kFatal);
    event.SetSafe(fields::tls_alert::kDescription,
                  TlsAlertName(alert.description));
    event.Set(fields::tls_alert::kFromServer, alert.from_server);
    event.Close();
  }
  if (client_hello_ && end_ > begin_) {
    event.Set(field::kHandshakeNs, static_cast<uint64_t>(end_ - begin_));
  }
  event.Set(field::kIncomplete, incomplete_);
}

void TlsHandshake::TellInference(EventWriter& event,
                                 AnalyzerOutput& out) const {
  Carried carried =
      CarriedDns(client_.alpn, client_.sni, responder_port_, false);
  if (carried.what == nullptr && certificates_.size() == 1 &&
      certificates_[0].like_tor) {
    carried = {"tor", ProtocolBasis::kInferred};
  }
  if (carried.what == nullptr) return;
  out.Carries(carried.what, carried.basis);
  event.SetSafe(fields::tls::kCarries, carried.what);
  event.Set(fields::tls::kCarriesBasis, static_cast<uint64_t>(carried.basis));
}

size_t TlsHandshake::MemoryBytes() const {
  size_t bytes = client_.MemoryBytes() + server_.MemoryBytes() +
                 alerts_.capacity() * sizeof(Alert);
  for (const auto* chain : {&certificates_, &client_certificates_}) {
    bytes += chain->capacity() * sizeof(TlsCertificateFacts);
    for (const TlsCertificateFacts& one : *chain) bytes += one.MemoryBytes();
  }
  return bytes;
}

}  // namespace tapline
