#include "sensord/control/real_sources.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/redact/redactor.h"
#include "common/schema/proto_time.h"
#include "common/status/macros.h"
#include "sensord/capture/file_sequence.h"
#include "sensord/capture/interfaces.h"
#include "sensord/capture/link_type.h"
#include "sensord/capture/live_source.h"
#include "sensord/capture/replay_source.h"
#include "sensord/control/outage_teller.h"

namespace tapline {
namespace {

// NotFound says which interfaces there are.
absl::Status CheckInterface(const std::string& name) {
  if (name == "any") return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<InterfaceInfo> all, ListInterfaces());
  std::vector<std::string> names;
  for (const InterfaceInfo& info : all) {
    if (info.name == name) return absl::OkStatus();
    names.push_back(info.name);
  }
  return absl::NotFoundError(absl::StrCat(
      "no interface \"", name, "\"; there are ", absl::StrJoin(names, ", ")));
}

ScopeResolver LocalScopes() {
  std::vector<IpAddress> local;
  absl::StatusOr<std::vector<InterfaceInfo>> all = ListInterfaces();
  if (all.ok()) {
    for (const InterfaceInfo& info : *all) {
      if (info.loopback) continue;
      for (const InterfaceAddress& a : info.addresses) {
        local.push_back(a.address);
      }
    }
  }
  return ScopeResolver(local, {});
}

absl::StatusOr<OpenedCapture> OpenLive(const v1::CaptureConfig& config,
                                       const SelfTuples& self,
                                       const Clock& clock, Log* log) {
  LiveOptions options;
  options.interface = config.interface();
  if (options.interface.empty()) {
    ASSIGN_OR_RETURN(options.interface, DefaultRouteInterface());
  }
  RETURN_IF_ERROR(CheckInterface(options.interface));
  options.promiscuous = config.promiscuous();
  options.snap_bytes = config.snap_length();
  options.ring_mebibytes = config.ring_mebibytes();
  options.block_timeout = DurationOf(config.block_timeout());
  options.filter = config.bpf();
  options.self = config.exclude_self() ? &self : nullptr;
  options.on_outage = OutageTeller(options.interface, log);
  OpenedCapture opened;
  opened.interface = options.interface;
  opened.scopes = LocalScopes();
  ASSIGN_OR_RETURN(std::unique_ptr<LiveSource> source,
                   LiveSource::Open(options, clock));
  opened.link_type = LinkTypeName(source->link_type());
  opened.source = std::move(source);
  return opened;
}

// A mistake in a name is told at once; what is wrong inside a file, when its
// turn comes.
absl::Status CheckFiles(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    struct stat info;
    if (file.find('\0') != std::string::npos || file.empty() ||
        file.front() != '/') {
      return absl::InvalidArgumentError(absl::StrCat(
          "files: \"", file, "\" must be an absolute path on the sensor"));
    }
    if (stat(file.c_str(), &info) != 0) {
      return absl::NotFoundError(
          absl::StrCat("files: the sensor cannot find \"", file, "\""));
    }
    if (!S_ISREG(info.st_mode)) {
      return absl::InvalidArgumentError(
          absl::StrCat("files: \"", file, "\" is not a regular file"));
    }
    ASSIGN_OR_RETURN(std::unique_ptr<FrameSource> opened, OpenCapture(file));
  }
  return absl::OkStatus();
}

v1::Interface ToProto(const InterfaceInfo& info) {
  v1::Interface out;
  out.set_name(info.name);
  out.set_index(info.index);
  if (info.mac) out.set_mac(info.mac->ToString());
  for (const InterfaceAddress& a : info.addresses) {
    out.add_addresses(absl::StrCat(a.address.ToString(), "/", a.prefix_bits));
  }
  out.set_mtu(info.mtu);
  out.set_up(info.up);
  out.set_running(info.running);
  out.set_loopback(info.loopback);
  out.set_default_route(info.default_route);
  out.set_link_type(info.link_type);
  out.set_received_packets(info.counters.received_packets);
  out.set_received_bytes(info.counters.received_bytes);
  out.set_received_dropped(info.counters.received_dropped);
  out.set_sent_packets(info.counters.sent_packets);
  out.set_sent_bytes(info.counters.sent_bytes);
  out.set_discovery(info.discovery);
  return out;
}

}  // namespace

Sources RealSources(const SelfTuples& self, const Clock& clock, Log* log) {
  Sources sources;
  sources.live = [&self, &clock, log](const v1::CaptureConfig& config) {
    return OpenLive(config, self, clock, log);
  };
  sources.replay =
      [](const std::vector<std::string>& files,
         double speed) -> absl::StatusOr<std::unique_ptr<FrameSource>> {
    RETURN_IF_ERROR(CheckFiles(files));
    return std::make_unique<ReplaySource>(std::make_unique<FileSequence>(files),
                                          speed);
  };
  sources.interfaces = []() -> absl::StatusOr<std::vector<v1::Interface>> {
    ASSIGN_OR_RETURN(const std::vector<InterfaceInfo> all, ListInterfaces());
    std::vector<v1::Interface> interfaces;
    for (const InterfaceInfo& info : all) interfaces.push_back(ToProto(info));
    return interfaces;
  };
  return sources;
}

}  // namespace tapline
