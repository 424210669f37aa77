#include "sensord/analyzers/socks.h"

#include <algorithm>
#include <memory>
#include <string>

#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/socks_message.h"
#include "sensord/event/fields/socks.h"

namespace tapline::socks {
namespace {

namespace field = fields::socks;

// No message is longer.
constexpr size_t kMaxHeld = 600;
constexpr uint8_t kConnect = 1;
constexpr uint8_t kBind = 2;
constexpr uint8_t kPassword = 2;
constexpr uint8_t kNoMethod = 0xff;
constexpr uint8_t kGranted4 = 0x5a;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 1080, Protocol::kSocks}};

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// The client's first message, all of it and nothing behind it.
bool IsOpening5(Bytes bytes) {
  if (ReadMethods(bytes) != static_cast<int>(bytes.size())) return false;
  for (const uint8_t method : bytes.subspan(2)) {
    // RFC 1928 3: 0x0a..0x7f are not assigned.
    if (method > 9 && method < 0x80) return false;
  }
  return true;
}

Match Probe(const Opening& opening) {
  const Bytes client = opening.from_originator;
  const Bytes proxy = opening.from_responder;
  if (opening.midstream || !opening.originator_first) return Match::kNo;
  if (client.empty()) return Match::kMore;
  if (client[0] == 5) {
    if (client.size() >= 2 && ReadMethods(client) == kBroken) return Match::kNo;
    if (ReadMethods(client) == 0) return Match::kMore;
    if (!proxy.empty()) {
      // Several messages may have come by now.
      if (!IsOpening5(client.first(ReadMethods(client)))) return Match::kNo;
      if (proxy[0] != 5) return Match::kNo;
      if (proxy.size() < 2) return Match::kMore;
      const Bytes methods = client.subspan(2, client[1]);
      const bool offered =
          proxy[1] == kNoMethod ||
          std::find(methods.begin(), methods.end(), proxy[1]) != methods.end();
      return offered ? Match::kYes : Match::kNo;
    }
    return IsOpening5(client) ? Match::kMore : Match::kNo;
  }
  if (client[0] != 4) return Match::kNo;
  Request request;
  const MessageSize size = ReadRequest4(client, &request);
  if (size == kBroken) return Match::kNo;
  if (client.size() >= 2 && client[1] != kConnect && client[1] != kBind) {
    return Match::kNo;
  }
  if (size == 0 || proxy.empty()) return Match::kMore;
  uint8_t code = 0;
  const MessageSize reply = ReadReply4(proxy, &code);
  return reply == kBroken ? Match::kNo
         : reply == 0     ? Match::kMore
                          : Match::kYes;
}

class SocksAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override { Tell(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + held_[0].capacity() + held_[1].capacity() +
           request_.host.capacity() + request_.user.capacity();
  }

 private:
  // What comes next.
  enum class Phase : uint8_t {
    kMethods,
    kChoice,
    kPassword,
    kPasswordReply,
    kRequest,
    kReply,
    // BIND: somebody connected.
    kSecondReply,
    // Granted: another protocol.
    kCarrying,
    kOver,
  };
  bool IsClients() const {
    return phase_ == Phase::kMethods || phase_ == Phase::kPassword ||
           phase_ == Phase::kRequest;
  }
  // One message at the front of its sender's bytes.
  MessageSize Step(Bytes bytes);
  MessageSize ReadChoice(Bytes bytes);
  MessageSize ReadReply(Bytes bytes);
  void Replied(bool granted);
  void Tell(AnalyzerOutput& out);

  std::string held_[2];
  Phase phase_ = Phase::kMethods;
  uint8_t version_ = 0;
  uint8_t method_ = 0;
  bool chosen_ = false;
  bool told_ = false;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  // Static storage.
  const char* result_ = "";
  Request request_;
};

