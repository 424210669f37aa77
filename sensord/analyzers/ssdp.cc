#include "sensord/analyzers/ssdp.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/masked_url.h"
#include "sensord/analyzers/text_head.h"
#include "sensord/event/fields/ssdp.h"

namespace tapline::ssdp {
namespace {

namespace field = fields::ssdp;

constexpr size_t kMaxFields = 64;
constexpr size_t kMaxTarget = 128;

constexpr UnitPort kPorts[] = {{UnitPort::kUdp, 1900, Protocol::kSsdp}};

// Fields of one message; borrowed.
struct Message {
  absl::string_view kind;
  absl::string_view host;
  absl::string_view target;
  absl::string_view server;
  absl::string_view user_agent;
  absl::string_view location;
  absl::string_view max_age;
  bool odd = false;
};

// The kind that the first line says; of a NOTIFY that its NTS field will.
bool ReadStartLine(absl::string_view line, absl::string_view* kind) {
  if (absl::StartsWith(line, "M-SEARCH * HTTP/1.")) {
    *kind = "search";
  } else if (absl::StartsWith(line, "NOTIFY * HTTP/1.")) {
    *kind = "notify";
  } else if (absl::StartsWith(line, "HTTP/1.1 200")) {
    *kind = "response";
  } else {
    return false;
  }
  return true;
}

absl::string_view NotifyKind(absl::string_view nts) {
  for (const absl::string_view kind : {"alive", "update", "byebye"}) {
    if (absl::EqualsIgnoreCase(nts, absl::StrCat("ssdp:", kind))) return kind;
  }
  return "";
}

bool Read(absl::string_view text, Message* message) {
  HeadReader reader(text);
  if (!ReadStartLine(reader.StartLine(), &message->kind)) return false;
  HeadField field;
  const auto is = [&field](absl::string_view name) {
    return absl::EqualsIgnoreCase(field.name, name);
  };
  for (size_t i = 0; i < kMaxFields && reader.Next(&field); ++i) {
    message->odd |= field.odd;
    if (is("host")) {
      message->host = field.value;
    } else if (is("st") || is("nt")) {
      message->target = field.value;
    } else if (is("server")) {
      message->server = field.value;
    } else if (is("user-agent")) {
      message->user_agent = field.value;
    } else if (is("location")) {
      message->location = field.value;
    } else if (is("cache-control")) {
      message->max_age = field.value;
    } else if (is("nts") && message->kind == "notify") {
      message->kind = NotifyKind(field.value);
    }
  }
  // A NOTIFY without a kind is none.
  return !message->kind.empty() && message->kind != "notify";
}

// "uuid:<id>" names one device; the rest names a kind of it.
std::string MaskedId(absl::string_view target) {
  target = target.substr(0, kMaxTarget);
  if (!absl::StartsWithIgnoreCase(target, "uuid:")) {
    return MaskedProduct(target);
  }
  const size_t end = target.find("::");
  return absl::StrCat("uuid:[redacted:opaque]", end == absl::string_view::npos
                                                    ? absl::string_view()
                                                    : target.substr(end));
}

uint32_t MaxAge(absl::string_view value) {
  const size_t equals = value.find('=');
  if (equals == absl::string_view::npos ||
      !absl::StartsWithIgnoreCase(value, "max-age")) {
    return 0;
  }
  absl::string_view digits = TrimBlanks(value.substr(equals + 1));
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  uint32_t seconds = 0;
  return absl::SimpleAtoi(digits, &seconds) ? seconds : 0;
}

void Tell(const Message& message, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kKind, message.kind);
  event.Set(field::kTarget, MaskedId(message.target));
  event.Set(field::kServer, MaskedProduct(message.server));
  event.Set(field::kUserAgent, MaskedProduct(message.user_agent));
  AbsoluteUrl url;
  if (SplitUrl(message.location, &url)) {
    event.Set(field::kLocationHost, url.authority.host);
    event.Set(field::kLocationPort, url.authority.port);
  }
  event.Set(field::kMaxAge, MaxAge(message.max_age));
}

class SsdpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override {
    Message message;
    if (!Read(segment.text(), &message) || message.odd) {
      // What the snap length cut off is not the sender's fault.
      if (!segment.truncated) out.Anomaly("ssdp.malformed");
      if (message.kind.empty() || message.kind == "notify") return Want::kMore;
    }
    if (!identified_) {
      out.Identify(Protocol::kSsdp, ProtocolBasis::kDecoded, 100);
    }
    identified_ = true;
    out.Host(SplitAuthority(message.host).host);
    Tell(message, out);
    return Want::kMore;
  }
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  bool identified_ = false;
};

Match Probe(const Opening& opening) {
  const absl::string_view text = TextOf(opening.first());
  absl::string_view kind;
  if (!ReadStartLine(text.substr(0, 64), &kind)) return Match::kNo;
  // HTTP itself does not run on UDP; what else answers so says other fields.
  if (kind != "response") return Match::kYes;
  const std::string lower = absl::AsciiStrToLower(text.substr(0, 1024));
  return absl::StrContains(lower, "\nst:") || absl::StrContains(lower, "\nusn:")
             ? Match::kYes
             : Match::kWeak;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<SsdpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kSsdp,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::ssdp
