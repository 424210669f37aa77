#include "sensord/analyzers/vnc.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/ascii_text.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/stream_buffer.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/vnc.h"

namespace tapline::vnc {
namespace {

namespace field = fields::vnc;

// "RFB 003.008\n".
constexpr size_t kVersionBytes = 12;
constexpr size_t kMaxWaiting = 8192;
constexpr size_t kMaxName = 255;

// RFC 6143 8.1.2 and the registry's additions.
constexpr uint8_t kInvalid = 0;
constexpr uint8_t kNone = 1;
constexpr uint8_t kVncAuth = 2;
constexpr uint8_t kTls = 18;
constexpr uint8_t kVeNCrypt = 19;
constexpr uint8_t kAppleDh = 30;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 5900, Protocol::kVnc},
    {UnitPort::kTcp, 5901, Protocol::kVnc},
    {UnitPort::kTcp, 5500, Protocol::kVnc},
};

std::string SecurityName(uint8_t type) {
  struct Row {
    uint8_t type;
    absl::string_view name;
  };
  static constexpr Row kNames[] = {
      {kInvalid, "invalid"},
      {kNone, "none"},
      {kVncAuth, "vnc"},
      {5, "ra2"},
      {6, "ra2ne"},
      {16, "tight"},
      {17, "ultra"},
      {kTls, "tls"},
      {kVeNCrypt, "vencrypt"},
      {20, "sasl"},
      {21, "md5"},
      {22, "xvp"},
      {kAppleDh, "apple-dh"},
      {35, "apple-kerberos"},
      {129, "rsa-aes-256"},
  };
  for (const Row& row : kNames) {
    if (row.type == type) return std::string(row.name);
  }
  return absl::StrCat(type);
}

// "RFB " and two numbers of three digits.
Match ProbeVersion(absl::string_view text) {
  constexpr absl::string_view kShape = "RFB ddd.ddd\n";
  for (size_t i = 0; i < text.size() && i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) return Match::kNo;
  }
  return text.size() < kShape.size() ? Match::kMore : Match::kYes;
}

// The server speaks first, whoever opened the connection.
Match Probe(const Opening& opening) {
  return ProbeVersion(TextOf(opening.first()));
}

// Steps of the handshake in the order of the protocol; the comment says who
// sends.
enum class Step : uint8_t {
  kServerVersion,    // server
  kClientVersion,    // client
  kSecurityType,     // server, 3.3
  kSecurityTypes,    // server, later
  kChoice,           // client
  kChallenge,        // server
  kResponse,         // client
  kAppleParameters,  // server
  kAppleResponse,    // client
  kResult,           // server
  kClientInit,       // client
  kServerInit,       // server
  kEnd,
  kTlsFollows,
};

class VncAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override;

 private:
  // Takes what the step at hand needs; 0 when it is not all there.
  size_t Take(Bytes bytes, AnalyzerOutput& out);
  size_t TakeVersion(Bytes bytes, AnalyzerOutput& out);
  size_t TakeSecurityTypes(Bytes bytes);
  void Choose(uint8_t type, AnalyzerOutput& out);
  void AfterLogin(Login login);
  size_t TakeResult(Bytes bytes, AnalyzerOutput& out);
  size_t TakeServerInit(Bytes bytes);
  bool ServerIsNext() const;

  // 0 the originator; of whoever spoke first.
  int server_ = -1;
  Step step_ = Step::kServerVersion;
  // 3, 7 or 8: of 3.x.
  int minor_ = 8;
  size_t key_bytes_ = 0;
  StreamBuffer waiting_[2] = {StreamBuffer(kMaxWaiting),
                              StreamBuffer(kMaxWaiting)};
  std::string versions_[2];
  std::vector<uint8_t> offered_;
  uint8_t security_ = kInvalid;
  Login login_ = Login::kUnknown;
  bool shared_ = false;
  uint16_t width_ = 0;
  uint16_t height_ = 0;
  std::string desktop_;
};

