#include "sensord/analyzers/ftp_message.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace tapline::ftp {
namespace {

// Of the registry of RFC 5797, and what servers have beside it.
constexpr absl::string_view kOthers[] = {
    "ABOR", "ADAT", "ALGS", "ALLO",  "AVBL",    "CCC",    "CDUP", "CLNT",
    "COMB", "CONF", "CSID", "CWD",   "DSIZ",    "ENC",    "ESTA", "ESTP",
    "FEAT", "HASH", "HELP", "HOST",  "LANG",    "LPRT",   "LPSV", "MD5",
    "MDTM", "MFCT", "MFF",  "MFMT",  "MIC",     "MLST",   "MMD5", "MODE",
    "NOOP", "OPTS", "PBSZ", "PROT",  "PWD",     "RANG",   "REIN", "REST",
    "SITE", "SIZE", "SMNT", "SPSV",  "STAT",    "STRU",   "THMB", "TYPE",
    "XCRC", "XCUP", "XCWD", "XMD5",  "XPWD",    "XRCP",   "XRSQ", "XSEM",
    "XSEN", "XMAS", "XSHA", "XSHA1", "XSHA256", "XSHA512"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Verb VerbOf(absl::string_view word) {
  struct Row {
    absl::string_view word;
    Verb verb;
  };
  static constexpr Row kVerbs[] = {
      {"USER", Verb::kUser},    {"PASS", Verb::kPass},
      {"ACCT", Verb::kAcct},    {"AUTH", Verb::kAuth},
      {"SYST", Verb::kSystem},  {"PASV", Verb::kPassive},
      {"EPSV", Verb::kPassive}, {"PORT", Verb::kActive},
      {"EPRT", Verb::kActive},  {"QUIT", Verb::kQuit},
      {"RETR", Verb::kFile},    {"STOR", Verb::kFile},
      {"STOU", Verb::kFile},    {"APPE", Verb::kFile},
      {"LIST", Verb::kFile},    {"NLST", Verb::kFile},
      {"MLSD", Verb::kFile},    {"DELE", Verb::kFile},
      {"RNFR", Verb::kFile},    {"RNTO", Verb::kFile},
      {"MKD", Verb::kFile},     {"XMKD", Verb::kFile},
      {"RMD", Verb::kFile},     {"XRMD", Verb::kFile},
  };
  for (const Row& row : kVerbs) {
    if (word == row.word) return row.verb;
  }
  const bool known = std::find(std::begin(kOthers), std::end(kOthers), word) !=
                     std::end(kOthers);
  return known ? Verb::kOther : Verb::kUnknown;
}

bool DataEndpoint::ReadPort(absl::string_view text) {
  const auto first = std::find_if(text.begin(), text.end(), IsDigit);
  uint8_t bytes[6] = {};
  size_t n = 0;
  uint32_t value = 0;
  bool digit = false;
  for (auto at = first; at != text.end() && n < 6; ++at) {
    if (IsDigit(*at)) {
      value = value * 10 + static_cast<uint32_t>(*at - '0');
      digit = true;
      if (value > 255) return false;
      continue;
    }
    if (!digit || (*at != ',' && n < 5)) return false;
    bytes[n++] = static_cast<uint8_t>(value);
    value = 0;
    digit = false;
  }
  if (n == 5 && digit) bytes[n++] = static_cast<uint8_t>(value);
  if (n != 6) return false;
  has_address = true;
  address = IpAddress::FromV4(bytes);
  port = static_cast<uint16_t>(bytes[4] << 8 | bytes[5]);
  return true;
}

bool DataEndpoint::ReadExtended(absl::string_view text) {
  const size_t open = text.find('(');
  if (open != absl::string_view::npos) {
    text.remove_prefix(open + 1);
    text = text.substr(0, text.find(')'));
  }
  if (text.size() < 5) return false;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, text.substr(0, 1));
  uint32_t number = 0;
  if (parts.size() != 5 || !absl::SimpleAtoi(parts[3], &number) ||
      number > 0xffff) {
    return false;
  }
  has_address = !parts[2].empty();
  if (has_address) {
    const auto parsed = IpAddress::Parse(parts[2]);
    has_address = parsed.ok();
    if (!has_address) return false;
    address = *parsed;
  }
  port = static_cast<uint16_t>(number);
  return true;
}

uint64_t AnnouncedBytes(absl::string_view text) {
  const size_t end = text.rfind(" bytes");
  if (end == absl::string_view::npos) return 0;
  size_t begin = end;
  while (begin > 0 && IsDigit(text[begin - 1])) --begin;
  uint64_t bytes = 0;
  return absl::SimpleAtoi(text.substr(begin, end - begin), &bytes) ? bytes : 0;
}

}  // namespace tapline::ftp
