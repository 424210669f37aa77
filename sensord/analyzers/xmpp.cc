#include "sensord/analyzers/xmpp.h"

#include <string>

#include "absl/strings/match.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/greeting.h"
#include "sensord/analyzers/xml_tags.h"

namespace tapline::xmpp {
namespace {

// A session that shows neither TLS nor a login by then is not looked at longer.
constexpr uint64_t kMaxBytes = 64 << 10;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 5222, Protocol::kXmpp},
    {UnitPort::kTcp, 5269, Protocol::kXmpp},
};

// An XML stream of one of the namespaces of XMPP, or its older name.
Match Probe(const Opening& opening) {
  constexpr absl::string_view kXml = "<?xml";
  constexpr absl::string_view kStream = "<stream:stream";
  constexpr size_t kEnough = 512;
  const absl::string_view text = SkipEmptyLines(TextOf(opening.first()));
  if (text.empty()) return Match::kMore;
  if (MatchPrefix(text, kXml) == Match::kNo &&
      MatchPrefix(text, kStream) == Match::kNo) {
    return Match::kNo;
  }
  const size_t at = text.find(kStream);
  if (at == absl::string_view::npos) {
    return text.size() < kEnough ? Match::kMore : Match::kNo;
  }
  const absl::string_view tag = text.substr(at, kEnough);
  if (absl::StrContains(tag, "jabber:") ||
      absl::StrContains(tag, "etherx.jabber.org")) {
    return Match::kYes;
  }
  return tag.find('>') == absl::string_view::npos && tag.size() < kEnough
             ? Match::kMore
             : Match::kNo;
}

class XmppAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    if (!told_) Tell(out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + greeting_.MemoryBytes() + sides_[0].MemoryBytes() +
           sides_[1].MemoryBytes();
  }

 private:
  void OnClientTag(absl::string_view tag, AnalyzerOutput& out);
  Want OnServerTag(absl::string_view tag, AnalyzerOutput& out);
  void Tell(AnalyzerOutput& out) {
    told_ = true;
    TellGreeting(Protocol::kXmpp, greeting_, out);
  }

  // [0] the originator.
  XmlTags sides_[2];
  uint64_t bytes_ = 0;
  bool told_ = false;
  Greeting greeting_;
};

Next XmppAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const absl::string_view text = segment.text();
  XmlTags& side = sides_[segment.from_originator ? 0 : 1];
  for (size_t i = 0; i < text.size(); ++i) {
    if (!side.Take(text[i])) continue;
    if (segment.from_originator) {
      OnClientTag(side.tag(), out);
      continue;
    }
    const Want want = OnServerTag(side.tag(), out);
    if (want == Want::kMore) continue;
    const size_t rest = text.size() - i - 1;
    if (want == Want::kOther && rest > 0) {
      out.Anomaly("xmpp.data_after_starttls");
    }
    return {want, rest};
  }
  bytes_ += text.size();
  if (bytes_ <= kMaxBytes) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

void XmppAnalyzer::OnClientTag(absl::string_view tag, AnalyzerOutput& out) {
  const absl::string_view name = TagName(tag);
  if (name == "stream:stream") {
    out.Identify(Protocol::kXmpp, ProtocolBasis::kDecoded, 100);
    greeting_.host =
        std::string(TagAttribute(tag, "to").substr(0, Greeting::kMaxText));
    if (!greeting_.host.empty()) out.Host(greeting_.host);
  } else if (name == "auth") {
    greeting_.auth_mechanism = SaslMechanism(TagAttribute(tag, "mechanism"));
    greeting_.cleartext_password =
        IsCleartextMechanism(greeting_.auth_mechanism);
  }
}

Want XmppAnalyzer::OnServerTag(absl::string_view tag, AnalyzerOutput& out) {
  const absl::string_view name = TagName(tag);
  if (name == "stream:stream") {
    out.Identify(Protocol::kXmpp, ProtocolBasis::kDecoded, 100);
    greeting_.server_version =
        std::string(TagAttribute(tag, "version").substr(0, 8));
  } else if (name == "proceed") {
    greeting_.starttls = true;
    Tell(out);
    return Want::kOther;
  } else if (name == "success") {
    greeting_.login = Login::kSucceeded;
    Tell(out);
    return Want::kDone;
  } else if (name == "failure") {
    // Of TLS when no login was asked for (RFC 6120 5.4.2.2).
    if (!greeting_.auth_mechanism.empty()) {
      greeting_.login = Login::kFailed;
      Tell(out);
    }
  } else if (name == "compressed") {
    OnEnd(out);
    return Want::kDone;
  }
  return Want::kMore;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<XmppAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kXmpp,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::xmpp
