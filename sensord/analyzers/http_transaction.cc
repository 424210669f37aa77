#include "sensord/analyzers/http_transaction.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sensord/analyzers/http_hints.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/masked_url.h"
#include "sensord/analyzers/text_head.h"
#include "sensord/event/fields/http.h"

namespace tapline::http {
namespace {

namespace field = fields::http;
using Text = HttpTransaction::Text;

constexpr size_t kMaxText = 1024;
constexpr size_t kMaxMethod = 32;
constexpr size_t kMaxHost = 255;
constexpr size_t kMaxMediaType = 100;
constexpr size_t kMaxGrpcName = 128;
constexpr size_t kMaxCookieName = 64;
constexpr size_t kMaxCookieNames = 1024;

using Keep = HttpTransaction::Keep;

// A header field whose value is kept.
struct Row {
  absl::string_view name;
  Text text;
  Keep keep;
};

constexpr Row kRequestRows[] = {
    {"user-agent", Text::kUserAgent, Keep::kProduct},
    {"referer", Text::kReferer, Keep::kUrlHost},
    {"content-type", Text::kRequestType, Keep::kMediaType},
    {"cookie", Text::kCookies, Keep::kCookie},
    {"authorization", Text::kAuth, Keep::kScheme},
    {"proxy-authorization", Text::kProxyAuth, Keep::kScheme},
};

constexpr Row kResponseRows[] = {
    {"server", Text::kServer, Keep::kProduct},
    {"content-type", Text::kResponseType, Keep::kMediaType},
    {"set-cookie", Text::kSetCookies, Keep::kSetCookie},
    {"www-authenticate", Text::kChallenge, Keep::kScheme},
    {"proxy-authenticate", Text::kChallenge, Keep::kScheme},
    {"upgrade", Text::kUpgrade, Keep::kToken},
    {"grpc-status", Text::kTexts, Keep::kGrpcStatus},
};

// IANA HTTP Authentication Scheme registry, and what else is common.
constexpr absl::string_view kSchemes[] = {
    "basic",         "bearer", "digest",       "negotiate",
    "ntlm",          "dpop",   "gnap",         "hoba",
    "mutual",        "oauth",  "privatetoken", "scram-sha-1",
    "scram-sha-256", "vapid",  "concealed",    "aws4-hmac-sha256",
    "apikey",        "hawk",   "token",        "kerberos"};

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
constexpr const char* kGrpcCodes[] = {"OK",
                                      "CANCELLED",
                                      "UNKNOWN",
                                      "INVALID_ARGUMENT",
                                      "DEADLINE_EXCEEDED",
                                      "NOT_FOUND",
                                      "ALREADY_EXISTS",
                                      "PERMISSION_DENIED",
                                      "RESOURCE_EXHAUSTED",
                                      "FAILED_PRECONDITION",
                                      "ABORTED",
                                      "OUT_OF_RANGE",
                                      "UNIMPLEMENTED",
                                      "INTERNAL",
                                      "UNAVAILABLE",
                                      "DATA_LOSS",
                                      "UNAUTHENTICATED"};
constexpr int kGrpcCodeCount = static_cast<int>(std::size(kGrpcCodes));

const Row* FindRow(absl::Span<const Row> rows, absl::string_view name) {
  for (const Row& row : rows) {
    if (absl::EqualsIgnoreCase(row.name, name)) return &row;
  }
  return nullptr;
}

int ParseGrpcStatus(absl::string_view value) {
  if (value.empty() || value.size() > 2) return -1;
  int code = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return -1;
    code = code * 10 + (c - '0');
  }
  return code;
}

// What an interface definition can call a service or a method; `more` may
// stand between its letters.
bool IsGrpcName(absl::string_view name, absl::string_view more) {
  return !name.empty() && name.size() <= kMaxGrpcName &&
         std::all_of(name.begin(), name.end(), [more](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '_' || absl::StrContains(more, c);
         });
}

// Every non-empty line of `lines` as one value of a repeated field.
void SetLines(EventWriter& event, TextField to, absl::string_view lines) {
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    event.Set(to, lines.substr(0, end));
    if (end == absl::string_view::npos) break;
    lines.remove_prefix(end + 1);
  }
}

