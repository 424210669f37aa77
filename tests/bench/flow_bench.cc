// Cost of flow tracking alone: decodes a capture file batch by batch and times
// only FlowEngine::Process, in CPU time of the thread. With --ring also what
// keeping the newest packets costs, in itself and for the flow stage.
//
//   flow_bench FILE [--no-analyzers] [--ring]

#include <malloc.h>
#include <time.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "sensord/analyzers/analyzer_set.h"
#include "sensord/capture/file_sequence.h"
#include "sensord/decode/decoder.h"
#include "sensord/flow/flow_engine.h"
#include "sensord/pipeline/packet_ring.h"

namespace tapline {
namespace {

int64_t CpuNanos() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * kSecondNanos + t.tv_nsec;
}

long RssAnonKib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("RssAnon:", 0) == 0) return std::atol(line.c_str() + 8);
  }
  return 0;
}

int Main(int argc, char** argv) {
  if (argc < 2) return 2;
  bool analyzers = true;
  size_t kept = 0;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--no-analyzers") == 0) analyzers = false;
    if (std::strcmp(argv[i], "--ring") == 0) kept = PacketRingOptions().frames;
  }
  auto source = OpenCapture(argv[1]);
  if (!source.ok()) {
    std::fprintf(stderr, "%s\n", source.status().ToString().c_str());
    return 1;
  }
  ContextTable contexts;
  Decoder decoder({}, contexts);
  FlowEngine engine({}, kAllShards, analyzers ? NewAnalyzerSet() : nullptr);
  FrameBatch frames;
  DecodedBatch packets;
  SignalBatch out;
  PacketRingOptions ring_options;
  ring_options.frames = kept;
  PacketRing ring(ring_options);
  int64_t decode = 0, flow = 0, keep = 0;
  uint64_t count = 0, signals = 0, records = 0;
  const long rss = RssAnonKib();
  while (true) {
    auto result = (*source)->Read(frames);
    if (!result.ok() || *result == ReadResult::kEnd) break;
    const int64_t a = CpuNanos();
    decoder.Decode(frames, packets);
    const int64_t b = CpuNanos();
    ring.Add(frames, packets);
    const int64_t c = CpuNanos();
    out.Clear();
    engine.Process(packets, out);
    flow += CpuNanos() - c;
    keep += c - b;
    decode += b - a;
    count += packets.packets.size();
    signals += out.signals.size();
    records += out.flows.size();
  }
  const uint64_t open = engine.counters().open_flows.Get();
  malloc_trim(0);
  const long grown = RssAnonKib() - rss;
  const int64_t begin = CpuNanos();
  out.Clear();
  engine.Finish(FlowEnd::kEndOfInput, out);
  const int64_t finish = CpuNanos() - begin;
  const FlowCounters& c = engine.counters();
  const double n = static_cast<double>(count);
  std::printf(
      "packets %llu\ndecode %.1f ns/packet\nring %.1f ns/packet\nflow %.1f "
      "ns/packet, finish %.1f "
      "ns/packet\nsignals %llu records %llu\nopened %llu aggregated %llu "
      "evicted %llu peak %llu\nRssAnon grown %.1f B per open flow (%llu)\n",
      static_cast<unsigned long long>(count), static_cast<double>(decode) / n,
      static_cast<double>(keep) / n, static_cast<double>(flow) / n,
      static_cast<double>(finish) / n, static_cast<unsigned long long>(signals),
      static_cast<unsigned long long>(records),
      static_cast<unsigned long long>(c.opened_flows.Get()),
      static_cast<unsigned long long>(c.aggregated_flows.Get()),
      static_cast<unsigned long long>(c.evicted_flows.Get()),
      static_cast<unsigned long long>(c.peak_open_flows.Get()),
      open == 0 ? 0.0
                : static_cast<double>(grown) * 1024 / static_cast<double>(open),
      static_cast<unsigned long long>(open));
  return 0;
}

}  // namespace
}  // namespace tapline

int main(int argc, char** argv) { return tapline::Main(argc, argv); }