Next SocksAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  std::string& own = held_[segment.from_originator ? 0 : 1];
  own.append(segment.text().data(), segment.text().size());
  while (phase_ < Phase::kCarrying) {
    std::string& held = held_[IsClients() ? 0 : 1];
    const MessageSize size = Step(BytesOf(held));
    if (size == 0) break;
    if (size == kBroken) {
      out.Anomaly("socks.malformed");
      phase_ = Phase::kOver;
      break;
    }
    held.erase(0, static_cast<size_t>(size));
    if (version_ != 0 && phase_ == Phase::kReply) {
      out.Identify(Protocol::kSocks, ProtocolBasis::kDecoded, 100);
      out.Host(request_.host);
    }
  }
  if (phase_ == Phase::kCarrying) {
    // What is carried is read without its beginning.
    if (!held_[0].empty()) out.Anomaly("socks.data_before_reply");
    Tell(out);
    // Only the proxy's bytes can be behind its reply.
    const size_t rest = segment.from_originator ? 0 : held_[1].size();
    return {Want::kOther, rest};
  }
  if (phase_ == Phase::kOver) {
    Tell(out);
    return Want::kDone;
  }
  // What a client sends before it may; that there is some is enough.
  if (held_[0].size() > kMaxHeld && !IsClients()) held_[0].resize(kMaxHeld);
  if (held_[0].size() <= kMaxHeld && held_[1].size() <= kMaxHeld) {
    return Want::kMore;
  }
  out.Anomaly("socks.malformed");
  Tell(out);
  return Want::kDone;
}

MessageSize SocksAnalyzer::Step(Bytes bytes) {
  switch (phase_) {
    case Phase::kMethods: {
      if (bytes.empty()) return 0;
      version_ = bytes[0];
      if (version_ == 4) {
        phase_ = Phase::kRequest;
        return Step(bytes);
      }
      const MessageSize size = version_ == 5 ? ReadMethods(bytes) : kBroken;
      if (size > 0) phase_ = Phase::kChoice;
      return size;
    }
    case Phase::kChoice:
      return ReadChoice(bytes);
    case Phase::kPassword: {
      const MessageSize size = ReadPassword(bytes, &request_.user);
      if (size > 0) {
        cleartext_password_ = true;
        phase_ = Phase::kPasswordReply;
      }
      return size;
    }
    case Phase::kPasswordReply:
      if (bytes.size() < 2) return 0;
      if (bytes[0] != 1 && bytes[0] != 5) return kBroken;
      login_ = bytes[1] == 0 ? Login::kSucceeded : Login::kFailed;
      phase_ = bytes[1] == 0 ? Phase::kRequest : Phase::kOver;
      return 2;
    case Phase::kRequest: {
      const MessageSize size = version_ == 4 ? ReadRequest4(bytes, &request_)
                                             : ReadRequest5(bytes, &request_);
      if (size > 0) phase_ = Phase::kReply;
      return size;
    }
    case Phase::kReply:
    case Phase::kSecondReply:
      return ReadReply(bytes);
    case Phase::kCarrying:
    case Phase::kOver:
      break;
  }
  return kBroken;
}

MessageSize SocksAnalyzer::ReadChoice(Bytes bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[0] != 5) return kBroken;
  method_ = bytes[1];
  chosen_ = true;
  if (method_ == 0) {
    phase_ = Phase::kRequest;
  } else if (method_ == kPassword) {
    phase_ = Phase::kPassword;
  } else {
    // GSSAPI may wrap all that follows.
    phase_ = Phase::kOver;
  }
  return 2;
}

MessageSize SocksAnalyzer::ReadReply(Bytes bytes) {
  if (version_ == 4) {
    uint8_t code = 0;
    const MessageSize size = ReadReply4(bytes, &code);
    if (size <= 0) return size;
    result_ = ResultName(4, code);
    Replied(code == kGranted4);
    return size;
  }
  Request reply;
  const MessageSize size = ReadRequest5(bytes, &reply);
  if (size <= 0) return size;
  result_ = ResultName(5, reply.code);
  Replied(reply.code == 0);
  return size;
}

void SocksAnalyzer::Replied(bool granted) {
  const bool second = phase_ == Phase::kSecondReply;
  if (!granted) {
    phase_ = Phase::kOver;
  } else if (request_.code == kBind && !second) {
    phase_ = Phase::kSecondReply;
  } else {
    phase_ = request_.code == kConnect || request_.code == kBind
                 ? Phase::kCarrying
                 : Phase::kOver;
  }
}

void SocksAnalyzer::Tell(AnalyzerOutput& out) {
  if (told_ || version_ == 0) return;
  told_ = true;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kVersion, version_);
  event.Set(field::kCommand, CommandName(request_.code));
  event.Set(field::kTargetHost, request_.host);
  event.Set(field::kTargetPort, request_.port);
  if (chosen_) event.Set(field::kAuthMethod, MethodName(method_));
  event.Set(field::kUser, MaskedName(request_.user));
  event.Set(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.Set(field::kResult, result_);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<SocksAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kSocks,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::socks
