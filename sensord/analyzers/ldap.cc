#include "sensord/analyzers/ldap.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "sensord/analyzers/allowance.h"
#include "sensord/analyzers/framed_stream.h"
#include "sensord/analyzers/gss_session.h"
#include "sensord/analyzers/ldap_message.h"
#include "sensord/analyzers/ldap_probe.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/sasl_wrap.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/ldap.h"

namespace tapline::ldap {
namespace {

namespace field = fields::ldap;

constexpr size_t kMaxPending = 32;
constexpr size_t kMaxHead = 16 << 10;
constexpr size_t kMaxText = 256;
constexpr absl::string_view kStartTls = "1.3.6.1.4.1.1466.20037";

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 389, Protocol::kLdap},
    {UnitPort::kUdp, 389, Protocol::kLdap},
    {UnitPort::kTcp, 3268, Protocol::kLdap},
};

absl::string_view OperationName(const LdapMessage& request) {
  switch (request.operation) {
    case kLdapBind:
      return "bind";
    case kLdapSearch:
      return "search";
    case kLdapModify:
      return "modify";
    case kLdapAdd:
      return "add";
    case kLdapDelete:
      return "delete";
    case kLdapModifyDn:
      return "modify_dn";
    case kLdapCompare:
      return "compare";
    case kLdapExtended:
      return request.extension == kStartTls ? "start_tls" : "extended";
    default:
      return "";
  }
}

absl::string_view BindName(LdapBindMethod method) {
  constexpr absl::string_view kNames[] = {
      "", "anonymous", "unauthenticated", "simple", "sasl", "sicily"};
  return kNames[static_cast<size_t>(method)];
}

absl::string_view ScopeName(int64_t scope) {
  constexpr absl::string_view kNames[] = {"base", "one", "subtree",
                                          "subordinate"};
  return scope >= 0 && scope < 4 ? kNames[scope] : "";
}

class LdapAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const auto& request : waiting_) Tell(*request, nullptr, 0, out);
  }
  size_t MemoryBytes() const override;

 private:
  struct Request {
    LdapMessage message;
    UnixNanos clock = 0;
    bool from_originator = true;
    bool unmatched = false;
    uint64_t entries = 0;

    // Itself included.
    size_t MemoryBytes() const;
  };
  // Each on its own: one leaves the front for every one that comes.
  using Waiting = std::vector<std::unique_ptr<Request>>;

  uint64_t Measure(Bytes begin) const;
  Want OnFrame(const Segment& segment, Bytes head, bool cut,
               AnalyzerOutput& out);
  Want OnMessage(const Segment& segment, Bytes bytes, bool cut,
                 AnalyzerOutput& out);
  void OnRequest(const Segment& segment, LdapMessage message, bool cut,
                 AnalyzerOutput& out);
  std::unique_ptr<Request> Take(Waiting::iterator at);
  Want OnResult(const Segment& segment, const LdapMessage& message, bool cut,
                AnalyzerOutput& out);
  void Tell(const Request& request, const LdapMessage* result, uint64_t rtt_ns,
            AnalyzerOutput& out);

  Waiting waiting_;
  // What they hold; asked for with every segment.
  size_t waiting_bytes_ = 0;
  GssSession gss_;
  // A bind with SASL succeeded: messages may be wrapped from now on.
  bool may_wrap_ = false;
  Allowance malformed_;
  // [0] from the originator.
  FramedStream streams_[2] = {FramedStream(kMaxHead), FramedStream(kMaxHead)};
};

uint64_t LdapAnalyzer::Measure(Bytes begin) const {
  if (begin[0] == kBerSequence) {
    const BerHead head = ReadBerHead(begin);
    if (head.state == BerHead::kNeedsMore) return FramedStream::kNeedsMore;
    if (head.state == BerHead::kWhole) return head.size();
  } else if (may_wrap_ && begin[0] == 0) {
    // Four bytes of length, less than 16 MiB.
    if (begin.size() < kSaslLengthBytes) return FramedStream::kNeedsMore;
    return kSaslLengthBytes + LoadBig32(begin.data());
  }
  return FramedStream::kBroken;
}

