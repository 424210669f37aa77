// One direction of a TLS stream: its records (RFC 8446 5.1), and the handshake
// messages that lie in them, split or joined in any way.

#ifndef TAPLINE_SENSORD_ANALYZERS_TLS_STREAM_H_
#define TAPLINE_SENSORD_ANALYZERS_TLS_STREAM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

inline constexpr size_t kTlsRecordHead = 5;
// RFC 5246 6.2.3; TLS 1.3 allows less.
inline constexpr size_t kMaxTlsRecord = (1 << 14) + 2048;

// Whether a record may begin with these bytes, as far as there are some.
bool IsTlsRecordHead(Bytes bytes);

// What came of a record.
struct TlsPiece {
  uint8_t type = 0;
  // Of the whole record, without its head.
  size_t record_bytes = 0;
  // The record begins, or ends, with this piece.
  bool first = false;
  bool last = false;
  Bytes bytes;
};

// Cuts a stream into records; of their contents nothing is kept. Thread safety:
// single-threaded.
class TlsRecordReader {
 public:
  enum class Result { kPiece, kMore, kBroken };

  // Takes the next piece off `input`. kMore: it is used up. kBroken: no record
  // begins here, nothing more can be read.
  Result Next(Bytes* input, TlsPiece* piece);
  // Bytes that were not captured. False when that leaves open where the next
  // record begins.
  bool Skip(uint64_t bytes);

  // Type of the record at hand; 0 between records.
  uint8_t type() const { return inside_ ? head_[0] : 0; }

 private:
  std::array<uint8_t, kTlsRecordHead> head_;
  uint8_t head_bytes_ = 0;
  bool inside_ = false;
  size_t record_bytes_ = 0;
  size_t left_ = 0;
};

// Puts handshake messages together. Copies only those that are cut in two.
class TlsMessageReader {
 public:
  static constexpr size_t kHead = 4;
  static constexpr size_t kMaxBytes = 64 << 10;

  // A whole message: valid until the next call.
  struct Message {
    uint8_t type = 0;
    Bytes body;
  };
  enum class Result { kMessage, kMore, kOversize };

  // Takes the next message off `input`. kMore: it is used up.
  Result Next(Bytes* input, Message* message);

  bool waiting() const { return !waiting_.empty() && !given_; }
  size_t MemoryBytes() const { return waiting_.capacity(); }

 private:
  Result Gather(Bytes* input, Message* message);
  static size_t SizeOf(const uint8_t* head) {
    return kHead + (size_t{head[1]} << 16 | size_t{head[2]} << 8 | head[3]);
  }

  std::string waiting_;
  // The message in waiting_ was handed out.
  bool given_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_TLS_STREAM_H_
