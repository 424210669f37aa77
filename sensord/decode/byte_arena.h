// Bytes that live as long as a batch.

#ifndef TAPLINE_SENSORD_DECODE_BYTE_ARENA_H_
#define TAPLINE_SENSORD_DECODE_BYTE_ARENA_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tapline {

// Allocates in chunks; Clear keeps a few of them for the next batch.
// Thread safety: single-threaded.
class ByteArena {
 public:
  // `size` uninitialized bytes, valid until Clear. Never null.
  uint8_t* Allocate(size_t size) {
    while (chunk_ < chunks_.size() && chunks_[chunk_].size - used_ < size) {
      ++chunk_;
      used_ = 0;
    }
    if (chunk_ == chunks_.size()) {
      Chunk chunk;
      chunk.size = std::max(size, kChunkBytes);
      chunk.bytes = std::make_unique_for_overwrite<uint8_t[]>(chunk.size);
      chunks_.push_back(std::move(chunk));
      used_ = 0;
    }
    uint8_t* p = chunks_[chunk_].bytes.get() + used_;
    used_ += size;
    return p;
  }

  void Clear() {
    if (chunks_.size() > kKeptChunks) chunks_.resize(kKeptChunks);
    chunk_ = 0;
    used_ = 0;
  }

 private:
  static constexpr size_t kChunkBytes = 64 << 10;
  static constexpr size_t kKeptChunks = 4;
  struct Chunk {
    std::unique_ptr<uint8_t[]> bytes;
    size_t size = 0;
  };
  std::vector<Chunk> chunks_;
  size_t chunk_ = 0;
  size_t used_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_BYTE_ARENA_H_
