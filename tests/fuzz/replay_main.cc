// Runs every file of the given files and directories through a fuzz target,
// so that compilers without libFuzzer replay the corpora too.
//
// Exit status: 0 all inputs ran, 1 none found, 2 one could not be read. A crash
// is named on stderr by the input printed last (-v) or by the debugger.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<std::string> Inputs(int argc, char** argv) {
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    if (!fs::is_directory(argv[i], error)) {
      if (std::strcmp(argv[i], "-v") != 0) paths.push_back(argv[i]);
      continue;
    }
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(argv[i], error)) {
      if (entry.is_regular_file(error)) paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool RunFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  const std::string bytes((std::istreambuf_iterator<char>(in)),
                          std::istreambuf_iterator<char>());
  // An exact-size heap copy: a read past the end is then visible to ASan.
  const auto copy = std::make_unique<uint8_t[]>(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
  LLVMFuzzerTestOneInput(copy.get(), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  bool verbose = false;
  for (int i = 1; i < argc; ++i) verbose |= std::strcmp(argv[i], "-v") == 0;
  const std::vector<std::string> paths = Inputs(argc, argv);
  for (const std::string& path : paths) {
    if (verbose) std::fprintf(stderr, "%s\n", path.c_str());
    if (!RunFile(path)) {
      std::fprintf(stderr, "cannot read %s\n", path.c_str());
      return 2;
    }
  }
  std::printf("%zu inputs\n", paths.size());
  return paths.empty() ? 1 : 0;
}
