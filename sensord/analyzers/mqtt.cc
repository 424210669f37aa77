#include "sensord/analyzers/mqtt.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/siphash.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/mqtt.h"

namespace tapline::mqtt {
namespace {

namespace field = fields::mqtt;

// mqtt-v3.1.1 2.2.1; 15 since 5.0.
enum Type : uint8_t {
  kConnect = 1,
  kConnack = 2,
  kPublish = 3,
  kSubscribe = 8,
  kUnsubscribe = 10,
  kPingreq = 12,
  kPingresp = 13,
  kDisconnect = 14,
};

// Type, and a length of one to four bytes.
constexpr size_t kMaxHead = 5;
// What is looked at of a message.
constexpr size_t kMaxMessage = 2048;
constexpr size_t kMaxTopics = 256;
constexpr size_t kMaxClientId = 256;
constexpr uint32_t kMaxMessages = 65536;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 1883, Protocol::kMqtt}};

// Bytes of the length, 0 when they are not all there, -1 when it has too many.
int ReadLength(Bytes b, size_t* length) {
  *length = 0;
  for (size_t i = 0; i < 4; ++i) {
    if (i >= b.size()) return 0;
    *length |= static_cast<size_t>(b[i] & 0x7f) << (7 * i);
    if ((b[i] & 0x80) == 0) return static_cast<int>(i + 1);
  }
  return -1;
}

// Whether `b` begins with a protocol name, as far as it goes.
Match MatchName(Bytes b) {
  for (const absl::string_view name :
       {absl::string_view("\0\4MQTT", 6), absl::string_view("\0\6MQIsdp", 8)}) {
    const size_t size = std::min(b.size(), name.size());
    if (TextOf(b.first(size)) != name.substr(0, size)) continue;
    return size == name.size() ? Match::kYes : Match::kMore;
  }
  return Match::kNo;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (b.empty()) return Match::kMore;
  if (opening.midstream && b.size() == 2 &&
      (b[0] == kPingreq << 4 || b[0] == kPingresp << 4) && b[1] == 0) {
    return Match::kWeak;
  }
  if (!opening.originator_first || b[0] != kConnect << 4) return Match::kNo;
  size_t length;
  const int bytes = ReadLength(b.subspan(1), &length);
  if (bytes == 0) return Match::kMore;
  if (bytes < 0 || length < 12) return Match::kNo;
  return MatchName(b.subspan(1 + static_cast<size_t>(bytes)));
}

const char* VersionName(uint8_t level) {
  switch (level & 0x7f) {  // the highest bit says a bridge
    case 3:
      return "3.1";
    case 4:
      return "3.1.1";
    case 5:
      return "5.0";
    default:
      return "";
  }
}

class MqttAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    if (in_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    if (connected_) Tell(true, out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes() +
           topics_.capacity() * sizeof(topics_[0]) + client_id_.capacity();
  }

 private:
  // False: it is no message.
  bool OnMessage(bool from_originator, uint8_t head, Bytes body,
                 AnalyzerOutput& out);
  bool OnConnect(Bytes body, AnalyzerOutput& out);
  void OnConnack(Bytes body, AnalyzerOutput& out);
  void OnPublish(bool from_originator, Bytes body);
  void OnSubscribe(Bytes body);
  void Tell(bool ended, AnalyzerOutput& out) const;

  MessageReader in_[2] = {MessageReader(kMaxHead + kMaxMessage),
                          MessageReader(kMaxHead + kMaxMessage)};
  bool connected_ = false;
  uint8_t level_ = 0;
  uint8_t flags_ = 0;
  uint8_t return_code_ = 0;
  Login login_ = Login::kUnknown;
  uint16_t keep_alive_ = 0;
  uint32_t messages_ = 0;
  // [0] by the client.
  uint32_t published_[2] = {0, 0};
  uint32_t subscriptions_ = 0;
  bool subscribed_to_all_ = false;
  std::vector<uint64_t> topics_;
  std::string client_id_;
};

Next MqttAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageReader& in = in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  for (size_t head = 2; in.Peek(head, &b); head = 2) {
    size_t length = 0;
    int bytes = ReadLength(b.subspan(1), &length);
    while (bytes == 0) {
      if (!in.Peek(++head, &b)) return Want::kMore;
      bytes = ReadLength(b.subspan(1), &length);
    }
    if (bytes < 0) {
      out.Anomaly("mqtt.malformed");
      OnEnd(out);
      return Want::kDone;
    }
    if (!in.Peek(head + std::min(length, kMaxMessage), &b)) break;
    if (!OnMessage(segment.from_originator, b[0], b.subspan(head), out)) {
      out.Anomaly("mqtt.malformed");
      OnEnd(out);
      return Want::kDone;
    }
    in.Pass(head + length);
    if (++messages_ == kMaxMessages) {
      OnEnd(out);
      return Want::kDone;
    }
  }
  return Want::kMore;
}

