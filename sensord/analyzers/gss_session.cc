#include "sensord/analyzers/gss_session.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/event/fields/authentication.h"

namespace tapline {
namespace {

namespace field = fields::authentication;

constexpr size_t kMaxOffered = 8;
// Kerberos in its own head, in SPNEGO, is two; a token may be long enough for
// thousands.
constexpr int kMaxDepth = 4;
constexpr BerTag kInitialToken = BerApplicationOf(0);

struct Mechanism {
  const char* oid;
  const char* name;
};

constexpr Mechanism kMechanisms[] = {
    {"1.2.840.113554.1.2.2", "kerberos"},
    // A shift mistake of Windows 2000, kept ever since ([MS-SPNG] 3.1.5.2).
    {"1.2.840.48018.1.2.2", "kerberos"},
    {"1.2.840.113554.1.2.2.3", "kerberos-u2u"},
    {"1.3.6.1.4.1.311.2.2.10", "ntlm"},
    {"1.3.6.1.4.1.311.2.2.30", "negoex"},
    {"1.3.6.1.5.5.2", "spnego"},
    {"1.3.6.1.5.2.5", "iakerb"},
};
constexpr absl::string_view kSpnego = "spnego";

std::string MechanismName(const std::string& oid) {
  for (const Mechanism& row : kMechanisms) {
    if (oid == row.oid) return row.name;
  }
  return oid;
}

}  // namespace

bool GssSession::OnToken(Bytes token, bool cut) {
  if (token.empty()) return false;
  if (IsNtlm(token)) return OnMechanismToken(token, cut, 0);
  switch (token[0]) {
    case kInitialToken:
      return OnInitialToken(token, cut, 0);
    case BerContextOf(0):
    case BerContextOf(1):
      return OnNegotiation(BerReader(token, cut), cut, 0);
    default:
      return OnMechanismToken(token, cut, 0);
  }
}

// RFC 2743 3.1: [APPLICATION 0] { mechanism, its own bytes }.
bool GssSession::OnInitialToken(Bytes token, bool cut, int depth) {
  BerReader inner = BerReader(token, cut).Enter(kInitialToken);
  const std::string name = MechanismName(inner.Oid());
  if (!inner.ok()) return false;
  if (name == kSpnego) {
    return inner.AtEnd() ||
           OnNegotiation(BerReader(inner.rest(), cut), cut, depth);
  }
  // RFC 4121 4.1: two bytes say which message follows.
  constexpr size_t kTokenId = 2;
  const Bytes rest = inner.rest();
  if (absl::StartsWith(name, "kerberos") && rest.size() > kTokenId) {
    return OnMechanismToken(rest.subspan(kTokenId), cut, depth);
  }
  if (mechanism_.empty()) mechanism_ = name;
  return true;
}

// NegTokenInit and NegTokenResp (RFC 4178 4.2).
bool GssSession::OnNegotiation(BerReader choice, bool cut, int depth) {
  const bool initial = choice.Peek() == BerContextOf(0);
  BerReader fields =
      choice.Enter(BerContextOf(initial ? 0 : 1)).Enter(kBerSequence);
  bool good = true;
  while (!fields.AtEnd()) {
    const BerTag tag = fields.Peek();
    BerReader value(fields.TakeAny(), cut);
    if (initial && tag == BerContextOf(0)) {
      BerReader list = value.Enter(kBerSequence);
      while (!list.AtEnd() && offered_.size() < kMaxOffered) {
        const std::string name = MechanismName(list.Oid());
        if (list.ok() && std::find(offered_.begin(), offered_.end(), name) ==
                             offered_.end()) {
          offered_.push_back(name);
        }
      }
      good &= list.ok();
    } else if (!initial && tag == BerContextOf(1)) {
      const std::string name = MechanismName(value.Oid());
      if (value.ok() && mechanism_.empty()) mechanism_ = name;
      good &= value.ok();
    } else if (tag == BerContextOf(2)) {
      const Bytes token = value.Octets();
      good &= value.ok();
      if (!token.empty()) good &= OnMechanismToken(token, cut, depth);
    }
  }
  return good && fields.ok();
}

bool GssSession::OnMechanismToken(Bytes token, bool cut, int depth) {
  if (++depth > kMaxDepth) return false;
  if (IsNtlm(token)) {
    mechanism_ = "ntlm";
    return ReadNtlm(token, &ntlm_);
  }
  if (token[0] == kInitialToken) {
    // Kerberos inside SPNEGO comes with its own head.
    BerReader inner = BerReader(token, cut).Enter(kInitialToken);
    const std::string name = MechanismName(inner.Oid());
    if (!inner.ok() || name == kSpnego) return false;
    return OnInitialToken(token, cut, depth);
  }
  if (IsKerberos(token)) {
    mechanism_ = "kerberos";
    const auto type = static_cast<KerberosType>(token[0] & 0x1f);
    if (type != KerberosType::kApRequest) return true;
    return ReadApRequest(token, cut, &ticket_);
  }
  if (absl::StartsWith(TextOf(token), "NEGOEXTS")) {
    mechanism_ = "negoex";
    return true;
  }
  return false;
}

void GssSession::OnPlainLogon(absl::string_view account,
                              absl::string_view domain, bool anonymous,
                              int ntlm_version) {
  mechanism_ = "ntlm";
  ntlm_.account = MaskedName(account);
  ntlm_.domain.assign(domain.data(), domain.size());
  ntlm_.anonymous = anonymous;
  ntlm_.version = static_cast<uint8_t>(ntlm_version);
  ntlm_.step = NtlmSession::kAuthenticate;
}

void GssSession::Tell(EventWriter& event, MessageField message) const {
  if (empty()) return;
  event.Open(message);
  event.Set(field::kMechanism, mechanism_);
  for (const std::string& name : offered_) event.Set(field::kOffered, name);
  const auto text = [&event](TextField to, const std::string& value) {
    if (!value.empty()) event.Set(to, value);
  };
  if (mechanism_ == "ntlm") {
    text(field::kAccount, ntlm_.account);
    text(field::kDomain, ntlm_.domain);
    text(field::kWorkstation, ntlm_.workstation);
    text(field::kServer, ntlm_.server);
    text(field::kServerDomain, ntlm_.server_domain);
    text(field::kClientVersion, ntlm_.client_version);
    text(field::kServerVersion, ntlm_.server_version);
    if (ntlm_.anonymous) event.Set(field::kAnonymous, true);
    if (ntlm_.version != 0) event.Set(field::kNtlmVersion, ntlm_.version);
    if (ntlm_.version == 1) event.Set(field::kWeak, true);
  }
  if (ticket_.present) {
    text(field::kRealm, ticket_.realm);
    text(field::kService, ticket_.service);
    event.Set(field::kTicketEncryption, EncryptionName(ticket_.encryption));
    if (IsWeakEncryption(ticket_.encryption)) event.Set(field::kWeak, true);
  }
  event.Close();
}

size_t GssSession::MemoryBytes() const {
  size_t bytes = mechanism_.capacity() + ntlm_.MemoryBytes() +
                 ticket_.realm.capacity() + ticket_.service.capacity() +
                 offered_.capacity() * sizeof(std::string);
  for (const std::string& name : offered_) bytes += name.capacity();
  return bytes;
}

}  // namespace tapline
