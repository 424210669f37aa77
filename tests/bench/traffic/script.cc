#include "tests/bench/traffic/script.h"

#include <algorithm>
#include <string>

namespace tapline::bench {
namespace {

constexpr uint32_t kTrain = 10;

}  // namespace

Script::Script(Flow& flow, Rng& rng)
    : flow_(flow),
      rng_(rng),
      rtt_us_(static_cast<uint32_t>(rng.Between(2000, 60000))) {
  flow.filler = static_cast<uint32_t>(rng.Next());
  if (flow.transport == kTcp) {
    flow.sequence[0] = static_cast<uint32_t>(rng.Next());
    flow.sequence[1] = static_cast<uint32_t>(rng.Next());
  }
}

uint16_t Script::Room() const {
  const uint16_t ip = flow_.host[0].address.v6 ? 40 : 20;
  return static_cast<uint16_t>(1500 - ip - (flow_.transport == kTcp ? 20 : 8));
}

uint32_t Script::Delay(int from) {
  uint32_t delay = wait_us_;
  wait_us_ = 0;
  if (flow_.steps.empty()) return delay;
  const uint32_t gap = static_cast<uint32_t>(rng_.Between(20, 300));
  delay += from == last_ ? gap : rtt_us_ / 2 + gap;
  return delay;
}

void Script::Packet(int from, uint8_t flags, std::string_view payload,
                    uint16_t fill) {
  Step step{};
  step.delay_us = Delay(from);
  step.blob_offset = static_cast<uint32_t>(flow_.blob.size());
  step.blob_length = static_cast<uint16_t>(payload.size());
  step.fill_length = fill;
  step.direction = static_cast<uint8_t>(from);
  step.flags = flags;
  flow_.blob.append(payload);
  flow_.steps.push_back(step);
  last_ = from;
}

void Script::Lose(int from, uint16_t bytes) {
  Step step{};
  step.delay_us = Delay(from);
  step.fill_length = bytes;
  step.direction = static_cast<uint8_t>(from);
  step.lost = true;
  flow_.steps.push_back(step);
  last_ = from;
}

void Script::Open() {
  Packet(0, kSyn);
  Packet(1, kSyn | kAck);
  Packet(0, kAck);
}

void Script::Close(int from) {
  Packet(from, kFin | kAck);
  Packet(1 - from, kFin | kAck);
  Packet(from, kAck);
}

void Script::Message(int from, std::string_view payload, uint32_t fill) {
  const uint16_t room = Room();
  uint32_t unacked = 0;
  while (!payload.empty() || fill > 0) {
    const size_t head = std::min<size_t>(payload.size(), room);
    const uint32_t tail = std::min<uint32_t>(fill, room - head);
    const bool last = payload.size() == head && fill == tail;
    const uint8_t flags = last ? kPsh | kAck : kAck;
    Packet(from, flags, payload.substr(0, head), static_cast<uint16_t>(tail));
    payload.remove_prefix(head);
    fill -= tail;
    if (flow_.transport == kTcp && (++unacked == 2 || last)) {
      Packet(1 - from, kAck);
      unacked = 0;
    }
  }
}

uint16_t Script::ImixSize() {
  const uint64_t draw = rng_.Below(12);
  uint32_t frame = 1514;
  if (draw < 7) {
    frame = 60;
  } else if (draw < 11) {
    frame = 590;
  }
  const uint32_t header = 1514 - Room();
  // A header longer than the small frame still carries a few bytes.
  return static_cast<uint16_t>(frame > header + 6 ? frame - header : 6);
}

void Script::Train(int from, uint32_t segments, uint32_t acks,
                   void (*prefix)(std::string&, uint32_t)) {
  uint16_t sizes[kTrain];
  uint32_t total = 0;
  for (uint32_t i = 0; i < segments; ++i) {
    sizes[i] = ImixSize();
    total += sizes[i];
  }
  for (uint32_t i = 0; i < segments; ++i) {
    std::string head;
    if (prefix != nullptr && (i == 0 || flow_.transport != kTcp)) {
      prefix(head, flow_.transport == kTcp ? total : sizes[i]);
      if (head.size() > sizes[i]) sizes[i] = static_cast<uint16_t>(head.size());
    }
    const uint8_t flags = i + 1 == segments ? kPsh | kAck : kAck;
    Packet(from, flags, head, static_cast<uint16_t>(sizes[i] - head.size()));
    if (acks > 0 && i % 4 == 3) {
      Packet(1 - from, kAck);
      --acks;
    }
  }
  while (acks-- > 0) Packet(1 - from, kAck);
}

void Script::Imix(uint32_t packets,
                  void (*prefix)(std::string& out, uint32_t bytes)) {
  while (packets > 0) {
    // Most data flows to the originator.
    const int from = rng_.Below(5) == 0 ? 0 : 1;
    uint32_t segments = static_cast<uint32_t>(
        rng_.Between(1, std::min<uint32_t>(packets, kTrain)));
    uint32_t acks = 0;
    if (flow_.transport == kTcp && packets > segments) {
      acks = std::min((segments + 3) / 4, packets - segments);
    }
    Wait(static_cast<uint32_t>(rng_.Below(40000)));
    Train(from, segments, acks, prefix);
    packets -= segments + acks;
  }
}

}  // namespace tapline::bench
