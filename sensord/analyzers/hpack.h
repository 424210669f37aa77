// Header compression of HTTP/2 (RFC 7541): the decoder of one direction.

#ifndef TAPLINE_SENSORD_ANALYZERS_HPACK_H_
#define TAPLINE_SENSORD_ANALYZERS_HPACK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer.h"

namespace tapline {

// Follows the dynamic table of an encoder. Of what the table holds only fields
// whose name `known` knows are kept, their values cut; the rest count by their
// size alone. Thread safety: single-threaded.
class HpackDecoder {
 public:
  static constexpr uint32_t kDefaultTableBytes = 4096;
  static constexpr uint32_t kMaxTableBytes = 64 << 10;
  static constexpr size_t kMaxValue = 1024;

  // The same name in static storage; empty for one that is not wanted.
  using KnownName = absl::string_view (*)(absl::string_view name);
  // A field of a wanted name; borrowed for the call.
  using OnField =
      absl::FunctionRef<void(absl::string_view name, absl::string_view value)>;

  explicit HpackDecoder(KnownName known) : known_(known) {}

  // A whole header block. False when it breaks RFC 7541 or asks for a larger
  // table than is followed here: nothing later can be decoded either.
  bool Decode(Bytes block, OnField on_field);

  // On the heap.
  size_t MemoryBytes() const;

 private:
  struct Entry {
    // Static storage.
    absl::string_view name;
    std::string value;
    // As the encoder counts it, and the whole entry (RFC 7541 4.1).
    uint32_t name_size = 0;
    uint32_t size = 0;
  };
  class Reader;

  // Of the static or the dynamic table; false when there is none.
  bool Find(uint64_t index, absl::string_view* name, absl::string_view* value,
            uint32_t* name_size) const;
  void Insert(absl::string_view name, uint32_t name_size,
              absl::string_view value);
  void Shrink(uint32_t bytes);

  const KnownName known_;
  // Newest first.
  std::deque<Entry> table_;
  uint32_t table_bytes_ = 0;
  uint32_t limit_ = kDefaultTableBytes;
  // Decoded texts of the field at hand.
  std::string name_;
  std::string value_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_HPACK_H_
