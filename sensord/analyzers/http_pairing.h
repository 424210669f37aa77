// Which response answers which request of one connection.

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP_PAIRING_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP_PAIRING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sensord/analyzers/http_transaction.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline::http {

// Requests wait in the order they came (RFC 9112 9.3); each is told when its
// response is over and it came to its own end, or when it is given up.
// Thread safety: single-threaded.
class HttpPairing {
 public:
  static constexpr size_t kMaxWaiting = 64;
  static constexpr size_t kMaxBytes = 64 << 10;

  // A request whose body begins.
  HttpTransaction* Begin(std::unique_ptr<HttpTransaction> request,
                         AnalyzerOutput& out);
  // The request whose body is coming; null for none.
  HttpTransaction* request() { return uploading_; }
  void EndRequest(AnalyzerOutput& out);
  // No more of its body will come that belongs to it for sure.
  void CutRequest();

  // The oldest request that waits, or null: what the next response answers.
  HttpTransaction* next() {
    return given_up_ > 0 || oldest_ == waiting_.size()
               ? nullptr
               : waiting_[oldest_].request.get();
  }
  // Responses to come whose requests were told already.
  bool gave_up() const { return given_up_ > 0; }
  // The final response to next(), or to none, begins.
  HttpTransaction* BeginResponse();
  // Whose response is coming; null for none.
  HttpTransaction* response() { return current_.get(); }
  void EndResponse(AnalyzerOutput& out);
  // A response that is over still waits for the end of its request.
  void TellCurrent(AnalyzerOutput& out);

  void TellAll(AnalyzerOutput& out);
  // On the heap.
  size_t MemoryBytes() const;

 private:
  struct Waiting {
    std::unique_ptr<HttpTransaction> request;
    // What it held when it began.
    size_t bytes;
  };

  // The oldest request leaves; there is one.
  std::unique_ptr<HttpTransaction> TakeOldest();

  // Those in front of oldest_ are gone.
  std::vector<Waiting> waiting_;
  size_t oldest_ = 0;
  // Sum of those that wait.
  size_t waiting_bytes_ = 0;
  std::unique_ptr<HttpTransaction> current_;
  // One of waiting_, or current_, or null.
  HttpTransaction* uploading_ = nullptr;
  // Requests told before their responses, in front of those that wait.
  uint32_t given_up_ = 0;
  // Of uploading_: no more will come.
  bool request_cut_ = false;
  // Of current_.
  bool response_done_ = false;
};

}  // namespace tapline::http

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP_PAIRING_H_
