// How the control opens sources; main wires the real ones, tests their own.

#ifndef TAPLINE_SENSORD_CONTROL_SOURCES_H_
#define TAPLINE_SENSORD_CONTROL_SOURCES_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sensord/capture/frame_source.h"
#include "sensord/enrich/scope_resolver.h"
#include "tapline/v1/config.pb.h"
#include "tapline/v1/sensor_service.pb.h"

namespace tapline {

// An open live capture and what it turned out to be.
struct OpenedCapture {
  std::unique_ptr<FrameSource> source;
  std::string interface;
  std::string link_type;
  ScopeResolver scopes;
};

struct Sources {
  // Errors as Control::StartCapture.
  std::function<absl::StatusOr<OpenedCapture>(const v1::CaptureConfig&)> live;
  // Errors as Control::StartReplay. Speed 0: as fast as possible.
  std::function<absl::StatusOr<std::unique_ptr<FrameSource>>(
      const std::vector<std::string>& files, double speed)>
      replay;
  std::function<absl::StatusOr<std::vector<v1::Interface>>()> interfaces;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_SOURCES_H_
