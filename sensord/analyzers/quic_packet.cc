#include "sensord/analyzers/quic_packet.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

constexpr uint32_t kDraft = 0xff000000;
constexpr uint32_t kFirstDraft = 22;
constexpr uint32_t kLastDraft = 34;
constexpr uint32_t kQuicV2Draft = 0x709a50c4;
// Facebook's: 0xfaceb0 and a number.
constexpr uint32_t kMvfst = 0xfaceb000;

constexpr uint32_t Letters(const char (&name)[5]) {
  return static_cast<uint32_t>(name[0]) << 24 |
         static_cast<uint32_t>(name[1]) << 16 |
         static_cast<uint32_t>(name[2]) << 8 | static_cast<uint32_t>(name[3]);
}

// "Q024" to "Q049".
bool IsGoogle(uint32_t version) {
  const auto digit = [version](int shift) {
    return static_cast<int>(version >> shift & 0xff) - '0';
  };
  if (version >> 16 != (Letters("Q000") >> 16)) return false;
  const int tens = digit(8);
  const int ones = digit(0);
  return tens >= 0 && tens <= 4 && ones >= 0 && ones <= 9;
}

QuicSalt DraftSalt(uint32_t draft) {
  if (draft <= 22) return QuicSalt::kDraft22;
  if (draft <= 28) return QuicSalt::kDraft23;
  return draft <= 32 ? QuicSalt::kDraft29 : QuicSalt::kV1;
}

Bytes TakeId(ByteCursor& cursor) {
  const size_t size = cursor.U8();
  if (size > kMaxQuicId) cursor.Skip(SIZE_MAX);
  const uint8_t* p = cursor.Take(size);
  return p == nullptr ? Bytes() : Bytes(p, size);
}

}  // namespace

QuicVersion QuicVersionOf(uint32_t version) {
  switch (version) {
    case kQuicV1:
      return {QuicShape::kIetf, QuicSalt::kV1, false, false};
    case kQuicV2:
      return {QuicShape::kIetf, QuicSalt::kV2, true, false};
    case kQuicV2Draft:
      return {QuicShape::kIetf, QuicSalt::kV2Draft, true, false};
    case Letters("Q050"):
      return {QuicShape::kIetf, QuicSalt::kQ050, false, true};
    case Letters("T050"):
      return {QuicShape::kIetf, QuicSalt::kT050, false, false};
    case Letters("T051"):
      return {QuicShape::kIetf, QuicSalt::kT051, false, false};
    case kMvfst | 1:
      return {QuicShape::kIetf, QuicSalt::kDraft22, false, false};
    case kMvfst | 2:
      return {QuicShape::kIetf, QuicSalt::kDraft23, false, false};
    default:
      break;
  }
  if (version >= kDraft + kFirstDraft && version <= kDraft + kLastDraft) {
    return {QuicShape::kIetf, DraftSalt(version - kDraft), false, false};
  }
  if ((version & 0xffffff00) == kMvfst) {
    return {QuicShape::kIetf, QuicSalt::kDraft29, false, false};
  }
  if (IsGoogle(version)) return {QuicShape::kGoogle, {}, false, true};
  return {};
}

std::string QuicVersionName(uint32_t version) {
  if (version == kQuicV1) return "1";
  if (version == kQuicV2) return "2";
  if (version == kQuicV2Draft) return "2-draft";
  if (version >> 8 == kDraft >> 8)
    return absl::StrCat("draft-", version & 0xff);
  if ((version & 0xffffff00) == kMvfst) {
    return absl::StrCat("mvfst-", version & 0xff);
  }
  std::string letters;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto c = static_cast<char>(version >> shift);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    if (plain) letters += c;
  }
  if (letters.size() == 4) return letters;
  return absl::StrCat("0x", absl::Hex(version, absl::kZeroPad8));
}

uint64_t TakeQuicInteger(ByteCursor& cursor) {
  const uint8_t first = cursor.U8();
  uint64_t value = first & 0x3f;
  for (int more = (1 << (first >> 6)) - 1; more > 0; --more) {
    value = value << 8 | cursor.U8();
  }
  return cursor.ok() ? value : 0;
}

