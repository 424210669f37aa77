// One direction of Telnet: commands and what is not a command.

#ifndef TAPLINE_SENSORD_ANALYZERS_TELNET_STREAM_H_
#define TAPLINE_SENSORD_ANALYZERS_TELNET_STREAM_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline::telnet {

// RFC 854, RFC 855.
inline constexpr uint8_t kSe = 240;
inline constexpr uint8_t kSb = 250;
inline constexpr uint8_t kWill = 251;
inline constexpr uint8_t kDont = 254;
inline constexpr uint8_t kIac = 255;

// RFC 1091, RFC 1572, RFC 2946; START_TLS of draft-altman-telnet-starttls.
inline constexpr uint8_t kTerminalType = 24;
inline constexpr uint8_t kEncrypt = 38;
inline constexpr uint8_t kNewEnviron = 39;
inline constexpr uint8_t kStartTls = 46;

// What a byte of the stream turned out to be.
enum class Seen : uint8_t {
  // Part of a command.
  kNothing,
  kData,
  // subnegotiation() is whole.
  kSubnegotiation,
  kMalformed,
};

// Thread safety: single-threaded.
class TelnetStream {
 public:
  static constexpr size_t kMaxSubnegotiation = 512;

  Seen Take(uint8_t byte);

  // Option and what it is about, IAC undoubled. Valid until the next Take.
  absl::string_view subnegotiation() const { return subnegotiation_; }
  // Options this end said WILL to.
  const std::bitset<256>& will() const { return will_; }
  bool negotiates() const { return negotiates_; }
  size_t MemoryBytes() const { return subnegotiation_.capacity(); }

 private:
  enum class State : uint8_t { kData, kIac, kOption, kSub, kSubIac };

  State state_ = State::kData;
  uint8_t command_ = 0;
  bool negotiates_ = false;
  std::bitset<256> will_;
  std::string subnegotiation_;
};

// IANA's name of an option, lower case; its number when it has none.
std::string OptionName(uint8_t option);

// The value of USER in a NEW-ENVIRON subnegotiation (RFC 1572 2); empty
// without.
std::string UserOf(absl::string_view subnegotiation);

}  // namespace tapline::telnet

#endif  // TAPLINE_SENSORD_ANALYZERS_TELNET_STREAM_H_