void SetIf(EventWriter& event, TextField to, absl::string_view text) {
  if (!text.empty()) event.Set(to, text);
}
void SetIf(EventWriter& event, UintField to, uint64_t value) {
  if (value != 0) event.Set(to, value);
}
void SetIf(EventWriter& event, BoolField to, bool value) {
  if (value) event.Set(to, true);
}

}  // namespace

absl::string_view KnownField(absl::string_view name) {
  const Row* row = FindRow(kRequestRows, name);
  if (row == nullptr) row = FindRow(kResponseRows, name);
  return row == nullptr ? absl::string_view() : row->name;
}

absl::string_view AuthScheme(absl::string_view value) {
  const absl::string_view word = value.substr(0, value.find_first_of(" \t,"));
  if (word.empty()) return "";
  for (const absl::string_view scheme : kSchemes) {
    if (absl::EqualsIgnoreCase(word, scheme)) return scheme;
  }
  return "other";
}

std::string MediaType(absl::string_view value) {
  const absl::string_view type =
      TrimBlanks(value.substr(0, value.find_first_of(";,")));
  return absl::AsciiStrToLower(MaskedProduct(type, kMaxMediaType));
}

void HttpTransaction::Set(Text which, absl::string_view text) {
  Place& place = at_[which];
  if (place.size != 0 || text.empty()) return;
  text = text.substr(0, kMaxText);
  if (texts_.size() + text.size() > 0xffff) return;
  place.begin = static_cast<uint16_t>(texts_.size());
  place.size = static_cast<uint16_t>(text.size());
  texts_.append(text.data(), text.size());
}

void HttpTransaction::SetMethod(absl::string_view method) {
  if (method.size() <= kMaxMethod && IsToken(method)) Set(kMethod, method);
}

void HttpTransaction::SetHost(const Authority& authority) {
  if (!Get(kHost).empty()) return;
  host_port = authority.port;
  Set(kHost, absl::AsciiStrToLower(authority.host.substr(0, kMaxHost)));
}

void HttpTransaction::SetTarget(absl::string_view target) {
  path_hints = PathHints(target);
  Set(kPath, MaskedTarget(target));
}

void HttpTransaction::AddCookies(Text which, absl::string_view value) {
  Place& place = at_[which];
  while (!value.empty()) {
    const size_t end = value.find(';');
    const absl::string_view pair = value.substr(0, end);
    value.remove_prefix(end == absl::string_view::npos ? value.size()
                                                       : end + 1);
    const size_t equals = pair.find('=');
    if (equals == absl::string_view::npos) continue;
    absl::string_view name = TrimBlanks(pair.substr(0, equals));
    if (name.empty() || !IsToken(name)) continue;
    if (name.size() > kMaxCookieName || LooksOpaque(name)) {
      name = "[redacted:opaque]";
    }
    if (place.size + name.size() > kMaxCookieNames) return;
    // It grows at the end; what stood elsewhere moves there.
    if (place.begin + place.size != texts_.size()) {
      const std::string old(Get(which));
      place.begin = static_cast<uint16_t>(texts_.size());
      texts_ += old;
    }
    if (place.size != 0) texts_ += '\n';
    absl::StrAppend(&texts_, name);
    place.size = static_cast<uint16_t>(texts_.size() - place.begin);
  }
}

void HttpTransaction::AddRequestField(absl::string_view name,
                                      absl::string_view value) {
  const Row* row = FindRow(kRequestRows, name);
  if (row != nullptr) Add(row->text, row->keep, value);
}

void HttpTransaction::AddResponseField(absl::string_view name,
                                       absl::string_view value) {
  const Row* row = FindRow(kResponseRows, name);
  if (row != nullptr) Add(row->text, row->keep, value);
}

void HttpTransaction::Add(Text which, Keep keep, absl::string_view value) {
  switch (keep) {
    case Keep::kProduct:
      Set(which, MaskedProduct(value));
      break;
    case Keep::kMediaType:
      Set(which, MediaType(value));
      break;
    case Keep::kUrlHost: {
      AbsoluteUrl url;
      if (!SplitUrl(value, &url)) break;
      Set(which, absl::AsciiStrToLower(url.authority.host.substr(0, kMaxHost)));
      break;
    }
    case Keep::kScheme:
      Set(which, AuthScheme(value));
      break;
    case Keep::kCookie:
      AddCookies(which, value);
      break;
    case Keep::kSetCookie:
      // What follows are attributes.
      AddCookies(which, value.substr(0, value.find(';')));
      break;
    case Keep::kToken:
      Set(which, absl::AsciiStrToLower(MaskedProduct(value, kMaxMethod)));
      break;
    case Keep::kGrpcStatus:
      grpc_status = ParseGrpcStatus(value);
      break;
  }
}

