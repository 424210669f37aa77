#include "sensord/analyzers/redis.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/resp_reader.h"
#include "sensord/event/fields/redis.h"

namespace tapline::redis {
namespace {

namespace field = fields::redis;
namespace command_field = fields::redis_command;

constexpr size_t kMaxNames = 64;
constexpr size_t kMaxNameBytes = 24;
constexpr size_t kMaxLogins = 16;
constexpr absl::string_view kOther = "OTHER";

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 6379, Protocol::kRedis}};

// "*2\r\n$3\r\n": an array of bulk strings.
Match ProbeArray(absl::string_view text) {
  constexpr absl::string_view kShape = "*d\r\n$d\r\n";
  size_t at = 0;
  for (const char shape : kShape) {
    if (at == text.size()) return Match::kMore;
    if (shape != 'd') {
      if (text[at++] != shape) return Match::kNo;
      continue;
    }
    const size_t begin = at;
    while (at < text.size() && at - begin < 9 && text[at] >= '0' &&
           text[at] <= '9') {
      ++at;
    }
    if (at == text.size()) return Match::kMore;
    if (at == begin) return Match::kNo;
  }
  return Match::kYes;
}

Match Probe(const Opening& opening) {
  constexpr absl::string_view kWords[] = {"PING",    "INFO", "AUTH", "HELLO",
                                          "MONITOR", "SET",  "GET"};
  if (!opening.originator_first) return Match::kNo;
  const absl::string_view text = TextOf(opening.from_originator);
  const Match array = ProbeArray(text);
  if (array != Match::kNo) return array;
  const Match words = MatchVerb(text, kWords);
  if (words != Match::kYes) return words;
  if (opening.responder_port == kPorts[0].port) return Match::kWeak;
  const absl::string_view answer = TextOf(opening.from_responder);
  if (answer.empty()) return Match::kMore;
  return absl::StartsWith(answer, "+PONG\r\n") ? Match::kYes : Match::kNo;
}

class RedisAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    if (sides_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override { Tell(out); }
  size_t MemoryBytes() const override;

 private:
  void OnCommandPart(const RespElement& element);
  void OnArgument(absl::string_view text);
  void EndCommand();
  void OnReplyPart(const RespElement& element, AnalyzerOutput& out);
  void CountName();
  void Tell(AnalyzerOutput& out);

  // [0] the originator.
  RespReader sides_[2];
  // Replies follow commands one to one.
  bool in_step_ = true;
  uint64_t commands_ = 0;
  uint64_t replies_ = 0;
  uint64_t errors_ = 0;
  // The command at hand: its name, and arguments so far.
  std::string name_;
  int arguments_ = 0;
  // It is a login; the name of the account as far as it came.
  bool is_login_ = false;
  int login_argument_ = -1;
  std::string candidate_;
  // Commands whose replies are outcomes of logins.
  std::deque<uint64_t> logins_;
  // In the reply to HELLO: the string before was "version".
  bool names_version_ = false;
  // The message at hand comes unasked (RESP3).
  bool pushed_ = false;

  uint32_t protocol_version_ = 0;
  std::string server_version_;
  std::string account_;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  uint32_t failed_logins_ = 0;
  std::vector<std::pair<std::string, uint64_t>> names_;
};

Next RedisAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  // From the middle nobody knows which reply is whose.
  if (segment.midstream) in_step_ = false;
  RespReader& side = sides_[segment.from_originator ? 0 : 1];
  side.Add(segment.bytes);
  for (RespElement element; side.Next(&element);) {
    if (segment.from_originator) {
      OnCommandPart(element);
    } else {
      OnReplyPart(element, out);
    }
  }
  if (commands_ > 0) {
    out.Identify(Protocol::kRedis, ProtocolBasis::kDecoded, 100);
  }
  if (side.malformed()) out.Anomaly("redis.malformed");
  if (!side.malformed() && commands_ < kMaxCommands) return Want::kMore;
  Tell(out);
  return Want::kDone;
}

void RedisAnalyzer::OnCommandPart(const RespElement& element) {
  if (element.first) {
    name_.clear();
    candidate_.clear();
    arguments_ = 0;
    is_login_ = false;
    login_argument_ = -1;
  }
  if (element.type == 0) {
    // Words on one line.
    absl::string_view line = element.text;
    do {
      OnArgument(TakeWord(&line));
    } while (!line.empty());
  } else if (element.type == '$') {
    OnArgument(element.text);
  }
  if (element.last) EndCommand();
}

