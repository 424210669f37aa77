#include "sensord/dissect/hex_view.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "common/redact/payload_mask.h"

namespace tapline {
namespace {

constexpr size_t kLineBytes = 16;

bool IsPrintable(uint8_t byte) { return byte >= 0x20 && byte < 0x7f; }

}  // namespace

void WriteHexView(absl::Span<const uint8_t> bytes, size_t payload,
                  absl::string_view flags,
                  google::protobuf::RepeatedPtrField<v1::HexLine>& out) {
  const bool cut = bytes.size() > kMaxHexBytes;
  bytes = bytes.subspan(0, kMaxHexBytes);
  std::vector<bool> secret(bytes.size(), false);
  const absl::string_view text(reinterpret_cast<const char*>(bytes.data()),
                               bytes.size());
  payload = std::min(payload, text.size());
  for (const SecretSpan& span : FindPayloadSecrets(text.substr(payload), cut)) {
    const auto begin = secret.begin() + static_cast<ptrdiff_t>(payload);
    std::fill(begin + static_cast<ptrdiff_t>(span.begin),
              begin + static_cast<ptrdiff_t>(span.end), true);
  }
  flags = flags.substr(0, bytes.size() - payload);
  for (size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0) secret[payload + i] = true;
  }
  for (size_t at = 0; at < bytes.size(); at += kLineBytes) {
    v1::HexLine& line = *out.Add();
    line.set_offset(static_cast<uint32_t>(at));
    const size_t end = std::min(at + kLineBytes, bytes.size());
    for (size_t i = at; i < end; ++i) {
      std::string& hex = *line.mutable_hex();
      if (i > at) hex += ' ';
      if (secret[i]) {
        hex += "**";
      } else {
        absl::StrAppendFormat(&hex, "%02x", bytes[i]);
      }
      *line.mutable_ascii() += secret[i] ? '*'
                               : IsPrintable(bytes[i])
                                   ? static_cast<char>(bytes[i])
                                   : '.';
    }
  }
}

}  // namespace tapline
