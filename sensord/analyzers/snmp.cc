#include "sensord/analyzers/snmp.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/snmp_message.h"
#include "sensord/event/fields/snmp.h"

namespace tapline::snmp {
namespace {

namespace field = fields::snmp;
namespace count_field = fields::snmp_count;

constexpr size_t kMaxSessions = 8;
constexpr int kMaxTraps = 64;

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 161, Protocol::kSnmp},
    {UnitPort::kUdp, 162, Protocol::kSnmp},
};

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  const BerHead head = ReadBerHead(first);
  if (head.state != BerHead::kWhole || head.tag != kBerSequence) {
    return Match::kNo;
  }
  const bool fits = opening.truncated ? head.size() >= first.size()
                                      : head.size() == first.size();
  SnmpMessage message;
  return fits && message.Read(first, opening.truncated) ? Match::kYes
                                                        : Match::kNo;
}

absl::string_view PduName(int pdu) {
  constexpr absl::string_view kNames[kSnmpPdus] = {
      "get",      "get_next", "response", "set",    "trap",
      "get_bulk", "inform",   "trap",     "report", "encrypted"};
  return kNames[pdu];
}

std::string ErrorName(int error) {
  // RFC 3416 3.
  constexpr const char* kNames[] = {
      "noError",
      "tooBig",
      "noSuchName",
      "badValue",
      "readOnly",
      "genErr",
      "noAccess",
      "wrongType",
      "wrongLength",
      "wrongEncoding",
      "wrongValue",
      "noCreation",
      "inconsistentValue",
      "resourceUnavailable",
      "commitFailed",
      "undoFailed",
      "authorizationError",
      "notWritable",
      "inconsistentName",
  };
  if (error >= 0 && static_cast<size_t>(error) < std::size(kNames)) {
    return kNames[error];
  }
  return absl::StrCat("error ", error);
}

absl::string_view VersionName(int version) {
  return version == kSnmpV1 ? "1" : version == kSnmpV2c ? "2c" : "3";
}

absl::string_view LevelName(uint8_t security) {
  constexpr absl::string_view kNames[] = {"noAuthNoPriv", "authNoPriv",
                                          "privNoAuth", "authPriv"};
  return kNames[security & 3];
}

// usmStatsUnknownUserNames, usmStatsWrongDigests (RFC 3414 5).
bool IsAuthenticationReport(absl::string_view oid) {
  return absl::StartsWith(oid, "1.3.6.1.6.3.15.1.1.3.") ||
         absl::StartsWith(oid, "1.3.6.1.6.3.15.1.1.5.");
}

class SnmpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const Session& session : sessions_) TellSummary(session, out);
  }
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this) + sessions_.capacity() * sizeof(Session);
    for (const Session& session : sessions_) {
      bytes += session.last.user.capacity() + session.last.oid.capacity();
    }
    return bytes;
  }

 private:
  // One version, user and security level.
  struct Session {
    SnmpMessage last;
    std::array<uint64_t, kSnmpPdus> counts = {};
    uint64_t errors = 0;
    int error = 0;
    uint64_t authentication_failures = 0;
  };

  Session* SessionOf(const SnmpMessage& message);
  static void WriteWho(const SnmpMessage& message, EventWriter& event);
  static void TellTrap(const SnmpMessage& message, AnalyzerOutput& out);
  static void TellSummary(const Session& session, AnalyzerOutput& out);

  std::vector<Session> sessions_;
  int traps_ = 0;
};

SnmpAnalyzer::Session* SnmpAnalyzer::SessionOf(const SnmpMessage& message) {
  for (Session& session : sessions_) {
    if (session.last.version == message.version &&
        session.last.user == message.user &&
        session.last.security == message.security) {
      return &session;
    }
  }
  if (sessions_.size() == kMaxSessions) return nullptr;
  return &sessions_.emplace_back();
}

Next SnmpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  SnmpMessage message;
  if (!message.Read(segment.bytes, segment.truncated)) {
    if (!segment.truncated) out.Anomaly("snmp.malformed");
    return Want::kMore;
  }
  out.Identify(Protocol::kSnmp, ProtocolBasis::kDecoded, 100);
  if (message.pdu == SnmpPdu::kEncrypted) out.Encrypted(true);
  const bool trap =
      message.pdu == SnmpPdu::kTrap || message.pdu == SnmpPdu::kTrapV1;
  if (trap && traps_ < kMaxTraps) {
    ++traps_;
    TellTrap(message, out);
  }
  Session* session = SessionOf(message);
  if (session == nullptr) {
    out.Anomaly("snmp.too_many_sessions");
    return Want::kMore;
  }
  ++session->counts[static_cast<size_t>(message.pdu)];
  constexpr int kAuthorizationError = 16;
  if (message.error != 0) {
    ++session->errors;
    session->error = message.error;
  }
  if (message.error == kAuthorizationError ||
      (message.pdu == SnmpPdu::kReport &&
       IsAuthenticationReport(message.oid))) {
    ++session->authentication_failures;
  }
  const bool community = session->last.community || message.community;
  session->last = std::move(message);
  session->last.community = community;
  return Want::kMore;
}

void SnmpAnalyzer::WriteWho(const SnmpMessage& message, EventWriter& event) {
  event.SetSafe(field::kVersion, VersionName(message.version));
  if (message.version == kSnmpV3) {
    event.Set(field::kUser, message.user);
    event.SetSafe(field::kSecurityLevel, LevelName(message.security));
  } else {
    event.Set(field::kCommunity, message.community);
  }
}

void SnmpAnalyzer::TellTrap(const SnmpMessage& message, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kAction, "trap");
  WriteWho(message, event);
  event.SetSafe(field::kTrap, message.oid);
}

void SnmpAnalyzer::TellSummary(const Session& session, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kAction, "summary");
  WriteWho(session.last, event);
  for (int pdu = 0; pdu < kSnmpPdus; ++pdu) {
    const uint64_t count = session.counts[static_cast<size_t>(pdu)];
    if (count == 0) continue;
    event.Open(field::kCounts);
    event.SetSafe(count_field::kType, PduName(pdu));
    event.Set(count_field::kMessages, count);
    event.Close();
  }
  if (session.errors != 0) {
    event.Set(field::kErrors, session.errors);
    event.SetSafe(field::kError, ErrorName(session.error));
  }
  if (session.authentication_failures != 0) {
    event.Set(field::kAuthenticationFailures, session.authentication_failures);
  }
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<SnmpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kSnmp,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::snmp
