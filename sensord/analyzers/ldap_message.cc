#include "sensord/analyzers/ldap_message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"

namespace tapline {
namespace {

constexpr size_t kMaxText = 256;
constexpr int64_t kMaxId = 0x7fffffff;
// Choices of AuthenticationChoice (RFC 4511 4.2; [MS-ADTS] 5.1.1.1.3).
constexpr BerTag kSimple = BerContext(0);
constexpr BerTag kSasl = BerContextOf(3);
constexpr BerTag kSicilyDiscovery = BerContext(9);
constexpr BerTag kSicilyNegotiate = BerContext(10);
constexpr BerTag kSicilyResponse = BerContext(11);
// Choices of Filter (4.5.1).
constexpr BerTag kFilterAnd = BerContextOf(0);
constexpr BerTag kFilterEquals = BerContextOf(3);

std::string Text(Bytes bytes) {
  const absl::string_view text = TextOf(bytes).substr(0, kMaxText);
  return {text.data(), text.size()};
}

// What binds: a name of RFC 4514, "DOMAIN\user" or "user@domain".
void SplitAccount(absl::string_view name, LdapMessage* message) {
  name = name.substr(0, kMaxText);
  const size_t equals = name.find('=');
  const size_t slash = name.find('\\');
  const size_t at = name.rfind('@');
  if (equals != absl::string_view::npos) {
    message->domain = LdapDomain(name);
    message->account = MaskedName(name.substr(equals + 1));
  } else if (slash != absl::string_view::npos) {
    message->domain.assign(name.data(), slash);
    message->account = MaskedName(name.substr(slash + 1));
  } else {
    message->account = MaskedName(name.substr(0, at));
    if (at != absl::string_view::npos) {
      message->domain.assign(name.data() + at + 1, name.size() - at - 1);
    }
  }
}

// Active Directory's "... AcceptSecurityContext error, data 52e, v1db1": the
// number is an error of Windows ([MS-ERREF] 2.2) in hex.
std::string ReasonOf(absl::string_view diagnostic) {
  struct Row {
    absl::string_view code;
    const char* name;
  };
  constexpr Row kReasons[] = {
      {"525", "no_such_account"},  {"52e", "wrong_credentials"},
      {"530", "not_at_this_time"}, {"531", "not_at_this_workstation"},
      {"532", "password_expired"}, {"533", "account_disabled"},
      {"701", "account_expired"},  {"773", "password_must_change"},
      {"775", "account_locked"},
  };
  constexpr absl::string_view kMark = ", data ";
  const size_t at = diagnostic.substr(0, kMaxText).find(kMark);
  if (at == absl::string_view::npos) return {};
  const absl::string_view rest = diagnostic.substr(at + kMark.size());
  const absl::string_view code = rest.substr(0, rest.find(','));
  for (const Row& row : kReasons) {
    if (row.code == code) return row.name;
  }
  return {};
}

bool IsOperation(BerTag tag) {
  switch (tag) {
    case kLdapBind:
    case kLdapUnbind:
    case kLdapSearch:
    case kLdapEntry:
    case kLdapModify:
    case kLdapAdd:
    case kLdapDelete:
    case kLdapModifyDn:
    case kLdapCompare:
    case kLdapAbandon:
    case kLdapReference:
    case kLdapExtended:
    case kLdapIntermediate:
      return true;
    default:
      return LdapRequestOf(tag) != 0;
  }
}

}  // namespace

bool LdapMessage::Read(Bytes bytes, bool cut) {
  *this = LdapMessage();
  BerReader message = BerReader(bytes, cut).Enter(kBerSequence);
  id = message.Integer();
  const Bytes contents = message.TakeAny(&operation);
  if (!message.ok() || id < 0 || id > kMaxId || !IsOperation(operation)) {
    return false;
  }
  BerReader fields(contents, cut);
  switch (operation) {
    case kLdapBind:
      return ReadBind(fields);
    case kLdapSearch:
      return ReadSearch(fields);
    case kLdapModify:
    case kLdapAdd:
    case kLdapModifyDn:
    case kLdapCompare:
      domain = LdapDomain(TextOf(fields.Octets()));
      return fields.ok();
    case kLdapDelete:
      domain = LdapDomain(TextOf(contents));
      return true;
    case kLdapExtended:
      extension = Text(fields.Take(BerContext(0)));
      return fields.ok();
    case kLdapUnbind:
    case kLdapAbandon:
    case kLdapEntry:
    case kLdapReference:
    case kLdapIntermediate:
      return true;
    default:
      return ReadResult(fields);
  }
}

bool LdapMessage::ReadBind(BerReader fields) {
  version = fields.Integer();
  const Bytes name = fields.Octets();
  BerTag choice;
  const Bytes value = fields.TakeAny(&choice);
  if (!fields.ok() || version < 1 || version > 127) return false;
  SplitAccount(TextOf(name), this);
  switch (choice) {
    case kSimple:
      bind = !value.empty() ? LdapBindMethod::kSimple
             : name.empty() ? LdapBindMethod::kAnonymous
                            : LdapBindMethod::kUnauthenticated;
      return true;
    case kSasl: {
      bind = LdapBindMethod::kSasl;
      // Its end alone may be missing: the token.
      BerReader sasl(value, true);
      mechanism = SaslMechanism(TextOf(sasl.Octets()));
      if (sasl.ok() && !sasl.AtEnd()) token = sasl.Octets();
      return sasl.ok();
    }
    case kSicilyDiscovery:
    case kSicilyNegotiate:
    case kSicilyResponse:
      bind = LdapBindMethod::kSicily;
      final_round = choice == kSicilyResponse;
      token = value;
      return true;
    default:
      return false;
  }
}

bool LdapMessage::ReadSearch(BerReader fields) {
  domain = LdapDomain(TextOf(fields.Octets()));
  scope = fields.Integer(kBerEnumerated);
  // derefAliases, sizeLimit, timeLimit, typesOnly.
  for (int i = 0; i < 4; ++i) fields.Skip();
  if (!fields.ok() || scope < 0 || scope > 3) return false;
  if (domain.empty()) ReadFilter(fields);
  return true;
}

// [MS-ADTS] 6.3.3: (&(DnsDomain=example.com)(Host=pc)...(NtVer=...)).
void LdapMessage::ReadFilter(BerReader filter) {
  constexpr int kMaxParts = 16;
  if (filter.Peek() != kFilterAnd) return;
  BerReader parts = filter.Enter(kFilterAnd);
  for (int i = 0; i < kMaxParts && !parts.AtEnd(); ++i) {
    BerTag tag;
    BerReader part(parts.TakeAny(&tag));
    if (tag != kFilterEquals) continue;
    const absl::string_view attribute = TextOf(part.Octets());
    const Bytes value = part.Octets();
    if (part.ok() && absl::EqualsIgnoreCase(attribute, "DnsDomain")) {
      domain = Text(value);
      // Written with its root at times.
      if (!domain.empty() && domain.back() == '.') domain.pop_back();
      return;
    }
  }
}

// LDAPResult (4.1.9), behind it the token of a bind or nothing we look at.
bool LdapMessage::ReadResult(BerReader fields) {
  constexpr BerTag kServerSaslCredentials = BerContext(7);
  const int64_t code = fields.Integer(kBerEnumerated);
  const Bytes matched = fields.Octets();
  const Bytes diagnostic = fields.Octets();
  if (!fields.ok() || code < 0 || code > kMaxId) return false;
  result = static_cast<uint32_t>(code);
  reason = ReasonOf(TextOf(diagnostic));
  // Sicily's tokens come in place of a name.
  if (operation == kLdapBindResponse) token = matched;
  while (!fields.AtEnd()) {
    BerTag tag;
    const Bytes value = fields.TakeAny(&tag);
    if (tag == kServerSaslCredentials) token = value;
  }
  return fields.ok();
}

}  // namespace tapline
