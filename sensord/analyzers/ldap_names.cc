#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/ldap_message.h"

namespace tapline {
namespace {

constexpr size_t kMaxDomain = 253;

struct Row {
  uint32_t number;
  const char* name;
};

constexpr Row kResults[] = {
    {0, "success"},
    {1, "operationsError"},
    {2, "protocolError"},
    {3, "timeLimitExceeded"},
    {4, "sizeLimitExceeded"},
    {5, "compareFalse"},
    {6, "compareTrue"},
    {7, "authMethodNotSupported"},
    {8, "strongerAuthRequired"},
    {10, "referral"},
    {11, "adminLimitExceeded"},
    {12, "unavailableCriticalExtension"},
    {13, "confidentialityRequired"},
    {14, "saslBindInProgress"},
    {16, "noSuchAttribute"},
    {17, "undefinedAttributeType"},
    {18, "inappropriateMatching"},
    {19, "constraintViolation"},
    {20, "attributeOrValueExists"},
    {21, "invalidAttributeSyntax"},
    {32, "noSuchObject"},
    {33, "aliasProblem"},
    {34, "invalidDNSyntax"},
    {36, "aliasDereferencingProblem"},
    {48, "inappropriateAuthentication"},
    {49, "invalidCredentials"},
    {50, "insufficientAccessRights"},
    {51, "busy"},
    {52, "unavailable"},
    {53, "unwillingToPerform"},
    {54, "loopDetect"},
    {64, "namingViolation"},
    {65, "objectClassViolation"},
    {66, "notAllowedOnNonLeaf"},
    {67, "notAllowedOnRDN"},
    {68, "entryAlreadyExists"},
    {69, "objectClassModsProhibited"},
    {71, "affectsMultipleDSAs"},
    {80, "other"},
};

// End of the part of a name that begins at `from`: a comma that is not escaped.
size_t PartEnd(absl::string_view name, size_t from) {
  for (size_t at = from; at < name.size(); ++at) {
    if (name[at] == '\\') {
      ++at;
    } else if (name[at] == ',' || name[at] == ';') {
      return at;
    }
  }
  return name.size();
}

}  // namespace

std::string LdapResultName(uint32_t result) {
  for (const Row& row : kResults) {
    if (row.number == result) return row.name;
  }
  return absl::StrCat("result ", result);
}

std::string LdapDomain(absl::string_view name) {
  std::string domain;
  for (size_t at = 0; at < name.size();) {
    const size_t end = PartEnd(name, at);
    const absl::string_view part =
        absl::StripAsciiWhitespace(name.substr(at, end - at));
    at = end + 1;
    const size_t equals = part.find('=');
    if (equals == absl::string_view::npos ||
        !absl::EqualsIgnoreCase(
            absl::StripAsciiWhitespace(part.substr(0, equals)), "dc")) {
      continue;
    }
    if (!domain.empty()) domain += '.';
    absl::StrAppend(&domain,
                    absl::StripAsciiWhitespace(part.substr(equals + 1)));
    if (domain.size() > kMaxDomain) {
      domain.resize(kMaxDomain);
      break;
    }
  }
  return domain;
}

BerTag LdapRequestOf(BerTag response) {
  switch (response) {
    case kLdapBindResponse:
    case kLdapModify + 1:
    case kLdapAdd + 1:
    case kLdapModifyDn + 1:
    case kLdapCompare + 1:
    case kLdapExtendedResponse:
      return static_cast<BerTag>(response - 1);
    case kLdapSearchDone:
      return kLdapSearch;
    case 0x6b:
      return kLdapDelete;
    default:
      return 0;
  }
}

}  // namespace tapline
