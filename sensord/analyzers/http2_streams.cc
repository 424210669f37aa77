#include "sensord/analyzers/http2_streams.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"

namespace tapline::http2 {
namespace {

using http::HttpTransaction;

constexpr absl::string_view kPseudo[] = {":method", ":authority", ":path",
                                         ":status", ":protocol"};
constexpr absl::string_view kOther[] = {"host", "content-length"};

uint64_t Length(absl::string_view value) {
  uint64_t length = 0;
  return absl::SimpleAtoi(value, &length) ? length : 0;
}

// What HTTP/1 behind a gateway could read as more than one field.
bool IsOdd(absl::string_view value) {
  return value.find_first_of(absl::string_view("\r\n\0", 3)) !=
         absl::string_view::npos;
}

void CheckFields(const FieldBlock& block, AnalyzerOutput& out) {
  uint32_t seen = 0;
  bool odd = false;
  for (const FieldBlock::Field& field : block.fields) {
    odd |= IsOdd(field.value);
    for (size_t i = 0; i < std::size(kPseudo); ++i) {
      if (field.name != kPseudo[i]) continue;
      odd |= (seen >> i & 1) != 0;
      seen |= uint32_t{1} << i;
    }
  }
  if (!odd) return;
  out.Anomaly("http2.field_ambiguous");
  out.Ambiguous();
}

void ReadRequest(const FieldBlock& block, HttpTransaction* transaction) {
  absl::string_view path;
  for (const auto& [name, value] : block.fields) {
    if (name == ":method") {
      transaction->SetMethod(value);
    } else if (name == ":authority" || name == "host") {
      transaction->SetHost(value);
    } else if (name == ":path") {
      if (path.empty()) path = value;
    } else if (name == ":protocol") {
      transaction->Set(HttpTransaction::kUpgrade, value);
    } else if (name == "content-length") {
      transaction->request_declared = Length(value);
    } else {
      transaction->AddRequestField(name, value);
    }
  }
  transaction->proxy =
      transaction->Get(HttpTransaction::kMethod) == "CONNECT" &&
      transaction->Get(HttpTransaction::kUpgrade).empty();
  if (transaction->IsGrpc()) transaction->SetGrpcPath(path);
  if (!path.empty()) transaction->SetTarget(path);
}

int StatusOf(const FieldBlock& block) {
  for (const FieldBlock::Field& field : block.fields) {
    int status = 0;
    if (field.name != ":status") continue;
    if (absl::SimpleAtoi(field.value, &status) && status >= 100 &&
        status <= 999) {
      return status;
    }
  }
  return 0;
}

void ReadResponse(const FieldBlock& block, HttpTransaction* transaction) {
  for (const auto& [name, value] : block.fields) {
    if (name == "content-length") {
      transaction->response_declared = Length(value);
    } else {
      transaction->AddResponseField(name, value);
    }
  }
}

}  // namespace

absl::string_view KnownField(absl::string_view name) {
  for (const absl::string_view known : kPseudo) {
    if (name == known) return known;
  }
  for (const absl::string_view known : kOther) {
    if (name == known) return known;
  }
  return http::KnownField(name);
}

void FieldBlock::Add(absl::string_view name, absl::string_view value) {
  bytes += name.size() + value.size();
  too_large |= ++count > kMaxFields || bytes > kMaxBytes;
  if (too_large) return;
  fields.push_back({name, std::string(value)});
}

Http2Streams::Stream* Http2Streams::Find(uint32_t id) {
  // Those that are spoken on began last, as a rule.
  for (size_t i = streams_.size(); i-- > 0;) {
    if (streams_[i]->id == id) return streams_[i].get();
  }
  return nullptr;
}

Http2Streams::Stream* Http2Streams::FindOrAdd(uint32_t id,
                                              AnalyzerOutput& out) {
  Stream* found = Find(id);
  if (found != nullptr) return found;
  if (streams_.size() == kMaxStreams || MemoryBytes() > kMaxBytes) {
    out.Anomaly("http2.too_many_streams");
    Tell(streams_.front().get(), out);
  }
  streams_.push_back(std::make_unique<Stream>());
  found = streams_.back().get();
  found->id = id;
  found->transaction.stream_id = id;
  found->transaction.version = "2";
  return found;
}

void Http2Streams::Tell(Stream* stream, AnalyzerOutput& out) {
  HttpTransaction& transaction = stream->transaction;
  transaction.unmatched = !stream->request_seen;
  transaction.request_incomplete |=
      stream->request_seen && !stream->request_done;
  transaction.response_incomplete |=
      stream->response_seen && !stream->response_done;
  transaction.Tell(out);
  streams_.erase(std::find_if(
      streams_.begin(), streams_.end(),
      [stream](const auto& other) { return other.get() == stream; }));
}

void Http2Streams::OnRequestFields(uint32_t id, const FieldBlock& block,
                                   UnixNanos clock, AnalyzerOutput& out) {
  CheckFields(block, out);
  Stream* stream = FindOrAdd(id, out);
  HttpTransaction& transaction = stream->transaction;
  if (!stream->response_seen) transaction.request_end = clock;
  if (stream->request_seen) return;
  stream->request_seen = true;
  transaction.request_begin = clock;
  ReadRequest(block, &transaction);
  grpc_ |= transaction.IsGrpc();
  out.Host(transaction.Get(HttpTransaction::kHost));
}

void Http2Streams::OnResponseFields(uint32_t id, const FieldBlock& block,
                                    UnixNanos clock, AnalyzerOutput& out) {
  CheckFields(block, out);
  const int status = StatusOf(block);
  // RFC 9113 8.1: any number of interim responses come before.
  if (status >= 100 && status < 200) return;
  Stream* stream = FindOrAdd(id, out);
  HttpTransaction& transaction = stream->transaction;
  if (!stream->response_seen) {
    stream->response_seen = true;
    transaction.response_begin = clock;
    transaction.status = static_cast<uint16_t>(status);
  }
  ReadResponse(block, &transaction);
}

void Http2Streams::OnBody(uint32_t id, bool from_client, uint64_t bytes,
                          UnixNanos clock) {
  Stream* stream = Find(id);
  if (stream == nullptr) return;
  HttpTransaction& transaction = stream->transaction;
  if (!from_client) {
    transaction.response_bytes += bytes;
    return;
  }
  transaction.request_bytes += bytes;
  if (!stream->response_seen) transaction.request_end = clock;
}

void Http2Streams::TakeBack(uint32_t id, bool from_client, uint64_t bytes) {
  Stream* stream = Find(id);
  if (stream == nullptr) return;
  uint64_t& body = from_client ? stream->transaction.request_bytes
                               : stream->transaction.response_bytes;
  body -= std::min(body, bytes);
}

void Http2Streams::OnHole(uint32_t id, bool from_client) {
  Stream* stream = Find(id);
  if (stream == nullptr) return;
  (from_client ? stream->transaction.request_incomplete
               : stream->transaction.response_incomplete) = true;
}

void Http2Streams::OnEndStream(uint32_t id, bool from_client,
                               AnalyzerOutput& out) {
  Stream* stream = Find(id);
  if (stream == nullptr) return;
  (from_client ? stream->request_done : stream->response_done) = true;
  // Of a request that was not seen, no end will be.
  if (stream->response_done &&
      (stream->request_done || !stream->request_seen)) {
    Tell(stream, out);
  }
}

bool Http2Streams::OnReset(uint32_t id, const char* error,
                           AnalyzerOutput& out) {
  Stream* stream = Find(id);
  if (stream == nullptr) return false;
  const bool early = !stream->response_seen;
  stream->transaction.reset = error;
  Tell(stream, out);
  return early;
}

void Http2Streams::TellAll(AnalyzerOutput& out) {
  while (!streams_.empty()) Tell(streams_.front().get(), out);
}

size_t Http2Streams::MemoryBytes() const {
  size_t bytes = streams_.capacity() * sizeof(streams_[0]);
  for (const auto& stream : streams_) {
    bytes += sizeof(Stream) + stream->transaction.MemoryBytes();
  }
  return bytes;
}

}  // namespace tapline::http2
