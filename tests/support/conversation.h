// One flow through all analyzers, message by message: what a unit's tests are
// written with.
//
//   Conversation c(Conversation::kTcp, 25);
//   c.Server("220 mail.example ESMTP\r\n").Client("EHLO a.example\r\n").End();
//   EXPECT_EQ(c.told().protocol, Protocol::kSmtp);
//
// With TAPLINE_SEED_DIR set each writes itself into a folder there, named after
// its protocol, as an input of tests/fuzz/analyzers.

#ifndef TAPLINE_TESTS_SUPPORT_CONVERSATION_H_
#define TAPLINE_TESTS_SUPPORT_CONVERSATION_H_

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/net/ip_address.h"
#include "sensord/analyzers/analyzer_set.h"
#include "sensord/decode/packet.h"
#include "tests/support/flow_listener.h"

namespace tapline::testing {

class Conversation {
 public:
  enum Transport : uint8_t { kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpv6 = 58 };

  // `transport` is one of the above or any other IP protocol; ports are of
  // TCP and UDP.
  explicit Conversation(uint8_t transport, uint16_t responder_port = 0,
                        uint16_t originator_port = 40000,
                        AnalyzerOptions options = {})
      : set_(NewAnalyzerSet(std::move(options))) {
    identity_.ip_protocol = transport;
    identity_.originator_port = originator_port;
    identity_.responder_port = responder_port;
    identity_.flow_id = 1;
    const ProtocolGuess guess = set_->Guess(identity_);
    wants_ = guess.wants_payload;
    told_.protocol = guess.protocol;
    told_.basis = guess.basis;
  }

  ~Conversation() {
    if (seed_folder_ != nullptr && !seed_.empty()) WriteSeed(seed_folder_);
  }
  Conversation(Conversation&&) = default;

  // The next bytes of a direction, or one datagram, 1 ms after the last.
  Conversation& Client(const std::string& bytes) { return Send(true, bytes); }
  Conversation& Server(const std::string& bytes) { return Send(false, bytes); }
  // Bytes of a direction that were not captured.
  Conversation& Gap(bool from_originator, uint64_t bytes) {
    if (!wants_ || reader_ == nullptr) return *this;
    if (bytes > 0) AddToSeed(from_originator ? 6 : 7, bytes - 1, "");
    offset_[from_originator ? 0 : 1] += bytes;
    Keep(reader_->OnGap(from_originator, bytes, told_));
    return *this;
  }
  Conversation& End() {
    if (reader_ != nullptr) reader_->OnEnd(told_);
    reader_.reset();
    wants_ = false;
    return *this;
  }

  // Before the first bytes: the responder's address.
  Conversation& To(absl::string_view address) {
    identity_.responder = *IpAddress::Parse(address);
    return *this;
  }
  // Before the first bytes: the flow's beginning was not seen.
  Conversation& Midstream() {
    midstream_ = true;
    return *this;
  }
  // Of the messages sent from here on: what follows is behind the header.
  Conversation& Icmp(uint8_t type, uint8_t code, uint32_t rest = 0,
                     uint64_t quoted_flow_id = 0) {
    icmp_.icmp_type = type;
    icmp_.icmp_code = code;
    icmp_.tcp_acknowledgment = rest;
    quoted_flow_id_ = quoted_flow_id;
    return *this;
  }
  // Each segment sent from here on goes in pieces of this size (TCP).
  Conversation& InPiecesOf(size_t bytes) {
    piece_ = bytes;
    return *this;
  }
  Conversation& Wait(UnixNanos nanos) {
    clock_ += nanos;
    return *this;
  }

  FlowListener& told() { return told_; }
  std::vector<v1::Event> Events() const { return told_.Events(); }
  // Whether bytes are still wanted.
  bool wants() const { return wants_; }
  // The most the analyzer ever held.
  size_t peak_memory() const { return peak_; }

