#include "common/config/defaults.h"

#include <cstdint>

namespace tapline {
namespace {

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 86400;

void Set(google::protobuf::Duration* duration, int64_t seconds,
         int32_t milliseconds = 0) {
  duration->set_seconds(seconds);
  duration->set_nanos(milliseconds * 1'000'000);
}

void SetCapture(v1::CaptureConfig& capture) {
  capture.set_promiscuous(true);
  capture.set_snap_length(65535);
  capture.set_ring_mebibytes(64);
  Set(capture.mutable_block_timeout(), 0, 1);
  capture.set_exclude_self(true);
}

// features.md F07-F09.
void SetTimeouts(v1::FlowTimeouts& timeouts) {
  Set(timeouts.mutable_tcp_http(), 10 * kMinute);
  Set(timeouts.mutable_tcp_ssh(), 30 * kMinute);
  Set(timeouts.mutable_tcp_established(), 5 * kMinute);
  Set(timeouts.mutable_tcp_opening(), 30);
  Set(timeouts.mutable_tcp_closing(), 60);
  Set(timeouts.mutable_tcp_time_wait(), 30);
  Set(timeouts.mutable_tcp_closed(), 5);
  Set(timeouts.mutable_udp(), 60);
  Set(timeouts.mutable_udp_dns(), 30);
  Set(timeouts.mutable_udp_quic(), 5 * kMinute);
  Set(timeouts.mutable_udp_quic_opening(), 60);
  Set(timeouts.mutable_udp_quic_closed(), 10);
  Set(timeouts.mutable_udp_quic_ended(), 1);
  Set(timeouts.mutable_udp_quic_draining(), 10);
  Set(timeouts.mutable_udp_ssh(), 30 * kMinute);
  Set(timeouts.mutable_icmp(), 30);
  Set(timeouts.mutable_other(), 60);
}

void SetFlow(v1::FlowConfig& flow) {
  flow.set_max_flows(1'000'000);
  flow.set_max_embryonic_flows(500'000);
  SetTimeouts(*flow.mutable_timeouts());
  Set(flow.mutable_rotate_after(), kHour);
  flow.set_fragment_mebibytes(4);
  Set(flow.mutable_fragment_timeout(), 30);
  Set(flow.mutable_duplicate_window(), 0);
  Set(flow.mutable_rate_half_life(), 5);
  flow.set_dpi(true);
  flow.set_dpi_mebibytes(64);
  flow.set_checksums(v1::CHECKSUM_MODE_AUTO);
}

void SetRings(v1::RingConfig& rings) {
  rings.set_alerts(16'384);
  rings.set_flows(65'536);
  rings.set_events(65'536);
  rings.set_packets(10'000);
  rings.set_stats(4'096);
}

void SetStore(v1::StoreConfig& store) {
  store.set_directory("/var/lib/tapline");
  Set(store.mutable_keep_alerts(), 90 * kDay);
  Set(store.mutable_keep_flows(), 7 * kDay);
  Set(store.mutable_keep_events(), 7 * kDay);
  Set(store.mutable_keep_stats(), 30 * kDay);
  store.set_max_mebibytes(1024);
  Set(store.mutable_flush_interval(), 1);
  store.set_batch(1000);
}

void SetListen(v1::ListenConfig& listen) {
  listen.set_address("unix:///run/tapline/sensord.sock");
  listen.set_max_streams_per_uid(100);
  listen.set_max_streams(1000);
  listen.set_subscriber_queue(8192);
  Set(listen.mutable_stall_timeout(), 60);
}

void SetDefaultThresholds(v1::DetectConfig& d) {
  d.mutable_port_scan()->set_min_ports(10);
  Set(d.mutable_port_scan()->mutable_window(), 60);
  d.mutable_host_sweep()->set_min_hosts(15);
  Set(d.mutable_host_sweep()->mutable_window(), 60);
  d.mutable_stealth_scan()->set_min_probes(5);
  Set(d.mutable_stealth_scan()->mutable_window(), 60);
  d.mutable_brute_force()->set_min_failures(5);
  Set(d.mutable_brute_force()->mutable_window(), 30);
  d.mutable_syn_flood()->set_min_syns_per_source(100);
  d.mutable_syn_flood()->set_min_syns_per_target(1000);
  Set(d.mutable_syn_flood()->mutable_window(), 10);
  d.mutable_dns_tunnel()->set_min_distinct_names(10);
  d.mutable_traffic_spike()->set_min_z(3.0);
  d.mutable_arp_spoof()->set_min_changes(2);
}

void SetSensitiveThresholds(v1::DetectConfig& d) {
  d.mutable_port_scan()->set_min_ports(3);
  Set(d.mutable_port_scan()->mutable_window(), 10);
  d.mutable_host_sweep()->set_min_hosts(8);
  Set(d.mutable_host_sweep()->mutable_window(), 60);
  d.mutable_stealth_scan()->set_min_probes(2);
  Set(d.mutable_stealth_scan()->mutable_window(), 60);
  d.mutable_brute_force()->set_min_failures(3);
  Set(d.mutable_brute_force()->mutable_window(), 30);
  d.mutable_syn_flood()->set_min_syns_per_source(30);
  d.mutable_syn_flood()->set_min_syns_per_target(300);
  Set(d.mutable_syn_flood()->mutable_window(), 5);
  d.mutable_dns_tunnel()->set_min_distinct_names(5);
  d.mutable_traffic_spike()->set_min_z(2.5);
  d.mutable_arp_spoof()->set_min_changes(1);
}

// What both profiles share.
void SetCommonDetection(v1::DetectConfig& d) {
  Set(d.mutable_suppress_window(), 5 * kMinute);
  d.set_max_keys(65'536);
  d.mutable_port_scan()->set_enabled(true);
  d.mutable_host_sweep()->set_enabled(true);
  d.mutable_stealth_scan()->set_enabled(true);
  v1::BruteForceConfig& brute_force = *d.mutable_brute_force();
  brute_force.set_enabled(true);
  brute_force.clear_authentication_ports();
  // Not databases, directories and mail submission: programs open a short
  // session there for each request.
  for (const uint32_t port : {21, 22, 23, 110, 143, 993, 995, 3389, 5900}) {
    brute_force.add_authentication_ports(port);
  }
  Set(brute_force.mutable_short_session(), 10);
  brute_force.set_short_session_bytes(4096);
  d.mutable_syn_flood()->set_enabled(true);
  v1::DnsTunnelConfig& dns_tunnel = *d.mutable_dns_tunnel();
  dns_tunnel.set_enabled(true);
  dns_tunnel.set_long_name_bytes(50);
  Set(dns_tunnel.mutable_window(), 60);
  dns_tunnel.set_min_requests_per_second(20);
  dns_tunnel.set_min_new_ratio(0.8);
  v1::TrafficSpikeConfig& traffic_spike = *d.mutable_traffic_spike();
  traffic_spike.set_enabled(true);
  traffic_spike.set_warm_up_samples(60);
  traffic_spike.set_min_bytes_per_second(1'000'000);
  d.mutable_arp_spoof()->set_enabled(true);
  Set(d.mutable_arp_spoof()->mutable_window(), 60);
}

}  // namespace

void ApplyProfile(v1::Profile profile, v1::DetectConfig& detect) {
  SetCommonDetection(detect);
  if (profile == v1::PROFILE_SENSITIVE) {
    detect.set_profile(v1::PROFILE_SENSITIVE);
    SetSensitiveThresholds(detect);
  } else {
    detect.set_profile(v1::PROFILE_DEFAULT);
    SetDefaultThresholds(detect);
  }
}

v1::Config DefaultConfig(v1::Profile profile) {
  v1::Config config;
  SetCapture(*config.mutable_capture());
  SetFlow(*config.mutable_flow());
  ApplyProfile(profile, *config.mutable_detect());
  SetRings(*config.mutable_rings());
  SetStore(*config.mutable_store());
  SetListen(*config.mutable_listen());
  config.mutable_access();
  config.mutable_log()->set_level("info");
  config.mutable_packets()->set_ring(10'000);
  config.mutable_packets()->set_mode(v1::CAPTURE_MODE_METADATA);
  Set(config.mutable_packets()->mutable_full_for(), kHour);
  return config;
}

}  // namespace tapline