bool MqttAnalyzer::OnMessage(bool from_originator, uint8_t head, Bytes body,
                             AnalyzerOutput& out) {
  switch (head >> 4) {
    case 0:
      return false;
    case kConnect:
      return OnConnect(body, out);
    case kConnack:
      OnConnack(body, out);
      break;
    case kPublish:
      OnPublish(from_originator, body);
      break;
    case kSubscribe:
      OnSubscribe(body);
      break;
    default:
      break;
  }
  return true;
}

// Variable header and client identifier (mqtt-v5.0 3.1).
bool MqttAnalyzer::OnConnect(Bytes body, AnalyzerOutput& out) {
  if (connected_) {
    out.Anomaly("mqtt.second_connect");
    return true;
  }
  ByteCursor in(body.data(), body.size());
  in.Skip(in.U16());
  level_ = in.U8();
  flags_ = in.U8();
  keep_alive_ = in.U16();
  if ((level_ & 0x7f) == 5) {
    size_t properties;
    const int bytes = ReadLength({in.position(), in.left()}, &properties);
    if (bytes <= 0 || !in.Skip(static_cast<size_t>(bytes)) ||
        !in.Skip(properties)) {
      return false;
    }
  }
  const size_t size = in.U16();
  const uint8_t* id = in.Take(size);
  if (id == nullptr) return false;
  connected_ = true;
  const absl::string_view text = TextOf({id, std::min(size, kMaxClientId)});
  client_id_ = LooksOpaque(text) ? MaskedName(text)
                                 : std::string(text.data(), text.size());
  out.Identify(Protocol::kMqtt, ProtocolBasis::kDecoded, 100);
  return true;
}

void MqttAnalyzer::OnConnack(Bytes body, AnalyzerOutput& out) {
  if (!connected_ || login_ != Login::kUnknown || body.size() < 2) return;
  return_code_ = body[1];
  login_ = return_code_ == 0 ? Login::kSucceeded : Login::kFailed;
  Tell(false, out);
}

void MqttAnalyzer::OnPublish(bool from_originator, Bytes body) {
  ++published_[from_originator ? 0 : 1];
  ByteCursor in(body.data(), body.size());
  const size_t size = in.U16();
  const uint8_t* topic = in.Take(size);
  if (topic == nullptr || topics_.size() == kMaxTopics) return;
  const uint64_t hash = SipHashBytes<SipHash13>(SipKey(), topic, size);
  const auto at = std::lower_bound(topics_.begin(), topics_.end(), hash);
  if (at == topics_.end() || *at != hash) topics_.insert(at, hash);
}

void MqttAnalyzer::OnSubscribe(Bytes body) {
  ByteCursor in(body.data(), body.size());
  in.Skip(2);
  if ((level_ & 0x7f) == 5) {
    size_t properties;
    const int bytes = ReadLength({in.position(), in.left()}, &properties);
    if (bytes <= 0) return;
    in.Skip(static_cast<size_t>(bytes) + properties);
  }
  while (in.ok() && in.left() > 0) {
    const size_t size = in.U16();
    const uint8_t* filter = in.Take(size);
    if (filter == nullptr || !in.Skip(1)) return;
    ++subscriptions_;
    subscribed_to_all_ |= size == 1 && filter[0] == '#';
  }
}

void MqttAnalyzer::Tell(bool ended, AnalyzerOutput& out) const {
  // mqtt-v5.0 3.1.2.3.
  constexpr uint8_t kUserName = 0x80;
  constexpr uint8_t kPassword = 0x40;
  constexpr uint8_t kWill = 0x04;
  constexpr uint8_t kCleanStart = 0x02;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kVersion, VersionName(level_));
  event.SetNonempty(field::kClientId, client_id_);
  event.SetNonzero(field::kKeepAliveSeconds, keep_alive_);
  event.SetTrue(field::kCleanStart, (flags_ & kCleanStart) != 0);
  event.SetTrue(field::kHasUserName, (flags_ & kUserName) != 0);
  event.SetTrue(field::kHasPassword, (flags_ & kPassword) != 0);
  event.SetTrue(field::kCleartextPassword, (flags_ & kPassword) != 0);
  event.SetTrue(field::kHasWill, (flags_ & kWill) != 0);
  event.SetNonzero(field::kLogin, static_cast<uint64_t>(login_));
  event.SetNonzero(field::kReturnCode, return_code_);
  event.SetTrue(field::kEnded, ended);
  event.SetNonzero(field::kPublishedByClient, published_[0]);
  event.SetNonzero(field::kPublishedByServer, published_[1]);
  event.SetNonzero(field::kSubscriptions, subscriptions_);
  event.SetNonzero(field::kTopics, topics_.size());
  event.SetTrue(field::kSubscribedToAll, subscribed_to_all_);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<MqttAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kMqtt,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::mqtt
