#include "sensord/analyze/summary_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tapline {
namespace {

std::string TrafficText(const v1::Summary& summary) {
  const double seconds = summary.seconds() > 0 ? summary.seconds() : 1e-9;
  return absl::StrFormat(
      "%d packets, %d bytes in %.2f s (%.2f million packets/s)\n",
      summary.packets(), summary.bytes(), summary.seconds(),
      summary.packets() / seconds / 1e6);
}

std::string SuppressedText(const v1::Summary& summary) {
  if (summary.suppressed_alerts() == 0) return "";
  return absl::StrCat(" (", summary.suppressed_alerts(), " more suppressed)");
}

std::string AggregatesText(const v1::Summary& summary) {
  if (summary.aggregated_flows() == 0) return "";
  return absl::StrCat(summary.aggregated_flows(),
                      " one-packet flows counted in aggregates\n");
}

std::string LossText(const v1::Loss& loss) {
  std::string text = absl::StrFormat("frames: %d in = %d out + %d in flight",
                                     loss.in(), loss.out(), loss.in_flight());
  for (const v1::Dropped& dropped : loss.dropped()) {
    absl::StrAppendFormat(&text, " + %d dropped (%s: %s)", dropped.count(),
                          dropped.stage(), dropped.reason());
  }
  return absl::StrCat(text, "\n");
}

// A line for each, most bytes first.
std::string ProtocolText(const v1::Summary& summary) {
  std::string text;
  for (const v1::ProtocolUse& use : summary.protocols()) {
    absl::StrAppendFormat(&text,
                          "protocol %s: %d flows, %d packets, %d bytes (%.1f "
                          "%%), %.1f %% encrypted\n",
                          use.protocol(), use.flows(), use.packets(),
                          use.bytes(), use.share() * 100,
                          use.encrypted_ratio() * 100);
  }
  return text;
}

std::string AnomalyText(const v1::Summary& summary) {
  std::string text;
  for (const v1::AnomalyCount& anomaly : summary.anomalies()) {
    absl::StrAppendFormat(&text, "anomaly %s: %d\n", anomaly.name(),
                          anomaly.count());
  }
  return text;
}

}  // namespace

std::string SummaryText(const v1::Summary& summary) {
  return absl::StrCat(
      "\n", TrafficText(summary),
      absl::StrFormat("%d flows, %d events, %d alerts%s\n", summary.flows(),
                      summary.events(), summary.alerts(),
                      SuppressedText(summary)),
      AggregatesText(summary), LossText(summary.loss()), ProtocolText(summary),
      AnomalyText(summary));
}

std::string FilteredSummaryText(const v1::Summary& whole,
                                const v1::Summary& matching) {
  return absl::StrCat(
      "\nwhole capture: ", TrafficText(whole), LossText(whole.loss()),
      AnomalyText(whole),
      absl::StrFormat("matching the filter: %d of %d flows, %d of %d events, "
                      "%d of %d alerts%s\n",
                      matching.flows(), whole.flows(), matching.events(),
                      whole.events(), matching.alerts(), whole.alerts(),
                      SuppressedText(whole)),
      AggregatesText(matching), ProtocolText(matching));
}

}  // namespace tapline
