#include "sensord/analyzers/ssh.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/ssh_login.h"
#include "sensord/analyzers/ssh_message.h"
#include "sensord/analyzers/stream_buffer.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/ssh.h"

namespace tapline::ssh {
namespace {

namespace field = fields::ssh;

// Values of tapline.v1.SshStage.
constexpr uint64_t kStageKeys = 1;
constexpr uint64_t kStageLogin = 2;

constexpr absl::string_view kPrefix = "SSH-";
// Other lines may come before the server's version (RFC 4253 4.2).
constexpr size_t kMaxLine = 1024;
constexpr int kMaxLines = 64;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 22, Protocol::kSsh},
    {UnitPort::kUdp, 22, Protocol::kSsh},
};

// A whole beginning of SSH_MSG_KEXINIT: length, padding, type, and after the
// cookie a list that names a key exchange.
Match ProbeKexInit(Bytes bytes) {
  constexpr size_t kListAt = kPacketHead + 16;
  constexpr size_t kLook = 64;
  if (bytes.size() < kPacketHead) return Match::kMore;
  const uint32_t length = LoadBig32(bytes.data());
  if (length > kMaxPacket || bytes[4] + 2u > length ||
      bytes[5] != kMsgKexInit) {
    return Match::kNo;
  }
  if (bytes.size() < kListAt + 4 + kLook) return Match::kMore;
  const absl::string_view list = TextOf(bytes.subspan(kListAt + 4, kLook));
  return absl::StrContains(list, "diffie-hellman") ||
                 absl::StrContains(list, "curve25519") ||
                 absl::StrContains(list, "ecdh-sha2")
             ? Match::kYes
             : Match::kNo;
}

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  const absl::string_view text = TextOf(first);
  if (absl::StartsWith(text, kPrefix)) return Match::kYes;
  if (opening.datagram) return Match::kNo;
  if (absl::StartsWith(kPrefix, text)) return Match::kMore;
  if (opening.midstream) return ProbeKexInit(first);
  if (opening.originator_first) return Match::kNo;
  // The server may say other things first.
  if (absl::StartsWith(TextOf(opening.from_originator), kPrefix) ||
      absl::StrContains(text, "\nSSH-")) {
    return Match::kYes;
  }
  return opening.responder_port == kPorts[0].port ? Match::kMore : Match::kNo;
}

class SshAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    if (!keys_told_) TellKeys(out);
    TellLogin(guess_.outcome(true), out);
  }
  size_t MemoryBytes() const override;

 private:
  enum class Phase : uint8_t { kVersion, kPackets, kEncrypted };
  struct Side {
    Phase phase = Phase::kVersion;
    uint8_t lines = 0;
    Version version;
    KexInit offer;
    StreamBuffer stream{kMaxPacket + 4};
  };

  // How many of the bytes were understood; the phase may have changed.
  size_t ReadVersion(Side& side, const Segment& segment, Bytes bytes,
                     AnalyzerOutput& out);
  size_t ReadPackets(int from, Bytes bytes, AnalyzerOutput& out);
  void OnPacket(int from, Bytes payload, AnalyzerOutput& out);
  void ReadEncrypted(int from, Bytes bytes);
  bool IsOver(AnalyzerOutput& out);
  void GiveUp(const char* anomaly, AnalyzerOutput& out);

  void TellVersions(EventWriter& event) const;
  void TellKeys(AnalyzerOutput& out);
  void TellLogin(Login login, AnalyzerOutput& out);

  const Side& client() const { return sides_[client_]; }
  const Side& server() const { return sides_[1 - client_]; }

  // [0] the originator.
  Side sides_[2];
  int client_ = 0;
  bool keys_told_ = false;
  bool given_up_ = false;
  std::string fingerprint_;
  std::string hassh_;
  std::string hassh_server_;
  LoginGuess guess_;
};

Next SshAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const int from = segment.from_originator ? 0 : 1;
  Side& side = sides_[from];
  Bytes all = side.stream.Add(segment.bytes);
  if (side.phase == Phase::kVersion) {
    all.remove_prefix(ReadVersion(side, segment, all, out));
  }
  if (side.phase == Phase::kPackets && !given_up_) {
    all.remove_prefix(ReadPackets(from, all, out));
  }
  if (side.phase == Phase::kEncrypted) {
    ReadEncrypted(from, all);
    all = {};
  }
  side.stream.Keep(all);
  return IsOver(out) ? Want::kDone : Want::kMore;
}

