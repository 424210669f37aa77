#include "sensord/analyzers/sip.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/http_transaction.h"
#include "sensord/analyzers/masked_url.h"
#include "sensord/analyzers/message_stream.h"
#include "sensord/analyzers/sip_message.h"
#include "sensord/event/fields/sip.h"

namespace tapline::sip {
namespace {

namespace field = fields::sip;

constexpr size_t kMaxWaiting = 32;
constexpr size_t kMaxKey = 256;
constexpr size_t kMaxAddress = 128;
// RFC 3261 17.1.1.2: 64*T1; timer C for INVITE.
constexpr UnixNanos kGiveUp = 32 * kSecondNanos;
constexpr UnixNanos kGiveUpInvite = 180 * kSecondNanos;

constexpr UnitPort kPorts[] = {{UnitPort::kUdp, 5060, Protocol::kSip},
                               {UnitPort::kTcp, 5060, Protocol::kSip}};

// A request that waits, or what a response without one says.
struct Transaction {
  // CSeq, branch and Call-ID.
  std::string key;
  std::string method;
  std::string uri;
  std::string from;
  std::string to;
  std::string user_agent;
  std::string server;
  std::string content_type;
  // Static storage.
  absl::string_view auth_scheme;
  absl::string_view challenge_scheme;
  uint16_t status = 0;
  uint16_t provisional = 0;
  uint32_t retransmissions = 0;
  bool unmatched = false;
  bool from_originator = true;
  UnixNanos begin = 0;
  UnixNanos end = 0;

  size_t MemoryBytes() const {
    return sizeof(*this) + key.capacity() + method.capacity() + uri.capacity() +
           from.capacity() + to.capacity() + user_agent.capacity() +
           server.capacity() + content_type.capacity();
  }
};

std::string KeyOf(const SipMessage& message) {
  std::string key = std::to_string(message.cseq);
  for (const absl::string_view part :
       {message.cseq_method, message.branch, message.call_id}) {
    key += ' ';
    key.append(part.data(), std::min(part.size(), kMaxKey));
  }
  return key;
}

class SipAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    streams_[from_originator ? 0 : 1].Gap(bytes);
    return Settled(out);
  }
  void OnEnd(AnalyzerOutput& out) override {
    for (const auto& waiting : waiting_) Tell(*waiting, out);
    waiting_.clear();
  }
  size_t MemoryBytes() const override {
    size_t bytes =
        sizeof(*this) + streams_[0].MemoryBytes() + streams_[1].MemoryBytes() +
        waiting_.capacity() * sizeof(waiting_[0]) + last_final_.capacity();
    for (const auto& waiting : waiting_) bytes += waiting->MemoryBytes();
    return bytes;
  }

 private:
  using Waiting = std::vector<std::unique_ptr<Transaction>>;

  // False: no message of SIP.
  bool OnHead(const Segment& segment, absl::string_view head,
              SipMessage* message, AnalyzerOutput& out);
  void OnRequest(const Segment& segment, const SipMessage& message,
                 AnalyzerOutput& out);
  void OnResponse(const Segment& segment, const SipMessage& message,
                  AnalyzerOutput& out);
  Waiting::iterator Find(const std::string& key, bool from_originator);
  void GiveUpOld(UnixNanos clock, AnalyzerOutput& out);
  static void Tell(const Transaction& transaction, AnalyzerOutput& out);
  Next Settled(AnalyzerOutput& out) {
    if (!streams_[0].stopped() || !streams_[1].stopped()) return Want::kMore;
    OnEnd(out);
    return Want::kDone;
  }

  MessageStream streams_[2];
  Waiting waiting_;
  bool identified_ = false;
  // Key and status of the last final response.
  std::string last_final_;
};

Next SipAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  SipMessage message;
  if (segment.datagram) {
    const absl::string_view text = segment.text();
    // Empty lines and zeros keep the way through NAT open (RFC 5626 4.4.1).
    if (text.find_first_not_of(absl::string_view("\r\n\0", 3)) ==
        absl::string_view::npos) {
      return Want::kMore;
    }
    size_t head = FindHeadEnd(text, 0);
    if (head == absl::string_view::npos) head = text.size();
    if (!OnHead(segment, text.substr(0, head), &message, out)) {
      out.Anomaly("sip.malformed");
    }
    return Want::kMore;
  }
  MessageStream& stream = streams_[segment.from_originator ? 0 : 1];
  stream.Add(segment.bytes);
  for (absl::string_view head; stream.Next(&head);) {
    if (OnHead(segment, head, &message, out)) {
      stream.Skip(message.content_length);
      continue;
    }
    out.Anomaly("sip.malformed");
    stream.Stop();
  }
  if (stream.too_large()) out.Anomaly("sip.head_too_large");
  return Settled(out);
}

bool SipAnalyzer::OnHead(const Segment& segment, absl::string_view head,
                         SipMessage* message, AnalyzerOutput& out) {
  if (!ReadSipMessage(head, message)) return false;
  // What the snap length cut off is not the sender's fault.
  if (message->malformed && !segment.truncated) out.Anomaly("sip.malformed");
  if (message->ambiguous) {
    out.Anomaly("sip.ambiguous");
    out.Ambiguous();
  }
  if (!identified_) out.Identify(Protocol::kSip, ProtocolBasis::kDecoded, 100);
  identified_ = true;
  GiveUpOld(segment.clock, out);
  if (message->method.empty()) {
    OnResponse(segment, *message, out);
  } else {
    OnRequest(segment, *message, out);
  }
  return true;
}