 private:
  Conversation& Send(bool from_originator, const std::string& bytes) {
    clock_ += kMillisecondNanos;
    AddToSeed(from_originator ? 0 : 1, bytes.size(), bytes);
    if (identity_.ip_protocol != kTcp) {
      Deliver(from_originator, bytes, 0);
      return *this;
    }
    const size_t piece = piece_ == 0 ? bytes.size() : piece_;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      Deliver(from_originator, bytes, at, std::min(piece, bytes.size() - at));
    }
    return *this;
  }

  void AddToSeed(uint8_t head, uint64_t size, absl::string_view bytes) {
    if (seed_folder_ == nullptr) return;
    constexpr uint64_t kMaxSegment = 0xffff;
    size = std::min(size, kMaxSegment);
    seed_.push_back(static_cast<char>(head));
    seed_.push_back(static_cast<char>(size >> 8));
    seed_.push_back(static_cast<char>(size));
    absl::StrAppend(&seed_, bytes.substr(0, size));
  }

  void WriteSeed(const std::filesystem::path& folder) const {
    uint8_t choice = identity_.ip_protocol == kUdp ? 1 : 0;
    if (told_.basis != ProtocolBasis::kPortHint) choice |= 2;
    if (midstream_) choice |= 4;
    const std::filesystem::path own =
        folder / std::string(ProtocolName(told_.protocol));
    std::filesystem::create_directories(own);
    std::ofstream out(
        own / absl::StrCat(absl::Hex(std::hash<std::string>()(seed_))),
        std::ios::binary);
    out << static_cast<char>(choice) << seed_;
  }

  void Deliver(bool from_originator, const std::string& bytes, size_t at,
               size_t size = std::string::npos) {
    if (!wants_) return;
    // A copy of its own size, so that sanitizers see a read past its end.
    const absl::string_view text = absl::string_view(bytes).substr(at, size);
    const std::vector<uint8_t> copy(text.begin(), text.end());
    const int side = from_originator ? 0 : 1;
    Segment segment;
    segment.bytes = copy;
    segment.clock = clock_;
    segment.from_originator = from_originator;
    segment.midstream = midstream_;
    Packet packet = icmp_;
    if (identity_.ip_protocol != kTcp) {
      segment.datagram = true;
      segment.quoted_flow_id = quoted_flow_id_;
      packet.ip_protocol = identity_.ip_protocol;
      packet.payload = copy.data();
      packet.payload_bytes = packet.payload_captured =
          static_cast<uint32_t>(copy.size());
      packet.clock = clock_;
      segment.packet = &packet;
    } else {
      segment.offset = offset_[side];
      offset_[side] += copy.size();
    }
    if (reader_ != nullptr) {
      Keep(reader_->OnSegment(segment, told_));
    } else if (segment.datagram) {
      bool more = true;
      reader_ = set_->OpenDatagrams(identity_, segment, told_, &more);
      wants_ = more;
    } else {
      reader_ = set_->OpenStream(identity_);
      Keep(reader_->OnSegment(segment, told_));
    }
  }

  void Keep(bool more) {
    peak_ = std::max(peak_, reader_->MemoryBytes());
    if (more) return;
    reader_.reset();
    wants_ = false;
  }

  // All that was sent, as tests/fuzz/analyzers reads it, when it is wanted.
  const char* seed_folder_ = std::getenv("TAPLINE_SEED_DIR");
  std::string seed_;
  std::unique_ptr<PayloadAnalyzer> set_;
  FlowIdentity identity_;
  std::unique_ptr<FlowAnalyzer> reader_;
  FlowListener told_;
  Packet icmp_;
  uint64_t quoted_flow_id_ = 0;
  bool wants_ = false;
  bool midstream_ = false;
  size_t piece_ = 0;
  size_t peak_ = 0;
  uint64_t offset_[2] = {0, 0};
  UnixNanos clock_ = 1'700'000'000 * kSecondNanos;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_CONVERSATION_H_