size_t SshAnalyzer::ReadVersion(Side& side, const Segment& segment, Bytes bytes,
                                AnalyzerOutput& out) {
  const size_t size = bytes.size();
  if (segment.midstream && !bytes.empty() && bytes[0] == 0) {
    side.phase = Phase::kPackets;
    return 0;
  }
  while (side.phase == Phase::kVersion) {
    const absl::string_view text = TextOf(bytes);
    const size_t end = text.find('\n');
    if (end == absl::string_view::npos) {
      if (text.size() > kMaxLine) GiveUp("ssh.malformed_version", out);
      break;
    }
    absl::string_view line = text.substr(0, end);
    if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
    bytes.remove_prefix(end + 1);
    if (!absl::StartsWith(line, kPrefix)) {
      if (++side.lines <= kMaxLines) continue;
      GiveUp("ssh.malformed_version", out);
      break;
    }
    side.phase = Phase::kPackets;
    if (side.version.Read(line)) {
      out.Identify(Protocol::kSsh, ProtocolBasis::kDecoded, 100);
    } else {
      out.Anomaly("ssh.malformed_version");
    }
  }
  return size - bytes.size();
}

size_t SshAnalyzer::ReadPackets(int from, Bytes bytes, AnalyzerOutput& out) {
  constexpr size_t kLength = 4;
  const size_t size = bytes.size();
  Side& side = sides_[from];
  // SSH 1 frames its packets in another way.
  if (sides_[0].version.IsOne() || sides_[1].version.IsOne()) {
    given_up_ |= size > 0;
    return size;
  }
  while (side.phase == Phase::kPackets && bytes.size() >= kPacketHead) {
    const uint32_t length = LoadBig32(bytes.data());
    const uint32_t padding = bytes[kLength];
    if (length > kMaxPacket || padding + 2 > length) {
      GiveUp("ssh.malformed_packet", out);
      return size;
    }
    if (bytes.size() < kLength + length) break;
    OnPacket(from, bytes.subspan(kLength + 1, length - padding - 1), out);
    bytes.remove_prefix(kLength + length);
  }
  return size - bytes.size();
}

void SshAnalyzer::OnPacket(int from, Bytes payload, AnalyzerOutput& out) {
  Side& side = sides_[from];
  switch (payload[0]) {
    case kMsgKexInit:
      if (!side.offer.Read(payload)) {
        GiveUp("ssh.malformed_packet", out);
      } else {
        out.Identify(Protocol::kSsh, ProtocolBasis::kDecoded, 100);
      }
      break;
    case kMsgKexDhInit:
    case kMsgKexGexInit:
    case kMsgKexGexRequest:
      client_ = from;
      break;
    case kMsgKexDhReply:
    case kMsgKexGexReply: {
      client_ = 1 - from;
      // The type before the last may be a group instead (RFC 4419 3).
      const std::string key = HostKeyFingerprint(payload);
      if (!key.empty()) fingerprint_ = key;
      break;
    }
    case kMsgNewKeys:
      side.phase = Phase::kEncrypted;
      if (from != client_) {
        const Agreement agreed = Agree(client().offer, server().offer);
        guess_.Begin(ShapeOf(agreed.chosen[kServerCipher],
                             agreed.chosen[kServerMac],
                             agreed.chosen[kServerCompression]));
      }
      break;
    default:
      break;
  }
}

void SshAnalyzer::ReadEncrypted(int from, Bytes bytes) {
  if (from == client_) {
    guess_.OnClient(bytes.size());
  } else {
    guess_.OnServer(bytes);
  }
}

bool SshAnalyzer::IsOver(AnalyzerOutput& out) {
  const bool ssh1 =
      (!sides_[0].version.line.empty() && !sides_[1].version.line.empty() &&
       (sides_[0].version.IsOne() || sides_[1].version.IsOne()));
  const bool set = sides_[0].phase == Phase::kEncrypted &&
                   sides_[1].phase == Phase::kEncrypted;
  const Login login = guess_.outcome(false);
  const bool over = given_up_ || ssh1 || login != Login::kUnknown;
  if (!keys_told_ && (set || over)) TellKeys(out);
  if (over) TellLogin(login, out);
  return over;
}