Next LdapAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) {
    return OnFrame(segment, segment.bytes, segment.truncated, out);
  }
  FramedStream& stream = streams_[segment.from_originator ? 0 : 1];
  Want want = Want::kMore;
  const FramedStream::Result result = stream.Add(
      segment.bytes, [this](Bytes begin) { return Measure(begin); },
      [&](Bytes head, uint64_t size) {
        want = OnFrame(segment, head, size > head.size(), out);
        return want == Want::kMore;
      });
  if (result == FramedStream::Result::kTaken) return Want::kMore;
  if (result == FramedStream::Result::kBroken) {
    // What a layer of security makes of messages need not look like any.
    if (may_wrap_) {
      out.Encrypted(true);
    } else {
      out.Anomaly("ldap.framing");
    }
    want = Want::kDone;
  }
  OnEnd(out);
  return {want, stream.rest()};
}

Next LdapAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                         AnalyzerOutput& out) {
  if (streams_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

// A message, or several inside one wrapping.
Want LdapAnalyzer::OnFrame(const Segment& segment, Bytes head, bool cut,
                           AnalyzerOutput& out) {
  constexpr int kMaxMessages = 64;
  if (head.empty()) return Want::kMore;
  if (head[0] == kBerSequence) return OnMessage(segment, head, cut, out);
  Bytes inside;
  if (head[0] != 0 || !UnwrapSasl(head, &inside)) {
    if (segment.datagram) {
      out.Anomaly("ldap.malformed");
      return Want::kMore;
    }
    out.Encrypted(true);
    return Want::kDone;
  }
  for (int i = 0; i < kMaxMessages && !inside.empty(); ++i) {
    const BerHead message = ReadBerHead(inside);
    if (message.state != BerHead::kWhole || message.tag != kBerSequence) break;
    const size_t size = std::min(message.size(), inside.size());
    const Want want = OnMessage(segment, inside.first(size),
                                cut || size < message.size(), out);
    if (want != Want::kMore) return want;
    inside.remove_prefix(size);
  }
  return Want::kMore;
}

Want LdapAnalyzer::OnMessage(const Segment& segment, Bytes bytes, bool cut,
                             AnalyzerOutput& out) {
  LdapMessage message;
  if (!message.Read(bytes, cut)) {
    if (cut) return Want::kMore;
    out.Anomaly("ldap.malformed");
    return segment.datagram || malformed_.Take() ? Want::kMore : Want::kDone;
  }
  out.Identify(Protocol::kLdap, ProtocolBasis::kDecoded, 100);
  if (LdapRequestOf(message.operation) != 0) {
    return OnResult(segment, message, cut, out);
  }
  if (message.operation == kLdapEntry) {
    for (const auto& request : waiting_) {
      if (request->message.id == message.id) ++request->entries;
    }
    return Want::kMore;
  }
  if (!OperationName(message).empty()) {
    OnRequest(segment, std::move(message), cut, out);
  }
  return Want::kMore;
}

void LdapAnalyzer::OnRequest(const Segment& segment, LdapMessage message,
                             bool cut, AnalyzerOutput& out) {
  if (!message.token.empty()) {
    gss_.OnToken(message.token, cut);
    message.token = Bytes();
  }
  if (waiting_.size() == kMaxPending) {
    Tell(*Take(waiting_.begin()), nullptr, 0, out);
  }
  waiting_.push_back(std::make_unique<Request>());
  Request& request = *waiting_.back();
  request.message = std::move(message);
  request.clock = segment.clock;
  request.from_originator = segment.from_originator;
  waiting_bytes_ += request.MemoryBytes();
}

std::unique_ptr<LdapAnalyzer::Request> LdapAnalyzer::Take(
    Waiting::iterator at) {
  std::unique_ptr<Request> taken = std::move(*at);
  waiting_.erase(at);
  waiting_bytes_ -= taken->MemoryBytes();
  return taken;
}

Want LdapAnalyzer::OnResult(const Segment& segment, const LdapMessage& message,
                            bool cut, AnalyzerOutput& out) {
  const BerTag operation = LdapRequestOf(message.operation);
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& request) {
        return request->message.id == message.id &&
               request->message.operation == operation &&
               request->from_originator != segment.from_originator;
      });
  std::unique_ptr<Request> request;
  uint64_t rtt_ns = 0;
  if (found == waiting_.end()) {
    request = std::make_unique<Request>();
    request->unmatched = true;
    request->message.operation = operation;
  } else {
    request = Take(found);
    const UnixNanos rtt = segment.clock - request->clock;
    rtt_ns = rtt > 0 ? static_cast<uint64_t>(rtt) : 1;
  }
  const LdapMessage& asked = request->message;
  if (operation == kLdapBind) {
    const bool sicily = asked.bind == LdapBindMethod::kSicily;
    if (!message.token.empty() &&
        (sicily || asked.bind == LdapBindMethod::kSasl)) {
      gss_.OnToken(message.token, cut);
    }
    // The next round decides.
    if (message.result == kLdapSaslInProgress) return Want::kMore;
    const bool success = message.result == kLdapSuccess;
    if (success && !asked.final_round) return Want::kMore;
    may_wrap_ = success && (sicily || asked.bind == LdapBindMethod::kSasl);
  }
  Tell(*request, &message, rtt_ns, out);
  const bool tls = asked.operation == kLdapExtended &&
                   asked.extension == kStartTls &&
                   message.result == kLdapSuccess && !segment.datagram;
  return tls ? Want::kOther : Want::kMore;
}

