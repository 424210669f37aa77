#include "sensord/analyzers/postgresql.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/postgresql.h"

namespace tapline::postgresql {
namespace {

namespace field = fields::postgresql;

// The client's first message: length, then one of these.
constexpr uint32_t kVersion2 = 2 << 16;
constexpr uint32_t kVersion3 = 3 << 16;
constexpr uint32_t kCancel = 80877102;
constexpr uint32_t kTls = 80877103;
constexpr uint32_t kGss = 80877104;
constexpr size_t kStartHead = 8;
// What a server takes.
constexpr size_t kMaxStart = 10000;
// Type and length, before all other messages.
constexpr size_t kHead = 5;
// What is looked at of a server's message.
constexpr size_t kMaxMessage = 1024;
constexpr uint32_t kMaxLength = 1 << 24;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 5432, Protocol::kPostgresql}};

Match Probe(const Opening& opening) {
  const Bytes b = opening.from_originator;
  if (!opening.originator_first || opening.midstream) return Match::kNo;
  if (!b.empty() && b[0] != 0) return Match::kNo;
  if (b.size() < kStartHead) return Match::kMore;
  const uint32_t length = LoadBig32(b.data());
  const uint32_t code = LoadBig32(&b[4]);
  if (code == kTls || code == kGss) {
    return length == kStartHead ? Match::kYes : Match::kNo;
  }
  if (code == kCancel)
    return length >= 16 && length <= 268 ? Match::kYes : Match::kNo;
  // Later minor versions, and a first parameter's name.
  if ((code & 0xffff0000) != kVersion3 || (code & 0xffff) > 9999 ||
      length <= kStartHead || length > kMaxStart) {
    return code == kVersion2 && length == 296 ? Match::kYes : Match::kNo;
  }
  if (b.size() == kStartHead) return Match::kMore;
  return absl::ascii_isalpha(b[kStartHead]) || b[kStartHead] == '_'
             ? Match::kYes
             : Match::kNo;
}

// The next text up to its NUL; nullptr data when there is none.
absl::string_view TakeText(ByteCursor& in) {
  const uint8_t* begin = in.position();
  const auto* end = static_cast<const uint8_t*>(
      in.left() == 0 ? nullptr : std::memchr(begin, 0, in.left()));
  if (end == nullptr) {
    in.Skip(in.left() + 1);
    return absl::string_view();
  }
  in.Skip(static_cast<size_t>(end - begin) + 1);
  return {reinterpret_cast<const char*>(begin),
          static_cast<size_t>(end - begin)};
}

class PostgresqlAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override {
    return segment.from_originator ? OnClient(segment, out)
                                   : OnServer(segment, out);
  }
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    Tell(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override { Tell(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + client_.MemoryBytes() + server_.MemoryBytes() +
           user_.capacity() + database_.capacity() + application_.capacity() +
           server_version_.capacity() + authentication_.capacity();
  }

 private:
  enum class State : uint8_t {
    kStart,
    // One byte says whether encryption follows.
    kAsked,
    kStarted,
  };

  Next OnClient(const Segment& segment, AnalyzerOutput& out);
  Next OnServer(const Segment& segment, AnalyzerOutput& out);
  Next OnEncryption(const Segment& segment, AnalyzerOutput& out);
  // True when it ends the start.
  bool OnServerMessage(char type, Bytes body);
  void OnStart(ByteCursor in);
  void OnAuthentication(ByteCursor in);
  void OnError(ByteCursor in);
  Next Malformed(AnalyzerOutput& out) {
    out.Anomaly("postgresql.malformed");
    Tell(out);
    return Want::kDone;
  }
  void NotePassword();
  void Tell(AnalyzerOutput& out);

  MessageReader client_{kMaxStart};
  MessageReader server_{kHead + kMaxMessage};
  State state_ = State::kStart;
  bool encryption_requested_ = false;
  bool cancel_ = false;
  bool told_ = false;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  uint32_t version_ = 0;
  // What was asked for last, and what was agreed on.
  const char* asked_ = "";
  const char* encryption_ = "";
  std::string user_;
  std::string database_;
  std::string application_;
  std::string authentication_;
  std::string error_code_;
  std::string server_version_;
};

Next PostgresqlAnalyzer::OnClient(const Segment& segment, AnalyzerOutput& out) {
  // Passwords and queries.
  if (state_ == State::kStarted) return Want::kMore;
  if (state_ == State::kAsked) {
    out.Anomaly("postgresql.data_before_tls");
    return Want::kMore;
  }
  client_.Add(segment.bytes);
  Bytes b;
  if (!client_.Peek(kStartHead, &b)) return Want::kMore;
  const uint32_t length = LoadBig32(b.data());
  const uint32_t code = LoadBig32(&b[4]);
  if (length < kStartHead || length > kMaxStart) return Malformed(out);
  if (!client_.Peek(length, &b)) return Want::kMore;
  out.Identify(Protocol::kPostgresql, ProtocolBasis::kDecoded, 100);
  client_.Pass(length);
  if (code == kTls || code == kGss) {
    encryption_requested_ = true;
    asked_ = code == kTls ? "tls" : "gss";
    state_ = State::kAsked;
    if (client_.Peek(1, &b)) out.Anomaly("postgresql.data_before_tls");
    return Want::kMore;
  }
  if (code == kCancel) {
    cancel_ = true;
    Tell(out);
    return Want::kDone;
  }
  // No user, not even the end of the parameters.
  if (length == kStartHead) return Malformed(out);
  version_ = code;
  state_ = State::kStarted;
  const Bytes parameters = b.first(length).subspan(kStartHead);
  if (code >> 16 == 3) {
    OnStart(ByteCursor(parameters.data(), parameters.size()));
  }
  return Want::kMore;
}

void PostgresqlAnalyzer::OnStart(ByteCursor in) {
  while (in.ok()) {
    const absl::string_view name = TakeText(in);
    if (name.empty()) return;
    const absl::string_view value = TakeText(in);
    if (name == "user") user_ = MaskedName(value);
    if (name == "database") database_.assign(value.data(), value.size());
    if (name == "application_name") {
      application_.assign(value.data(), value.size());
    }
  }
}

Next PostgresqlAnalyzer::OnEncryption(const Segment& segment,
                                      AnalyzerOutput& out) {
  const char answer = static_cast<char>(segment.bytes[0]);
  // An old server does not know the question, and ends.
  if (answer == 'E') return Malformed(out);
  if (answer == 'N') {
    state_ = State::kStart;
    return Want::kMore;
  }
  if (answer != (asked_[0] == 't' ? 'S' : 'G')) return Malformed(out);
  encryption_ = asked_;
  if (segment.bytes.size() > 1) out.Anomaly("postgresql.data_before_tls");
  Tell(out);
  if (answer == 'S') return {Want::kOther, segment.bytes.size() - 1};
  out.Encrypted(true);
  return Want::kDone;
}

Next PostgresqlAnalyzer::OnServer(const Segment& segment, AnalyzerOutput& out) {
  if (segment.bytes.empty()) return Want::kMore;
  if (state_ == State::kAsked) return OnEncryption(segment, out);
  server_.Add(segment.bytes);
  Bytes b;
  while (server_.Peek(kHead, &b)) {
    const uint32_t length = LoadBig32(&b[1]);
    if (length < 4 || length > kMaxLength || !absl::ascii_isalpha(b[0])) {
      return Malformed(out);
    }
    const size_t wanted = std::min<size_t>(length - 4, kMaxMessage);
    if (!server_.Peek(kHead + wanted, &b)) break;
    if (OnServerMessage(static_cast<char>(b[0]), b.subspan(kHead))) {
      Tell(out);
      return Want::kDone;
    }
    server_.Pass(1 + length);
  }
  return Want::kMore;
}

bool PostgresqlAnalyzer::OnServerMessage(char type, Bytes body) {
  ByteCursor in(body.data(), body.size());
  switch (type) {
    case 'R':
      OnAuthentication(in);
      return false;
    case 'S':
      if (TakeText(in) == "server_version") {
        const absl::string_view value = TakeText(in);
        server_version_.assign(value.data(), value.size());
      }
      return false;
    case 'E':
      OnError(in);
      return true;
    case 'Z':
      return true;
    default:
      return false;
  }
}

void PostgresqlAnalyzer::OnAuthentication(ByteCursor in) {
  switch (in.U32()) {
    case 0:
      if (!in.ok()) return;
      login_ = Login::kSucceeded;
      NotePassword();
      if (authentication_.empty()) authentication_ = "trust";
      break;
    case 2:
      authentication_ = "kerberos";
      break;
    case 3:
      authentication_ = "password";
      break;
    case 5:
      authentication_ = "md5";
      break;
    case 6:
      authentication_ = "scm";
      break;
    case 7:
      authentication_ = "gss";
      break;
    case 9:
      authentication_ = "sspi";
      break;
    case 10: {
      // Mechanisms, the best first.
      const absl::string_view first = TakeText(in);
      authentication_ = absl::AsciiStrToLower(first);
      break;
    }
    default:
      break;
  }
}

// A login has an outcome: the client has answered.
void PostgresqlAnalyzer::NotePassword() {
  cleartext_password_ = authentication_ == "password";
}

void PostgresqlAnalyzer::OnError(ByteCursor in) {
  if (login_ == Login::kUnknown) login_ = Login::kFailed;
  NotePassword();
  while (in.ok()) {
    const char kind = static_cast<char>(in.U8());
    const absl::string_view value = TakeText(in);
    if (kind == 'C' && value.size() == 5) {
      error_code_.assign(value.data(), value.size());
    }
  }
}

void PostgresqlAnalyzer::Tell(AnalyzerOutput& out) {
  if (told_ || (version_ == 0 && !encryption_requested_ && !cancel_)) return;
  told_ = true;
  EventWriter event = out.NewEvent(field::kEvent);
  if (version_ != 0) {
    event.SetSafe(field::kVersion,
                  absl::StrCat(version_ >> 16, ".", version_ & 0xffff));
  }
  event.SetNonempty(field::kUser, user_);
  event.SetNonempty(field::kDatabase, database_);
  event.SetNonempty(field::kApplication, application_);
  event.SetTrue(field::kEncryptionRequested, encryption_requested_);
  event.SetNonempty(field::kEncryption, encryption_);
  event.SetNonempty(field::kAuthentication, authentication_);
  event.SetNonzero(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.SetNonempty(field::kErrorCode, error_code_);
  event.SetNonempty(field::kServerVersion, server_version_);
  event.SetTrue(field::kCancel, cancel_);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<PostgresqlAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kPostgresql,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::postgresql
