#include "sensord/analyzers/http_pairing.h"

#include <utility>

namespace tapline::http {

HttpTransaction* HttpPairing::Begin(std::unique_ptr<HttpTransaction> request,
                                    AnalyzerOutput& out) {
  const bool full = waiting_.size() == kMaxWaiting ||
                    (waiting_.size() > 8 && MemoryBytes() > kMaxBytes);
  if (full) {
    out.Anomaly("http.too_many_outstanding");
    waiting_.front()->Tell(out);
    waiting_.erase(waiting_.begin());
    ++given_up_;
  }
  waiting_.push_back(std::move(request));
  uploading_ = waiting_.back().get();
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
    current_ = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
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
  for (const auto& request : waiting_) request->Tell(out);
  waiting_.clear();
}

size_t HttpPairing::MemoryBytes() const {
  size_t bytes = waiting_.capacity() * sizeof(waiting_[0]);
  const auto add = [&bytes](const HttpTransaction& t) {
    bytes += sizeof(t) + t.MemoryBytes();
  };
  for (const auto& request : waiting_) add(*request);
  if (current_ != nullptr) add(*current_);
  return bytes;
}

}  // namespace tapline::http