bool HttpTransaction::IsGrpc() const {
  // "application/grpc", "application/grpc+proto", never "application/grpc-web".
  constexpr absl::string_view kType = "application/grpc";
  for (const Text which : {kRequestType, kResponseType}) {
    const absl::string_view type = Get(which);
    if (!absl::StartsWith(type, kType)) continue;
    if (type.size() == kType.size() || type[kType.size()] == '+') return true;
  }
  return false;
}

void HttpTransaction::SetGrpcPath(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, "/")) return;
  const size_t slash = path.find('/');
  if (slash == absl::string_view::npos) return;
  const absl::string_view service = path.substr(0, slash);
  const absl::string_view method = path.substr(slash + 1);
  if (!IsGrpcName(service, ".") || !IsGrpcName(method, "")) return;
  Set(kGrpcService, service);
  Set(kGrpcMethod, method);
}

void HttpTransaction::Tell(AnalyzerOutput& out) const {
  EventWriter event = out.NewEvent(field::kEvent);
  SetIf(event, field::kMethod, Get(kMethod));
  SetIf(event, field::kHost, Get(kHost));
  SetIf(event, field::kHostPort, host_port);
  SetIf(event, field::kPath, Get(kPath));
  SetIf(event, field::kVersion, version);
  SetIf(event, field::kStatus, status);
  SetIf(event, field::kUserAgent, Get(kUserAgent));
  SetIf(event, field::kServer, Get(kServer));
  SetIf(event, field::kRequestContentType, Get(kRequestType));
  SetIf(event, field::kContentType, Get(kResponseType));
  SetIf(event, field::kRequestBodyBytes, request_bytes);
  SetIf(event, field::kResponseBodyBytes, response_bytes);
  SetIf(event, field::kRequestDeclaredBytes, request_declared);
  SetIf(event, field::kResponseDeclaredBytes, response_declared);
  SetIf(event, field::kRequestIncomplete, request_incomplete);
  SetIf(event, field::kResponseIncomplete, response_incomplete);
  SetIf(event, field::kRefererHost, Get(kReferer));
  SetLines(event, field::kCookies, Get(kCookies));
  SetLines(event, field::kSetCookies, Get(kSetCookies));
  SetIf(event, field::kAuthScheme, Get(kAuth));
  SetIf(event, field::kProxyAuthScheme, Get(kProxyAuth));
  SetIf(event, field::kChallengeScheme, Get(kChallenge));
  SetIf(event, field::kProxy, proxy);
  // Others only say what the server could do.
  if (status == 101 || stream_id != 0)
    SetIf(event, field::kUpgrade, Get(kUpgrade));
  SetIf(event, field::kUnmatched, unmatched);
  if (request_begin != 0) event.Set(field::kRequestTime, request_begin);
  if (request_end != 0 && response_begin != 0) {
    const UnixNanos since =
        request_end > response_begin ? request_begin : request_end;
    const UnixNanos time = response_begin - since;
    event.Set(field::kResponseTimeNs,
              time > 0 ? static_cast<uint64_t>(time) : 1);
  }
  SetIf(event, field::kStreamId, stream_id);
  SetIf(event, field::kReset, reset);
  SetIf(event, field::kGrpcService, Get(kGrpcService));
  SetIf(event, field::kGrpcMethod, Get(kGrpcMethod));
  if (grpc_status >= 0) {
    if (grpc_status < kGrpcCodeCount) {
      event.SetSafe(field::kGrpcStatus, kGrpcCodes[grpc_status]);
    } else {
      event.SetSafe(field::kGrpcStatus, absl::StrCat(grpc_status));
    }
  }
  for (const PathHint& hint : AllPathHints()) {
    if ((path_hints & hint.bit) != 0) {
      event.SetSafe(field::kPathHints, hint.name);
    }
  }
}

}  // namespace tapline::http
