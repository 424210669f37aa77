// Heads of SIP messages (RFC 3261 7 and 20).

#ifndef TAPLINE_SENSORD_ANALYZERS_SIP_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_SIP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline::sip {

// Borrowed from the head it was read from.
struct SipMessage {
  // Empty for a response.
  absl::string_view method;
  absl::string_view uri;
  // 0 for a request.
  uint16_t status = 0;
  absl::string_view from;
  absl::string_view to;
  absl::string_view call_id;
  // Of the topmost Via: names the transaction.
  absl::string_view branch;
  absl::string_view user_agent;
  absl::string_view server;
  absl::string_view authorization;
  absl::string_view challenge;
  absl::string_view content_type;
  uint32_t cseq = 0;
  absl::string_view cseq_method;
  uint32_t content_length = 0;
  bool has_length = false;
  // A field that cannot be read, or one of those missing that every message
  // has.
  bool malformed = false;
  // Different values of a field that may come once.
  bool ambiguous = false;
};

// False when `text` does not begin with a request or status line of SIP/2.0.
bool ReadSipMessage(absl::string_view text, SipMessage* message);

// "INVITE sip:a@b SIP/2.0" or "SIP/2.0 200 OK", or the beginning of one: what
// can be said of it.
enum class StartLine : uint8_t { kNo, kPartial, kYes };
StartLine LookAtSip(absl::string_view text);

// "a***@example.org" of `"Ann" <sip:ann:pw@example.org:5060;x=y>;tag=z`; a host
// that is a telephone number is masked as a name.
std::string MaskedSipAddress(absl::string_view field);
// Host of a sip: URI; empty for others, and for a telephone number.
absl::string_view SipHost(absl::string_view uri);

}  // namespace tapline::sip

#endif  // TAPLINE_SENSORD_ANALYZERS_SIP_MESSAGE_H_
