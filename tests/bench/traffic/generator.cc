#include "tests/bench/traffic/generator.h"

#include <algorithm>

#include "tests/bench/traffic/address_plan.h"
#include "tests/bench/traffic/script.h"

namespace tapline::bench {
namespace {

// 2026-01-05 12:00 UTC.
constexpr uint64_t kEpochNs = 1767614400u * uint64_t{1000000000};

enum : uint32_t { kDueFlow, kDueCampaign, kDueBenign };

// Flows of one client, on average.
constexpr uint32_t kFlowsPerClient = 12;

}  // namespace

Generator::Generator(const Options& options, PcapWriter& writer, Truth& truth)
    : options_(options),
      writer_(writer),
      truth_(truth),
      rng_(options.seed),
      frames_(options.seed) {
  Plan();
}

void Generator::Plan() {
  const Options& o = options_;
  specs_ = kSmallKinds;
  plain_ = o.mix != "imix";
  benign_total_ = 0;
  if (o.mix == "imix") {
    specs_ = kImixKinds;
    campaigns_ = ImixCampaigns(o.seed, o.flows, o.span_ns, truth_);
  } else if (o.mix == "small") {
    campaigns_ = SmallCampaigns(o.seed, o.flows, o.span_ns, truth_);
  } else if (o.mix == "single5m") {
    specs_ = kSingleKinds;
  } else if (o.mix == "holes") {
    specs_ = kHoleKinds;
  } else if (o.mix == "flood") {
    campaigns_ = FloodCampaigns(o.seed, o.flows * 8 / 10, 4, o.span_ns, truth_);
  } else {
    specs_ = kEstablishedKinds;
    const uint64_t established = std::min<uint64_t>(1000, o.flows / 2);
    campaigns_ =
        FloodCampaigns(o.seed, o.flows - established, 1, o.span_ns, truth_);
  }
  uint64_t attacks = 0;
  packets_left_ = static_cast<int64_t>(o.packets);
  for (uint32_t i = 0; i < campaigns_.size(); ++i) {
    attacks += campaigns_[i].count;
    packets_left_ -= int64_t{campaigns_[i].count} * campaigns_[i].packets_each;
    due_.push({campaigns_[i].start_ns, kDueCampaign, i});
  }
  benign_total_ = benign_left_ = o.flows > attacks ? o.flows - attacks : 0;
  uint64_t shares = 0;
  for (const KindSpec* spec = specs_; spec->share > 0; ++spec) {
    shares += spec->share;
  }
  uint64_t given = 0;
  uint64_t so_far = 0;
  for (const KindSpec* spec = specs_; spec->share > 0; ++spec) {
    so_far += spec->share;
    const uint64_t upto = benign_total_ * so_far / shares;
    left_.push_back(upto - given);
    made_.push_back(0);
    base_left_ += (upto - given) * spec->base;
    weight_left_ += (upto - given) * spec->weight;
    given = upto;
  }
  clients_ = static_cast<uint32_t>(
      std::max<uint64_t>(64, benign_total_ / kFlowsPerClient));
  next_port_.assign(clients_, 0);
  if (benign_total_ > 0) due_.push({0, kDueBenign, 0});
}

void Generator::Run() {
  while (!due_.empty()) {
    const Due due = due_.top();
    due_.pop();
    if (due.kind == kDueFlow) {
      Send(due.index, due.time);
    } else if (due.kind == kDueCampaign) {
      Campaign& campaign = campaigns_[due.index];
      SpawnAttack(campaign, due.time);
      if (campaign.done < campaign.count) {
        due_.push({due.time + campaign.interval_ns, kDueCampaign, due.index});
      }
    } else {
      SpawnBenign(due.time);
      if (benign_left_ > 0) {
        // Evenly over the span, with some jitter; the established flows of
        // syn5m all come at once (their scripts wait).
        const uint64_t at = options_.mix == "syn5m"
                                ? 0
                                : options_.span_ns / benign_total_ *
                                      (benign_total_ - benign_left_);
        due_.push({std::max(due.time, at + rng_.Below(200000)), kDueBenign, 0});
      }
    }
  }
}

uint32_t Generator::NewFlow() {
  if (free_.empty()) {
    flows_.push_back(std::make_unique<Flow>());
    return static_cast<uint32_t>(flows_.size() - 1);
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  flows_[index]->Clear();
  return index;
}

void Generator::Start(uint32_t index, uint64_t now) {
  due_.push({now + uint64_t{flows_[index]->steps[0].delay_us} * 1000 +
                 rng_.Below(1000),
             kDueFlow, index});
}

void Generator::Send(uint32_t index, uint64_t now) {
  Flow& flow = *flows_[index];
  const Step& step = flow.steps[flow.next_step];
  if (step.lost) {
    flow.sequence[step.direction] += step.fill_length;
  } else {
    uint8_t* out = writer_.Reserve();
    const uint32_t length = frames_.Build(flow, step, out);
    writer_.Commit(kEpochNs + now, length);
  }
  if (++flow.next_step == flow.steps.size()) {
    truth_.Finished(flow);
    free_.push_back(index);
    return;
  }
  const uint64_t delay =
      uint64_t{flow.steps[flow.next_step].delay_us} * 1000 + rng_.Below(1000);
  due_.push({now + delay, kDueFlow, index});
}

void Generator::SpawnAttack(Campaign& campaign, uint64_t now) {
  const uint32_t index = NewFlow();
  Flow& flow = *flows_[index];
  flow.plain_syn = plain_ || campaign.kind == k_syn_flood;
  BuildAttack(campaign, flow, rng_, truth_);
  ++campaign.done;
  Start(index, now);
}

size_t Generator::DrawKind() {
  uint64_t draw = rng_.Below(benign_left_);
  size_t at = 0;
  while (draw >= left_[at]) draw -= left_[at++];
  return at;
}

uint32_t Generator::DrawExtra(const KindSpec& spec) {
  if (spec.weight == 0) return 0;
  const int64_t spare = packets_left_ - static_cast<int64_t>(base_left_);
  if (spare <= 0 || weight_left_ == 0) return 0;
  const double mean = static_cast<double>(spare) * spec.weight /
                      static_cast<double>(weight_left_);
  if (plain_) return static_cast<uint32_t>(mean * (0.5 + rng_.Unit()) + 0.5);
  // A few long flows carry much of the data.
  const double scale = rng_.Below(10) == 0 ? 5.5 : 0.5;
  return static_cast<uint32_t>(
      std::min(rng_.Exponential(mean * scale), 20 * mean) + 0.5);
}

void Generator::Address(const KindSpec& spec, uint32_t number, Flow& flow,
                        uint32_t* group) {
  // Clients take turns by kind: none repeats a service often.
  const uint32_t client =
      (number + static_cast<uint32_t>(&spec - specs_) * 7919u) % clients_;
  *group = client / kGroupSize;
  const bool v6 = !plain_ && client % 25 < 3;
  flow.vlan = !plain_ && client % 20 == 7 ? 100 : 0;
  flow.kind = spec.kind;
  flow.transport = spec.transport;
  if (spec.transport == kIcmp && v6) flow.transport = kIcmp6;
  flow.host[0] = Client(client, v6);
  const uint32_t slot = spec.slot + number / clients_ % spec.slots;
  flow.host[1] = Server(*group, slot, v6);
  const bool ports = spec.transport != kIcmp;
  flow.port[0] = static_cast<uint16_t>(32768 + next_port_[client]++ % 28000);
  flow.port[1] = ports ? spec.port : 0;
  flow.plain_syn = plain_;
}

void Generator::SpawnBenign(uint64_t now) {
  const size_t at = DrawKind();
  const KindSpec& spec = specs_[at];
  const uint32_t number = made_[at]++;
  --left_[at];
  --benign_left_;
  const uint32_t extra = DrawExtra(spec);
  base_left_ -= spec.base;
  weight_left_ -= spec.weight;
  const uint32_t index = NewFlow();
  Flow& flow = *flows_[index];
  uint32_t group = 0;
  Address(spec, number, flow, &group);
  Script script(flow, rng_);
  BuildContext context{script, truth_, number, group, extra};
  spec.build(flow, context);
  packets_left_ -= static_cast<int64_t>(flow.steps.size());
  Start(index, now);
}

}  // namespace tapline::bench
