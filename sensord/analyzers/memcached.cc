#include "sensord/analyzers/memcached.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::memcached {
namespace {

constexpr size_t kMaxLine = 1024;
constexpr size_t kMaxKey = 250;

constexpr uint8_t kBinaryRequest = 0x80;
constexpr uint8_t kBinaryResponse = 0x81;
constexpr size_t kBinaryHeader = 24;
constexpr uint8_t kHighestOpcode = 0x47;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 11211, Protocol::kMemcached},
    {UnitPort::kUdp, 11211, Protocol::kMemcached},
};

bool IsNumber(absl::string_view word) {
  return !word.empty() && word.size() <= 20 &&
         word.find_first_not_of("0123456789") == absl::string_view::npos;
}

bool IsKey(absl::string_view word) {
  return !word.empty() && word.size() <= kMaxKey && IsPrintable(word);
}

// "set key flags expiry bytes [noreply]" and the other ways to store.
bool IsStorage(const std::vector<absl::string_view>& words) {
  constexpr absl::string_view kVerbs[] = {"set",    "add",     "replace",
                                          "append", "prepend", "cas"};
  if (std::find(std::begin(kVerbs), std::end(kVerbs), words[0]) ==
      std::end(kVerbs)) {
    return false;
  }
  return words.size() >= 5 && words.size() <= 7 && IsKey(words[1]) &&
         IsNumber(words[2]) && IsNumber(words[4]);
}

// Words that other protocols have too: the answer or the port decides.
Match ProbeRequest(absl::string_view line) {
  constexpr absl::string_view kRetrieve[] = {
      "get", "gets", "gat", "gats", "mg", "delete", "incr", "decr", "touch"};
  constexpr absl::string_view kAlone[] = {"stats", "version", "flush_all",
                                          "verbosity", "quit"};
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
  if (IsStorage(words)) return Match::kYes;
  const auto is = [&words](absl::string_view verb) { return words[0] == verb; };
  if (std::any_of(std::begin(kRetrieve), std::end(kRetrieve), is)) {
    return words.size() >= 2 && IsKey(words[1]) ? Match::kWeak : Match::kNo;
  }
  return std::any_of(std::begin(kAlone), std::end(kAlone), is) &&
                 words.size() <= 3
             ? Match::kWeak
             : Match::kNo;
}

bool IsAnswer(absl::string_view text) {
  constexpr absl::string_view kAnswers[] = {
      "VALUE ",     "STORED\r\n",    "END\r\n",        "STAT ",
      "VERSION ",   "NOT_FOUND\r\n", "NOT_STORED\r\n", "DELETED\r\n",
      "EXISTS\r\n", "TOUCHED\r\n",   "CLIENT_ERROR ",  "SERVER_ERROR "};
  return std::any_of(std::begin(kAnswers), std::end(kAnswers),
                     [text](absl::string_view answer) {
                       return absl::StartsWith(text, answer);
                     });
}

Match ProbeText(absl::string_view request, absl::string_view answer) {
  const size_t end = request.substr(0, kMaxLine).find('\n');
  if (end == absl::string_view::npos) {
    // All verbs are lower case.
    const bool lower =
        request.empty() || (request[0] >= 'a' && request[0] <= 'z');
    return lower && IsPrintable(request.substr(0, 16)) &&
                   request.size() < kMaxLine
               ? Match::kMore
               : Match::kNo;
  }
  absl::string_view line = request.substr(0, end);
  if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
  const Match match = ProbeRequest(line);
  if (match != Match::kWeak || answer.empty()) return match;
  return IsAnswer(answer) ? Match::kYes : Match::kNo;
}

// Lengths that fit each other are more than chance would bring.
Match ProbeBinary(Bytes bytes) {
  if (bytes[0] != kBinaryRequest && bytes[0] != kBinaryResponse) {
    return Match::kNo;
  }
  if (bytes.size() < kBinaryHeader) return Match::kMore;
  const uint32_t key = LoadBig16(&bytes[2]);
  const uint32_t extras = bytes[4];
  const uint32_t body = LoadBig32(&bytes[8]);
  const bool fits = key <= kMaxKey && key + extras <= body &&
                    body <= 64u << 20 && bytes[1] <= kHighestOpcode &&
                    bytes[5] == 0 && extras <= 20;
  const bool plain = bytes[0] == kBinaryResponse || LoadBig16(&bytes[6]) == 0;
  return fits && plain ? Match::kYes : Match::kNo;
}

// Request id, number and count of datagrams, nothing.
Match ProbeDatagram(const Opening& opening) {
  constexpr size_t kHeader = 8;
  const Bytes bytes = opening.first();
  if (bytes.size() <= kHeader || LoadBig16(&bytes[6]) != 0 ||
      LoadBig16(&bytes[4]) == 0 ||
      LoadBig16(&bytes[2]) >= LoadBig16(&bytes[4])) {
    return Match::kNo;
  }
  const absl::string_view text = TextOf(bytes.subspan(kHeader));
  if (opening.originator_first) {
    const Match match = ProbeText(text, "");
    // Nothing more comes of this one.
    return match == Match::kMore ? Match::kNo : match;
  }
  return IsAnswer(text) ? Match::kYes : Match::kNo;
}

Match Probe(const Opening& opening) {
  if (opening.first().empty()) return Match::kMore;
  if (opening.datagram) return ProbeDatagram(opening);
  if (!opening.originator_first) return Match::kNo;
  const Match binary = ProbeBinary(opening.from_originator);
  if (binary != Match::kNo) return binary;
  const Match text = ProbeText(TextOf(opening.from_originator),
                               TextOf(opening.from_responder));
  // The answer may still come.
  const bool port = opening.responder_port == kPorts[0].port;
  return text == Match::kWeak && !port ? Match::kMore : text;
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kMemcached,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe};
  return kUnit;
}

}  // namespace tapline::memcached
