#include "sensord/analyzers/mysql.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/message_reader.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/mysql.h"

namespace tapline::mysql {
namespace {

namespace field = fields::mysql;

// Before each packet: its length in three bytes, lowest first, and a number.
constexpr size_t kHead = 4;
constexpr size_t kMaxPacket = 4096;
constexpr uint8_t kVersion10 = 10;
constexpr uint8_t kOk = 0;
constexpr uint8_t kMoreData = 1;
constexpr uint8_t kSwitch = 0xfe;
constexpr uint8_t kError = 0xff;
constexpr size_t kMaxVersion = 64;
// A login takes four or so.
constexpr int kMaxPackets = 32;

// Capability flags.
constexpr uint32_t kConnectWithDatabase = 1 << 3;
constexpr uint32_t kProtocol41 = 1 << 9;
constexpr uint32_t kTls = 1 << 11;
constexpr uint32_t kSecureConnection = 1 << 15;
constexpr uint32_t kPluginAuthentication = 1 << 19;
constexpr uint32_t kLengthEncoded = 1 << 21;
// Flags, longest packet, character set, 23 bytes of zero: all there is of a
// request for TLS.
constexpr size_t kTlsRequest = 32;

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 3306, Protocol::kMysql}};

size_t LengthOf(Bytes head) {
  return head[0] | static_cast<size_t>(head[1]) << 8 |
         static_cast<size_t>(head[2]) << 16;
}

// The next text up to its NUL, or up to the end without one.
absl::string_view TakeText(ByteCursor& in) {
  const absl::string_view rest = TextOf({in.position(), in.left()});
  const size_t size = std::min(rest.find('\0'), rest.size());
  in.Skip(std::min(size + 1, rest.size()));
  return rest.substr(0, size);
}

// "8.0.36", "5.5.5-10.11.6-MariaDB": begins with a number and a dot.
Match MatchVersion(absl::string_view text) {
  size_t i = 0;
  while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
  if (i > 2 || (i == 0 && !text.empty())) return Match::kNo;
  if (i == text.size()) return Match::kMore;
  if (text[i] != '.') return Match::kNo;
  for (; i < text.size() && i <= kMaxVersion; ++i) {
    if (text[i] == '\0') return Match::kYes;
    if (!absl::ascii_isprint(text[i])) return Match::kNo;
  }
  return i > kMaxVersion ? Match::kNo : Match::kMore;
}

// A server that refuses at once: code, then a text.
Match MatchRefusal(Bytes b, size_t length) {
  constexpr size_t kTextAt = kHead + 3;
  if (length > 512) return Match::kNo;
  if (b.size() < kTextAt + 1) return Match::kMore;
  const uint16_t code = LoadLittle16(&b[kHead + 1]);
  if (code < 1000 || code > 4999) return Match::kNo;
  for (size_t i = kTextAt; i < std::min(b.size(), kHead + length); ++i) {
    if (!absl::ascii_isprint(b[i])) return Match::kNo;
  }
  return b.size() >= kHead + length ? Match::kYes : Match::kMore;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.from_responder;
  if (opening.originator_first || opening.midstream) return Match::kNo;
  if (b.size() > 2 && (b[1] > 1 || b[2] != 0)) return Match::kNo;
  if (b.size() > 3 && b[3] != 0) return Match::kNo;
  if (b.size() <= kHead) return Match::kMore;
  const size_t length = LengthOf(b);
  if (b[kHead] == kError) return MatchRefusal(b, length);
  if (b[kHead] != kVersion10 || length < 20) return Match::kNo;
  return MatchVersion(TextOf(b.subspan(kHead + 1)));
}

class MysqlAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    Tell(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override { Tell(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes() +
           server_version_.capacity() + user_.capacity() +
           database_.capacity() + authentication_.capacity();
  }

 private:
  Next OnClientPacket(Bytes body, size_t rest, AnalyzerOutput& out);
  Next OnServerPacket(Bytes body, AnalyzerOutput& out);
  bool OnGreeting(ByteCursor in);
  bool OnLogin(Bytes body);
  bool OnOldLogin(ByteCursor in);
  Next End(AnalyzerOutput& out) {
    Tell(out);
    return Want::kDone;
  }
  Next Malformed(AnalyzerOutput& out) {
    out.Anomaly("mysql.malformed");
    return End(out);
  }
  void NotePassword();
  void Tell(AnalyzerOutput& out) const;

  // [0] of the client.
  MessageReader in_[2] = {MessageReader(kHead + kMaxPacket),
                          MessageReader(kHead + kMaxPacket)};
  bool greeted_ = false;
  bool logged_in_ = false;
  bool tls_ = false;
  int packets_ = 0;
  Login login_ = Login::kUnknown;
  bool cleartext_password_ = false;
  uint16_t error_code_ = 0;
  uint32_t connection_id_ = 0;
  std::string server_version_;
  std::string user_;
  std::string database_;
  std::string authentication_;
};

Next MysqlAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageReader& in = in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  while (in.Peek(kHead, &b)) {
    const size_t length = LengthOf(b);
    // Nothing of a login is that long.
    if (length == 0 || length > kMaxPacket) return Malformed(out);
    if (!in.Peek(kHead + length, &b)) break;
    in.Pass(kHead + length);
    const Bytes body = b.subspan(kHead);
    const Next next = segment.from_originator
                          ? OnClientPacket(body, in.rest(), out)
                          : OnServerPacket(body, out);
    if (next.want != Want::kMore) return next;
    if (++packets_ == kMaxPackets) return End(out);
  }
  return Want::kMore;
}

Next MysqlAnalyzer::OnServerPacket(Bytes body, AnalyzerOutput& out) {
  ByteCursor in(body.data(), body.size());
  const uint8_t kind = in.U8();
  if (kind == kError) {
    const uint16_t low = in.U8();
    error_code_ = static_cast<uint16_t>(in.U8() << 8 | low);
    login_ = Login::kFailed;
    out.Identify(Protocol::kMysql, ProtocolBasis::kDecoded, 100);
    return End(out);
  }
  if (!greeted_) {
    if (kind != kVersion10 || !OnGreeting(in)) return Malformed(out);
    out.Identify(Protocol::kMysql, ProtocolBasis::kDecoded, 100);
    return Want::kMore;
  }
  if (!logged_in_) return Malformed(out);
  switch (kind) {
    case kOk:
      login_ = Login::kSucceeded;
      return End(out);
    case kSwitch:
      // Another method, and what it needs; alone: the old one.
      if (in.left() > 0) {
        const absl::string_view method = TakeText(in);
        authentication_.assign(method.data(), method.size());
      } else {
        authentication_ = "mysql_old_password";
      }
      return Want::kMore;
    case kMoreData:
      return Want::kMore;
    default:
      return Malformed(out);
  }
}

// Behind the version of the protocol: the server's, connection, eight bytes of
// salt and a zero, low flags, character set, status, high flags, length of the
// salt, ten bytes, the rest of the salt, the method.
bool MysqlAnalyzer::OnGreeting(ByteCursor in) {
  const absl::string_view version = TakeText(in);
  const uint8_t* id = in.Take(4);
  if (id == nullptr || version.size() > kMaxVersion) return false;
  greeted_ = true;
  server_version_.assign(version.data(), version.size());
  connection_id_ = LoadLittle32(id);
  in.Skip(9);
  const uint8_t* low = in.Take(2);
  in.Skip(3);
  const uint8_t* high = in.Take(2);
  if (high == nullptr) return low != nullptr;
  const uint32_t flags =
      LoadLittle16(low) | static_cast<uint32_t>(LoadLittle16(high)) << 16;
  const size_t salt = in.U8();
  in.Skip(10);
  if ((flags & kPluginAuthentication) == 0) return true;
  in.Skip(std::max<size_t>(13, salt < 8 ? 0 : salt - 8));
  if (!in.ok()) return true;
  const absl::string_view method = TakeText(in);
  authentication_.assign(method.data(), method.size());
  return true;
}

