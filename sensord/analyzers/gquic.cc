#include "sensord/analyzers/gquic.h"

#include <algorithm>
#include <cstring>

#include "sensord/analyzers/quic_packet.h"

namespace tapline {
namespace {

constexpr uint8_t kHasVersion = 0x01;
constexpr uint8_t kHasId = 0x08;
constexpr uint8_t kNumberBits = 0x30;
constexpr size_t kIdBytes = 8;
// Between the header and the hello: the message's hash, and the head of its
// stream frame.
constexpr size_t kMaxBefore = 64;

bool IsGoogle(uint32_t version) {
  return QuicVersionOf(version).shape == QuicShape::kGoogle;
}

}  // namespace

bool GoogleQuicPacket::Read(Bytes datagram) {
  ByteCursor cursor(datagram.data(), datagram.size());
  const uint8_t first = cursor.U8();
  if ((first & 0x80) != 0) {
    // Q046 to Q049: RFC 8999's header before it gave ids a length byte each.
    version = cursor.U32();
    const uint8_t sizes = cursor.U8();
    const size_t size = sizes >> 4 == 0 ? 0 : (sizes >> 4) + size_t{3};
    const uint8_t* id = cursor.Take(size);
    if (id == nullptr || (sizes & 15) != 0 || !IsGoogle(version)) return false;
    connection_id = {id, size};
    cursor.Skip((first & 3) + size_t{1});
  } else {
    if ((first & kHasVersion) == 0 || (first & kHasId) == 0) return false;
    const uint8_t* id = cursor.Take(kIdBytes);
    version = cursor.U32();
    if (id == nullptr || !IsGoogle(version)) return false;
    connection_id = {id, kIdBytes};
    constexpr size_t kNumberBytes[] = {1, 2, 4, 6};
    cursor.Skip(kNumberBytes[(first & kNumberBits) >> 4]);
  }
  payload = {cursor.position(), cursor.left()};
  return cursor.ok();
}

bool GoogleHello::Find(Bytes payload) {
  const size_t at =
      TextOf(payload.subspan(0, std::min(payload.size(), kMaxBefore + 4)))
          .find("CHLO");
  if (at == absl::string_view::npos) return false;
  ByteCursor cursor(payload.data() + at + 4, payload.size() - at - 4);
  const uint8_t* head = cursor.Take(4);
  if (head == nullptr) return false;
  const size_t count = head[0] | size_t{head[1]} << 8;
  const uint8_t* tags = cursor.Take(8 * count);
  if (tags == nullptr || count == 0) return false;
  const Bytes values(cursor.position(), cursor.left());
  size_t begin = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* tag = tags + 8 * i;
    const size_t end = LoadLittle32(tag + 4);
    if (end < begin) return false;
    Bytes* value = std::memcmp(tag, "SNI\0", 4) == 0  ? &sni
                   : std::memcmp(tag, "UAID", 4) == 0 ? &user_agent
                                                      : nullptr;
    if (value != nullptr && end > values.size()) cut = true;
    if (value != nullptr && end <= values.size()) {
      *value = values.subspan(begin, end - begin);
    }
    begin = end;
  }
  return true;
}

}  // namespace tapline
