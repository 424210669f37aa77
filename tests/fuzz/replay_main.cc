// Runs every file of the given files and directories through a fuzz target,
// measures each, and serves compilers without libFuzzer.
//
//   x_replay [-v] [-stretch] [-at-most-ms N] [-at-most-mib N] PATH...
//
// -v names each input before it runs. -stretch runs each a second time, at 64
// KiB: its first byte, then the rest over and over, which shows work that grows
// with the square; of longer inputs it runs the first 64 KiB only. Time is the
// thread's own, memory what the heap held above what it held before; the heap
// is only seen in builds with ASan.
//
// Exit status: 0 all inputs ran, 1 none found, 2 one could not be read or the
// arguments make no sense, 3 one was above a limit (named on stderr).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// Of the sanitizers' runtime, where there is one (<sanitizer/*.h>).
extern "C" {
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void*, size_t),
    void (*freed)(const volatile void*));
__attribute__((weak)) size_t __sanitizer_get_allocated_size(
    const volatile void* p);
}

namespace {

namespace fs = std::filesystem;

constexpr size_t kStretched = 64 << 10;

struct Options {
  bool verbose = false;
  bool stretch = false;
  double at_most_ms = 0;   // 0: any
  double at_most_mib = 0;  // 0: any
  std::vector<std::string> paths;
};

struct Totals {
  size_t inputs = 0;
  double slowest_ms = 0;
  std::string slowest;
  double peak_mib = 0;
  bool above = false;
};

// What the heap holds, and the most it held. Inputs run in one thread; those a
// target starts itself may blur it.
int64_t held_bytes = 0;
int64_t most_bytes = 0;

void OnMalloc(const volatile void*, size_t size) {
  held_bytes += static_cast<int64_t>(size);
  most_bytes = std::max(most_bytes, held_bytes);
}
void OnFree(const volatile void* p) {
  if (p == nullptr) return;
  held_bytes -= static_cast<int64_t>(__sanitizer_get_allocated_size(p));
}

bool ReadOptions(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "-v") {
      options.verbose = true;
    } else if (argument == "-stretch") {
      options.stretch = true;
    } else if (argument == "-at-most-ms" || argument == "-at-most-mib") {
      const double limit = ++i < argc ? std::atof(argv[i]) : 0;
      if (limit <= 0) return false;
      (argument == "-at-most-ms" ? options.at_most_ms : options.at_most_mib) =
          limit;
    } else if (argument[0] == '-') {
      return false;
    } else {
      options.paths.push_back(argument);
    }
  }
  return true;
}

std::vector<std::string> Inputs(const std::vector<std::string>& given) {
  std::vector<std::string> paths;
  for (const std::string& path : given) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      paths.push_back(path);
      continue;
    }
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(path, error)) {
      if (entry.is_regular_file(error)) paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

double ThreadMs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 +
         static_cast<double>(now.tv_nsec) / 1e6;
}

std::string Stretched(const std::string& bytes) {
  std::string out = bytes;
  while (out.size() < kStretched) out.append(bytes, 1, std::string::npos);
  out.resize(kStretched);
  return out;
}

struct Cost {
  double ms = 0;
  double mib = 0;
};

Cost RunOnce(const std::string& bytes) {
  // An exact-size heap copy: a read past the end is then visible to ASan.
  const auto copy = std::make_unique<uint8_t[]>(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
  const int64_t held = held_bytes;
  most_bytes = held;
  const double start = ThreadMs();
  LLVMFuzzerTestOneInput(copy.get(), bytes.size());
  return {ThreadMs() - start,
          static_cast<double>(most_bytes - held) / (1 << 20)};
}

void Run(const std::string& bytes, const std::string& name,
         const Options& options, Totals& totals) {
  Cost cost = RunOnce(bytes);
  const double limit = options.at_most_ms > 0
                           ? std::min(options.at_most_ms, totals.slowest_ms)
                           : totals.slowest_ms;
  // A busy machine slows what it interrupts: the least of three is the input's.
  for (int again = 0; again < 2 && cost.ms > limit; ++again) {
    cost.ms = std::min(cost.ms, RunOnce(bytes).ms);
  }
  ++totals.inputs;
  totals.peak_mib = std::max(totals.peak_mib, cost.mib);
  if (cost.ms > totals.slowest_ms) {
    totals.slowest_ms = cost.ms;
    totals.slowest = name;
  }
  if (options.at_most_ms > 0 && cost.ms > options.at_most_ms) {
    std::fprintf(stderr, "%.1f ms: %s\n", cost.ms, name.c_str());
    totals.above = true;
  }
  if (options.at_most_mib > 0 && cost.mib > options.at_most_mib) {
    std::fprintf(stderr, "%.1f MiB: %s\n", cost.mib, name.c_str());
    totals.above = true;
  }
}

bool RunFile(const std::string& path, const Options& options, Totals& totals) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  const std::string bytes((std::istreambuf_iterator<char>(in)),
                          std::istreambuf_iterator<char>());
  if (options.verbose) std::fprintf(stderr, "%s\n", path.c_str());
  if (!options.stretch || bytes.size() <= kStretched) {
    Run(bytes, path, options, totals);
  }
  if (options.stretch && bytes.size() > 1) {
    Run(Stretched(bytes), path + " stretched", options, totals);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!ReadOptions(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: %s [-v] [-stretch] [-at-most-ms N] [-at-most-mib N] "
                 "PATH...\n",
                 argv[0]);
    return 2;
  }
  if (__sanitizer_install_malloc_and_free_hooks != nullptr) {
    __sanitizer_install_malloc_and_free_hooks(OnMalloc, OnFree);
  }
  const uint8_t nothing = 0;
  // What is made once is of no input.
  LLVMFuzzerTestOneInput(&nothing, 0);
  LLVMFuzzerTestOneInput(&nothing, 1);
  Totals totals;
  for (const std::string& path : Inputs(options.paths)) {
    if (!RunFile(path, options, totals)) {
      std::fprintf(stderr, "cannot read %s\n", path.c_str());
      return 2;
    }
  }
  std::printf("%zu inputs, slowest %.1f ms (%s), peak %.1f MiB\n",
              totals.inputs, totals.slowest_ms, totals.slowest.c_str(),
              totals.peak_mib);
  if (totals.above) return 3;
  return totals.inputs == 0 ? 1 : 0;
}
