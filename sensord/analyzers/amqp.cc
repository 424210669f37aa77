#include "sensord/analyzers/amqp.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "sensord/analyzers/amqp_values.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/amqp.h"

namespace tapline::amqp {
namespace {

namespace field = fields::amqp;

// "AMQP", protocol, version in three bytes.
constexpr size_t kHeaderBytes = 8;
constexpr absl::string_view kName = "AMQP";
constexpr uint8_t kPlain = 0;
constexpr uint8_t kTls = 2;
constexpr uint8_t kSasl = 3;

// 0-9-1: type, channel, size; then the end's mark.
constexpr size_t kFrameHead = 7;
constexpr uint8_t kFrameEnd = 0xce;
constexpr uint8_t kMethodFrame = 1;
constexpr uint16_t kConnectionClass = 10;
// 1.0: size with itself, words to the body, type, channel.
constexpr size_t kFrame1Head = 8;
constexpr size_t kMaxFrame = 8192;
constexpr uint32_t kMaxLength = 1 << 27;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 5672, Protocol::kAmqp}};

enum Method : uint16_t {
  kStart = 10,
  kStartOk = 11,
  kTune = 30,
  kOpen = 40,
  kOpenOk = 41,
  kClose = 50,
};

enum Performative : uint64_t {
  kOpen1 = 0x10,
  kClose1 = 0x18,
  kSaslInit = 0x41,
  kSaslOutcome = 0x44,
};

// "0-9-1"; nullptr when the header is none. Static storage.
const char* VersionOf(Bytes header) {
  const uint32_t numbers = LoadBig32(&header[4]);
  switch (numbers) {
    case 0x00000901:
      return "0-9-1";
    case 0x01010009:
      return "0-9";
    case 0x01010008:
      return "0-8";
    case 0x01010800:
      return "0-8";
    default:
      break;
  }
  const bool known =
      header[4] == kPlain || header[4] == kTls || header[4] == kSasl;
  return known && (numbers & 0xffffff) == 0x010000 ? "1.0" : nullptr;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  const size_t size = std::min(b.size(), kName.size());
  if (TextOf(b.first(size)) != kName.substr(0, size)) return Match::kNo;
  if (b.size() < kHeaderBytes) return Match::kMore;
  return VersionOf(b) != nullptr ? Match::kYes : Match::kNo;
}

class AmqpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override { return End(out); }
  void OnEnd(AnalyzerOutput& out) override { End(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes() +
           server_.capacity() + client_.capacity() + mechanism_.capacity() +
           virtual_host_.capacity() + container_.capacity();
  }

 private:
  // What a frame or header leaves to do.
  enum class Step : uint8_t { kMore, kWait, kTls, kEnd, kMalformed };

  Step ReadOne(bool from_originator, AnalyzerOutput& out);
  Step OnHeader(bool from_originator, Bytes header);
  Step ReadFrame(MessageReader& in, bool from_originator);
  Step ReadFrame1(MessageReader& in, bool from_originator);
  Step OnMethod(uint16_t method, ByteCursor in);
  Step OnPerformative(bool from_originator, FieldList list);
  Next End(AnalyzerOutput& out);

  // [0] of the client.
  MessageReader in_[2] = {MessageReader(kMaxFrame), MessageReader(kMaxFrame)};
  const char* version_ = nullptr;
  bool tls_ = false;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  uint32_t error_code_ = 0;
  uint32_t heartbeat_ = 0;
  std::string server_;
  std::string client_;
  std::string mechanism_;
  std::string virtual_host_;
  std::string container_;
};

Next AmqpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageReader& in = in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  for (;;) {
    switch (ReadOne(segment.from_originator, out)) {
      case Step::kMore:
        break;
      case Step::kWait:
        return Want::kMore;
      case Step::kTls:
        End(out);
        return {Want::kOther, in.rest()};
      case Step::kEnd:
        return End(out);
      case Step::kMalformed:
        out.Anomaly("amqp.malformed");
        return End(out);
    }
  }
}

AmqpAnalyzer::Step AmqpAnalyzer::ReadOne(bool from_originator,
                                         AnalyzerOutput& out) {
  MessageReader& in = in_[from_originator ? 0 : 1];
  Bytes b;
  if (!in.Peek(kFrameHead, &b)) return Step::kWait;
  if (absl::StartsWith(TextOf(b), kName)) {
    if (!in.Peek(kHeaderBytes, &b)) return Step::kWait;
    const Step step = OnHeader(from_originator, b);
    in.Pass(kHeaderBytes);
    if (step != Step::kMalformed) {
      out.Identify(Protocol::kAmqp, ProtocolBasis::kDecoded, 100);
    }
    return step;
  }
  if (version_ == nullptr) return Step::kMalformed;
  return version_[0] == '1' ? ReadFrame1(in, from_originator)
                            : ReadFrame(in, from_originator);
}

AmqpAnalyzer::Step AmqpAnalyzer::OnHeader(bool from_originator, Bytes header) {
  const char* version = VersionOf(header);
  if (version == nullptr) return Step::kMalformed;
  if (version_ == nullptr) version_ = version;
  if (from_originator) return Step::kMore;
  // A server that sends another version than it was asked for ends; one that
  // sends that of TLS begins it.
  tls_ = version[0] == '1' && header[4] == kTls;
  return tls_ ? Step::kTls : Step::kMore;
}