void LdapAnalyzer::Tell(const Request& request, const LdapMessage* result,
                        uint64_t rtt_ns, AnalyzerOutput& out) {
  const LdapMessage& asked = request.message;
  EventWriter event = out.NewEvent(field::kEvent);
  const auto text = [&event](TextField to, absl::string_view value) {
    if (!value.empty()) event.Set(to, value, kMaxText);
  };
  text(field::kOperation, OperationName(asked));
  if (asked.version != 0) {
    event.Set(field::kVersion, static_cast<uint64_t>(asked.version));
  }
  text(field::kBindMethod, BindName(asked.bind));
  text(field::kMechanism, asked.mechanism);
  text(field::kAccount, asked.account);
  text(field::kDomain, asked.domain);
  text(field::kScope, ScopeName(asked.scope));
  if (asked.extension != kStartTls) text(field::kExtension, asked.extension);
  if (asked.bind == LdapBindMethod::kSimple ||
      (asked.bind == LdapBindMethod::kSasl &&
       IsCleartextMechanism(asked.mechanism))) {
    event.Set(field::kCleartextPassword, true);
  }
  if (asked.bind == LdapBindMethod::kSasl ||
      asked.bind == LdapBindMethod::kSicily) {
    gss_.Tell(event, field::kAuthentication);
    gss_ = GssSession();
  }
  if (request.entries != 0) event.Set(field::kEntries, request.entries);
  if (request.unmatched) event.Set(field::kUnmatched, true);
  if (result == nullptr) return;
  // RFC 4511 4.1.9.
  constexpr uint32_t kCompareFalse = 5;
  constexpr uint32_t kCompareTrue = 6;
  event.Set(field::kAnswered, true);
  event.Set(field::kResultCode, result->result);
  event.SetSafe(field::kResult, LdapResultName(result->result));
  event.Set(field::kSuccess, result->result == kLdapSuccess ||
                                 result->result == kCompareFalse ||
                                 result->result == kCompareTrue);
  // The others say no name, or prove none.
  const bool logs_in = asked.bind == LdapBindMethod::kSimple ||
                       asked.bind == LdapBindMethod::kSasl ||
                       asked.bind == LdapBindMethod::kSicily;
  if (asked.operation == kLdapBind && logs_in) {
    event.Set(
        field::kLogin,
        static_cast<uint64_t>(result->result == kLdapSuccess ? Login::kSucceeded
                                                             : Login::kFailed));
  }
  text(field::kReason, result->reason);
  if (rtt_ns != 0) event.Set(field::kRttNs, rtt_ns);
}

size_t LdapAnalyzer::Request::MemoryBytes() const {
  return sizeof(*this) + message.mechanism.capacity() +
         message.account.capacity() + message.domain.capacity() +
         message.extension.capacity();
}

size_t LdapAnalyzer::MemoryBytes() const {
  return sizeof(*this) + waiting_.capacity() * sizeof(waiting_[0]) +
         waiting_bytes_ + gss_.MemoryBytes() + streams_[0].MemoryBytes() +
         streams_[1].MemoryBytes();
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<LdapAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kLdap,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::ldap
