#include "sensord/analyzers/syslog.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/stream_buffer.h"
#include "sensord/event/fields/syslog.h"

namespace tapline::syslog {
namespace {

namespace field = fields::syslog;

constexpr size_t kMaxMessage = 8192;
// RFC 5424 6: 255 of a host name, 48 of an application.
constexpr size_t kMaxHost = 255;
constexpr size_t kMaxApplication = 48;
// 23 * 8 + 7 (RFC 5424 6.2.1).
constexpr uint32_t kHighestPriority = 191;

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 514, Protocol::kSyslog},
    {UnitPort::kTcp, 514, Protocol::kSyslog},
    {UnitPort::kTcp, 601, Protocol::kSyslog},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "<34>"; bytes taken, 0 when it is none, npos when it may become one.
size_t ReadPriority(absl::string_view text, uint32_t* priority) {
  if (text.empty()) return absl::string_view::npos;
  if (text[0] != '<') return 0;
  size_t at = 1;
  uint32_t value = 0;
  while (at < text.size() && at < 5 && IsDigit(text[at])) {
    value = value * 10 + static_cast<uint32_t>(text[at++] - '0');
  }
  if (at == text.size() && at < 5) return absl::string_view::npos;
  if (at == 1 || at == 5 || text[at] != '>' || value > kHighestPriority) {
    return 0;
  }
  *priority = value;
  return at + 1;
}

bool IsMonth(absl::string_view text) {
  constexpr absl::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr",
                                           "May", "Jun", "Jul", "Aug",
                                           "Sep", "Oct", "Nov", "Dec"};
  return std::find(std::begin(kMonths), std::end(kMonths), text.substr(0, 3)) !=
         std::end(kMonths);
}

// "2003-10-11T22:14:15".
bool IsIsoTime(absl::string_view text) {
  return text.size() >= 19 && IsDigit(text[0]) && text[4] == '-' &&
         text[7] == '-' && text[10] == 'T' && text[13] == ':';
}

// What follows the priority: a version, a time, or what devices put there.
Match ProbeHeader(absl::string_view text) {
  if (text.empty()) return Match::kMore;
  if (absl::StartsWith(text, "1 ") || IsIsoTime(text) ||
      (text.size() >= 15 && IsMonth(text) && text[9] == ':') ||
      absl::StartsWith(text, "date=")) {
    return Match::kYes;
  }
  // Cisco: a sequence number, perhaps the time of a clock that is not set.
  const size_t digits = text.find_first_not_of("0123456789");
  if (digits != absl::string_view::npos && digits > 0 &&
      absl::StartsWith(text.substr(digits), ": ")) {
    return Match::kYes;
  }
  return IsPrintable(text.substr(0, 16)) ? Match::kWeak : Match::kNo;
}

Match Probe(const Opening& opening) {
  absl::string_view text = TextOf(opening.first());
  if (!opening.datagram && !text.empty() && IsDigit(text[0])) {
    // RFC 6587 3.4.1: the length stands before the message.
    const size_t end = text.find_first_not_of("0123456789");
    if (end == absl::string_view::npos) {
      return text.size() < 6 ? Match::kMore : Match::kNo;
    }
    if (text[end] != ' ' || end > 5) return Match::kNo;
    text.remove_prefix(end + 1);
  }
  uint32_t priority = 0;
  const size_t head = ReadPriority(text, &priority);
  if (head == 0) return Match::kNo;
  if (head == absl::string_view::npos) {
    return opening.datagram ? Match::kNo : Match::kMore;
  }
  const Match match = ProbeHeader(text.substr(head));
  return opening.datagram && match == Match::kMore ? Match::kNo : match;
}

struct Kind {
  uint32_t priority = 0;
  uint32_t version = 0;
  std::string host;
  std::string application;
  uint64_t messages = 0;
  uint64_t bytes = 0;

  bool Read(absl::string_view message);
  void ReadOld(absl::string_view text);
  bool IsSame(const Kind& other) const {
    return priority == other.priority && version == other.version &&
           host == other.host && application == other.application;
  }
};

// A name, or nothing where it is none: text must not be kept.
std::string NameOf(absl::string_view word, size_t max_bytes) {
  if (word == "-" || word.size() > max_bytes || !IsPrintable(word)) return "";
  return std::string(word);
}

bool Kind::Read(absl::string_view message) {
  const size_t head = ReadPriority(message, &priority);
  if (head == 0 || head == absl::string_view::npos) return false;
  message.remove_prefix(head);
  if (!absl::StartsWith(message, "1 ")) {
    ReadOld(message);
    return true;
  }
  // VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP ... (RFC 5424 6).
  version = 1;
  TakeWord(&message);
  TakeWord(&message);
  host = NameOf(TakeWord(&message), kMaxHost);
  application = NameOf(TakeWord(&message), kMaxApplication);
  return true;
}

