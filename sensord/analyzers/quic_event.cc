// How a connection is told.

#include "absl/strings/escaping.h"
#include "sensord/analyzers/encrypted_dns.h"
#include "sensord/analyzers/quic_connection.h"
#include "sensord/analyzers/tls_registry.h"
#include "sensord/event/fields/quic.h"

namespace tapline {
namespace {

namespace field = fields::quic;

// CRYPTO_ERROR: a TLS alert (RFC 9001 4.8).
constexpr uint64_t kCryptoError = 0x100;

void SetId(TextField place, const QuicId& id, EventWriter& event) {
  if (id.size == 0) return;
  event.SetSafe(place, absl::BytesToHexString(TextOf(id.view())));
}

}  // namespace

void QuicConnection::Tell(AnalyzerOutput& out) {
  if (told_ || state_ == State::kUnknown) return;
  told_ = true;
  EventWriter event = out.NewEvent(field::kEvent);
  TellFacts(event);
  const Carried carried =
      CarriedDns(client_.alpn, client_.sni, responder_port_, true);
  if (carried.what == nullptr) return;
  out.Carries(carried.what, carried.basis);
  event.SetSafe(field::kCarries, carried.what);
  event.Set(field::kCarriesBasis, static_cast<uint64_t>(carried.basis));
}

void QuicConnection::TellFacts(EventWriter& event) const {
  event.Set(field::kSni, client_.sni);
  for (const std::string& name : client_.alpn) {
    event.Set(field::kAlpnOffered, name);
  }
  if (version_ != 0) {
    event.SetSafe(field::kVersion, QuicVersionName(version_));
    event.Set(field::kVersionNumber, version_);
  }
  for (const uint32_t version : versions_supported_) {
    event.SetSafe(field::kVersionsSupported, QuicVersionName(version));
  }
  event.SetSafe(field::kJa3, client_.ja3);
  event.SetSafe(field::kJa4, client_.ja4);
  event.SetSafe(field::kJa3s, server_.ja3s);
  if (server_.version != 0) {
    event.SetSafe(field::kTlsVersion, TlsVersionName(server_.version));
  }
  if (server_.cipher != 0) {
    event.SetSafe(field::kCipher, TlsCipherName(server_.cipher));
    event.Set(field::kCipherNumber, server_.cipher);
  }
  event.Set(field::kCiphersOffered, client_.cipher_count);
  if (server_.group != 0) {
    event.SetSafe(field::kGroup, TlsGroupName(server_.group));
  }
  event.Set(field::kEch, client_.ech);
  event.Set(field::kGrease, client_.grease);
  event.Set(field::kResumed, server_.psk);
  event.Set(field::kZeroRtt, zero_rtt_);
  SetId(field::kOriginalConnectionId, original_id_, event);
  SetId(field::kClientConnectionId, client_id_, event);
  SetId(field::kServerConnectionId, server_id_, event);
  event.Set(field::kRetry, retry_);
  event.Set(field::kState, static_cast<uint64_t>(state_));
  if (state_ == State::kClosed) {
    event.Set(field::kCloseCode, close_code_);
    if (close_code_ >> 8 == kCryptoError >> 8) {
      event.SetSafe(field::kCloseAlert,
                    TlsAlertName(static_cast<uint8_t>(close_code_)));
    }
    event.Set(field::kCloseReason, close_reason_);
    event.Set(field::kCloseFromServer, close_from_server_);
  }
  if (end_ > begin_) {
    event.Set(field::kHandshakeNs, static_cast<uint64_t>(end_ - begin_));
  }
  event.Set(field::kUserAgent, user_agent_);
  event.Set(field::kHelloSeen, hello_done_[0]);
}

}  // namespace tapline
