#include "sensord/analyzers/bitcoin.h"

#include <algorithm>

#include "sensord/decode/byte_cursor.h"

namespace tapline::bitcoin {
namespace {

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 8333, Protocol::kBitcoin},
                               {UnitPort::kTcp, 18333, Protocol::kBitcoin},
                               {UnitPort::kTcp, 8334, Protocol::kBitcoin}};

// Magic, command, length, checksum.
constexpr size_t kHeader = 24;
constexpr size_t kMagic = 4;
constexpr size_t kCommand = 12;

// First bytes of every message, by network.
constexpr uint32_t kNetworks[] = {
    0xf9beb4d9,  // Bitcoin
    0x0b110907,  // its test network 3
    0x1c163f28,  // 4
    0xfabfb5da,  // regression tests
    0x0a03cf40,  // signet
    0xe3e1f3e8,  // Bitcoin Cash
    0xfbc0b6db,  // Litecoin
    0xfdd2c8f1,  // its test network
    0xc0c0c0c0,  // Dogecoin
    0xbf0c6bbd,  // Dash
    0x24e92764,  // Zcash
};

// Lower-case letters, zeros behind them to the end.
bool IsCommand(Bytes bytes) {
  size_t letters = 0;
  while (letters < bytes.size() &&
         ((bytes[letters] >= 'a' && bytes[letters] <= 'z') ||
          (bytes[letters] >= '0' && bytes[letters] <= '9' && letters > 0))) {
    ++letters;
  }
  return letters > 0 && std::all_of(bytes.begin() + letters, bytes.end(),
                                    [](uint8_t byte) { return byte == 0; });
}

Match Probe(const Opening& opening) {
  const Bytes bytes = opening.first();
  if (bytes.size() < kMagic) {
    return Match::kMore;
  }
  const bool known = std::find(std::begin(kNetworks), std::end(kNetworks),
                               LoadBig32(bytes.data())) != std::end(kNetworks);
  const size_t seen = std::min(bytes.size() - kMagic, kCommand);
  const Bytes command = bytes.subspan(kMagic, seen);
  if (seen > 0 && !IsCommand(command)) return Match::kNo;
  const absl::string_view text = TextOf(command);
  // Other networks are known by the message that comes first.
  constexpr absl::string_view kVersion("version\0\0\0\0\0", kCommand);
  if (!known && text != kVersion.substr(0, seen)) return Match::kNo;
  if (bytes.size() < kHeader) return Match::kMore;
  // No message is longer than 32 MiB.
  const uint32_t length = __builtin_bswap32(LoadBig32(&bytes[16]));
  return length <= 32u << 20 ? Match::kYes : Match::kNo;
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kBitcoin,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe};
  return kUnit;
}

}  // namespace tapline::bitcoin
