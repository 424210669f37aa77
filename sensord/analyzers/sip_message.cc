#include "sensord/analyzers/sip_message.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/masked_url.h"
#include "sensord/analyzers/text_head.h"

namespace tapline::sip {
namespace {

constexpr size_t kNone = absl::string_view::npos;
constexpr size_t kMaxFields = 128;
constexpr size_t kMaxMethod = 20;
constexpr absl::string_view kVersion = "SIP/2.0";

struct Name {
  absl::string_view full;
  // RFC 3261 7.3.3; 0 for none.
  char compact;
  absl::string_view SipMessage::*place;
};

constexpr Name kNames[] = {
    {"from", 'f', &SipMessage::from},
    {"to", 't', &SipMessage::to},
    {"call-id", 'i', &SipMessage::call_id},
    {"user-agent", 0, &SipMessage::user_agent},
    {"server", 0, &SipMessage::server},
    {"authorization", 0, &SipMessage::authorization},
    {"proxy-authorization", 0, &SipMessage::authorization},
    {"www-authenticate", 0, &SipMessage::challenge},
    {"proxy-authenticate", 0, &SipMessage::challenge},
    {"content-type", 'c', &SipMessage::content_type},
};

bool IsName(absl::string_view name, absl::string_view full, char compact) {
  if (name.size() == 1 && compact != 0) {
    return absl::ascii_tolower(static_cast<unsigned char>(name[0])) == compact;
  }
  return absl::EqualsIgnoreCase(name, full);
}

bool IsMethod(absl::string_view text) {
  return text.size() <= kMaxMethod && IsToken(text);
}

bool ReadStartLine(absl::string_view line, SipMessage* message) {
  const size_t first = line.find(' ');
  if (first == kNone) return false;
  const absl::string_view rest = line.substr(first + 1);
  if (line.substr(0, first) == kVersion) {
    uint32_t status = 0;
    if (rest.size() < 3 || !absl::SimpleAtoi(rest.substr(0, 3), &status) ||
        status < 100 || status > 699) {
      return false;
    }
    message->status = static_cast<uint16_t>(status);
    return true;
  }
  const size_t last = rest.rfind(' ');
  if (last == kNone || TrimBlanks(rest.substr(last + 1)) != kVersion) {
    return false;
  }
  message->method = line.substr(0, first);
  message->uri = TrimBlanks(rest.substr(0, last));
  return IsMethod(message->method) && !message->uri.empty();
}

// "314159 INVITE".
bool ReadCseq(absl::string_view value, SipMessage* message) {
  const size_t space = value.find_first_of(" \t");
  if (space == kNone) return false;
  message->cseq_method = TrimBlanks(value.substr(space));
  return absl::SimpleAtoi(value.substr(0, space), &message->cseq) &&
         IsMethod(message->cseq_method);
}

absl::string_view BranchOf(absl::string_view via) {
  // Only the first of several in one line.
  via = via.substr(0, via.find(','));
  while (true) {
    const size_t semicolon = via.find(';');
    if (semicolon == kNone) return "";
    via = TrimBlanks(via.substr(semicolon + 1));
    if (!absl::StartsWithIgnoreCase(via, "branch")) continue;
    const absl::string_view rest = TrimBlanks(via.substr(6));
    if (absl::StartsWith(rest, "=")) {
      return TrimBlanks(rest.substr(1, rest.find(';') - 1));
    }
  }
}

void ReadLength(absl::string_view value, SipMessage* message) {
  uint32_t length = 0;
  const bool digits = !value.empty() &&
                      std::all_of(value.begin(), value.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || !absl::SimpleAtoi(value, &length)) {
    message->malformed = true;
    return;
  }
  message->ambiguous |=
      message->has_length && message->content_length != length;
  message->has_length = true;
  message->content_length = length;
}

void ReadField(const HeadField& field, SipMessage* message) {
  if (IsName(field.name, "content-length", 'l')) {
    ReadLength(field.value, message);
  } else if (IsName(field.name, "cseq", 0)) {
    message->malformed |= !ReadCseq(field.value, message);
  } else if (IsName(field.name, "via", 'v')) {
    if (message->branch.empty()) message->branch = BranchOf(field.value);
  } else {
    for (const Name& row : kNames) {
      if (!IsName(field.name, row.full, row.compact)) continue;
      absl::string_view& place = message->*row.place;
      if (place.empty()) place = field.value;
      break;
    }
  }
}

// "+4930123456", "555-0123": a telephone, though it stands where hosts do.
bool IsNumber(absl::string_view host) {
  return !host.empty() && host.find_first_not_of("+0123456789-()*#") == kNone;
}

}  // namespace

bool ReadSipMessage(absl::string_view text, SipMessage* message) {
  *message = SipMessage();
  HeadReader reader(text);
  if (!ReadStartLine(reader.StartLine(), message)) return false;
  HeadField field;
  for (size_t i = 0; i < kMaxFields && reader.Next(&field); ++i) {
    message->malformed |= field.odd;
    ReadField(field, message);
  }
  message->malformed |= message->from.empty() || message->to.empty() ||
                        message->call_id.empty() ||
                        message->cseq_method.empty();
  // RFC 3261 8.1.1.5: what is asked is said twice.
  message->ambiguous |= !message->method.empty() &&
                        !message->cseq_method.empty() &&
                        message->method != message->cseq_method;
  return true;
}

StartLine LookAtSip(absl::string_view text) {
  const size_t end = text.find('\n');
  absl::string_view line = text.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  SipMessage message;
  if (end != kNone) {
    return ReadStartLine(line, &message) ? StartLine::kYes : StartLine::kNo;
  }
  const size_t compared = std::min(line.size(), kVersion.size());
  if (line.substr(0, compared) == kVersion.substr(0, compared)) {
    return line.size() < 128 ? StartLine::kPartial : StartLine::kNo;
  }
  const size_t space = line.find(' ');
  if (!IsMethod(line.substr(0, space))) {
    return line.empty() ? StartLine::kPartial : StartLine::kNo;
  }
  if (space == kNone) return StartLine::kPartial;
  // Requests of other protocols have other schemes.
  const absl::string_view uri = line.substr(space + 1);
  for (const absl::string_view scheme : {"sip:", "sips:", "tel:"}) {
    const size_t same = std::min(uri.size(), scheme.size());
    if (absl::EqualsIgnoreCase(uri.substr(0, same), scheme.substr(0, same))) {
      return StartLine::kPartial;
    }
  }
  return StartLine::kNo;
}

absl::string_view SipHost(absl::string_view uri) {
  const size_t colon = uri.find(':');
  if (colon == kNone || !absl::StartsWithIgnoreCase(uri, "sip")) return "";
  const absl::string_view rest = uri.substr(colon + 1);
  const absl::string_view authority = rest.substr(0, rest.find_first_of(";?>"));
  const absl::string_view host = SplitAuthority(authority).host;
  return IsNumber(host) ? "" : host;
}

std::string MaskedSipAddress(absl::string_view field) {
  const size_t open = field.find('<');
  absl::string_view uri = open == kNone ? field : field.substr(open + 1);
  uri = uri.substr(0, uri.find_first_of(open == kNone ? ";?" : ">;?"));
  const size_t colon = uri.find(':');
  if (colon == kNone) return MaskedName(TrimBlanks(uri));
  const absl::string_view rest = uri.substr(colon + 1);
  const size_t at = rest.rfind('@');
  // A telephone number, or a host.
  if (at == kNone) {
    const absl::string_view host = SplitAuthority(rest).host;
    return absl::StartsWithIgnoreCase(TrimBlanks(uri), "sip") && !IsNumber(host)
               ? std::string(host)
               : MaskedName(rest);
  }
  // "ann:password@host" is allowed, and discouraged (RFC 3261 19.1.1).
  return absl::StrCat(MaskedName(rest.substr(0, at)), "@",
                      SplitAuthority(rest).host);
}

}  // namespace tapline::sip
