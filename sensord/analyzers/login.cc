#include "sensord/analyzers/login.h"

#include "absl/strings/match.h"

namespace tapline {
namespace {

struct Mechanism {
  absl::string_view name;
  // Whoever reads it can log in with it.
  bool cleartext = false;
};

constexpr Mechanism kMechanisms[] = {
    {"PLAIN", true},
    {"LOGIN", true},
    {"XOAUTH2", true},
    {"OAUTHBEARER", true},
    {"SCRAM-SHA-1"},
    {"SCRAM-SHA-1-PLUS"},
    {"SCRAM-SHA-256"},
    {"SCRAM-SHA-256-PLUS"},
    {"GSSAPI"},
    {"GSS-SPNEGO"},
    {"CRAM-MD5"},
    {"DIGEST-MD5"},
    {"EXTERNAL"},
    {"ANONYMOUS"},
    {"NTLM"},
    // The others of the registry.
    {"9798-M-DSA-SHA1"},
    {"9798-M-ECDSA-SHA1"},
    {"9798-M-RSA-SHA1-ENC"},
    {"9798-U-DSA-SHA1"},
    {"9798-U-ECDSA-SHA1"},
    {"9798-U-RSA-SHA1-ENC"},
    {"EAP-AES128"},
    {"EAP-AES128-PLUS"},
    {"ECDH-X25519-CHALLENGE"},
    {"ECDSA-NIST256P-CHALLENGE"},
    {"GS2-KRB5"},
    {"GS2-KRB5-PLUS"},
    {"KERBEROS_V4"},
    {"KERBEROS_V5"},
    {"NMAS-SAMBA-AUTH"},
    {"NMAS_AUTHEN"},
    {"NMAS_LOGIN"},
    {"OAUTH10A"},
    {"OPENID20"},
    {"OTP"},
    {"SAML20"},
    {"SECURID"},
    {"SKEY"},
    {"SPNEGO"},
    {"SPNEGO-PLUS"},
    {"SXOVER-PLUS"},
    {"XOAUTH"},
    // Not in it, and in use: SCRAM with other hashes, hashed tokens (XMPP),
    // those of RabbitMQ, MongoDB, Kafka and PostgreSQL, of mail services.
    {"SCRAM-SHA-224"},
    {"SCRAM-SHA-384"},
    {"SCRAM-SHA-512"},
    {"SCRAM-SHA-512-PLUS"},
    {"SCRAM-SHA3-512"},
    {"SCRAM-SHA3-512-PLUS"},
    {"HT-SHA-256-NONE"},
    {"HT-SHA-256-UNIQ"},
    {"HT-SHA-256-ENDP"},
    {"HT-SHA-256-EXPR"},
    {"X-OAUTH2"},
    {"AMQPLAIN", true},
    {"RABBIT-CR-DEMO"},
    {"MSSBCBS"},
    {"MONGODB-CR"},
    {"MONGODB-X509"},
    {"MONGODB-AWS"},
    {"MONGODB-OIDC"},
    {"AWS_MSK_IAM"},
    {"PASSDSS-3DES-1"},
    {"SRP"},
};

const Mechanism* Find(absl::string_view name) {
  for (const Mechanism& row : kMechanisms) {
    if (absl::EqualsIgnoreCase(name, row.name)) return &row;
  }
  return nullptr;
}

}  // namespace

std::string SaslMechanism(absl::string_view name) {
  if (name.empty()) return "";
  const Mechanism* row = Find(name);
  return row == nullptr ? "OTHER" : std::string(row->name);
}

bool IsCleartextMechanism(absl::string_view name) {
  const Mechanism* row = Find(name);
  return row != nullptr && row->cleartext;
}

}  // namespace tapline