// RFC 9000 17.2: 1 F TT XXXX, version:u32, ids, then by type. Version
// Negotiation has any first byte with the highest bit, and version 0.
bool QuicLongPacket::Take(Bytes* datagram) {
  *this = QuicLongPacket();
  ByteCursor cursor(datagram->data(), datagram->size());
  const uint8_t first = cursor.U8();
  version = cursor.U32();
  destination = TakeId(cursor);
  source = TakeId(cursor);
  if (!cursor.ok() || (first & 0x80) == 0) return false;
  whole = *datagram;
  if (version == 0) {
    type = QuicPacketType::kVersionNegotiation;
    versions = {cursor.position(), cursor.left() / 4 * 4};
    if (versions.empty()) return false;
    *datagram = Bytes();
    return true;
  }
  const QuicVersion known = QuicVersionOf(version);
  if (known.shape != QuicShape::kIetf || (first & 0x40) == 0) return false;
  constexpr QuicPacketType kTypes[] = {
      QuicPacketType::kInitial, QuicPacketType::kZeroRtt,
      QuicPacketType::kHandshake, QuicPacketType::kRetry};
  type = kTypes[((first >> 4) + (known.v2_types ? 3 : 0)) & 3];
  if (type == QuicPacketType::kRetry) {
    // Its token takes the rest.
    *datagram = Bytes();
    return true;
  }
  if (type == QuicPacketType::kInitial) {
    const uint64_t token = TakeQuicInteger(cursor);
    if (token > cursor.left()) return false;
    cursor.Skip(static_cast<size_t>(token));
  }
  const uint64_t length = TakeQuicInteger(cursor);
  if (!cursor.ok()) return false;
  number_at = datagram->size() - cursor.left();
  cut = length > cursor.left();
  const size_t size =
      cut ? datagram->size() : number_at + static_cast<size_t>(length);
  whole = datagram->first(size);
  datagram->remove_prefix(size);
  return true;
}

// --- Frames -----------------------------------------------------------------

namespace {

// RFC 9000 19.
constexpr uint64_t kPadding = 0x00;
constexpr uint64_t kPing = 0x01;
constexpr uint64_t kAck = 0x02;
constexpr uint64_t kAckEcn = 0x03;
constexpr uint64_t kCrypto = 0x06;
// Google's Q050 and T05x.
constexpr uint64_t kCryptoGoogle = 0x08;
constexpr uint64_t kConnectionClose = 0x1c;

}  // namespace

// RFC 9000 19.3.
void QuicFrameReader::SkipAck(bool with_counts) {
  TakeQuicInteger(cursor_);
  TakeQuicInteger(cursor_);
  const uint64_t ranges = TakeQuicInteger(cursor_);
  TakeQuicInteger(cursor_);
  for (uint64_t i = 0; i < ranges && cursor_.ok(); ++i) {
    TakeQuicInteger(cursor_);
    TakeQuicInteger(cursor_);
  }
  for (int i = 0; with_counts && i < 3; ++i) TakeQuicInteger(cursor_);
}

// Most of a client's Initial.
void QuicFrameReader::SkipPadding() {
  const uint8_t* bytes = cursor_.position();
  const size_t left = cursor_.left();
  size_t size = 0;
  for (uint64_t word = 0; size + 8 <= left; size += 8) {
    std::memcpy(&word, bytes + size, 8);
    if (word != 0) break;
  }
  while (size < left && bytes[size] == 0) ++size;
  cursor_.Skip(size);
}

bool QuicFrameReader::Next(QuicFrame* frame) {
  while (ok() && cursor_.left() > 0) {
    const uint64_t type = TakeQuicInteger(cursor_);
    switch (type) {
      case kPadding:
        SkipPadding();
        break;
      case kPing:
        break;
      case kAck:
      case kAckEcn:
        SkipAck(type == kAckEcn);
        break;
      case kCrypto:
      case kCryptoGoogle: {
        frame->kind = QuicFrame::kCrypto;
        frame->offset = TakeQuicInteger(cursor_);
        const uint64_t size = TakeQuicInteger(cursor_);
        const uint8_t* data = cursor_.Take(
            static_cast<size_t>(std::min<uint64_t>(size, SIZE_MAX)));
        if (data == nullptr) return false;
        frame->data = {data, static_cast<size_t>(size)};
        return true;
      }
      case kConnectionClose: {
        frame->kind = QuicFrame::kClose;
        frame->code = TakeQuicInteger(cursor_);
        TakeQuicInteger(cursor_);
        const uint64_t size = TakeQuicInteger(cursor_);
        const uint8_t* reason = cursor_.Take(
            static_cast<size_t>(std::min<uint64_t>(size, SIZE_MAX)));
        if (reason == nullptr) return false;
        frame->reason = TextOf({reason, static_cast<size_t>(size)});
        return true;
      }
      default:
        ok_ = false;
        return false;
    }
  }
  return false;
}

}  // namespace tapline