SipAnalyzer::Waiting::iterator SipAnalyzer::Find(const std::string& key,
                                                 bool from_originator) {
  return std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& w) {
    return w->from_originator == from_originator && w->key == key;
  });
}

void SipAnalyzer::OnRequest(const Segment& segment, const SipMessage& message,
                            AnalyzerOutput& out) {
  out.Host(SipHost(message.uri));
  // RFC 3261 17: nothing answers an ACK.
  if (message.method == "ACK") return;
  std::string key = KeyOf(message);
  const auto known = Find(key, segment.from_originator);
  if (known != waiting_.end()) {
    ++(*known)->retransmissions;
    return;
  }
  if (waiting_.size() == kMaxWaiting) {
    Tell(*waiting_.front(), out);
    waiting_.erase(waiting_.begin());
  }
  waiting_.push_back(std::make_unique<Transaction>());
  Transaction& request = *waiting_.back();
  request.key = std::move(key);
  request.method = std::string(message.method);
  request.uri = MaskedSipAddress(message.uri.substr(0, kMaxAddress));
  request.from = MaskedSipAddress(message.from.substr(0, kMaxAddress));
  request.to = MaskedSipAddress(message.to.substr(0, kMaxAddress));
  request.user_agent = MaskedProduct(message.user_agent, kMaxAddress);
  request.content_type = http::MediaType(message.content_type);
  request.auth_scheme = http::AuthScheme(message.authorization);
  request.from_originator = segment.from_originator;
  request.begin = segment.clock;
}

void SipAnalyzer::OnResponse(const Segment& segment, const SipMessage& message,
                             AnalyzerOutput& out) {
  const std::string key = KeyOf(message);
  const auto known = Find(key, !segment.from_originator);
  const bool final = message.status >= 200;
  if (known != waiting_.end() && !final) {
    (*known)->provisional = std::max((*known)->provisional, message.status);
    return;
  }
  if (!final) return;
  // A final response to INVITE is sent again until its ACK comes.
  std::string final_key = absl::StrCat(key, " ", message.status);
  if (known == waiting_.end() && final_key == last_final_) return;
  last_final_ = std::move(final_key);
  Transaction unasked;
  Transaction* transaction = &unasked;
  if (known != waiting_.end()) {
    transaction = known->get();
    transaction->end = segment.clock;
  } else {
    unasked.unmatched = true;
    unasked.method = std::string(message.cseq_method);
    unasked.from = MaskedSipAddress(message.from.substr(0, kMaxAddress));
    unasked.to = MaskedSipAddress(message.to.substr(0, kMaxAddress));
    unasked.from_originator = !segment.from_originator;
  }
  transaction->status = message.status;
  transaction->server = MaskedProduct(
      message.server.empty() ? message.user_agent : message.server,
      kMaxAddress);
  transaction->challenge_scheme = http::AuthScheme(message.challenge);
  Tell(*transaction, out);
  if (known != waiting_.end()) waiting_.erase(known);
}

void SipAnalyzer::GiveUpOld(UnixNanos clock, AnalyzerOutput& out) {
  const auto old = [clock](const std::unique_ptr<Transaction>& w) {
    return clock - w->begin > (w->method == "INVITE" ? kGiveUpInvite : kGiveUp);
  };
  for (const auto& waiting : waiting_) {
    if (old(waiting)) Tell(*waiting, out);
  }
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), old),
                 waiting_.end());
}

void SipAnalyzer::Tell(const Transaction& t, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kMethod, t.method);
  event.Set(field::kStatus, t.status);
  event.Set(field::kProvisionalStatus, t.provisional);
  event.Set(field::kRequestUri, t.uri);
  event.Set(field::kFrom, t.from);
  event.Set(field::kTo, t.to);
  event.Set(field::kUserAgent, t.user_agent);
  event.Set(field::kServer, t.server);
  event.Set(field::kAuthScheme, t.auth_scheme);
  event.Set(field::kChallengeScheme, t.challenge_scheme);
  event.Set(field::kContentType, t.content_type);
  event.Set(field::kRetransmissions, t.retransmissions);
  event.Set(field::kUnmatched, t.unmatched);
  if (t.begin != 0) event.Set(field::kRequestTime, t.begin);
  if (t.end != 0) {
    event.Set(field::kResponseTimeNs,
              t.end > t.begin ? static_cast<uint64_t>(t.end - t.begin) : 1);
  }
  event.Set(field::kFromResponder, !t.from_originator);
}

Match Probe(const Opening& opening) {
  const absl::string_view text = SkipEmptyLines(TextOf(opening.first()));
  switch (LookAtSip(text.substr(0, 1024))) {
    case StartLine::kYes:
      return Match::kYes;
    case StartLine::kPartial:
      return opening.datagram ? Match::kNo : Match::kMore;
    case StartLine::kNo:
      break;
  }
  return Match::kNo;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<SipAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kSip,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::sip