Next MysqlAnalyzer::OnClientPacket(Bytes body, size_t rest,
                                   AnalyzerOutput& out) {
  // What comes after the login belongs to its method.
  if (logged_in_) {
    NotePassword();
    return Want::kMore;
  }
  if (!greeted_ || body.size() < 5) return Malformed(out);
  const uint32_t flags = LoadLittle32(body.data());
  if (body.size() == kTlsRequest && (flags & kTls) != 0 &&
      (flags & kProtocol41) != 0) {
    tls_ = true;
    Tell(out);
    return {Want::kOther, rest};
  }
  logged_in_ = true;
  const bool whole = (flags & kProtocol41) != 0
                         ? OnLogin(body)
                         : OnOldLogin(ByteCursor(body.data(), body.size()));
  NotePassword();
  return whole ? Next(Want::kMore) : Malformed(out);
}

// The client has answered as the method says.
void MysqlAnalyzer::NotePassword() {
  // The latter is MariaDB's for PAM.
  cleartext_password_ |=
      authentication_ == "mysql_clear_password" || authentication_ == "dialog";
}

// A number of one, three, four or nine bytes.
uint64_t TakeLengthEncoded(ByteCursor& in) {
  const uint8_t first = in.U8();
  size_t bytes = 0;
  if (first == 0xfc) bytes = 2;
  if (first == 0xfd) bytes = 3;
  if (first == 0xfe) bytes = 8;
  if (bytes == 0) return first;
  const uint8_t* p = in.Take(bytes);
  uint64_t value = 0;
  for (size_t i = 0; p != nullptr && i < bytes; ++i) {
    value |= uint64_t{p[i]} << (8 * i);
  }
  return value;
}

bool MysqlAnalyzer::OnLogin(Bytes body) {
  const uint32_t flags = LoadLittle32(body.data());
  ByteCursor in(body.data(), body.size());
  if (!in.Skip(kTlsRequest)) return false;
  user_ = MaskedName(TakeText(in));
  if ((flags & kLengthEncoded) != 0) {
    in.Skip(TakeLengthEncoded(in));
  } else if ((flags & kSecureConnection) != 0) {
    in.Skip(in.U8());
  } else {
    TakeText(in);
  }
  if (!in.ok()) return false;
  if ((flags & kConnectWithDatabase) != 0) {
    const absl::string_view database = TakeText(in);
    database_.assign(database.data(), database.size());
  }
  if ((flags & kPluginAuthentication) != 0) {
    const absl::string_view method = TakeText(in);
    if (!method.empty()) authentication_.assign(method.data(), method.size());
  }
  return true;
}

// Flags of two bytes, longest packet of three.
bool MysqlAnalyzer::OnOldLogin(ByteCursor in) {
  if (!in.Skip(5)) return false;
  user_ = MaskedName(TakeText(in));
  return true;
}

void MysqlAnalyzer::Tell(AnalyzerOutput& out) const {
  if (!greeted_ && login_ == Login::kUnknown) return;
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetNonempty(field::kServerVersion, server_version_);
  event.SetNonzero(field::kConnectionId, connection_id_);
  event.SetNonempty(field::kUser, user_);
  event.SetNonempty(field::kDatabase, database_);
  event.SetNonempty(field::kAuthentication, authentication_);
  event.SetTrue(field::kTls, tls_);
  event.SetNonzero(field::kLogin, static_cast<uint64_t>(login_));
  event.SetTrue(field::kCleartextPassword, cleartext_password_);
  event.SetNonzero(field::kErrorCode, error_code_);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<MysqlAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kMysql,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::mysql
