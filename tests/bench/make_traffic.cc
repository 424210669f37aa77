// make_traffic: writes a capture whose content is known.
//
//   make_traffic --mix MIX --out F.pcap [--flows N] [--packets N] [--seed S]
//     [--duration SECONDS] [--truth F.json] [--truth-flows F.tsv]
//
// MIX is imix, small, flood, syn5m, single5m or holes; README.md says what is
// in them.
//
// The same arguments give the same bytes. The truth goes to stdout without
// --truth.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "tests/bench/traffic/generator.h"

namespace tapline::bench {
namespace {

struct Arguments {
  Options options;
  bool flows_set = false;
  bool packets_set = false;
  std::string out;
  std::string truth;
  std::string truth_flows;
};

int Usage() {
  std::fputs(
      "usage: make_traffic --out F.pcap [--mix "
      "imix|small|flood|syn5m|single5m|holes]\n  [--flows N] [--packets N] "
      "[--seed S] [--duration SECONDS] [--truth F.json]\n  [--truth-flows "
      "F.tsv]\n",
      stderr);
  return 2;
}

bool ParseNumber(const char* text, uint64_t* value) {
  char* end = nullptr;
  errno = 0;
  *value = std::strtoull(text, &end, 10);
  return errno == 0 && end != text && *end == '\0';
}

bool Set(const std::string& name, const char* value, Arguments* arguments) {
  Options& options = arguments->options;
  uint64_t seconds = 0;
  if (name == "--mix") {
    options.mix = value;
  } else if (name == "--out") {
    arguments->out = value;
  } else if (name == "--truth") {
    arguments->truth = value;
  } else if (name == "--truth-flows") {
    arguments->truth_flows = value;
  } else if (name == "--seed") {
    return ParseNumber(value, &options.seed);
  } else if (name == "--flows") {
    arguments->flows_set = true;
    return ParseNumber(value, &options.flows) && options.flows > 0;
  } else if (name == "--packets") {
    arguments->packets_set = true;
    return ParseNumber(value, &options.packets);
  } else if (name == "--duration") {
    if (!ParseNumber(value, &seconds) || seconds == 0) return false;
    options.span_ns = seconds * 1000000000;
  } else {
    return false;
  }
  return true;
}

// Sizes that belong to the mix unless given.
bool Complete(Arguments* arguments) {
  Options& options = arguments->options;
  uint64_t flows = 500000;
  uint64_t packets = 5000000;
  if (options.mix == "small") {
    flows = 1000000;
    packets = 10000000;
  } else if (options.mix == "syn5m") {
    flows = 5001000;
    packets = 5100000;
  } else if (options.mix == "single5m") {
    flows = 5000000;
    packets = 5000000;
  } else if (options.mix == "holes") {
    flows = 1000000;
    packets = 6000000;
  } else if (options.mix == "flood") {
    flows = 500000;
    packets = 1000000;
  } else if (options.mix != "imix") {
    return false;
  }
  if (!arguments->flows_set) options.flows = flows;
  if (!arguments->packets_set) {
    options.packets = packets / (flows / 1000) * options.flows / 1000;
  }
  return !arguments->out.empty();
}

bool WriteText(const std::string& path, const std::string& text) {
  if (path.empty()) return std::fputs(text.c_str(), stdout) >= 0;
  FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  const bool ok = std::fputs(text.c_str(), file) >= 0;
  return std::fclose(file) == 0 && ok;
}

int Fail(const std::string& path) {
  std::fprintf(stderr, "make_traffic: %s: %s\n", path.c_str(),
               std::strerror(errno));
  return 1;
}

int Run(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !Set(argv[i], argv[i + 1], &arguments)) return Usage();
  }
  if (!Complete(&arguments)) return Usage();
  std::unique_ptr<PcapWriter> writer = PcapWriter::Open(arguments.out);
  if (writer == nullptr) return Fail(arguments.out);
  Truth truth;
  if (!arguments.truth_flows.empty() &&
      !truth.OpenFlows(arguments.truth_flows)) {
    return Fail(arguments.truth_flows);
  }
  Generator generator(arguments.options, *writer, truth);
  generator.Run();
  if (!writer->Close()) return Fail(arguments.out);
  if (!truth.CloseFlows()) return Fail(arguments.truth_flows);
  const std::string head =
      "\"mix\":\"" + arguments.options.mix +
      "\",\"seed\":" + std::to_string(arguments.options.seed) + ",";
  if (!WriteText(arguments.truth, truth.ToJson(head))) {
    return Fail(arguments.truth);
  }
  return 0;
}

}  // namespace
}  // namespace tapline::bench

int main(int argc, char** argv) { return tapline::bench::Run(argc, argv); }
