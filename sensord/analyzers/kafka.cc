#include "sensord/analyzers/kafka.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/kafka.h"

namespace tapline::kafka {
namespace {

namespace field = fields::kafka;

// Size; of a request API, version, number, name of the client; of a response
// the number.
constexpr size_t kSizeBytes = 4;
constexpr size_t kRequestHead = 14;
constexpr size_t kResponseHead = 8;
constexpr uint32_t kMaxSize = 100 << 20;
constexpr size_t kMaxMessage = 1024;
constexpr uint32_t kMaxRequests = 32;
constexpr size_t kMaxApis = 16;
constexpr size_t kMaxClientId = 256;
// What there is of either today, with room.
constexpr uint16_t kMaxApi = 110;
constexpr uint16_t kMaxVersion = 24;

enum Api : uint16_t {
  kProduce = 0,
  kSaslHandshake = 17,
  kApiVersions = 18,
  kSaslAuthenticate = 36,
};
// With this version, an API versions request names the client's software.
constexpr uint16_t kNamesSoftware = 3;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 9092, Protocol::kKafka}};

struct RequestHead {
  uint16_t api = 0;
  uint16_t version = 0;
  uint32_t number = 0;
  // -1: none.
  int16_t name_bytes = -1;

  // False: no request has such values.
  bool Read(Bytes message);
};

bool RequestHead::Read(Bytes message) {
  const uint32_t size = LoadBig32(message.data());
  api = LoadBig16(&message[4]);
  version = LoadBig16(&message[6]);
  number = LoadBig32(&message[8]);
  name_bytes = static_cast<int16_t>(LoadBig16(&message[12]));
  return size >= kRequestHead - kSizeBytes && size <= kMaxSize &&
         api <= kMaxApi && version <= kMaxVersion && number < 0x80000000 &&
         name_bytes >= -1 &&
         (name_bytes == -1 ||
          size >= kRequestHead - kSizeBytes + static_cast<size_t>(name_bytes));
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (!opening.originator_first || opening.midstream) return Match::kNo;
  if (b.size() > 0 && b[0] != 0) return Match::kNo;
  if (b.size() > 4 && b[4] != 0) return Match::kNo;
  if (b.size() < kRequestHead) return Match::kMore;
  RequestHead head;
  if (!head.Read(b)) return Match::kNo;
  if (head.name_bytes <= 0) return Match::kWeak;
  const size_t end = kRequestHead + static_cast<size_t>(head.name_bytes);
  if (head.name_bytes > static_cast<int>(kMaxClientId)) return Match::kNo;
  for (size_t i = kRequestHead; i < std::min(end, b.size()); ++i) {
    if (!absl::ascii_isprint(b[i])) return Match::kNo;
  }
  return b.size() >= end ? Match::kYes : Match::kMore;
}

class KafkaAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override {
    return segment.from_originator ? OnClient(segment, out)
                                   : OnServer(segment, out);
  }
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    if ((from_originator ? client_ : server_).Gap(bytes)) return Want::kMore;
    return End(out);
  }
  void OnEnd(AnalyzerOutput& out) override { End(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + client_.MemoryBytes() + server_.MemoryBytes() +
           apis_.capacity() * sizeof(apis_[0]) + client_id_.capacity() +
           software_.capacity() + mechanism_.capacity();
  }

 private:
  struct Waiting {
    bool waits = false;
    uint16_t api = 0;
    uint16_t version = 0;
    uint32_t number = 0;
  };

  Next OnClient(const Segment& segment, AnalyzerOutput& out);
  Next OnServer(const Segment& segment, AnalyzerOutput& out);
  void OnRequest(const RequestHead& head, ByteCursor in);
  // True when a login was refused.
  bool OnResponse(Bytes message, AnalyzerOutput& out);
  Next Malformed(AnalyzerOutput& out) {
    out.Anomaly("kafka.malformed");
    return End(out);
  }
  Next End(AnalyzerOutput& out);

  MessageReader client_{kMaxMessage};
  MessageReader server_{kMaxMessage};
  std::array<Waiting, 16> waiting_{};
  uint8_t next_ = 0;
  uint32_t requests_ = 0;
  uint32_t responses_ = 0;
  uint16_t error_code_ = 0;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  // API and version.
  std::vector<uint32_t> apis_;
  std::string client_id_;
  std::string software_;
  std::string mechanism_;
};

Next KafkaAnalyzer::OnClient(const Segment& segment, AnalyzerOutput& out) {
  client_.Add(segment.bytes);
  Bytes b;
  while (client_.Peek(kRequestHead, &b)) {
    RequestHead head;
    if (!head.Read(b)) return Malformed(out);
    const size_t whole = kSizeBytes + LoadBig32(b.data());
    if (!client_.Peek(std::min(whole, kMaxMessage), &b)) break;
    OnRequest(head,
              ByteCursor(b.data() + kRequestHead, b.size() - kRequestHead));
    client_.Pass(whole);
  }
  return Want::kMore;
}

