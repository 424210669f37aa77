#include "sensord/inspect/alert_relation.h"

#include <cstdint>

#include "absl/algorithm/container.h"

namespace tapline {
namespace {

constexpr int64_t kAroundSeconds = 60;

bool IsSide(const v1::Endpoint& endpoint, const v1::Endpoint& of) {
  return endpoint.address() == of.address() &&
         (endpoint.port() == 0 || of.port() == 0 ||
          endpoint.port() == of.port());
}

bool IsTransport(const v1::Flow& flow, v1::Transport transport) {
  return transport == v1::TRANSPORT_UNSPECIFIED ||
         flow.transport() == transport;
}

// Whether the alert's rule counts flows like this one.
bool MayRestOn(const v1::Alert& alert, const v1::Flow& flow) {
  const v1::Evidence& evidence = alert.evidence();
  const bool begun =
      !alert.has_source() || IsSide(alert.source(), flow.originator());
  switch (evidence.rule_case()) {
    case v1::Evidence::kPortScan: {
      const v1::PortScanEvidence& scan = evidence.port_scan();
      // Only few of many ports are listed.
      const bool all =
          static_cast<int>(scan.distinct_ports()) <= scan.ports_size();
      return begun && IsTransport(flow, scan.transport()) &&
             (!all ||
              absl::c_linear_search(scan.ports(), flow.responder().port()));
    }
    case v1::Evidence::kHostSweep: {
      const v1::HostSweepEvidence& sweep = evidence.host_sweep();
      return begun && IsTransport(flow, sweep.transport()) &&
             (sweep.port() == 0 || sweep.port() == flow.responder().port());
    }
    case v1::Evidence::kStealthScan:
    case v1::Evidence::kBruteForce:
    case v1::Evidence::kSynFlood:
      return begun && flow.transport() == v1::TRANSPORT_TCP;
    case v1::Evidence::kDnsTunnel:
      return flow.application().protocol() == "dns";
    // Of a host or an address, whatever it does.
    case v1::Evidence::kTrafficSpike:
    case v1::Evidence::kArpSpoof:
    case v1::Evidence::RULE_NOT_SET:
      return true;
  }
  return true;
}

}  // namespace

bool IsAbout(const v1::Alert& alert, const v1::Flow& flow) {
  if (!alert.has_source() && !alert.has_target()) return false;
  if (!MayRestOn(alert, flow)) return false;
  for (const v1::Endpoint* side : {&alert.source(), &alert.target()}) {
    if (side->address().empty()) continue;
    if (!IsSide(*side, flow.originator()) && !IsSide(*side, flow.responder())) {
      return false;
    }
  }
  return alert.first_seen().seconds() <=
             flow.end().seconds() + kAroundSeconds &&
         alert.last_seen().seconds() >= flow.start().seconds() - kAroundSeconds;
}

v1::Alert WhatIsAboutReads(const v1::Alert& alert) {
  v1::Alert part;
  for (const bool source : {true, false}) {
    const v1::Endpoint& from = source ? alert.source() : alert.target();
    if (source ? !alert.has_source() : !alert.has_target()) continue;
    v1::Endpoint& to = source ? *part.mutable_source() : *part.mutable_target();
    to.set_address(from.address());
    to.set_port(from.port());
  }
  *part.mutable_first_seen() = alert.first_seen();
  *part.mutable_last_seen() = alert.last_seen();
  // Lists of hosts and samples are most of it.
  const v1::Evidence& evidence = alert.evidence();
  v1::Evidence& kept = *part.mutable_evidence();
  switch (evidence.rule_case()) {
    case v1::Evidence::kHostSweep:
      kept.mutable_host_sweep()->set_transport(
          evidence.host_sweep().transport());
      kept.mutable_host_sweep()->set_port(evidence.host_sweep().port());
      break;
    case v1::Evidence::kDnsTunnel:
      kept.mutable_dns_tunnel();
      break;
    default:
      kept = evidence;
  }
  return part;
}

}  // namespace tapline