// TIMESTAMP SP HOSTNAME SP TAG, of which any may be missing (RFC 3164 4.1, 5).
void Kind::ReadOld(absl::string_view text) {
  bool timed = true;
  if (text.size() >= 16 && IsMonth(text) && text[15] == ' ') {
    text.remove_prefix(16);
  } else if (IsIsoTime(text)) {
    TakeWord(&text);
  } else {
    timed = false;
  }
  const auto tag_end = [](absl::string_view word) {
    return word.find_first_of("[:(");
  };
  absl::string_view word = TakeWord(&text);
  if (timed && tag_end(word) == absl::string_view::npos) {
    host = NameOf(word, kMaxHost);
    word = TakeWord(&text);
  }
  // Without its end it is the text.
  const size_t end = tag_end(word);
  if (end != absl::string_view::npos) {
    application = NameOf(word.substr(0, end), kMaxApplication);
  }
}

class SyslogAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    for (const Kind& kind : kinds_) {
      if (kind.messages > 1) Tell(kind, out);
    }
  }
  size_t MemoryBytes() const override;

 private:
  // Takes one message off *text; false when it is not whole. Its first
  // *searched bytes hold no end: looked through before.
  static bool TakeMessage(absl::string_view* text, absl::string_view* message,
                          size_t* searched);
  void OnMessage(absl::string_view message, AnalyzerOutput& out);
  static void Tell(const Kind& kind, AnalyzerOutput& out);

  StreamBuffer stream_[2] = {StreamBuffer(kMaxMessage),
                             StreamBuffer(kMaxMessage)};
  // Of what waits there.
  size_t searched_[2] = {0, 0};
  std::vector<Kind> kinds_;
};

Next SyslogAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) {
    OnMessage(segment.text(), out);
    return Want::kMore;
  }
  const int side = segment.from_originator ? 0 : 1;
  StreamBuffer& stream = stream_[side];
  const Bytes all = stream.Add(segment.bytes);
  absl::string_view text = TextOf(all);
  for (absl::string_view message;
       TakeMessage(&text, &message, &searched_[side]);) {
    if (!message.empty()) OnMessage(message, out);
  }
  if (stream.Keep(all.last(text.size()))) return Want::kMore;
  out.Anomaly("syslog.malformed");
  OnEnd(out);
  return Want::kDone;
}

bool SyslogAnalyzer::TakeMessage(absl::string_view* text,
                                 absl::string_view* message, size_t* searched) {
  constexpr size_t kMaxDigits = 5;
  if (text->empty()) return false;
  size_t size = 0;
  if (IsDigit(text->front())) {
    const size_t digits = text->substr(0, kMaxDigits + 1).find(' ');
    if (digits != absl::string_view::npos &&
        absl::SimpleAtoi(text->substr(0, digits), &size)) {
      if (text->size() < digits + 1 + size) return false;
      *message = text->substr(digits + 1, size);
      text->remove_prefix(digits + 1 + size);
      return true;
    }
    if (text->size() <= kMaxDigits) return false;
  }
  // RFC 6587 3.4.2: LF, or NUL, ends a message.
  size = text->find_first_of(absl::string_view("\n\0", 2), *searched);
  *searched = size == absl::string_view::npos ? text->size() : 0;
  if (size == absl::string_view::npos) return false;
  *message = absl::StripSuffix(text->substr(0, size), "\r");
  text->remove_prefix(size + 1);
  return true;
}

void SyslogAnalyzer::OnMessage(absl::string_view message, AnalyzerOutput& out) {
  Kind kind;
  if (!kind.Read(message)) {
    out.Anomaly("syslog.malformed");
    return;
  }
  out.Identify(Protocol::kSyslog, ProtocolBasis::kDecoded, 100);
  auto known = std::find_if(kinds_.begin(), kinds_.end(),
                            [&](const Kind& k) { return k.IsSame(kind); });
  if (known == kinds_.end()) {
    if (kinds_.size() == kMaxKinds) {
      out.Anomaly("syslog.too_many_kinds");
      return;
    }
    kind.messages = 1;
    kind.bytes = message.size();
    Tell(kind, out);
    kinds_.push_back(std::move(kind));
    return;
  }
  ++known->messages;
  known->bytes += message.size();
}

void SyslogAnalyzer::Tell(const Kind& kind, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kFacility, kind.priority >> 3);
  event.Set(field::kSeverity, kind.priority & 7);
  event.Set(field::kHostname, kind.host);
  event.Set(field::kApplication, kind.application);
  event.Set(field::kVersion, kind.version);
  event.Set(field::kMessages, kind.messages);
  event.Set(field::kMessageBytes, kind.bytes);
}

size_t SyslogAnalyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + stream_[0].MemoryBytes() +
                 stream_[1].MemoryBytes() + kinds_.capacity() * sizeof(Kind);
  for (const Kind& kind : kinds_) {
    bytes += kind.host.capacity() + kind.application.capacity();
  }
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<SyslogAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kSyslog,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::syslog
