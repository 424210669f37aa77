#include "sensord/analyzers/ldap_probe.h"

#include <algorithm>

#include "sensord/analyzers/ldap_message.h"

namespace tapline::ldap {
namespace {

// Whether a message begins there: sequence, id, an operation that fits into it,
// and nothing but controls behind that.
Match ProbeMessage(Bytes bytes, bool whole) {
  const BerHead outer = ReadBerHead(bytes);
  if (bytes.empty() || bytes[0] != kBerSequence) {
    return bytes.empty() ? Match::kMore : Match::kNo;
  }
  if (outer.state != BerHead::kWhole) {
    return outer.state == BerHead::kNeedsMore ? Match::kMore : Match::kNo;
  }
  if (whole && outer.size() > bytes.size()) return Match::kNo;
  // Enough for id and the operation's head.
  constexpr size_t kDecisive = 16;
  const Bytes there = bytes.first(std::min(bytes.size(), outer.size()))
                          .subspan(outer.head_bytes);
  BerReader fields(there);
  if (there.size() < std::min(outer.content_bytes, kDecisive)) {
    return there.empty() || there[0] == kBerInteger ? Match::kMore : Match::kNo;
  }
  const int64_t id = fields.Integer();
  const Bytes rest = fields.rest();
  const BerHead operation = ReadBerHead(rest);
  if (!fields.ok() || id < 0 || operation.state != BerHead::kWhole) {
    return Match::kNo;
  }
  const size_t behind_id = outer.content_bytes - (there.size() - rest.size());
  if (operation.size() > behind_id) return Match::kNo;
  const size_t controls_at = operation.size();
  if (controls_at < behind_id && controls_at < rest.size() &&
      rest[controls_at] != BerContextOf(0)) {
    return Match::kNo;
  }
  const Bytes inside = rest.subspan(operation.head_bytes);
  const auto begins = [inside](BerTag tag) {
    return !inside.empty() && inside[0] == tag;
  };
  switch (operation.tag) {
    case kLdapBind:
      return begins(kBerInteger) ? Match::kYes : Match::kNo;
    case kLdapSearch:
    case kLdapModify:
    case kLdapAdd:
    case kLdapModifyDn:
    case kLdapCompare:
    case kLdapEntry:
      return begins(kBerOctets) ? Match::kYes : Match::kNo;
    case kLdapExtended:
      return begins(BerContext(0)) ? Match::kYes : Match::kNo;
    case kLdapDelete:
    case kLdapAbandon:
    case kLdapUnbind:
    case kLdapReference:
    case kLdapIntermediate:
      return Match::kWeak;
    default:
      if (LdapRequestOf(operation.tag) == 0) return Match::kNo;
      return begins(kBerEnumerated) ? Match::kYes : Match::kNo;
  }
}

}  // namespace

Match Probe(const Opening& opening) {
  return ProbeMessage(opening.first(), opening.datagram && !opening.truncated);
}

}  // namespace tapline::ldap
