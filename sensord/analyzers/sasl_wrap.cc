#include "sensord/analyzers/sasl_wrap.h"

#include "sensord/analyzers/ber.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

// RFC 4121 4.2.6.2: id, flags, filler, extra count, rotation, sequence number.
constexpr size_t kKerberosHead = 16;
constexpr uint8_t kSealed = 0x02;
constexpr size_t kNtlmSignature = 16;

// A sequence that begins with a number.
bool IsMessage(Bytes bytes) {
  const BerHead head = ReadBerHead(bytes);
  return head.state == BerHead::kWhole && head.tag == kBerSequence &&
         bytes.size() > head.head_bytes &&
         bytes[head.head_bytes] == kBerInteger;
}

}  // namespace

bool UnwrapSasl(Bytes wrapped, Bytes* message) {
  if (wrapped.size() < kSaslLengthBytes) return false;
  Bytes token = wrapped.subspan(kSaslLengthBytes);
  if (token.size() >= kKerberosHead && token[0] == 0x05 && token[1] == 0x04) {
    // Only the checksum, which is behind, is rotated to the front.
    const size_t rotation = LoadBig16(&token[6]);
    if ((token[2] & kSealed) != 0 || token.size() < kKerberosHead + rotation) {
      return false;
    }
    *message = token.subspan(kKerberosHead + rotation);
    return IsMessage(*message);
  }
  for (const size_t before : {size_t{0}, kNtlmSignature}) {
    if (token.size() < before) return false;
    *message = token.subspan(before);
    if (IsMessage(*message)) return true;
  }
  return false;
}

}  // namespace tapline
