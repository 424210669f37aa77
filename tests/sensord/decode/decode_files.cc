// decode_files [--rounds N] [--quiet] FILE...: reads captures through the
// decoder alone and prints what came of their frames. With rounds, the frames
// are held in memory and decoded N times; prints nanoseconds per frame.
//
// Exit status 1 when a file's accounts do not add up.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "sensord/capture/file_sequence.h"
#include "sensord/decode/decoder.h"

namespace tapline {
namespace {

struct Totals {
  uint64_t frames = 0;
  uint64_t packets = 0;
  uint64_t dropped = 0;
  uint64_t nanos = 0;
};

void PrintAnomalies(const DecodeCounters& counters) {
  for (size_t i = 0; i < counters.anomalies.size(); ++i) {
    const uint64_t n = counters.anomalies[i].Get();
    if (n == 0) continue;
    std::printf("  %-28s %8llu dropped %llu\n",
                AnomalyName(static_cast<Anomaly>(i)),
                static_cast<unsigned long long>(n),
                static_cast<unsigned long long>(counters.dropped[i].Get()));
  }
}

bool RunFile(const std::string& path, int rounds, bool quiet) {
  absl::StatusOr<std::unique_ptr<FrameSource>> source = OpenCapture(path);
  if (!source.ok()) {
    std::printf("%s: %s\n", path.c_str(), source.status().ToString().c_str());
    return true;
  }
  ContextTable contexts;
  Decoder decoder(DecoderOptions(), contexts);
  FrameBatch batch;
  DecodedBatch out;
  Totals totals;
  absl::Status end;
  for (;;) {
    const absl::StatusOr<ReadResult> read = (*source)->Read(batch);
    if (!read.ok()) {
      end = read.status();
      break;
    }
    if (*read == ReadResult::kEnd) break;
    totals.frames += batch.frames.size();
    for (int i = 0; i < rounds; ++i) {
      const auto start = std::chrono::steady_clock::now();
      decoder.Decode(batch, out);
      totals.nanos += static_cast<uint64_t>(
          std::chrono::nanoseconds(std::chrono::steady_clock::now() - start)
              .count());
    }
    totals.packets += out.packets.size();
  }
  decoder.Finish();
  const DecodeCounters& counters = decoder.counters();
  for (const Counter& c : counters.dropped) totals.dropped += c.Get();
  const uint64_t given = totals.frames * static_cast<uint64_t>(rounds);
  const bool adds_up = counters.frames.Get() == given &&
                       counters.decoded.Get() + totals.dropped == given &&
                       counters.held.Get() == 0;
  std::printf("%s frames %llu packets %llu dropped %llu ns/frame %.1f%s%s\n",
              path.c_str(), static_cast<unsigned long long>(totals.frames),
              static_cast<unsigned long long>(totals.packets),
              static_cast<unsigned long long>(totals.dropped),
              given == 0 ? 0.0
                         : static_cast<double>(totals.nanos) /
                               static_cast<double>(given),
              end.ok() ? "" : " (ends with an error)",
              adds_up ? "" : " ACCOUNTS DO NOT ADD UP");
  if (!quiet) PrintAnomalies(counters);
  return adds_up;
}

}  // namespace
}  // namespace tapline

int main(int argc, char** argv) {
  int rounds = 1;
  bool quiet = false;
  bool good = true;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
      rounds = std::atoi(argv[++i]);
    } else if (std::strcmp(argv[i], "--quiet") == 0) {
      quiet = true;
    } else {
      good &= tapline::RunFile(argv[i], rounds, quiet);
    }
  }
  return good ? 0 : 1;
}
