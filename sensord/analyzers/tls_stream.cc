#include "sensord/analyzers/tls_stream.h"

#include <algorithm>

#include "sensord/analyzers/tls_handshake.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {

bool IsTlsRecordHead(Bytes bytes) {
  if (!bytes.empty() && (bytes[0] < tls_record::kChangeCipherSpec ||
                         bytes[0] > tls_record::kHeartbeat)) {
    return false;
  }
  if (bytes.size() > 1 && bytes[1] != 3) return false;
  return bytes.size() <= 2 || bytes[2] <= 4;
}

// --- Records ----------------------------------------------------------------

TlsRecordReader::Result TlsRecordReader::Next(Bytes* input, TlsPiece* piece) {
  bool first = false;
  while (!inside_) {
    if (input->empty()) return Result::kMore;
    head_[head_bytes_++] = input->front();
    input->remove_prefix(1);
    if (head_bytes_ < kTlsRecordHead) continue;
    if (!IsTlsRecordHead(head_)) return Result::kBroken;
    head_bytes_ = 0;
    inside_ = first = true;
    record_bytes_ = left_ = LoadBig16(&head_[3]);
  }
  if (input->empty() && left_ > 0 && !first) return Result::kMore;
  const size_t taken = std::min(left_, input->size());
  piece->type = head_[0];
  piece->record_bytes = record_bytes_;
  piece->first = first;
  piece->bytes = input->first(taken);
  input->remove_prefix(taken);
  left_ -= taken;
  inside_ = left_ > 0;
  piece->last = !inside_;
  return Result::kPiece;
}

bool TlsRecordReader::Skip(uint64_t bytes) {
  if (!inside_ || bytes > left_) return false;
  left_ -= static_cast<size_t>(bytes);
  inside_ = left_ > 0;
  return true;
}

// --- Messages ---------------------------------------------------------------

TlsMessageReader::Result TlsMessageReader::Next(Bytes* input,
                                                Message* message) {
  if (given_) {
    std::string().swap(waiting_);
    given_ = false;
  }
  if (input->empty()) return Result::kMore;
  if (!waiting_.empty()) return Gather(input, message);
  if (input->size() < kHead) return Gather(input, message);
  const size_t size = SizeOf(input->data());
  if (size > kMaxBytes) return Result::kOversize;
  if (input->size() < size) return Gather(input, message);
  message->type = input->front();
  message->body = input->subspan(kHead, size - kHead);
  input->remove_prefix(size);
  return Result::kMessage;
}

TlsMessageReader::Result TlsMessageReader::Gather(Bytes* input,
                                                  Message* message) {
  const auto take = [this, input](size_t wanted) {
    const size_t more = wanted - std::min(wanted, waiting_.size());
    const size_t taken = std::min(more, input->size());
    waiting_.append(reinterpret_cast<const char*>(input->data()), taken);
    input->remove_prefix(taken);
    return waiting_.size() >= wanted;
  };
  if (!take(kHead)) return Result::kMore;
  const auto* bytes = reinterpret_cast<const uint8_t*>(waiting_.data());
  const size_t size = SizeOf(bytes);
  if (size > kMaxBytes) return Result::kOversize;
  if (!take(size)) return Result::kMore;
  bytes = reinterpret_cast<const uint8_t*>(waiting_.data());
  message->type = bytes[0];
  message->body = Bytes(bytes + kHead, size - kHead);
  given_ = true;
  return Result::kMessage;
}

}  // namespace tapline
