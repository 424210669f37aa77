#include "sensord/pipeline/losses.h"

#include <string>

namespace tapline {
namespace {

template <typename Message>
void AddDropped(Message& loss, const char* stage, const char* reason,
                uint64_t count) {
  if (count == 0) return;
  v1::Dropped* dropped = loss.add_dropped();
  dropped->set_stage(stage);
  dropped->set_reason(reason);
  dropped->set_count(count);
}

template <typename Message>
uint64_t TotalDropped(const Message& loss) {
  uint64_t total = 0;
  for (const v1::Dropped& d : loss.dropped()) total += d.count();
  return total;
}

template <typename Message>
void AddDecodeDrops(const DecodeCounters& decode, Message& loss) {
  for (size_t i = 0; i < decode.dropped.size(); ++i) {
    AddDropped(loss, "decode", AnomalyName(static_cast<Anomaly>(i)),
               decode.dropped[i].Get());
  }
}

// What is neither out nor dropped; readers race with the writers of the
// counters, so it is never below zero.
template <typename Message>
void SetInFlight(Message& loss) {
  const uint64_t done = loss.out() + TotalDropped(loss);
  loss.set_in_flight(loss.in() > done ? loss.in() - done : 0);
}

v1::StageLoss NewStage(const char* stage, const char* item, uint64_t in,
                       uint64_t out) {
  v1::StageLoss loss;
  loss.set_stage(stage);
  loss.set_item(item);
  loss.set_in(in);
  loss.set_out(out);
  return loss;
}

uint64_t Offered(const CaptureCounters& c) {
  return c.frames + c.kernel_drops + c.interface_drops + c.self_frames;
}

v1::StageLoss FlowStage(
    const std::vector<std::unique_ptr<FlowEngine>>& engines) {
  uint64_t in = 0;
  uint64_t updated = 0;
  uint64_t not_flow = 0;
  uint64_t no_transport = 0;
  for (const auto& engine : engines) {
    const FlowCounters& c = engine->counters();
    updated += c.updated.Get();
    not_flow += c.not_flow.Get();
    no_transport += c.no_transport.Get();
    in += c.packets.Get();
  }
  v1::StageLoss loss = NewStage("flow", "packets", in, updated + not_flow);
  AddDropped(loss, "flow", "no_transport", no_transport);
  SetInFlight(loss);
  return loss;
}

}  // namespace

v1::Loss FrameLoss(const CaptureCounters& capture,
                   const DecodeCounters& decode) {
  v1::Loss loss;
  loss.set_in(Offered(capture));
  loss.set_out(decode.decoded.Get());
  AddDropped(loss, "interface", "interface_drop", capture.interface_drops);
  AddDropped(loss, "kernel", "kernel_drop", capture.kernel_drops);
  AddDropped(loss, "capture", "self_traffic", capture.self_frames);
  AddDecodeDrops(decode, loss);
  SetInFlight(loss);
  return loss;
}

std::vector<v1::StageLoss> StageLossesOf(
    const CaptureCounters& capture, const DecodeCounters& decode,
    const std::vector<std::unique_ptr<FlowEngine>>& engines,
    const DetectCounters& detect) {
  std::vector<v1::StageLoss> stages;
  v1::StageLoss captured =
      NewStage("capture", "frames", Offered(capture), capture.frames);
  AddDropped(captured, "interface", "interface_drop", capture.interface_drops);
  AddDropped(captured, "kernel", "kernel_drop", capture.kernel_drops);
  AddDropped(captured, "capture", "self_traffic", capture.self_frames);
  stages.push_back(captured);

  v1::StageLoss decoded =
      NewStage("decode", "frames", decode.frames.Get(), decode.decoded.Get());
  AddDecodeDrops(decode, decoded);
  SetInFlight(decoded);
  stages.push_back(decoded);

  stages.push_back(FlowStage(engines));
  const uint64_t signals = detect.signals.Get();
  stages.push_back(NewStage("detect", "signals", signals, signals));
  return stages;
}

std::vector<v1::AnomalyCount> AnomalyCounts(
    const CaptureCounters& capture, const DecodeCounters& decode,
    const std::vector<std::pair<const char*, uint64_t>>& flow_anomalies) {
  std::vector<v1::AnomalyCount> counts;
  const auto add = [&counts](const char* name, uint64_t count) {
    if (count == 0) return;
    counts.emplace_back();
    counts.back().set_name(name);
    counts.back().set_count(count);
  };
  add("clock.step_back", capture.steps_back);
  add("clock.jump_forward", capture.jumps_forward);
  for (size_t i = 0; i < decode.anomalies.size(); ++i) {
    add(AnomalyName(static_cast<Anomaly>(i)), decode.anomalies[i].Get());
  }
  for (const auto& [name, count] : flow_anomalies) {
    // Samples of decode anomalies pass the same sampler; their exact counts are
    // above.
    bool of_decode = false;
    for (size_t i = 0; i < decode.anomalies.size(); ++i) {
      of_decode |= std::string(AnomalyName(static_cast<Anomaly>(i))) == name;
    }
    if (!of_decode) add(name, count);
  }
  return counts;
}

}  // namespace tapline