AmqpAnalyzer::Step AmqpAnalyzer::ReadFrame(MessageReader& in,
                                           bool from_originator) {
  Bytes b;
  if (!in.Peek(kFrameHead, &b)) return Step::kWait;
  const uint8_t type = b[0];
  const uint32_t size = LoadBig32(&b[3]);
  const bool connection = LoadBig16(&b[1]) == 0;
  if (type == 0 || type > 8 || size > kMaxLength) return Step::kMalformed;
  const size_t whole = kFrameHead + size + 1;
  const bool wanted = type == kMethodFrame && connection && whole <= kMaxFrame;
  if (!in.Peek(wanted ? whole : kFrameHead, &b)) return Step::kWait;
  in.Pass(whole);
  if (!wanted) return Step::kMore;
  if (b[whole - 1] != kFrameEnd) return Step::kMalformed;
  ByteCursor body(&b[kFrameHead], size);
  if (body.U16() != kConnectionClass) return Step::kMore;
  const uint16_t method = body.U16();
  // A client may close too: that is no refusal.
  if (method == kClose && from_originator) return Step::kEnd;
  return OnMethod(method, body);
}

AmqpAnalyzer::Step AmqpAnalyzer::OnMethod(uint16_t method, ByteCursor in) {
  constexpr size_t kMaxText = 256;
  switch (method) {
    case kStart:
      in.Skip(2);
      server_ = TakeProduct(in);
      break;
    case kStartOk:
      client_ = TakeProduct(in);
      mechanism_ = SaslMechanism(TakeShortText(in));
      // The answer comes with it.
      cleartext_password_ = IsCleartextMechanism(mechanism_);
      break;
    case kTune:
      in.Skip(6);
      heartbeat_ = in.U16();
      break;
    case kOpen: {
      const absl::string_view host = TakeShortText(in).substr(0, kMaxText);
      virtual_host_.assign(host.data(), host.size());
      break;
    }
    case kOpenOk:
      login_ = Login::kSucceeded;
      return Step::kEnd;
    case kClose:
      error_code_ = in.U16();
      login_ = Login::kFailed;
      return Step::kEnd;
    default:
      break;
  }
  return Step::kMore;
}

AmqpAnalyzer::Step AmqpAnalyzer::ReadFrame1(MessageReader& in,
                                            bool from_originator) {
  Bytes b;
  if (!in.Peek(kFrame1Head, &b)) return Step::kWait;
  const uint32_t size = LoadBig32(b.data());
  const size_t head = b[4] * 4u;
  if (size < kFrame1Head || size > kMaxLength || head < kFrame1Head ||
      head > size || b[5] > 1) {
    return Step::kMalformed;
  }
  const bool wanted = size <= kMaxFrame;
  if (!in.Peek(wanted ? size : kFrame1Head, &b)) return Step::kWait;
  in.Pass(size);
  if (!wanted || size == head) return Step::kMore;
  return OnPerformative(from_originator,
                        FieldList(b.subspan(head, size - head)));
}

AmqpAnalyzer::Step AmqpAnalyzer::OnPerformative(bool from_originator,
                                                FieldList list) {
  constexpr size_t kMaxText = 256;
  switch (list.descriptor()) {
    case kSaslInit:
      mechanism_ = SaslMechanism(list.TakeText());
      cleartext_password_ = IsCleartextMechanism(mechanism_);
      return Step::kMore;
    case kSaslOutcome:
      error_code_ = static_cast<uint32_t>(list.TakeNumber());
      login_ = error_code_ == 0 ? Login::kSucceeded : Login::kFailed;
      return login_ == Login::kFailed ? Step::kEnd : Step::kMore;
    case kOpen1: {
      // The server's is the answer.
      if (!from_originator) return Step::kEnd;
      const absl::string_view name = list.TakeText().substr(0, kMaxText);
      container_ = LooksOpaque(name) ? MaskedName(name)
                                     : std::string(name.data(), name.size());
      const absl::string_view host = list.TakeText().substr(0, kMaxText);
      virtual_host_.assign(host.data(), host.size());
      return Step::kMore;
    }
    case kClose1:
      return Step::kEnd;
    default:
      return Step::kMore;
  }
}

Next AmqpAnalyzer::End(AnalyzerOutput& out) {
  if (version_ == nullptr) return Want::kDone;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kVersion, version_);
  event.SetNonempty(field::kServer, server_);
  event.SetNonempty(field::kClient, client_);
  event.SetNonempty(field::kMechanism, mechanism_);
  event.SetNonempty(field::kVirtualHost, virtual_host_);
  event.SetNonempty(field::kContainer, container_);
  event.SetTrue(field::kTls, tls_);
  event.SetNonzero(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.SetNonzero(field::kErrorCode, error_code_);
  event.SetNonzero(field::kHeartbeatSeconds, heartbeat_);
  return Want::kDone;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<AmqpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kAmqp,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::amqp
