#include "common/config/limits.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/net/ip_address.h"
#include "common/net/wire_text.h"
#include "tapline/v1/alert.pb.h"

namespace tapline {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;
constexpr double kDay = 86400;
constexpr double kYears = 3650 * kDay;
constexpr size_t kMaxTextBytes = 4096;
// IFNAMSIZ with its NUL is 16 (linux/if.h).
constexpr size_t kMaxInterfaceBytes = 15;
// sun_path with its NUL is 108 (unix(7)).
constexpr size_t kMaxSocketPathBytes = 107;

constexpr std::array<absl::string_view, 5> kLogLevels = {
    "trace", "debug", "info", "warn", "error"};
// Read again by their users: the detectors (DetectStage::SetPolicy), each call
// (CallGate), the log (Log::SetLevel), the store's threads (FileLane::config)
// and each new stream (ObserveServiceImpl).
constexpr absl::string_view kLivePrefixes[] = {"detect.",
                                               "access.",
                                               "log.",
                                               "store.keep_",
                                               "store.max_",
                                               "store.flush_interval",
                                               "store.batch",
                                               "listen.max_streams",
                                               "listen.subscriber_queue",
                                               "listen.stall_timeout"};

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

absl::Status CheckAddress(absl::string_view value) {
  constexpr absl::string_view kScheme = "unix://";
  if (!absl::StartsWith(value, absl::StrCat(kScheme, "/"))) {
    return Bad("must be unix:///path");
  }
  if (value.size() - kScheme.size() > kMaxSocketPathBytes) {
    return Bad("path longer than 107 bytes");
  }
  return absl::OkStatus();
}

absl::Status CheckLoopback(absl::string_view value) {
  if (value.empty()) return absl::OkStatus();
  const size_t colon = value.rfind(':');
  const absl::string_view host = value.substr(0, colon);
  uint32_t port = 0;
  if (colon == absl::string_view::npos ||
      (host != "127.0.0.1" && host != "[::1]") ||
      !absl::SimpleAtoi(value.substr(colon + 1), &port) || port > 65535) {
    return Bad("must be 127.0.0.1:port or [::1]:port");
  }
  return absl::OkStatus();
}

// Whether a protocol is read by itself, so that reading it can be switched off.
absl::Status CheckReadable(absl::string_view value) {
  struct Row {
    absl::string_view name;
    // Whose analyzer reads it; empty for nobody's.
    absl::string_view reader;
  };
  static constexpr Row kRows[] = {
#define ANALYZED(id, unit, name, encrypted) {name, name},
#define READ_WITH(id, by, name, encrypted) {name, by},
#define PROTOCOL(id, name, encrypted) {name, ""},
#include "common/net/protocols.def"
#undef ANALYZED
#undef READ_WITH
#undef PROTOCOL
  };
  const auto* row =
      std::find_if(std::begin(kRows), std::end(kRows),
                   [value](const Row& r) { return r.name == value; });
  if (row == std::end(kRows) || value == "unknown") {
    return Bad("is no protocol that is known");
  }
  if (row->reader == value) return absl::OkStatus();
  if (row->reader.empty()) {
    return Bad("is named by port or transport: it cannot be switched off");
  }
  return Bad(
      absl::StrCat("is read with ", row->reader, ": name ", row->reader));
}

}  // namespace

