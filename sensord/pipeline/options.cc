#include "sensord/pipeline/options.h"

#include "google/protobuf/duration.pb.h"

namespace tapline {
namespace {

UnixNanos Nanos(const google::protobuf::Duration& d) {
  return d.seconds() * kSecondNanos + d.nanos();
}

}  // namespace

FlowOptions FlowOptionsOf(const v1::FlowConfig& config,
                          const uint64_t seed[2]) {
  FlowOptions options;
  options.max_flows = config.max_flows();
  options.max_embryonic_flows = config.max_embryonic_flows();
  options.rotate_after = Nanos(config.rotate_after());
  options.rate_half_life = Nanos(config.rate_half_life());
  options.max_analysis_bytes = size_t{config.dpi_mebibytes()} << 20;
  options.checksums =
      config.checksums() == v1::CHECKSUM_MODE_STRICT ? ChecksumMode::kStrict
      : config.checksums() == v1::CHECKSUM_MODE_OFF  ? ChecksumMode::kOff
                                                     : ChecksumMode::kAuto;
  options.seed[0] = seed[0];
  options.seed[1] = seed[1];
  const v1::FlowTimeouts& from = config.timeouts();
  FlowTimeoutOptions& to = options.timeouts;
  to.tcp_http = Nanos(from.tcp_http());
  to.tcp_ssh = Nanos(from.tcp_ssh());
  to.tcp_established = Nanos(from.tcp_established());
  to.tcp_opening = Nanos(from.tcp_opening());
  to.tcp_closing = Nanos(from.tcp_closing());
  to.tcp_time_wait = Nanos(from.tcp_time_wait());
  to.tcp_closed = Nanos(from.tcp_closed());
  to.udp = Nanos(from.udp());
  to.udp_dns = Nanos(from.udp_dns());
  to.udp_quic = Nanos(from.udp_quic());
  to.udp_quic_opening = Nanos(from.udp_quic_opening());
  to.udp_quic_closed = Nanos(from.udp_quic_closed());
  to.udp_quic_ended = Nanos(from.udp_quic_ended());
  to.udp_quic_draining = Nanos(from.udp_quic_draining());
  to.udp_ssh = Nanos(from.udp_ssh());
  to.icmp = Nanos(from.icmp());
  to.other = Nanos(from.other());
  return options;
}

AnalyzerOptions AnalyzerOptionsOf(const v1::FlowConfig& config) {
  AnalyzerOptions options;
  options.enabled = config.dpi();
  for (const std::string& name : config.dpi_off()) {
    options.off.push_back(ProtocolByName(name));
  }
  return options;
}

DecoderOptions DecoderOptionsOf(const v1::FlowConfig& config,
                                const uint64_t seed[2]) {
  DecoderOptions options;
  options.fragment_bytes = size_t{config.fragment_mebibytes()} << 20;
  options.fragment_timeout = Nanos(config.fragment_timeout());
  options.duplicate_window = Nanos(config.duplicate_window());
  options.seed[0] = seed[0];
  options.seed[1] = seed[1];
  return options;
}

}  // namespace tapline
