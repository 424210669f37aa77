// The streams of one HTTP/2 connection: header fields and ends become events.

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP2_STREAMS_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP2_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/http_transaction.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline::http2 {

// The same name in static storage, of the fields whose value is used; else
// empty.
absl::string_view KnownField(absl::string_view name);

// The fields of one header block.
struct FieldBlock {
  struct Field {
    // Static storage.
    absl::string_view name;
    std::string value;
  };
  static constexpr size_t kMaxFields = 128;
  static constexpr size_t kMaxBytes = 64 << 10;

  void Add(absl::string_view name, absl::string_view value);

  std::vector<Field> fields;
  size_t bytes = 0;
  size_t count = 0;
  bool too_large = false;
};

// Thread safety: single-threaded.
class Http2Streams {
 public:
  static constexpr size_t kMaxStreams = 128;
  static constexpr size_t kMaxBytes = 64 << 10;

  // A header block of a stream: the request's or the response's, or what
  // follows its body.
  void OnRequestFields(uint32_t id, const FieldBlock& block, UnixNanos clock,
                       AnalyzerOutput& out);
  void OnResponseFields(uint32_t id, const FieldBlock& block, UnixNanos clock,
                        AnalyzerOutput& out);
  void OnBody(uint32_t id, bool from_client, uint64_t bytes, UnixNanos clock);
  // Of the padding that OnBody counted.
  void TakeBack(uint32_t id, bool from_client, uint64_t bytes);
  void OnHole(uint32_t id, bool from_client);
  // That side of the stream is over.
  void OnEndStream(uint32_t id, bool from_client, AnalyzerOutput& out);
  // True when there was no response yet.
  bool OnReset(uint32_t id, const char* error, AnalyzerOutput& out);

  void TellAll(AnalyzerOutput& out);
  // gRPC was seen on one of them.
  bool grpc() const { return grpc_; }
  // On the heap.
  size_t MemoryBytes() const;

 private:
  struct Stream {
    uint32_t id = 0;
    bool request_seen = false;
    bool request_done = false;
    bool response_seen = false;
    bool response_done = false;
    http::HttpTransaction transaction;
  };

  Stream* Find(uint32_t id);
  Stream* FindOrAdd(uint32_t id, AnalyzerOutput& out);
  void Tell(Stream* stream, AnalyzerOutput& out);

  // In the order they began.
  std::vector<std::unique_ptr<Stream>> streams_;
  bool grpc_ = false;
};

}  // namespace tapline::http2

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP2_STREAMS_H_
