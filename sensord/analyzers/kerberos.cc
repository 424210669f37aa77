#include "sensord/analyzers/kerberos.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sensord/analyzers/framed_stream.h"
#include "sensord/analyzers/kerberos_message.h"
#include "sensord/analyzers/login.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/kerberos.h"

namespace tapline::kerberos {
namespace {

namespace field = fields::kerberos;

constexpr size_t kMaxPending = 8;
// RFC 4120 7.2.2: four bytes of length, of which the first bit is zero.
constexpr size_t kLengthBytes = 4;
constexpr size_t kMaxHead = 32 << 10;
constexpr uint32_t kMaxMessage = 1 << 20;
// Tag, length, sequence, version, type: what IsKerberos looks at.
constexpr size_t kDecisive = 24;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 88, Protocol::kKerberos},
    {UnitPort::kUdp, 88, Protocol::kKerberos},
};

uint64_t Measure(Bytes begin) {
  if (begin.size() < kLengthBytes) return FramedStream::kNeedsMore;
  const uint32_t size = LoadBig32(begin.data());
  if (size == 0 || size > kMaxMessage) return FramedStream::kBroken;
  return kLengthBytes + size;
}

Match Probe(const Opening& opening) {
  Bytes first = opening.first();
  if (opening.datagram) {
    const BerHead head = ReadBerHead(first);
    const bool whole = head.state == BerHead::kWhole &&
                       (head.size() == first.size() ||
                        (opening.truncated && head.size() > first.size()));
    return whole && first.size() >= kDecisive && IsKerberos(first) ? Match::kYes
                                                                   : Match::kNo;
  }
  if (first.empty()) return Match::kMore;
  // Larger ones are not sent first.
  if (first[0] != 0 || (first.size() > 1 && first[1] != 0)) return Match::kNo;
  if (first.size() < kLengthBytes + 1) return Match::kMore;
  const uint32_t size = LoadBig32(first.data());
  first.remove_prefix(kLengthBytes);
  if (!IsKerberos(first)) return Match::kNo;
  if (first.size() < kDecisive) return Match::kMore;
  return ReadBerHead(first).size() == size ? Match::kYes : Match::kNo;
}

class KerberosAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const Request& request : waiting_) Tell(request, nullptr, 0, out);
  }
  size_t MemoryBytes() const override;

 private:
  struct Request {
    KerberosMessage message;
    UnixNanos clock = 0;
    bool from_originator = true;
    bool unmatched = false;
  };

  void OnMessage(const Segment& segment, Bytes bytes, bool cut,
                 AnalyzerOutput& out);
  void OnRequest(const Segment& segment, KerberosMessage message,
                 AnalyzerOutput& out);
  void OnReply(const Segment& segment, const KerberosMessage& message,
               AnalyzerOutput& out);
  static Login OutcomeOf(const KerberosMessage& reply);
  static void Tell(const Request& request, const KerberosMessage* reply,
                   uint64_t rtt_ns, AnalyzerOutput& out);

  std::vector<Request> waiting_;
  // [0] from the originator.
  FramedStream streams_[2] = {FramedStream(kMaxHead), FramedStream(kMaxHead)};
};

Next KerberosAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) {
    OnMessage(segment, segment.bytes, segment.truncated, out);
    return Want::kMore;
  }
  FramedStream& stream = streams_[segment.from_originator ? 0 : 1];
  const FramedStream::Result result =
      stream.Add(segment.bytes, Measure, [&](Bytes head, uint64_t size) {
        OnMessage(segment, head.subspan(kLengthBytes), size > head.size(), out);
        return true;
      });
  if (result == FramedStream::Result::kTaken) return Want::kMore;
  out.Anomaly("kerberos.framing");
  OnEnd(out);
  return Want::kDone;
}

