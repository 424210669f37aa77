// Reports bytes per second far above what is usual on this source (ATT&CK
// T1498, or T1048 when it leaves).
//
// Signal: after warm_up_samples seconds, a second of at least
// min_bytes_per_second that lies min_z standard deviations above the mean. Mean
// and variance are exponentially weighted over about five minutes; a spike
// enters them only as far as it would still be usual, so it neither poisons
// them nor alarms for ever when traffic has grown for good. A standard
// deviation below a tenth of the mean counts as a tenth: a steady line is not
// alarmed by a breath.
// False alarms: planned transfers; raise the floor to what does not matter.

#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "sensord/detect/detector.h"
#include "sensord/detect/evidence.h"

namespace tapline::traffic_spike {
namespace {

// Weight of a new sample once this many are there.
constexpr double kMemorySamples = 300;
constexpr double kLeastDeviation = 0.1;
constexpr UnixNanos kWindow = kSecondNanos;

class SpikeData final : public IncidentData {
 public:
  double rate = 0;
  double mean = 0;
  double deviation = 0;
  double z = 0;
  double threshold = 0;

  void Describe(v1::Alert& alert) const override {
    v1::TrafficSpikeEvidence& e =
        *alert.mutable_evidence()->mutable_traffic_spike();
    e.set_bytes_per_second(rate);
    e.set_mean(mean);
    e.set_stddev(deviation);
    e.set_z(z);
    e.set_threshold(threshold);
    alert.set_summary(absl::StrFormat(
        "%.0f bytes/s, %.1f standard deviations above the usual %.0f", rate, z,
        mean));
  }
};

class TrafficSpike final : public Detector {
 public:
  using Detector::Detector;

  uint32_t Kinds() const override { return KindBit(SignalKind::kTraffic); }

  bool Configure(const v1::DetectConfig& config) override {
    const v1::TrafficSpikeConfig& c = config.traffic_spike();
    min_z_ = c.min_z() > 0 ? c.min_z() : 3;
    warm_up_ = std::max(c.warm_up_samples(), 2u);
    floor_ = static_cast<double>(c.min_bytes_per_second());
    return c.enabled();
  }

  // The shards' parts of a second come one after the other, of one clock.
  void OnSignal(const Signal& s, const SignalBatch& batch) override {
    if (pending_ && s.clock != second_) Judge(second_);
    pending_ = true;
    second_ = s.clock;
    bytes_ += static_cast<double>(batch.PartOf(s).traffic[s.detail].bytes);
    WakeAt(Later(s.clock, 1));
  }

  void OnWake(UnixNanos clock) override {
    if (pending_) Judge(clock);
  }
  void Finish(UnixNanos clock) override { OnWake(clock); }

 private:
  void Judge(UnixNanos clock) {
    pending_ = false;
    const double rate = bytes_;
    bytes_ = 0;
    const double deviation =
        std::max(std::sqrt(variance_), mean_ * kLeastDeviation);
    const double usual = mean_ + min_z_ * deviation;
    const bool spike = samples_ >= warm_up_ && rate >= floor_ &&
                       rate >= usual && deviation > 0;
    if (spike) Report(rate, deviation, clock);
    Learn(samples_ >= warm_up_ ? std::min(rate, std::max(usual, floor_))
                               : rate);
  }

  void Report(double rate, double deviation, UnixNanos clock) {
    const double z = (rate - mean_) / deviation;
    if (Incident* incident = incidents().Get(incident_)) {
      auto& data = static_cast<SpikeData&>(incident->data());
      if (z > data.z) Set(data, rate, deviation, z);
      incidents().Touch(*incident, clock);
      return;
    }
    auto data = std::make_unique<SpikeData>();
    Set(*data, rate, deviation, z);
    incident_ = incidents().Open({.rule = Rule::traffic_spike,
                                  .key = "",
                                  .first_seen = second_,
                                  .clock = clock,
                                  .window = kWindow,
                                  .count = 1,
                                  .data = std::move(data)});
  }

  void Set(SpikeData& data, double rate, double deviation, double z) const {
    data.rate = rate;
    data.mean = mean_;
    data.deviation = deviation;
    data.z = z;
    data.threshold = min_z_;
  }

  // Plain mean and variance (Welford, 1962) that turn into weighted ones.
  void Learn(double rate) {
    ++samples_;
    const double weight =
        1 / std::min(static_cast<double>(samples_), kMemorySamples);
    const double difference = rate - mean_;
    mean_ += weight * difference;
    variance_ = (1 - weight) * (variance_ + weight * difference * difference);
  }

  double min_z_ = 3;
  uint64_t warm_up_ = 60;
  double floor_ = 0;

  bool pending_ = false;
  UnixNanos second_ = 0;
  double bytes_ = 0;
  uint64_t samples_ = 0;
  double mean_ = 0;
  double variance_ = 0;
  IncidentHandle incident_;
};

}  // namespace

std::unique_ptr<Detector> NewDetector(DetectorContext& context) {
  return std::make_unique<TrafficSpike>(context);
}

}  // namespace tapline::traffic_spike
