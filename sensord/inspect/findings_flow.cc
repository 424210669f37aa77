// Findings about amounts, protocols, logins and alerts (D13, D20).

#include <algorithm>
#include <array>
#include <string>

#include "sensord/analyzers/analyzer_set.h"
#include "sensord/analyzers/port_hints.h"
#include "sensord/inspect/findings.h"
#include "sensord/inspect/login.h"

namespace tapline::findings {
namespace {

constexpr uint64_t kManyPackets = 1'000;
constexpr uint64_t kManyBytes = 10'000'000;
constexpr int64_t kLongSeconds = 3'600;
constexpr uint64_t kManyAlerts = 3;
// Too little to know anything by.
constexpr uint64_t kKnowingBytes = 100;
constexpr uint64_t kUnknownBytes = 1'000;

// Passwords and content in the clear by design, with an encrypted successor.
constexpr std::array<absl::string_view, 8> kUnsafe = {
    "telnet", "ftp", "tftp", "pop3", "imap", "vnc", "irc", "rsync"};
constexpr std::array<absl::string_view, 2> kRemoteDesktops = {"rdp", "vnc"};

template <size_t N>
bool IsOneOf(absl::string_view name,
             const std::array<absl::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::string_view ProtocolOf(const FlowFacts& facts) {
  return facts.flow.application().protocol();
}

bool IsKnown(const FlowFacts& facts) {
  return !ProtocolOf(facts).empty() && ProtocolOf(facts) != "unknown";
}

// Content said what it is.
bool IsProven(const FlowFacts& facts) {
  const v1::Basis basis = facts.flow.application().basis();
  return basis == v1::BASIS_DECODED || basis == v1::BASIS_SIGNATURE;
}

bool IsCleartext(const FlowFacts& facts) {
  return facts.flow.application().encryption() == v1::ENCRYPTION_CLEARTEXT;
}

bool IsExternal(const v1::Endpoint& endpoint) {
  return endpoint.scope() == v1::SCOPE_PUBLIC;
}

const PortHints& Hints() {
  static const PortHints hints(AllUnits());
  return hints;
}

}  // namespace

void ManyPackets(const FlowFacts& facts, FindingWriter& out) {
  const uint64_t packets = PacketsOf(facts.flow);
  if (packets >= kManyPackets) out.AtLeast("packets", packets, kManyPackets);
}

void ManyBytes(const FlowFacts& facts, FindingWriter& out) {
  const uint64_t bytes = BytesOf(facts.flow);
  if (bytes >= kManyBytes) out.AtLeast("bytes", bytes, kManyBytes);
}

void LongLived(const FlowFacts& facts, FindingWriter& out) {
  const int64_t seconds =
      facts.flow.end().seconds() - facts.flow.start().seconds();
  if (seconds < kLongSeconds) return;
  out.AtLeast("seconds", static_cast<uint64_t>(seconds),
              static_cast<uint64_t>(kLongSeconds));
}

void ManyAlerts(const FlowFacts& facts, FindingWriter& out) {
  if (facts.alerts.size() < kManyAlerts) return;
  out.AtLeast("alerts", facts.alerts.size(), kManyAlerts);
  for (const v1::Alert* alert : facts.alerts) out.Rests(*alert);
}

void OddPort(const FlowFacts& facts, FindingWriter& out) {
  if (!IsKnown(facts) || !IsProven(facts)) return;
  const v1::Flow& flow = facts.flow;
  const std::string ports = Hints().UsualPorts(
      static_cast<uint8_t>(flow.ip_protocol()), ProtocolOf(facts));
  // Some protocols agree on a port each time.
  if (ports.empty()) return;
  for (const v1::Endpoint* side : {&flow.responder(), &flow.originator()}) {
    if (Hints().IsUsual(static_cast<uint8_t>(flow.ip_protocol()),
                        static_cast<uint16_t>(side->port()),
                        ProtocolOf(facts))) {
      return;
    }
  }
  out.Value("protocol", std::string(ProtocolOf(facts)));
  out.Value("port", flow.responder().port(), ports);
}

void UnknownOnKnownPort(const FlowFacts& facts, FindingWriter& out) {
  const v1::Application& application = facts.flow.application();
  if (application.basis() != v1::BASIS_PORT_HINT) return;
  const v1::Flow& flow = facts.flow;
  if (!flow.payload_examined()) return;
  // Both sides said enough to be recognized, from the beginning on.
  if (flow.from_originator().payload_bytes() < kKnowingBytes ||
      flow.from_responder().payload_bytes() < kKnowingBytes ||
      flow.tcp().midstream()) {
    return;
  }
  out.Value("port", flow.responder().port(), application.protocol());
  out.Value("content", "not recognized", application.protocol());
}

void UnknownProtocol(const FlowFacts& facts, FindingWriter& out) {
  if (IsKnown(facts) || PayloadOf(facts.flow) < kUnknownBytes) return;
  out.AtLeast("payload_bytes", PayloadOf(facts.flow), kUnknownBytes);
}

void UnsafeProtocol(const FlowFacts& facts, FindingWriter& out) {
  if (!IsOneOf(ProtocolOf(facts), kUnsafe) || !IsProven(facts)) return;
  if (facts.flow.application().encryption() == v1::ENCRYPTION_ENCRYPTED) {
    return;
  }
  out.Value("protocol", std::string(ProtocolOf(facts)), "an encrypted one");
}

void RemoteDesktop(const FlowFacts& facts, FindingWriter& out) {
  if (!IsOneOf(ProtocolOf(facts), kRemoteDesktops) || !IsProven(facts)) return;
  out.Value("protocol", std::string(ProtocolOf(facts)));
  if (IsExternal(facts.flow.originator()) !=
      IsExternal(facts.flow.responder())) {
    out.Value("border", "crossed", "sides in one network");
    out.Severity(v1::FINDING_SEVERITY_WARN);
  }
}

void CleartextExternal(const FlowFacts& facts, FindingWriter& out) {
  const v1::Flow& flow = facts.flow;
  if (!IsTcp(flow) || !IsCleartext(facts) || !IsProven(facts)) return;
  if (!IsExternal(flow.responder()) || IsExternal(flow.originator())) return;
  if (PayloadOf(flow) == 0) return;
  out.Value("protocol", std::string(ProtocolOf(facts)), "an encrypted one");
  out.Value("responder", flow.responder().address(), "an internal address");
}

void LoginFailed(const FlowFacts& facts, FindingWriter& out) {
  constexpr uint64_t kMany = 3;
  const uint64_t failures = LoginsOf(facts.events).failed;
  if (failures == 0) return;
  out.AtLeast("failed_logins", failures, 1);
  for (const v1::Event* event : facts.events) {
    const Login login = LoginOf(*event);
    if (login.failures > 0 || login.outcome == v1::LOGIN_OUTCOME_FAILED) {
      out.Rests(*event);
    }
  }
  out.Count(failures);
  if (failures >= kMany) out.Severity(v1::FINDING_SEVERITY_WARN);
}

void LoginCleartext(const FlowFacts& facts, FindingWriter& out) {
  // What was encrypted on this flow before or after does not matter: the event
  // tells what could be read.
  for (const v1::Event* event : facts.events) {
    if (!LoginOf(*event).cleartext) continue;
    if (!out.fired()) {
      out.Value("protocol", std::string(ProtocolOf(facts)), "an encrypted one");
    }
    out.Rests(*event);
  }
}

}  // namespace tapline::findings
