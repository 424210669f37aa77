#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/net/wire_text.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::GetStatusResponse;

Color VerdictColor(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_OK:
      return Color::kGreen;
    case v1::VERDICT_DEGRADED:
      return Color::kYellow;
    default:
      return Color::kRed;
  }
}

void Line(const char* name, const std::string& value, std::string& out) {
  absl::StrAppendFormat(&out, "%-10s %s\n", name, PrintableText(value));
}

std::string CaptureText(const v1::CaptureStatus& c) {
  std::string text = LowerEnumName(*v1::CaptureState_descriptor(), c.state());
  if (!c.interface().empty()) absl::StrAppend(&text, " on ", c.interface());
  if (c.has_started_at()) {
    absl::StrAppend(&text, ", since ", TimestampText(c.started_at()));
  }
  if (c.workers() > 0) absl::StrAppend(&text, ", ", c.workers(), " workers");
  if (!c.bpf().empty()) absl::StrAppend(&text, ", filter '", c.bpf(), "'");
  if (c.mode() == v1::CAPTURE_MODE_FULL) {
    absl::StrAppend(&text, ", WHOLE FRAMES KEPT (packets.mode: full)");
  }
  if (!c.reason().empty()) absl::StrAppend(&text, ": ", c.reason());
  return text;
}

std::string StoreText(const v1::StoreStatus& s) {
  if (s.directory().empty()) return "none";
  std::string text = absl::StrCat(s.directory(), ", ",
                                  HumanBytes(static_cast<double>(s.bytes())));
  if (!s.writable()) absl::StrAppend(&text, ", NOT WRITABLE: ", s.error());
  if (s.has_oldest()) {
    absl::StrAppend(&text, ", from ", TimestampText(s.oldest()), " to ",
                    TimestampText(s.newest()));
  }
  return text;
}

std::string PolicyText(const GetStatusResponse& r) {
  std::string text = absl::StrCat("revision ", r.policy_revision(), " (",
                                  r.policy_origin(), ")");
  if (!r.policy_error().empty()) {
    absl::StrAppend(&text, ", NEWEST REFUSED: ", r.policy_error());
  }
  return text;
}

// `r` comes out of Redacted: only PrintStatus passes it.
std::string Screen(const GetStatusResponse& r, bool color) {
  const v1::CaptureStatus& c = r.capture();
  std::string out;
  const std::string verdict =
      ShortEnumName(*v1::Verdict_descriptor(), r.verdict());
  absl::StrAppendFormat(
      &out, "%-10s %s\n", "Verdict",
      color ? Paint(verdict, VerdictColor(r.verdict())) : verdict);
  for (const std::string& reason : r.reasons()) Line("", "- " + reason, out);
  Line("Capture", CaptureText(c), out);
  Line("Rates",
       absl::StrCat(HumanCount(c.packets_per_second()), " packets/s, ",
                    HumanBitRate(c.bits_per_second())),
       out);
  Line("Seen",
       absl::StrCat(c.packets(), " packets, ",
                    HumanBytes(static_cast<double>(c.bytes()))),
       out);
  Line("Dropped",
       absl::StrCat(c.kernel_drops(), " by the kernel, ", c.interface_drops(),
                    " by the interface, ", c.outages(), " outages"),
       out);
  Line("Flows", absl::StrCat(c.active_flows(), " of ", c.max_flows()), out);
  Line("Alerts",
       absl::StrCat(r.unacknowledged_alerts(), " unacknowledged, ",
                    r.suppressed_alerts(), " suppressed"),
       out);
  Line("Store", StoreText(r.store()), out);
  Line("Policy", PolicyText(r), out);
  Line("Process",
       absl::StrCat(HumanBytes(static_cast<double>(r.resident_bytes())), ", ",
                    absl::StrFormat("%.1f%%", r.cpu_ratio() * 100), " cpu, ",
                    r.subscribers(), " subscribers, started ",
                    AgoText(r.started_at())),
       out);
  Line("Sensor",
       absl::StrCat(r.sensor_id(), ", version ", r.version(), ", netctl ",
                    kNetctlVersion),
       out);
  return out;
}

int PrintStatus(Session& session) {
  GetStatusResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::GetStatus,
      v1::GetStatusRequest(), &response);
  if (!status.ok()) return session.Fail(status);
  const Redacted<GetStatusResponse> redacted =
      session.redactor().Apply(std::move(response));
  return session.PrintMessage(
      redacted.get(), Screen(redacted.get(), session.terminal().color()));
}

}  // namespace

std::string AgoText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  const absl::Duration age =
      absl::Now() - absl::FromUnixSeconds(time.seconds());
  return HumanSeconds(absl::ToDoubleSeconds(age)) + " ago";
}

void AddStatus(Command& root, Session& session) {
  root.Sub("status", "Show what the sensor does and whether it is well",
           "netctl status\nnetctl status -o json")
      .Action([&session] { return PrintStatus(session); });
}

}  // namespace tapline
