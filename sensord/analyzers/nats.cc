#include "sensord/analyzers/nats.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/greeting.h"
#include "sensord/analyzers/line_reader.h"

namespace tapline::nats {
namespace {

constexpr size_t kMaxLine = 8192;
// Of a client after CONNECT, before the server says anything.
constexpr uint32_t kMaxCommands = 64;
// First byte of a TLS record with a handshake (RFC 8446 5.1).
constexpr uint8_t kTlsHandshake = 0x16;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 4222, Protocol::kNats}};

Match Probe(const Opening& opening) {
  const absl::string_view text = TextOf(opening.first());
  return MatchPrefix(text, opening.originator_first ? "CONNECT {" : "INFO {");
}

// Value of a string member anywhere in the object; empty without.
std::string StringMember(absl::string_view object, absl::string_view key) {
  const size_t at = object.find(absl::StrCat("\"", key, "\":"));
  if (at == absl::string_view::npos) return "";
  object.remove_prefix(at + key.size() + 3);
  while (absl::ConsumePrefix(&object, " ")) {
  }
  if (!absl::ConsumePrefix(&object, "\"")) return "";
  return std::string(
      object.substr(0, object.find('"')).substr(0, Greeting::kMaxText));
}

bool IsTrue(absl::string_view object, absl::string_view key) {
  return absl::StrContains(object, absl::StrCat("\"", key, "\":true")) ||
         absl::StrContains(object, absl::StrCat("\"", key, "\": true"));
}

bool IsOneOf(absl::string_view word,
             std::initializer_list<absl::string_view> list) {
  return std::any_of(list.begin(), list.end(), [word](absl::string_view one) {
    return absl::EqualsIgnoreCase(word, one);
  });
}

class NatsAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    TellGreeting(Protocol::kNats, greeting_, out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + greeting_.MemoryBytes() + lines_[0].MemoryBytes() +
           lines_[1].MemoryBytes();
  }

 private:
  // True when all is known.
  bool OnClientLine(absl::string_view line, AnalyzerOutput& out);
  // What a client may send that has said CONNECT.
  bool OnCommand(absl::string_view word, absl::string_view line,
                 AnalyzerOutput& out);
  bool OnServerLine(absl::string_view line, AnalyzerOutput& out);

  // [0] from the originator.
  LineReader lines_[2] = {LineReader(kMaxLine), LineReader(kMaxLine)};
  bool informed_ = false;
  bool connected_ = false;
  bool asks_password_ = false;
  uint32_t commands_ = 0;
  Greeting greeting_;
};

Next NatsAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  LineReader& lines = lines_[segment.from_originator ? 0 : 1];
  if (segment.from_originator && !connected_ && lines.passed() == 0 &&
      !segment.bytes.empty() && segment.bytes[0] == kTlsHandshake) {
    greeting_.starttls = true;
    OnEnd(out);
    return {Want::kOther, segment.bytes.size()};
  }
  lines.Add(segment.bytes);
  for (absl::string_view line; lines.Next(&line);) {
    const bool over = segment.from_originator ? OnClientLine(line, out)
                                              : OnServerLine(line, out);
    if (!over) continue;
    OnEnd(out);
    return Want::kDone;
  }
  return Want::kMore;
}

bool NatsAnalyzer::OnClientLine(absl::string_view line, AnalyzerOutput& out) {
  const absl::string_view word = TakeWord(&line);
  if (connected_) return OnCommand(word, line, out);
  connected_ = true;
  if (!absl::EqualsIgnoreCase(word, "CONNECT")) {
    out.Anomaly("nats.malformed");
    return true;
  }
  out.Identify(Protocol::kNats, ProtocolBasis::kDecoded, 100);
  const std::string version = StringMember(line, "version");
  greeting_.client_software = StringMember(line, "lang");
  if (!version.empty()) {
    absl::StrAppend(&greeting_.client_software, " ", version);
  }
  constexpr absl::string_view kProofs[][2] = {{"jwt", "JWT"},
                                              {"nkey", "NKEY"},
                                              {"auth_token", "TOKEN"},
                                              {"user", "PASSWORD"}};
  for (const auto& proof : kProofs) {
    if (!absl::StrContains(line, absl::StrCat("\"", proof[0], "\":\"")))
      continue;
    greeting_.auth_mechanism = std::string(proof[1]);
    asks_password_ = true;
    // The others sign what the server chose.
    greeting_.cleartext_password = greeting_.auth_mechanism == "TOKEN" ||
                                   greeting_.auth_mechanism == "PASSWORD";
    break;
  }
  // The server is not seen: there is nothing to wait for.
  return !informed_;
}

bool NatsAnalyzer::OnCommand(absl::string_view word, absl::string_view line,
                             AnalyzerOutput& out) {
  if (IsOneOf(word, {"PUB", "HPUB"})) {
    // The last word is the size of all that follows, but for its line's end.
    uint32_t bytes = 0;
    if (absl::SimpleAtoi(line.substr(line.rfind(' ') + 1), &bytes)) {
      constexpr uint64_t kLineEnd = 2;
      lines_[0].Skip(bytes + kLineEnd);
      return ++commands_ == kMaxCommands;
    }
  } else if (IsOneOf(word, {"SUB", "UNSUB", "PING", "PONG", "CONNECT"})) {
    return ++commands_ == kMaxCommands;
  }
  out.Anomaly("nats.malformed");
  return true;
}

bool NatsAnalyzer::OnServerLine(absl::string_view line, AnalyzerOutput& out) {
  const absl::string_view word = TakeWord(&line);
  if (!informed_) {
    informed_ = true;
    if (!absl::EqualsIgnoreCase(word, "INFO")) {
      out.Anomaly("nats.malformed");
      return true;
    }
    out.Identify(Protocol::kNats, ProtocolBasis::kDecoded, 100);
    greeting_.server_software = StringMember(line, "server_name");
    greeting_.server_version = StringMember(line, "version");
    asks_password_ = IsTrue(line, "auth_required");
    return false;
  }
  if (!connected_) {
    // Nobody was let in, and who comes too late is told so.
    return !IsOneOf(word, {"PING", "INFO"});
  }
  if (word == "-ERR") {
    if (ContainsNoCase(line, "auth")) greeting_.login = Login::kFailed;
    return true;
  }
  // It asks again, or says what has changed.
  if (IsOneOf(word, {"PING", "INFO"})) return false;
  if (!IsOneOf(word, {"PONG", "+OK", "MSG", "HMSG"})) {
    out.Anomaly("nats.malformed");
    return true;
  }
  if (asks_password_) greeting_.login = Login::kSucceeded;
  return true;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<NatsAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kNats,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::nats