bool VncAnalyzer::ServerIsNext() const {
  switch (step_) {
    case Step::kClientVersion:
    case Step::kChoice:
    case Step::kResponse:
    case Step::kAppleResponse:
    case Step::kClientInit:
      return false;
    default:
      return true;
  }
}

Next VncAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const int side = segment.from_originator ? 0 : 1;
  if (server_ < 0) server_ = side;
  Bytes all[2];
  all[side] = waiting_[side].Add(segment.bytes);
  all[1 - side] = waiting_[1 - side].Add({});
  while (step_ != Step::kEnd && step_ != Step::kTlsFollows) {
    const int next = ServerIsNext() ? server_ : 1 - server_;
    const size_t taken = all[next].empty() ? 0 : Take(all[next], out);
    if (taken == 0) break;
    all[next].remove_prefix(taken);
  }
  if (step_ == Step::kTlsFollows) {
    OnEnd(out);
    return {Want::kOther, std::min(all[side].size(), segment.bytes.size())};
  }
  const bool kept =
      waiting_[side].Keep(all[side]) && waiting_[1 - side].Keep(all[1 - side]);
  if (step_ != Step::kEnd && kept) return Want::kMore;
  OnEnd(out);
  return Want::kDone;
}

size_t VncAnalyzer::Take(Bytes bytes, AnalyzerOutput& out) {
  const auto all = [&bytes](size_t n) { return bytes.size() < n ? 0 : n; };
  size_t taken = 0;
  switch (step_) {
    case Step::kServerVersion:
    case Step::kClientVersion:
      return TakeVersion(bytes, out);
    case Step::kSecurityType:
      taken = all(4);
      if (taken != 0) Choose(bytes[3], out);
      if (taken != 0) offered_.assign(1, bytes[3]);
      return taken;
    case Step::kSecurityTypes:
      return TakeSecurityTypes(bytes);
    case Step::kChoice:
      Choose(bytes[0], out);
      return 1;
    case Step::kChallenge:
      taken = all(16);
      if (taken != 0) step_ = Step::kResponse;
      return taken;
    case Step::kResponse:
      taken = all(16);
      if (taken != 0) step_ = Step::kResult;
      return taken;
    case Step::kAppleParameters:
      // Generator, size of the key, prime and public key.
      if (bytes.size() < 4) return 0;
      key_bytes_ = LoadBig16(&bytes[2]);
      taken = all(4 + 2 * key_bytes_);
      if (taken != 0) step_ = Step::kAppleResponse;
      return taken;
    case Step::kAppleResponse:
      taken = all(128 + key_bytes_);
      if (taken != 0) step_ = Step::kResult;
      return taken;
    case Step::kResult:
      return TakeResult(bytes, out);
    case Step::kClientInit:
      shared_ = bytes[0] != 0;
      step_ = Step::kServerInit;
      return 1;
    case Step::kServerInit:
      return TakeServerInit(bytes);
    default:
      return 0;
  }
}

size_t VncAnalyzer::TakeVersion(Bytes bytes, AnalyzerOutput& out) {
  if (bytes.size() < kVersionBytes) return 0;
  const absl::string_view text = TextOf(bytes.first(kVersionBytes));
  int major = 0, minor = 0;
  if (ProbeVersion(text) != Match::kYes ||
      !absl::SimpleAtoi(text.substr(4, 3), &major) ||
      !absl::SimpleAtoi(text.substr(8, 3), &minor)) {
    out.Anomaly("vnc.malformed");
    step_ = Step::kEnd;
    return kVersionBytes;
  }
  const bool server = step_ == Step::kServerVersion;
  versions_[server ? 0 : 1] = absl::StrCat(major, ".", minor);
  if (server) {
    step_ = Step::kClientVersion;
    return kVersionBytes;
  }
  out.Identify(Protocol::kVnc, ProtocolBasis::kDecoded, 100);
  // Versions in between are to be taken for 3.3 (RFC 6143 7.1.1).
  const bool new_enough = major > 3 || minor >= 8;
  minor_ = new_enough ? 8 : minor == 7 ? 7 : 3;
  step_ = minor_ == 3 ? Step::kSecurityType : Step::kSecurityTypes;
  return kVersionBytes;
}