Next KerberosAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                             AnalyzerOutput& out) {
  if (streams_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

void KerberosAnalyzer::OnMessage(const Segment& segment, Bytes bytes, bool cut,
                                 AnalyzerOutput& out) {
  KerberosMessage message;
  if (!message.Read(bytes, cut)) {
    if (!cut) out.Anomaly("kerberos.malformed");
    return;
  }
  out.Identify(Protocol::kKerberos, ProtocolBasis::kDecoded, 100);
  switch (message.type) {
    case KerberosType::kAsRequest:
    case KerberosType::kTgsRequest:
      OnRequest(segment, std::move(message), out);
      break;
    case KerberosType::kAsReply:
    case KerberosType::kTgsReply:
    case KerberosType::kError:
      OnReply(segment, message, out);
      break;
    default:
      // Between a client and its service.
      break;
  }
}

void KerberosAnalyzer::OnRequest(const Segment& segment,
                                 KerberosMessage message, AnalyzerOutput& out) {
  for (const Request& request : waiting_) {
    // Sent again.
    if (request.message.nonce == message.nonce &&
        request.message.type == message.type &&
        request.from_originator == segment.from_originator) {
      return;
    }
  }
  if (waiting_.size() == kMaxPending) {
    Tell(waiting_.front(), nullptr, 0, out);
    waiting_.erase(waiting_.begin());
  }
  Request& request = waiting_.emplace_back();
  request.message = std::move(message);
  request.clock = segment.clock;
  request.from_originator = segment.from_originator;
}

void KerberosAnalyzer::OnReply(const Segment& segment,
                               const KerberosMessage& message,
                               AnalyzerOutput& out) {
  const auto answers = [&](const Request& request) {
    if (request.from_originator == segment.from_originator) return false;
    // A request's number is one less than its reply's.
    return message.type == KerberosType::kError ||
           static_cast<int>(request.message.type) + 1 ==
               static_cast<int>(message.type);
  };
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), answers);
  if (found == waiting_.end()) {
    Request unseen;
    unseen.unmatched = true;
    unseen.message.type = message.type;
    Tell(unseen, &message, 0, out);
    return;
  }
  const Request request = std::move(*found);
  waiting_.erase(found);
  const UnixNanos rtt = segment.clock - request.clock;
  Tell(request, &message, rtt > 0 ? static_cast<uint64_t>(rtt) : 1, out);
}

// Of a request for the first ticket. Errors that ask for another request are no
// end.
Login KerberosAnalyzer::OutcomeOf(const KerberosMessage& reply) {
  // RFC 4120 7.5.9, RFC 6113 3.
  constexpr int32_t kPreauthRequired = 25;
  constexpr int32_t kResponseTooBig = 52;
  constexpr int32_t kWrongRealm = 68;
  constexpr int32_t kMorePreauthRequired = 91;
  if (reply.type != KerberosType::kError) return Login::kSucceeded;
  switch (reply.error) {
    case kPreauthRequired:
    case kResponseTooBig:
    case kWrongRealm:
    case kMorePreauthRequired:
      return Login::kUnknown;
    default:
      return Login::kFailed;
  }
}

void KerberosAnalyzer::Tell(const Request& request,
                            const KerberosMessage* reply, uint64_t rtt_ns,
                            AnalyzerOutput& out) {
  const KerberosMessage& asked = request.message;
  EventWriter event = out.NewEvent(field::kEvent);
  const auto text = [&event](TextField to, const std::string& first,
                             const std::string& second) {
    const std::string& value = first.empty() ? second : first;
    if (!value.empty()) event.Set(to, value);
  };
  const bool tgs = asked.type == KerberosType::kTgsRequest ||
                   asked.type == KerberosType::kTgsReply;
  // An error alone does not say to what.
  if (asked.type != KerberosType::kError) {
    event.SetSafe(field::kRequestType, tgs ? "TGS" : "AS");
  }
  const KerberosMessage none;
  const KerberosMessage& got = reply != nullptr ? *reply : none;
  text(field::kRealm, asked.realm, got.realm);
  text(field::kClient, asked.client, got.client);
  text(field::kService, asked.service, got.service);
  for (const int32_t type : asked.encryptions) {
    event.SetSafe(field::kEncryptionOffered, EncryptionName(type));
  }
  for (const int32_t type : asked.preauths) {
    event.SetSafe(field::kPreauthentication, PreauthName(type));
  }
  if (request.unmatched) event.Set(field::kUnmatched, true);
  if (reply == nullptr) return;
  event.Set(field::kAnswered, true);
  if (rtt_ns != 0) event.Set(field::kRttNs, rtt_ns);
  if (asked.type == KerberosType::kAsRequest ||
      asked.type == KerberosType::kAsReply) {
    event.SetNonzero(field::kLogin, static_cast<uint64_t>(OutcomeOf(got)));
  }
  if (got.type == KerberosType::kError) {
    event.Set(field::kErrorCode, static_cast<uint32_t>(got.error));
    event.SetSafe(field::kError, KerberosErrorName(got.error));
    return;
  }
  event.Set(field::kSuccess, true);
  event.SetSafe(field::kTicketEncryption,
                EncryptionName(got.ticket.encryption));
  event.SetSafe(field::kReplyEncryption, EncryptionName(got.reply_encryption));
  event.Set(field::kWeakEncryption, IsWeakEncryption(got.ticket.encryption) ||
                                        IsWeakEncryption(got.reply_encryption));
}

size_t KerberosAnalyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + waiting_.capacity() * sizeof(Request) +
                 streams_[0].MemoryBytes() + streams_[1].MemoryBytes();
  for (const Request& request : waiting_) {
    const KerberosMessage& m = request.message;
    bytes +=
        m.realm.capacity() + m.client.capacity() + m.service.capacity() +
        (m.encryptions.capacity() + m.preauths.capacity()) * sizeof(int32_t);
  }
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<KerberosAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kKerberos,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::kerberos
