#include "sensord/analyzers/http_start_line.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/text_head.h"

namespace tapline::http {
namespace {

constexpr size_t kNone = absl::string_view::npos;
constexpr size_t kMaxMethod = 24;
// A first line that is longer and has no end yet is believed.
constexpr size_t kLongLine = 512;

// RFC 9110 9, RFC 5789, RFC 4918 and what else is common.
constexpr absl::string_view kMethods[] = {
    "GET",       "POST",   "HEAD",       "PUT",    "OPTIONS", "CONNECT",
    "DELETE",    "PATCH",  "TRACE",      "MOVE",   "COPY",    "PROPFIND",
    "PROPPATCH", "MKCOL",  "LOCK",       "UNLOCK", "REPORT",  "SEARCH",
    "SUBSCRIBE", "NOTIFY", "UNSUBSCRIBE"};

bool IsKnownMethod(absl::string_view method) {
  for (const absl::string_view known : kMethods) {
    if (method == known) return true;
  }
  return false;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "HTTP/1.1"; null when it is no version of HTTP/1.
const char* ParseVersion(absl::string_view text) {
  if (text == "HTTP/1.1") return "1.1";
  if (text == "HTTP/1.0") return "1.0";
  // Later minors are read as the newest that is known (RFC 9110 2.5).
  if (text.size() == 8 && absl::StartsWith(text, "HTTP/1.") &&
      IsDigit(text[7])) {
    return "1.1";
  }
  return nullptr;
}

Match ProbeResponse(absl::string_view text) {
  constexpr absl::string_view kShape = "HTTP/1.";
  const size_t compared = std::min(text.size(), kShape.size());
  if (text.substr(0, compared) != kShape.substr(0, compared)) return Match::kNo;
  // "HTTP/1.1 200"
  if (text.size() < 12) return Match::kMore;
  StatusLine line;
  return ParseStatusLine(text.substr(0, 12), &line) ? Match::kYes : Match::kNo;
}

// What the line of a method that nobody knows must not have.
bool HasControls(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t';
  });
}

Match ProbePartialRequest(absl::string_view text, size_t space) {
  const bool path = text.size() >= kLongLine &&
                    (text[space + 1] == '/' || text[space + 1] == 'h');
  return path && IsKnownMethod(text.substr(0, space)) ? Match::kYes
                                                      : Match::kMore;
}

Match ProbeRequest(absl::string_view text) {
  size_t space = 0;
  while (space < text.size() && space <= kMaxMethod &&
         ((text[space] >= 'A' && text[space] <= 'Z') || text[space] == '-' ||
          text[space] == '_')) {
    ++space;
  }
  if (space == text.size() && space <= kMaxMethod) return Match::kMore;
  if (space == 0 || space > kMaxMethod || text[space] != ' ') return Match::kNo;
  const size_t end = text.find('\n');
  absl::string_view line = text.substr(0, end);
  const absl::string_view target = line.substr(space + 1);
  // With the line's end or without, so that a no is one for good.
  if (HasControls(target.substr(0, target.find_last_not_of('\r') + 1)) &&
      !IsKnownMethod(line.substr(0, space))) {
    return Match::kNo;
  }
  if (end == kNone) return ProbePartialRequest(text, space);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  RequestLine request;
  if (!ParseRequestLine(line, &request)) return Match::kNo;
  if (request.version != absl::string_view("0.9")) return Match::kYes;
  // Other protocols have such commands as well.
  return absl::StartsWith(request.target, "/") ? Match::kWeak : Match::kNo;
}

}  // namespace

bool ParseRequestLine(absl::string_view line, RequestLine* out) {
  *out = RequestLine();
  const size_t first = line.find(' ');
  if (first == kNone || first == 0) return false;
  out->method = line.substr(0, first);
  if (!IsToken(out->method)) return false;
  absl::string_view rest = line.substr(first + 1);
  const absl::string_view trimmed = TrimBlanks(rest);
  out->spaced = trimmed.size() != rest.size();
  const size_t last = trimmed.rfind(' ');
  if (last == kNone) {
    out->target = trimmed;
    out->version = "0.9";
    return out->method == "GET" && absl::StartsWith(trimmed, "/");
  }
  out->version = ParseVersion(trimmed.substr(last + 1));
  if (out->version == nullptr) return false;
  const absl::string_view target = trimmed.substr(0, last);
  out->target = TrimBlanks(target);
  out->spaced |= out->target.size() != target.size() ||
                 out->target.find_first_of(" \t") != kNone;
  return !out->target.empty();
}

bool ParseStatusLine(absl::string_view line, StatusLine* out) {
  size_t at = 9;
  if (absl::StartsWith(line, "ICY ")) {
    // Shoutcast answers HTTP/1.0 requests so.
    out->version = "1.0";
    at = 4;
  } else {
    if (line.size() < 12 || line[8] != ' ') return false;
    out->version = ParseVersion(line.substr(0, 8));
    if (out->version == nullptr) return false;
  }
  const absl::string_view digits = line.substr(at, 3);
  if (digits.size() < 3 || digits[0] < '1' || digits[0] > '9' ||
      !IsDigit(digits[1]) || !IsDigit(digits[2])) {
    return false;
  }
  if (line.size() > at + 3 && line[at + 3] != ' ') return false;
  out->status = static_cast<uint16_t>((digits[0] - '0') * 100 +
                                      (digits[1] - '0') * 10 + digits[2] - '0');
  out->reason = TrimBlanks(line.substr(at + 3));
  return true;
}

bool IsResponse(absl::string_view text) {
  return absl::StartsWith(text, "HTTP/") || absl::StartsWith(text, "ICY ");
}

Match ProbeHttp(const Opening& opening) {
  const absl::string_view text = SkipEmptyLines(TextOf(opening.first()));
  if (text.empty()) return Match::kMore;
  const Match response = ProbeResponse(text);
  return response != Match::kNo ? response : ProbeRequest(text);
}

}  // namespace tapline::http