size_t VncAnalyzer::TakeSecurityTypes(Bytes bytes) {
  const size_t count = bytes[0];
  if (bytes.size() < 1 + count) return 0;
  // None: a reason follows, and the connection ends.
  step_ = count == 0 ? Step::kEnd : Step::kChoice;
  if (count == 0) login_ = Login::kFailed;
  offered_.assign(bytes.begin() + 1, bytes.begin() + 1 + count);
  return 1 + count;
}

void VncAnalyzer::Choose(uint8_t type, AnalyzerOutput& out) {
  security_ = type;
  switch (type) {
    case kInvalid:
      login_ = Login::kFailed;
      step_ = Step::kEnd;
      break;
    case kNone:
      // Only 3.8 has a result then (RFC 6143 7.2.1).
      step_ = minor_ == 8 ? Step::kResult : Step::kClientInit;
      break;
    case kVncAuth:
      step_ = Step::kChallenge;
      break;
    case kAppleDh:
      step_ = Step::kAppleParameters;
      break;
    case kTls:
      step_ = Step::kTlsFollows;
      break;
    case kVeNCrypt:
      out.Encrypted(true);
      step_ = Step::kEnd;
      break;
    default:
      step_ = Step::kEnd;
      break;
  }
}

void VncAnalyzer::AfterLogin(Login login) {
  // Without a password nobody logged in.
  login_ = security_ == kNone ? Login::kUnknown : login;
  step_ = login == Login::kSucceeded ? Step::kClientInit : Step::kEnd;
}

size_t VncAnalyzer::TakeResult(Bytes bytes, AnalyzerOutput& out) {
  constexpr size_t kBytes = 4;
  if (bytes.size() < kBytes) return 0;
  const uint32_t result = LoadBig32(bytes.data());
  // 0 good, 1 bad, 2 bad too often.
  if (result > 2) out.Anomaly("vnc.malformed");
  AfterLogin(result == 0 ? Login::kSucceeded : Login::kFailed);
  return kBytes;
}

size_t VncAnalyzer::TakeServerInit(Bytes bytes) {
  // Width, height, the format of a pixel, and the name.
  constexpr size_t kFixed = 24;
  if (bytes.size() < kFixed) return 0;
  const size_t wanted = std::min<size_t>(LoadBig32(&bytes[20]), kMaxName);
  if (bytes.size() < kFixed + wanted) return 0;
  width_ = LoadBig16(&bytes[0]);
  height_ = LoadBig16(&bytes[2]);
  desktop_ = std::string(TextOf(bytes.subspan(kFixed, wanted)));
  step_ = Step::kEnd;
  return kFixed + wanted;
}

void VncAnalyzer::OnEnd(AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kServerVersion, versions_[0]);
  event.SetSafe(field::kClientVersion, versions_[1]);
  for (const uint8_t type : offered_) {
    event.SetSafe(field::kSecurityOffered, SecurityName(type));
  }
  if (security_ != kInvalid) {
    event.SetSafe(field::kSecurity, SecurityName(security_));
  }
  event.Set(field::kLogin, static_cast<uint64_t>(login_));
  event.Set(field::kShared, shared_);
  event.Set(field::kWidth, width_);
  event.Set(field::kHeight, height_);
  event.Set(field::kDesktopName, desktop_);
}

size_t VncAnalyzer::MemoryBytes() const {
  return sizeof(*this) + waiting_[0].MemoryBytes() + waiting_[1].MemoryBytes() +
         offered_.capacity() + desktop_.capacity() + versions_[0].capacity() +
         versions_[1].capacity();
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<VncAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kVnc,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::vnc
