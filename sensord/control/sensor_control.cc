#include "sensord/control/sensor_control.h"

#include <utility>

namespace tapline {

absl::StatusOr<std::vector<v1::Interface>> SensorControl::Interfaces() const {
  absl::StatusOr<std::vector<v1::Interface>> interfaces = sources_.interfaces();
  if (!interfaces.ok()) return interfaces;
  const v1::CaptureStatus capture = capture_.Status();
  for (v1::Interface& interface : *interfaces) {
    interface.set_capturing(capture.state() == v1::CAPTURE_STATE_RUNNING &&
                            capture.interface() == interface.name());
  }
  return interfaces;
}

v1::GetLossResponse SensorControl::Loss() const {
  v1::GetLossResponse loss;
  capture_.FillLoss(loss);
  for (v1::StageLoss& stage : journal_.Loss()) {
    *loss.add_stages() = std::move(stage);
  }
  for (v1::StageLoss& stage : store_.Loss()) {
    *loss.add_stages() = std::move(stage);
  }
  return loss;
}

}  // namespace tapline
