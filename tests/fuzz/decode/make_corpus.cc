// decode_corpus DIR: writes the seed inputs of the decode fuzz target, one of
// each kind of frame, and one of all of them in sequence.

#include <cstdio>
#include <string>

#include "tests/support/frame_kinds.h"

namespace {

using tapline::testing::Bytes;

void AppendFrame(Bytes& input, const Bytes& frame) {
  tapline::testing::Put8(input, 0);  // Ethernet, all captured
  tapline::testing::Put8(input, 1);
  tapline::testing::Put16(input, static_cast<uint32_t>(frame.size()));
  tapline::testing::Append(input, frame);
}

bool Write(const std::string& path, const Bytes& bytes) {
  std::FILE* f = std::fopen(path.c_str(), "wb");
  if (f == nullptr) return false;
  const bool done =
      std::fwrite(bytes.data(), 1, bytes.size(), f) == bytes.size();
  return std::fclose(f) == 0 && done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Bytes all;
  int i = 0;
  for (const Bytes& frame : tapline::testing::FrameKinds()) {
    Bytes one;
    AppendFrame(one, frame);
    AppendFrame(all, frame);
    char name[32];
    std::snprintf(name, sizeof(name), "/kind%02d", i++);
    if (!Write(argv[1] + std::string(name), one)) return 1;
  }
  return Write(argv[1] + std::string("/all"), all) ? 0 : 1;
}