const std::vector<Limits>& AllLimits() {
  static const std::vector<Limits> limits = {
      {"capture.snap_length", 64, 262144},
      {"capture.ring_mebibytes", 1, 4096},
      {"capture.block_timeout", 0.001, 1},
      {"capture.workers", 0, 16},
      {"flow.max_flows", 1000, 16'000'000},
      {"flow.max_embryonic_flows", 1000, 16'000'000},
      {"flow.timeouts.tcp_http", 1, kDay},
      {"flow.timeouts.tcp_ssh", 1, kDay},
      {"flow.timeouts.tcp_established", 1, kDay},
      {"flow.timeouts.tcp_opening", 1, kDay},
      {"flow.timeouts.tcp_closing", 1, kDay},
      {"flow.timeouts.tcp_time_wait", 1, kDay},
      {"flow.timeouts.tcp_closed", 1, kDay},
      {"flow.timeouts.udp", 1, kDay},
      {"flow.timeouts.udp_dns", 1, kDay},
      {"flow.timeouts.udp_quic", 1, kDay},
      {"flow.timeouts.udp_quic_opening", 1, kDay},
      {"flow.timeouts.udp_quic_closed", 1, kDay},
      {"flow.timeouts.udp_quic_ended", 1, kDay},
      {"flow.timeouts.udp_quic_draining", 1, kDay},
      {"flow.timeouts.udp_ssh", 1, kDay},
      {"flow.timeouts.icmp", 1, kDay},
      {"flow.timeouts.other", 1, kDay},
      {"flow.rotate_after", 0, 7 * kDay},
      {"flow.fragment_mebibytes", 1, 1024},
      {"flow.fragment_timeout", 1, 10 * kMinute},
      {"flow.duplicate_window", 0, 0.1},
      {"flow.rate_half_life", 1, 10 * kMinute},
      {"flow.dpi_mebibytes", 1, 65536},
      {"detect.suppress_window", 1, kDay},
      {"detect.max_keys", 1024, 4'194'304},
      {"detect.port_scan.min_ports", 2, 65535},
      {"detect.port_scan.window", 1, kHour},
      {"detect.host_sweep.min_hosts", 2, 65535},
      {"detect.host_sweep.window", 1, kHour},
      {"detect.stealth_scan.min_probes", 1, 65535},
      {"detect.stealth_scan.window", 1, kHour},
      {"detect.brute_force.min_failures", 2, 65535},
      {"detect.brute_force.window", 1, kHour},
      {"detect.brute_force.authentication_ports", 1, 65535},
      {"detect.brute_force.short_session", 0.1, kHour},
      {"detect.brute_force.short_session_bytes", 1, 1 << 20},
      {"detect.syn_flood.min_syns_per_source", 2, 10'000'000},
      {"detect.syn_flood.min_syns_per_target", 2, 10'000'000},
      {"detect.syn_flood.window", 1, kHour},
      {"detect.dns_tunnel.long_name_bytes", 16, 253},
      {"detect.dns_tunnel.min_distinct_names", 1, 65535},
      {"detect.dns_tunnel.window", 1, kHour},
      {"detect.dns_tunnel.min_requests_per_second", 1, 1'000'000},
      {"detect.dns_tunnel.min_new_ratio", 0, 1},
      {"detect.traffic_spike.min_z", 1, 100},
      {"detect.traffic_spike.warm_up_samples", 10, 86400},
      {"detect.traffic_spike.min_bytes_per_second", 0, 1e12},
      {"detect.arp_spoof.min_changes", 1, 1000},
      {"detect.arp_spoof.window", 1, kHour},
      {"rings.alerts", 16, 1 << 20},
      {"rings.flows", 16, 1 << 22},
      {"rings.events", 16, 1 << 22},
      {"rings.packets", 16, 1 << 22},
      {"rings.stats", 16, 1 << 20},
      {"store.keep_alerts", kMinute, kYears},
      {"store.keep_flows", kMinute, kYears},
      {"store.keep_events", kMinute, kYears},
      {"store.keep_stats", kMinute, kYears},
      {"store.max_mebibytes", 16, 1 << 20},
      {"store.flush_interval", 0.01, kMinute},
      {"store.batch", 1, 100'000},
      {"listen.max_streams_per_uid", 1, 10'000},
      {"listen.max_streams", 1, 100'000},
      {"listen.subscriber_queue", 16, 1 << 20},
      {"listen.stall_timeout", 1, kHour},
      {"suppressions.port", 0, 65535},
      {"packets.ring", 0, 1 << 20},
      {"packets.full_for", kMinute, kDay},
  };
  return limits;
}

const Limits* FindLimits(absl::string_view path) {
  for (const Limits& limits : AllLimits()) {
    if (limits.path == path) return &limits;
  }
  return nullptr;
}

absl::Status CheckText(absl::string_view path, absl::string_view value) {
  if (value.size() > kMaxTextBytes) return Bad("longer than 4096 bytes");
  if (PrintableText(value) != value) {
    return Bad("contains control characters or bytes that are not UTF-8");
  }
  if (path == "log.level") {
    for (const absl::string_view level : kLogLevels) {
      if (value == level) return absl::OkStatus();
    }
    return Bad(
        absl::StrCat("must be one of ", absl::StrJoin(kLogLevels, ", ")));
  }
  if (path == "capture.interface") {
    const bool bad = value.size() > kMaxInterfaceBytes ||
                     value.find_first_of(" /") != absl::string_view::npos;
    return bad ? Bad("is no interface name") : absl::OkStatus();
  }
  if (path == "store.directory" && !absl::StartsWith(value, "/")) {
    return Bad("must be an absolute path");
  }
  if (path == "flow.dpi_off") return CheckReadable(value);
  if (path == "listen.address") return CheckAddress(value);
  if (path == "listen.insecure_loopback") return CheckLoopback(value);
  return absl::OkStatus();
}

absl::Status CheckConfig(const v1::Config& config) {
  if (config.flow().max_embryonic_flows() > config.flow().max_flows()) {
    return Bad("flow.max_embryonic_flows: must be at most flow.max_flows");
  }
  if (config.listen().max_streams_per_uid() > config.listen().max_streams()) {
    return Bad(
        "listen.max_streams_per_uid: must be at most listen.max_streams");
  }
  if (config.packets().mode() == v1::CAPTURE_MODE_FORENSIC) {
    return Bad("packets.mode: must be metadata or full");
  }
  for (int i = 0; i < config.access().roles_size(); ++i) {
    const v1::RoleBinding& binding = config.access().roles(i);
    if (binding.user().empty() == binding.group().empty()) {
      return Bad(absl::StrCat("access.roles: entry ", i + 1,
                              " needs either user or group"));
    }
    if (binding.role() == v1::ROLE_UNSPECIFIED) {
      return Bad(absl::StrCat("access.roles: entry ", i + 1, " needs a role"));
    }
  }
  for (int i = 0; i < config.suppressions_size(); ++i) {
    const absl::Status status = CheckSuppression(config.suppressions(i));
    if (!status.ok()) {
      return Bad(
          absl::StrCat("suppressions: entry ", i + 1, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSuppression(const v1::Suppression& s) {
  if (s.cidr().empty() && s.port() == 0 && s.rule().empty() &&
      s.filter().empty()) {
    return Bad("cidr: one of cidr, port, rule and filter must be given");
  }
  if (!s.cidr().empty()) {
    const absl::StatusOr<Cidr> cidr = Cidr::Parse(s.cidr());
    if (!cidr.ok()) {
      return Bad(absl::StrCat("cidr: ", cidr.status().message()));
    }
  }
  if (s.port() > 65535) return Bad("port: must be 0..65535");
  if (!s.rule().empty()) {
    const auto& evidence = *v1::Evidence::descriptor();
    std::string known;
    for (int i = 0; i < evidence.field_count(); ++i) {
      if (evidence.field(i)->name() == s.rule()) known = s.rule();
    }
    if (known.empty()) {
      return Bad(
          absl::StrCat("rule: there is no rule ", PrintableText(s.rule())));
    }
  }
  if (s.comment().size() > 1024) return Bad("comment: longer than 1024 bytes");
  return absl::OkStatus();
}

absl::string_view RestartOf(absl::string_view path) {
  for (const absl::string_view prefix : kLivePrefixes) {
    if (absl::StartsWith(path, prefix)) return "";
  }
  const bool capture = absl::StartsWith(path, "capture.") ||
                       absl::StartsWith(path, "flow.") ||
                       absl::StartsWith(path, "packets.");
  return capture ? "capture" : "sensor";
}

bool IsFileOnly(absl::string_view path) {
  return path == "packets.mode" || path == "packets.full_for";
}

}  // namespace tapline
