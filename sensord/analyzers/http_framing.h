// Where the body of an HTTP/1 message ends (RFC 9112 6), and the way there.

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP_FRAMING_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP_FRAMING_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/text_head.h"

namespace tapline::http {

// What the header fields of one head say of its body. Whatever two readers
// could take for different lengths is ambiguous: both a length and a coding,
// different lengths, lengths that are not digits alone, codings that do not end
// in exactly one "chunked", names of these fields in disguise.
class FramingFields {
 public:
  // Every field of the head, in order.
  void Add(const HeadField& field);

  bool ambiguous() const { return ambiguous_; }
  bool has_length() const { return has_length_; }
  uint64_t length() const { return length_; }
  // Content-Length came more than once, always the same.
  bool length_repeated() const { return length_repeated_; }
  // Transfer-Encoding, other than "identity" alone.
  bool coded() const { return codings_ > 0; }
  // The last coding is "chunked".
  bool chunked() const { return chunked_; }

 private:
  void AddLength(absl::string_view value);
  void AddCodings(absl::string_view value);

  bool ambiguous_ = false;
  bool has_length_ = false;
  bool length_repeated_ = false;
  bool chunked_ = false;
  uint8_t codings_ = 0;
  uint64_t length_ = 0;
};

// Steps over a body without keeping any of it.
class HttpBody {
 public:
  enum Kind : uint8_t { kNone, kLength, kChunked, kUntilClose };

  void Begin(Kind kind, uint64_t length = 0);
  // How many of `bytes` belong to the body; all of them unless it ends or
  // breaks there.
  size_t Take(absl::string_view bytes);
  // `bytes` are missing: false unless the body goes on behind them for sure.
  bool Skip(uint64_t bytes);

  bool done() const { return state_ == kDone; }
  // The chunks broke RFC 9112 7.1, or go beyond what is read of their lines.
  bool broken() const { return state_ == kBroken; }
  Kind kind() const { return kind_; }
  // Of the body seen, without chunk lines; and known to be missing.
  uint64_t seen() const { return seen_; }
  uint64_t missing() const { return missing_; }

 private:
  enum State : uint8_t {
    kDone,
    kBroken,
    kData,       // left_ bytes of body, or of a chunk
    kOpen,       // until the connection closes
    kSize,       // chunk-size
    kSizeEnd,    // white space behind the size
    kExtension,  // up to CR
    kSizeLf,     // LF of the chunk line
    kDataCr,     // CR LF behind a chunk
    kDataLf,
    kTrailer,      // first byte of a trailer line
    kTrailerRest,  // up to CR
    kTrailerLf,
    kEndLf,  // of the empty line
  };
  static constexpr uint32_t kMaxExtensions = 16 << 10;
  static constexpr uint32_t kMaxTrailers = 16 << 10;

  // One byte of what surrounds the chunks.
  State Step(char c);
  State SizeStep(char c);
  State AfterSize();

  State state_ = kDone;
  Kind kind_ = kNone;
  uint8_t digits_ = 0;
  // Bytes of extensions, or of trailers, so far.
  uint32_t extra_ = 0;
  uint64_t left_ = 0;
  uint64_t seen_ = 0;
  uint64_t missing_ = 0;
};

}  // namespace tapline::http

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP_FRAMING_H_
