#include "sensord/analyzers/mongodb.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/bson_reader.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/mongodb.h"

namespace tapline::mongodb {
namespace {

namespace field = fields::mongodb;

// Length, number, number that is answered, operation; lowest byte first.
constexpr size_t kHead = 16;
constexpr uint32_t kMaxLength = 48 << 20;
// What is looked at of a message.
constexpr size_t kMaxMessage = 4096;
constexpr int kMaxMessages = 64;
constexpr size_t kMaxCommands = 16;
constexpr size_t kMaxCommandName = 32;

enum Operation : uint32_t {
  kReply = 1,
  kQuery = 2004,
  kCompressed = 2012,
  kMessage = 2013,
};

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 27017, Protocol::kMongodb}};

// The document that a message carries; empty when it carries none that can be
// read.
Bytes DocumentOf(Bytes message) {
  ByteCursor in(message.data(), message.size());
  in.Skip(kHead);
  switch (LoadLittle32(&message[12])) {
    case kReply:
      // Flags, cursor, two counts.
      in.Skip(20);
      break;
    case kQuery: {
      // Flags, name of the collection, two counts.
      in.Skip(4);
      const void* end =
          in.left() == 0 ? nullptr : std::memchr(in.position(), 0, in.left());
      if (end == nullptr) return {};
      in.Skip(static_cast<size_t>(static_cast<const uint8_t*>(end) -
                                  in.position()) +
              9);
      break;
    }
    case kMessage:
      // Flags, kind of the section.
      in.Skip(4);
      if (in.U8() != 0) return {};
      break;
    default:
      return {};
  }
  if (!in.ok()) return {};
  return {in.position(), in.left()};
}

Match Probe(const Opening& opening) {
  constexpr uint32_t kMessageFlags = 0x00010003;
  const Bytes b = opening.first();
  if (!opening.originator_first) return Match::kNo;
  // Lengths up to 64 MiB end with a small byte.
  if (b.size() > 3 && b[3] > 2) return Match::kNo;
  if (b.size() < kHead + 4) return Match::kMore;
  const uint32_t length = LoadLittle32(b.data());
  if (length < kHead + 5 || length > kMaxLength || LoadLittle32(&b[8]) != 0) {
    return Match::kNo;
  }
  switch (LoadLittle32(&b[12])) {
    case kMessage:
      if ((LoadLittle32(&b[kHead]) & ~kMessageFlags) != 0) return Match::kNo;
      if (b.size() == kHead + 4) return Match::kMore;
      return b[kHead + 4] <= 1 ? Match::kYes : Match::kNo;
    case kQuery: {
      const absl::string_view name = TextOf(b.subspan(kHead + 4));
      const size_t end = name.find('\0');
      if (end == absl::string_view::npos) {
        return name.size() < 128 ? Match::kMore : Match::kNo;
      }
      return name.substr(0, end).find('.') != absl::string_view::npos
                 ? Match::kYes
                 : Match::kNo;
    }
    case kCompressed:
      // By what it was before: a message.
      return LoadLittle32(&b[kHead]) == kMessage ? Match::kYes : Match::kNo;
    default:
      return Match::kNo;
  }
}

std::string OperationName(uint32_t operation) {
  switch (operation) {
    case kQuery:
      return "query";
    case kMessage:
      return "message";
    case kCompressed:
      return "compressed";
    default:
      return absl::StrCat(operation);
  }
}

class MongodbAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override {
    if (in_[from_originator ? 0 : 1].Gap(bytes)) return Want::kMore;
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes() +
           commands_.capacity() * sizeof(commands_[0]) + driver_.capacity() +
           application_.capacity() + mechanism_.capacity() +
           login_database_.capacity();
  }

 private:
  enum class Kind : uint8_t { kOther, kHello, kLogin };
  struct Request {
    uint32_t id = 0;
    Kind kind = Kind::kOther;
  };

  void OnRequest(Bytes message);
  void OnHello(BsonReader command);
  void OnLogin(BsonReader command);
  // True when a login ended.
  bool OnReply(Bytes message);
  void Remember(absl::string_view command);

  // [0] of the client.
  MessageReader in_[2] = {MessageReader(kMaxMessage),
                          MessageReader(kMaxMessage)};
  // Requests that the rest depends on.
  std::array<Request, 8> waiting_{};
  uint8_t next_ = 0;
  int messages_ = 0;
  uint32_t operation_ = 0;
  uint32_t max_wire_version_ = 0;
  uint32_t error_code_ = 0;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  std::string driver_;
  std::string application_;
  std::string mechanism_;
  std::string login_database_;
  std::vector<std::string> commands_;
};

