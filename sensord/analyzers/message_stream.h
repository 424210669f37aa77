// One direction of a protocol whose messages are a head in lines and a body of
// a length that the head says: SIP and RTSP on TCP.

#ifndef TAPLINE_SENSORD_ANALYZERS_MESSAGE_STREAM_H_
#define TAPLINE_SENSORD_ANALYZERS_MESSAGE_STREAM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/stream_buffer.h"
#include "sensord/analyzers/text_head.h"

namespace tapline {

// Copies only a head that waits for its end:
//
//   stream.Add(segment.bytes);
//   for (absl::string_view head; stream.Next(&head);) {
//     if (...) stream.Skip(content_length);
//   }
//
// Thread safety: single-threaded.
class MessageStream {
 public:
  static constexpr size_t kMaxHead = 16 << 10;

  // The next bytes; only when Next has returned false.
  void Add(absl::Span<const uint8_t> bytes) { all_ = buffer_.Add(bytes); }

  // The next head with its empty line. False when there is none yet, or none
  // can be any more.
  bool Next(absl::string_view* head) {
    while (!stopped_ && Pass()) {
      const absl::string_view text = Text();
      if (interleaved_ && text[0] == '$') {
        // RFC 2326 10.12: "$", channel, length.
        if (text.size() < 4) break;
        skip_ = 4 + static_cast<uint64_t>(all_[2] << 8 | all_[3]);
        continue;
      }
      const size_t end = FindHeadEnd(text.substr(0, kMaxHead), searched_);
      if (end == absl::string_view::npos) {
        searched_ = text.size();
        too_large_ = text.size() >= kMaxHead;
        stopped_ = too_large_;
        break;
      }
      *head = text.substr(0, end);
      all_.remove_prefix(end);
      searched_ = 0;
      return true;
    }
    if (stopped_) all_ = {};
    buffer_.Keep(all_);
    all_ = {};
    return false;
  }

  // Passes over the next `bytes`: a body.
  void Skip(uint64_t bytes) { skip_ += bytes; }
  // Binary frames come between messages (RTSP).
  void AllowInterleaved() { interleaved_ = true; }
  // No message begins here.
  void Stop() { stopped_ = true; }
  // `bytes` will never come; false when they were not to be passed over anyway.
  bool Gap(uint64_t bytes) {
    if (!stopped_ && skip_ >= bytes) {
      skip_ -= bytes;
      return true;
    }
    stopped_ = true;
    buffer_.Keep({});
    return false;
  }

  bool stopped() const { return stopped_; }
  bool too_large() const { return too_large_; }
  size_t MemoryBytes() const { return buffer_.MemoryBytes(); }

 private:
  absl::string_view Text() const {
    return {reinterpret_cast<const char*>(all_.data()), all_.size()};
  }
  // Over what is skipped, and empty lines between messages; false when nothing
  // is left.
  bool Pass() {
    const size_t skipped = std::min<uint64_t>(skip_, all_.size());
    skip_ -= skipped;
    all_.remove_prefix(skipped);
    if (searched_ == 0) {
      while (!all_.empty() && (all_[0] == '\r' || all_[0] == '\n')) {
        all_.remove_prefix(1);
      }
    }
    return !all_.empty();
  }

  StreamBuffer buffer_{kMaxHead};
  absl::Span<const uint8_t> all_;
  // Of the head at the front, known to hold no end.
  size_t searched_ = 0;
  uint64_t skip_ = 0;
  bool interleaved_ = false;
  bool stopped_ = false;
  bool too_large_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_MESSAGE_STREAM_H_
