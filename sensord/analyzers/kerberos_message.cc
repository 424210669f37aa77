#include "sensord/analyzers/kerberos_message.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/masked_name.h"

namespace tapline {
namespace {

constexpr size_t kMaxText = 256;
constexpr size_t kMaxListed = 16;
constexpr int64_t kVersion = 5;
// RFC 6806 5: a user's name, which may have any characters.
constexpr int64_t kNameEnterprise = 10;
constexpr BerTag kGeneralString = 0x1b;

bool IsType(int number) {
  switch (static_cast<KerberosType>(number)) {
    case KerberosType::kAsRequest:
    case KerberosType::kAsReply:
    case KerberosType::kTgsRequest:
    case KerberosType::kTgsReply:
    case KerberosType::kApRequest:
    case KerberosType::kApReply:
    case KerberosType::kSafe:
    case KerberosType::kPrivate:
    case KerberosType::kCredential:
    case KerberosType::kError:
      return true;
  }
  return false;
}

std::string Text(Bytes bytes) {
  const absl::string_view text = TextOf(bytes).substr(0, kMaxText);
  return {text.data(), text.size()};
}

// A string in an element of its own: Realm and the like.
std::string EnterText(BerReader& reader, BerTag tag) {
  BerReader inner = reader.Enter(tag);
  const Bytes text = inner.Take(kGeneralString);
  if (!inner.ok()) reader.Break();
  return Text(text);
}

int64_t EnterInteger(BerReader& reader, BerTag tag) {
  BerReader inner = reader.Enter(tag);
  const int64_t value = inner.Integer();
  if (!inner.ok()) reader.Break();
  return value;
}

struct Principal {
  int64_t type = 0;
  size_t parts = 0;
  // Joined by '/'.
  std::string name;
};

// PrincipalName ::= SEQUENCE { name-type [0], name-string [1] SEQUENCE OF }.
bool ReadPrincipal(BerReader reader, Principal* principal) {
  BerReader fields = reader.Enter(kBerSequence);
  principal->type = EnterInteger(fields, BerContextOf(0));
  BerReader parts = fields.Enter(BerContextOf(1)).Enter(kBerSequence);
  while (!parts.AtEnd() && principal->parts < kMaxListed) {
    const Bytes part = parts.Take(kGeneralString);
    if (!parts.ok()) return false;
    if (principal->parts++ > 0) principal->name += '/';
    absl::StrAppend(&principal->name, TextOf(part));
  }
  if (principal->name.size() > kMaxText) principal->name.resize(kMaxText);
  return fields.ok() && parts.ok();
}

// Services are named by class and host; what is not is an account's name,
// whatever type it says it has.
std::string ServiceName(const Principal& principal) {
  const bool account = principal.type == kNameEnterprise ||
                       (principal.parts == 1 && principal.name != "krbtgt");
  return account ? MaskedName(principal.name) : principal.name;
}

// The type alone.
int32_t EnterEncryptedData(BerReader& reader, BerTag tag) {
  BerReader fields = reader.Enter(tag).Enter(kBerSequence);
  const int64_t type = EnterInteger(fields, BerContextOf(0));
  if (!fields.ok()) reader.Break();
  return static_cast<int32_t>(type);
}

// Int32 numbers, one an element.
bool ReadNumbers(BerReader list, std::vector<int32_t>* numbers) {
  while (!list.AtEnd() && numbers->size() < kMaxListed) {
    const int64_t number = list.Integer();
    if (list.ok()) numbers->push_back(static_cast<int32_t>(number));
  }
  return list.ok();
}

bool ReadPreauths(BerReader list, std::vector<int32_t>* types) {
  while (!list.AtEnd() && types->size() < kMaxListed) {
    BerReader item = list.Enter(kBerSequence);
    const int64_t type = EnterInteger(item, BerContextOf(1));
    if (!item.ok()) return false;
    types->push_back(static_cast<int32_t>(type));
  }
  return list.ok();
}

bool ReadRequestBody(BerReader body, KerberosMessage* message) {
  while (!body.AtEnd()) {
    const BerTag tag = body.Peek();
    if (tag == BerContextOf(1)) {
      Principal client;
      if (!ReadPrincipal(body.Enter(tag), &client)) return false;
      message->client = MaskedName(client.name);
    } else if (tag == BerContextOf(2)) {
      message->realm = EnterText(body, tag);
    } else if (tag == BerContextOf(3)) {
      Principal service;
      if (!ReadPrincipal(body.Enter(tag), &service)) return false;
      message->service = ServiceName(service);
    } else if (tag == BerContextOf(7)) {
      message->nonce = static_cast<uint32_t>(EnterInteger(body, tag));
    } else if (tag == BerContextOf(8)) {
      if (!ReadNumbers(body.Enter(tag).Enter(kBerSequence),
                       &message->encryptions)) {
        return false;
      }
    } else {
      body.Skip();
    }
  }
  return body.ok();
}

// KDC-REQ (RFC 4120 5.4.1).
bool ReadRequest(BerReader fields, KerberosMessage* message) {
  bool has_body = false;
  while (!fields.AtEnd()) {
    const BerTag tag = fields.Peek();
    if (tag == BerContextOf(3)) {
      if (!ReadPreauths(fields.Enter(tag).Enter(kBerSequence),
                        &message->preauths)) {
        return false;
      }
    } else if (tag == BerContextOf(4)) {
      has_body = true;
      if (!ReadRequestBody(fields.Enter(tag).Enter(kBerSequence), message)) {
        return false;
      }
    } else {
      fields.Skip();
    }
  }
  return fields.ok() && has_body;
}

// KDC-REP (RFC 4120 5.4.2).
bool ReadReply(BerReader fields, KerberosMessage* message) {
  while (!fields.AtEnd()) {
    const BerTag tag = fields.Peek();
    if (tag == BerContextOf(2)) {
      if (!ReadPreauths(fields.Enter(tag).Enter(kBerSequence),
                        &message->preauths)) {
        return false;
      }
    } else if (tag == BerContextOf(3)) {
      message->realm = EnterText(fields, tag);
    } else if (tag == BerContextOf(4)) {
      Principal client;
      if (!ReadPrincipal(fields.Enter(tag), &client)) return false;
      message->client = MaskedName(client.name);
    } else if (tag == BerContextOf(5)) {
      BerReader ticket = fields.Enter(tag);
      if (!ReadKerberosTicket(ticket, &message->ticket)) return false;
      message->service = message->ticket.service;
    } else if (tag == BerContextOf(6)) {
      message->reply_encryption = EnterEncryptedData(fields, tag);
    } else {
      fields.Skip();
    }
  }
  return fields.ok() && message->ticket.present;
}

// KRB-ERROR (RFC 4120 5.9.1).
bool ReadError(BerReader fields, KerberosMessage* message) {
  bool has_code = false;
  while (!fields.AtEnd()) {
    const BerTag tag = fields.Peek();
    if (tag == BerContextOf(6)) {
      has_code = true;
      message->error = static_cast<int32_t>(EnterInteger(fields, tag));
    } else if (tag == BerContextOf(8)) {
      Principal client;
      if (!ReadPrincipal(fields.Enter(tag), &client)) return false;
      message->client = MaskedName(client.name);
    } else if (tag == BerContextOf(9)) {
      message->realm = EnterText(fields, tag);
    } else if (tag == BerContextOf(10)) {
      Principal service;
      if (!ReadPrincipal(fields.Enter(tag), &service)) return false;
      message->service = ServiceName(service);
    } else {
      fields.Skip();
    }
  }
  return fields.ok() && has_code;
}

}  // namespace

bool ReadKerberosTicket(BerReader& reader, KerberosTicket* ticket) {
  BerReader fields = reader.Enter(BerApplicationOf(1)).Enter(kBerSequence);
  if (EnterInteger(fields, BerContextOf(0)) != kVersion) return false;
  ticket->realm = EnterText(fields, BerContextOf(1));
  Principal service;
  const bool named = ReadPrincipal(fields.Enter(BerContextOf(2)), &service);
  ticket->service = ServiceName(service);
  ticket->encryption = EnterEncryptedData(fields, BerContextOf(3));
  ticket->present = fields.ok() && named;
  return ticket->present;
}

bool ReadApRequest(Bytes bytes, bool cut, KerberosTicket* ticket) {
  BerReader fields =
      BerReader(bytes, cut)
          .Enter(BerApplicationOf(static_cast<int>(KerberosType::kApRequest)))
          .Enter(kBerSequence);
  if (EnterInteger(fields, BerContextOf(0)) != kVersion) return false;
  // msg-type, ap-options.
  fields.Skip();
  fields.Skip();
  BerReader inner = fields.Enter(BerContextOf(3));
  return ReadKerberosTicket(inner, ticket);
}

bool IsKerberos(Bytes bytes) {
  if (bytes.empty() || (bytes[0] & 0xe0) != 0x60) return false;
  const int type = bytes[0] & 0x1f;
  if (!IsType(type)) return false;
  const BerHead outer = ReadBerHead(bytes);
  if (outer.state != BerHead::kWhole) {
    return outer.state == BerHead::kNeedsMore;
  }
  bytes.remove_prefix(outer.head_bytes);
  const BerHead inner = ReadBerHead(bytes);
  if (inner.state != BerHead::kWhole) {
    return inner.state == BerHead::kNeedsMore;
  }
  if (inner.tag != kBerSequence || inner.size() != outer.content_bytes) {
    return false;
  }
  bytes.remove_prefix(inner.head_bytes);
  // pvno and msg-type: each [n] { INTEGER }, five bytes. Only requests to the
  // KDC count from 1.
  const bool request = type == static_cast<int>(KerberosType::kAsRequest) ||
                       type == static_cast<int>(KerberosType::kTgsRequest);
  const auto first = static_cast<uint8_t>(request ? 0xa1 : 0xa0);
  const uint8_t wanted[] = {first,       3,
                            kBerInteger, 1,
                            kVersion,    static_cast<uint8_t>(first + 1),
                            3,           kBerInteger,
                            1,           static_cast<uint8_t>(type)};
  for (size_t i = 0; i < sizeof wanted && i < bytes.size(); ++i) {
    if (bytes[i] != wanted[i]) return false;
  }
  return true;
}

bool KerberosMessage::Read(Bytes bytes, bool cut) {
  *this = KerberosMessage();
  if (!IsKerberos(bytes)) return false;
  type = static_cast<KerberosType>(bytes[0] & 0x1f);
  BerReader fields = BerReader(bytes, cut).Enter(bytes[0]).Enter(kBerSequence);
  switch (type) {
    case KerberosType::kAsRequest:
    case KerberosType::kTgsRequest:
      return ReadRequest(fields, this);
    case KerberosType::kAsReply:
    case KerberosType::kTgsReply:
      return ReadReply(fields, this);
    case KerberosType::kError:
      return ReadError(fields, this);
    case KerberosType::kApRequest:
      return ReadApRequest(bytes, cut, &ticket);
    default:
      return fields.ok();
  }
}

}  // namespace tapline