void SshAnalyzer::GiveUp(const char* anomaly, AnalyzerOutput& out) {
  out.Anomaly(anomaly);
  given_up_ = true;
}

Next SshAnalyzer::OnGap(bool from_originator, uint64_t /*bytes*/,
                        AnalyzerOutput& out) {
  guess_.Lose();
  if (sides_[from_originator ? 0 : 1].phase != Phase::kEncrypted) {
    given_up_ = true;
  }
  return IsOver(out) ? Want::kDone : Want::kMore;
}

void SshAnalyzer::TellVersions(EventWriter& event) const {
  event.Set(field::kClientVersion, client().version.line);
  event.Set(field::kServerVersion, server().version.line);
  event.Set(field::kClientProtocol, client().version.protocol);
  event.Set(field::kServerProtocol, server().version.protocol);
  event.Set(field::kClientSoftware, client().version.software);
  event.Set(field::kServerSoftware, server().version.software);
  event.SetSafe(field::kHassh, hassh_);
  event.SetSafe(field::kHasshServer, hassh_server_);
  event.Set(field::kReversed, client_ == 1);
}

void SshAnalyzer::TellKeys(AnalyzerOutput& out) {
  keys_told_ = true;
  const Agreement agreed = Agree(client().offer, server().offer);
  if (client().offer.seen()) hassh_ = client().offer.Hassh(false);
  if (server().offer.seen()) hassh_server_ = server().offer.Hassh(true);
  const auto chosen = [&agreed](Offer offer) -> const std::string& {
    return agreed.chosen[offer];
  };
  if (agreed.nothing_in_common) out.Anomaly("ssh.no_common_algorithm");
  if (chosen(kClientCipher) == "none" || chosen(kServerCipher) == "none") {
    out.Anomaly("ssh.cipher_none");
    out.Encrypted(false);
  }
  const bool set = sides_[0].phase == Phase::kEncrypted &&
                   sides_[1].phase == Phase::kEncrypted;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kStage, kStageKeys);
  TellVersions(event);
  event.Set(field::kKex, chosen(kKex));
  event.Set(field::kHostKeyAlgorithm, chosen(kHostKey));
  event.Set(field::kClientCipher, chosen(kClientCipher));
  event.Set(field::kServerCipher, chosen(kServerCipher));
  event.Set(field::kClientMac, chosen(kClientMac));
  event.Set(field::kServerMac, chosen(kServerMac));
  event.Set(field::kClientCompression, chosen(kClientCompression));
  event.Set(field::kServerCompression, chosen(kServerCompression));
  event.SetSafe(field::kHostKeyFingerprint, fingerprint_);
  if (client().version.IsOne() || server().version.IsOne()) {
    event.SetSafe(field::kDeprecated, "SSH-1");
  }
  for (const std::string& name : Deprecated(agreed)) {
    event.Set(field::kDeprecated, name);
  }
  event.Set(field::kKeysSet, set);
  // Kept no longer than needed.
  sides_[0].offer = KexInit();
  sides_[1].offer = KexInit();
}

void SshAnalyzer::TellLogin(Login login, AnalyzerOutput& out) {
  if (login == Login::kUnknown) return;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kStage, kStageLogin);
  TellVersions(event);
  event.Set(field::kLogin, static_cast<uint64_t>(login));
  event.Set(field::kLoginBasis,
            static_cast<uint64_t>(ProtocolBasis::kInferred));
  event.Set(field::kFailedLogins, guess_.failed_logins());
}

size_t SshAnalyzer::MemoryBytes() const {
  size_t bytes = sizeof(*this) + fingerprint_.capacity() + hassh_.capacity() +
                 hassh_server_.capacity();
  for (const Side& side : sides_) {
    bytes += side.stream.MemoryBytes() + side.offer.MemoryBytes() +
             side.version.line.capacity() + side.version.protocol.capacity() +
             side.version.software.capacity();
  }
  return bytes;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<SshAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kSsh,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::ssh
