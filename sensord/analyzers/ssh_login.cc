#include "sensord/analyzers/ssh_login.h"

#include <algorithm>

#include "sensord/decode/byte_cursor.h"

namespace tapline::ssh {
namespace {

// RFC 4252 5.1: the message that says yes has a type and nothing else.
constexpr size_t kSuccessPayload = 1;
// RFC 4253 10: type and "ssh-userauth".
constexpr size_t kServicePayload = 17;
// Lists of methods are shorter; a reply beyond has a banner in it.
constexpr size_t kLongestRefusal = 128;

}  // namespace

void LoginGuess::OnClient(size_t bytes) {
  if (bytes == 0) return;
  EndReply();
  client_spoke_ = true;
  bytes_ += bytes;
}

void LoginGuess::OnServer(Bytes bytes) {
  bytes_ += bytes.size();
  if (!shape_.known) return;
  if (shape_.length_visible) {
    ReadPackets(bytes);
    return;
  }
  // Before the client spoke: an extension (RFC 8308).
  if (!client_spoke_) return;
  if (reply_ == 0 && accepted_ &&
      bytes.size() == shape_.PacketBytes(kSuccessPayload)) {
    succeeded_ = true;
  }
  reply_ += bytes.size();
}

void LoginGuess::ReadPackets(Bytes bytes) {
  while (!bytes.empty()) {
    if (packet_left_ > 0) {
      const size_t taken =
          static_cast<size_t>(std::min<uint64_t>(packet_left_, bytes.size()));
      bytes.remove_prefix(taken);
      packet_left_ -= taken;
      if (packet_left_ == 0) OnPacket(packet_bytes_);
      continue;
    }
    head_[head_bytes_++] = bytes[0];
    bytes.remove_prefix(1);
    if (head_bytes_ < sizeof head_) continue;
    head_bytes_ = 0;
    const uint32_t length = LoadBig32(head_);
    if (length == 0 || length > kMaxPacket) {
      Lose();
      return;
    }
    packet_left_ = length + shape_.mac_bytes;
    packet_bytes_ = sizeof head_ + static_cast<size_t>(packet_left_);
  }
}

void LoginGuess::OnPacket(size_t bytes) {
  if (!client_spoke_) return;
  if (!accepted_) {
    accepted_ = bytes == shape_.PacketBytes(kServicePayload);
  } else if (bytes == shape_.PacketBytes(kSuccessPayload)) {
    succeeded_ = true;
  } else {
    reply_ = bytes;
  }
}

void LoginGuess::EndReply() {
  const size_t reply = static_cast<size_t>(reply_);
  reply_ = 0;
  if (reply == 0 || !shape_.known || succeeded_) return;
  if (!accepted_) {
    accepted_ = true;
    return;
  }
  if (reply == shape_.PacketBytes(kSuccessPayload)) {
    succeeded_ = true;
    return;
  }
  const size_t longest = shape_.PacketBytes(kLongestRefusal);
  if (refusal_ == 0 || (refusal_ > longest && reply < refusal_)) {
    refusal_ = reply;
  }
  if (reply == refusal_) {
    ++refusals_;
    since_refusal_ = 0;
  } else {
    ++since_refusal_;
  }
}

Login LoginGuess::outcome(bool ended) {
  if (ended) EndReply();
  if (bytes_ > kSessionBytes || since_refusal_ >= kSessionReplies) {
    succeeded_ = true;
  }
  if (succeeded_) return Login::kSucceeded;
  // One more may say goodbye.
  const bool refused = refusals_ > 0 && since_refusal_ <= 1;
  return ended && refused ? Login::kFailed : Login::kUnknown;
}

uint32_t LoginGuess::failed_logins() const {
  if (refusals_ == 0) return 0;
  if (refusals_ == 1) return succeeded_ ? 0 : 1;
  return refusals_ - 1;
}

}  // namespace tapline::ssh