// The length of a text of later versions, one more than it is.
absl::string_view TakeCompactText(ByteCursor& in) {
  const size_t size = in.U8();
  if (size < 2 || size > 128) return absl::string_view();
  const uint8_t* text = in.Take(size - 1);
  if (text == nullptr) return absl::string_view();
  return TextOf({text, size - 1});
}

void KafkaAnalyzer::OnRequest(const RequestHead& head, ByteCursor in) {
  ++requests_;
  waiting_[next_] = {true, head.api, head.version, head.number};
  next_ = static_cast<uint8_t>((next_ + 1) % waiting_.size());
  const uint32_t api = static_cast<uint32_t>(head.api) << 16 | head.version;
  if (apis_.size() < kMaxApis &&
      std::find(apis_.begin(), apis_.end(), api) == apis_.end()) {
    apis_.push_back(api);
  }
  const size_t name_bytes =
      head.name_bytes > 0 ? static_cast<size_t>(head.name_bytes) : 0;
  const uint8_t* name = in.Take(name_bytes);
  if (name != nullptr && client_id_.empty()) {
    const absl::string_view text =
        TextOf({name, std::min(name_bytes, kMaxClientId)});
    client_id_ = LooksOpaque(text) ? MaskedName(text)
                                   : std::string(text.data(), text.size());
  }
  if (head.api == kApiVersions && head.version >= kNamesSoftware) {
    // Tags, none as a rule.
    in.Skip(1);
    const absl::string_view software = TakeCompactText(in);
    const absl::string_view version = TakeCompactText(in);
    if (in.ok() && !software.empty()) {
      software_ = absl::StrCat(software, " ", version);
    }
  } else if (head.api == kSaslAuthenticate) {
    cleartext_password_ |= IsCleartextMechanism(mechanism_);
  } else if (head.api == kSaslHandshake) {
    const size_t size = in.U16();
    const uint8_t* mechanism = in.Take(size);
    if (mechanism != nullptr) {
      mechanism_ = SaslMechanism(TextOf({mechanism, size}));
    }
  }
}

Next KafkaAnalyzer::OnServer(const Segment& segment, AnalyzerOutput& out) {
  server_.Add(segment.bytes);
  Bytes b;
  while (server_.Peek(kResponseHead, &b)) {
    const uint32_t size = LoadBig32(b.data());
    if (size < kResponseHead - kSizeBytes || size > kMaxSize) {
      return Malformed(out);
    }
    const size_t whole = kSizeBytes + size;
    if (!server_.Peek(std::min(whole, kMaxMessage), &b)) break;
    if (OnResponse(b, out) || responses_ == kMaxRequests) return End(out);
    server_.Pass(whole);
  }
  return Want::kMore;
}

bool KafkaAnalyzer::OnResponse(Bytes message, AnalyzerOutput& out) {
  const uint32_t number = LoadBig32(&message[kSizeBytes]);
  const auto row = std::find_if(
      waiting_.begin(), waiting_.end(),
      [&](const Waiting& w) { return w.waits && w.number == number; });
  if (row == waiting_.end()) return false;
  row->waits = false;
  ++responses_;
  out.Identify(Protocol::kKafka, ProtocolBasis::kDecoded, 100);
  const bool login =
      row->api == kSaslHandshake || row->api == kSaslAuthenticate;
  if (!login || message.size() < kResponseHead + 3) return false;
  // Later versions have tags before: none as a rule, which is a zero.
  const bool tags = row->api == kSaslAuthenticate && row->version >= 2;
  error_code_ = LoadBig16(&message[kResponseHead + (tags ? 1 : 0)]);
  if (error_code_ != 0) {
    login_ = Login::kFailed;
    return true;
  }
  if (row->api == kSaslAuthenticate) login_ = Login::kSucceeded;
  return false;
}

Next KafkaAnalyzer::End(AnalyzerOutput& out) {
  if (requests_ == 0) return Want::kDone;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetNonempty(field::kClientId, client_id_);
  event.SetNonempty(field::kSoftware, software_);
  for (const uint32_t api : apis_) {
    event.SetSafe(field::kApis, absl::StrCat(api >> 16, ":", api & 0xffff));
  }
  event.SetNonzero(field::kRequests, requests_);
  event.SetNonzero(field::kResponses, responses_);
  event.SetNonempty(field::kMechanism, mechanism_);
  event.SetNonzero(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.SetNonzero(field::kErrorCode, error_code_);
  return Want::kDone;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<KafkaAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kKafka,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::kafka
