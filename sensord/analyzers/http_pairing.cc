#include "sensord/analyzers/http_pairing.h"

#include <utility>

namespace tapline::http {
namespace {

size_t BytesOf(const HttpTransaction& transaction) {
  return sizeof(transaction) + transaction.MemoryBytes();
}

}  // namespace

std::unique_ptr<HttpTransaction> HttpPairing::TakeOldest() {
  waiting_bytes_ -= waiting_[oldest_].bytes;
  std::unique_ptr<HttpTransaction> request =
      std::move(waiting_[oldest_].request);
  ++oldest_;
  // Moved up once in a while, not for each.
  if (oldest_ == waiting_.size() || oldest_ == kMaxWaiting) {
    waiting_.erase(waiting_.begin(), waiting_.begin() + oldest_);
    oldest_ = 0;
  }
  return request;
}

HttpTransaction* HttpPairing::Begin(std::unique_ptr<HttpTransaction> request,
                                    AnalyzerOutput& out) {
  const size_t waiting = waiting_.size() - oldest_;
  if (waiting == kMaxWaiting || (waiting > 8 && waiting_bytes_ > kMaxBytes)) {
    out.Anomaly("http.too_many_outstanding");
    TakeOldest()->Tell(out);
    ++given_up_;
  }
  uploading_ = request.get();
  const size_t bytes = BytesOf(*request);
  waiting_bytes_ += bytes;
  waiting_.push_back({std::move(request), bytes});
  request_cut_ = false;
  return uploading_;
}

void HttpPairing::EndRequest(AnalyzerOutput& out) {
  const bool answered = uploading_ == current_.get() && response_done_;
  uploading_ = nullptr;
  if (answered) TellCurrent(out);
}

void HttpPairing::CutRequest() {
  if (uploading_ == nullptr) return;
  uploading_->request_incomplete = true;
  request_cut_ = true;
}

HttpTransaction* HttpPairing::BeginResponse() {
  response_done_ = false;
  if (next() != nullptr) {
    current_ = TakeOldest();
    return current_.get();
  }
  if (given_up_ > 0) --given_up_;
  current_ = std::make_unique<HttpTransaction>();
  current_->unmatched = true;
  return current_.get();
}

void HttpPairing::EndResponse(AnalyzerOutput& out) {
  response_done_ = true;
  if (current_.get() != uploading_ || request_cut_) TellCurrent(out);
}

void HttpPairing::TellCurrent(AnalyzerOutput& out) {
  if (current_ == nullptr) return;
  if (uploading_ == current_.get()) {
    CutRequest();
    uploading_ = nullptr;
  }
  current_->Tell(out);
  current_.reset();
}

void HttpPairing::TellAll(AnalyzerOutput& out) {
  TellCurrent(out);
  CutRequest();
  uploading_ = nullptr;
  while (oldest_ < waiting_.size()) TakeOldest()->Tell(out);
}

size_t HttpPairing::MemoryBytes() const {
  size_t bytes = waiting_.capacity() * sizeof(waiting_[0]);
  for (size_t i = oldest_; i < waiting_.size(); ++i) {
    bytes += BytesOf(*waiting_[i].request);
  }
  if (current_ != nullptr) bytes += BytesOf(*current_);
  return bytes;
}

}  // namespace tapline::http