Next MongodbAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageReader& in = in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  while (in.Peek(kHead, &b)) {
    const uint32_t length = LoadLittle32(b.data());
    if (length < kHead || length > kMaxLength) {
      out.Anomaly("mongodb.malformed");
      OnEnd(out);
      return Want::kDone;
    }
    if (!in.Peek(std::min<size_t>(length, kMaxMessage), &b)) break;
    out.Identify(Protocol::kMongodb, ProtocolBasis::kDecoded, 100);
    bool ended = ++messages_ == kMaxMessages;
    if (segment.from_originator) {
      OnRequest(b);
    } else {
      ended |= OnReply(b);
    }
    if (ended) {
      OnEnd(out);
      return Want::kDone;
    }
    in.Pass(length);
  }
  return Want::kMore;
}

void MongodbAnalyzer::OnRequest(Bytes message) {
  if (operation_ == 0) operation_ = LoadLittle32(&message[12]);
  BsonReader command(DocumentOf(message));
  BsonElement first;
  if (!command.Next(&first)) return;
  Remember(first.name);
  Kind kind = Kind::kOther;
  if (first.name == "hello" || absl::EqualsIgnoreCase(first.name, "ismaster")) {
    kind = Kind::kHello;
    OnHello(command);
  } else if (first.name == "saslStart" || first.name == "saslContinue" ||
             first.name == "authenticate") {
    kind = Kind::kLogin;
    OnLogin(command);
  }
  if (kind == Kind::kOther) return;
  waiting_[next_] = {LoadLittle32(&message[4]), kind};
  next_ = static_cast<uint8_t>((next_ + 1) % waiting_.size());
}

void MongodbAnalyzer::Remember(absl::string_view command) {
  if (command.empty() || command.size() > kMaxCommandName ||
      commands_.size() == kMaxCommands ||
      !std::all_of(command.begin(), command.end(),
                   [](char c) { return absl::ascii_isalnum(c); })) {
    return;
  }
  for (const std::string& known : commands_) {
    if (known == command) return;
  }
  commands_.emplace_back(command.data(), command.size());
}

// "client": { "application": { "name" }, "driver": { "name", "version" } }
void MongodbAnalyzer::OnHello(BsonReader command) {
  BsonElement e;
  while (command.Next(&e)) {
    if (e.name != "client") continue;
    BsonReader client(e.document());
    while (client.Next(&e)) {
      const bool driver = e.name == "driver";
      if (!driver && e.name != "application") continue;
      std::string text;
      BsonReader parts(e.document());
      for (BsonElement part; parts.Next(&part);) {
        if (part.name != "name" && part.name != "version") continue;
        absl::StrAppend(&text, text.empty() ? "" : " ", part.text());
      }
      (driver ? driver_ : application_) = text.substr(0, 256);
    }
    return;
  }
}

void MongodbAnalyzer::OnLogin(BsonReader command) {
  for (BsonElement e; command.Next(&e);) {
    const absl::string_view text = e.text().substr(0, 64);
    if (e.name == "mechanism") mechanism_ = SaslMechanism(text);
    if (e.name == "payload") {
      cleartext_password_ |= IsCleartextMechanism(mechanism_);
    }
    if (e.name == "$db") login_database_.assign(text.data(), text.size());
  }
}

bool MongodbAnalyzer::OnReply(Bytes message) {
  const uint32_t answered = LoadLittle32(&message[8]);
  for (Request& request : waiting_) {
    if (request.id != answered || request.kind == Kind::kOther) continue;
    const bool login = request.kind == Kind::kLogin;
    request = Request();
    bool ok = false;
    bool done = login && mechanism_ == "MONGODB-X509";
    uint32_t code = 0;
    BsonReader reply(DocumentOf(message));
    for (BsonElement e; reply.Next(&e);) {
      if (e.name == "ok") ok = e.number() == 1;
      if (e.name == "done") done = e.number() == 1;
      if (e.name == "code") code = static_cast<uint32_t>(e.number());
      if (e.name == "maxWireVersion") {
        max_wire_version_ = static_cast<uint32_t>(e.number());
      }
    }
    if (!login || (ok && !done)) return false;
    login_ = ok ? Login::kSucceeded : Login::kFailed;
    error_code_ = ok ? 0 : code;
    return true;
  }
  return false;
}

void MongodbAnalyzer::OnEnd(AnalyzerOutput& out) {
  if (operation_ == 0) return;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kOperation, OperationName(operation_));
  event.SetNonempty(field::kDriver, driver_);
  event.SetNonempty(field::kApplication, application_);
  event.SetNonzero(field::kMaxWireVersion, max_wire_version_);
  event.SetNonempty(field::kMechanism, mechanism_);
  event.SetNonempty(field::kLoginDatabase, login_database_);
  event.SetNonzero(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.SetNonzero(field::kErrorCode, error_code_);
  for (const std::string& command : commands_) {
    event.SetSafe(field::kCommands, command);
  }
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<MongodbAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kMongodb,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::mongodb