void RedisAnalyzer::OnArgument(absl::string_view text) {
  const int at = arguments_++;
  if (at == 0) {
    name_ = absl::AsciiStrToUpper(text.substr(0, kMaxNameBytes + 1));
    is_login_ = name_ == "AUTH";
    if (is_login_) login_argument_ = 1;
    return;
  }
  if (name_ == "HELLO") {
    if (at == 1 && !absl::SimpleAtoi(text, &protocol_version_)) {
      protocol_version_ = 0;
    }
    if (login_argument_ < 0 && absl::EqualsIgnoreCase(text, "AUTH")) {
      is_login_ = true;
      login_argument_ = at + 1;
      return;
    }
  }
  if (at == login_argument_) candidate_ = MaskedName(text);
  const bool subscribes = absl::EndsWith(name_, "SUBSCRIBE");
  if (subscribes ||
      (name_ == "CLIENT" && at == 1 && absl::EqualsIgnoreCase(text, "REPLY"))) {
    in_step_ = false;
  }
}

void RedisAnalyzer::EndCommand() {
  if (arguments_ == 0) return;
  if (name_ == "MONITOR") in_step_ = false;
  // AUTH with one argument has a password only: the default user's.
  const bool named = name_ != "AUTH" || arguments_ > 2;
  if (is_login_ && arguments_ > 1) {
    account_ = named ? candidate_ : "";
    cleartext_password_ = true;
  }
  if ((is_login_ || name_ == "HELLO") && in_step_ &&
      logins_.size() < kMaxLogins) {
    // Odd: a login.
    logins_.push_back(commands_ << 1 | (is_login_ ? 1 : 0));
  }
  candidate_.clear();
  ++commands_;
  CountName();
}

void RedisAnalyzer::CountName() {
  const bool word = !name_.empty() && name_.size() <= kMaxNameBytes &&
                    std::all_of(name_.begin(), name_.end(), [](char c) {
                      return (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
                    });
  absl::string_view name = word ? absl::string_view(name_) : kOther;
  for (int round = 0; round < 2; ++round) {
    for (auto& [known, count] : names_) {
      if (known == name) {
        ++count;
        return;
      }
    }
    if (names_.size() < kMaxNames - 1 || name == kOther) break;
    name = kOther;
  }
  names_.emplace_back(std::string(name), 1);
}

void RedisAnalyzer::OnReplyPart(const RespElement& element,
                                AnalyzerOutput& out) {
  if (element.first) {
    pushed_ = element.type == '>';
    names_version_ = false;
  }
  const bool awaited =
      in_step_ && !logins_.empty() && logins_.front() >> 1 == replies_;
  if (awaited && (element.type == '$' || element.type == '+')) {
    if (names_version_) {
      server_version_ = std::string(element.text.substr(0, 32));
    }
    names_version_ = element.text == "version";
  }
  const bool error = element.type == '-' || element.type == '!';
  if (element.first && error) ++errors_;
  if (!element.last || pushed_) return;
  if (awaited) {
    const bool login = (logins_.front() & 1) != 0;
    logins_.pop_front();
    if (login) {
      login_ = error ? Login::kFailed : Login::kSucceeded;
      if (error) ++failed_logins_;
      Tell(out);
    }
  }
  ++replies_;
}

void RedisAnalyzer::Tell(AnalyzerOutput& out) {
  std::stable_sort(
      names_.begin(), names_.end(),
      [](const auto& a, const auto& b) { return a.second > b.second; });
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kProtocolVersion, protocol_version_);
  event.Set(field::kServerVersion, server_version_);
  event.Set(field::kAccount, account_);
  event.Set(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.Set(field::kFailedLogins, failed_logins_);
  for (const auto& [name, count] : names_) {
    event.Open(field::kCommands);
    event.Set(command_field::kName, name);
    event.Set(command_field::kCount, count);
    event.Close();
  }
  event.Set(field::kErrors, errors_);
}

size_t RedisAnalyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + sides_[0].MemoryBytes() +
                 sides_[1].MemoryBytes() + name_.capacity() +
                 candidate_.capacity() + server_version_.capacity() +
                 account_.capacity() + logins_.size() * sizeof(uint64_t) +
                 names_.capacity() * sizeof(names_[0]);
  for (const auto& [name, count] : names_) bytes += name.capacity();
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<RedisAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kRedis,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::redis
