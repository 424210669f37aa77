// Reads what of IKE messages is in the clear (RFC 2408 3, RFC 7296 3).

#ifndef TAPLINE_SENSORD_ANALYZERS_IKE_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_IKE_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"

namespace tapline::ike {

inline constexpr size_t kHeaderBytes = 28;

// Exchange types of version 1 and 2.
inline constexpr uint8_t kMainMode = 2;
inline constexpr uint8_t kAggressiveMode = 4;
inline constexpr uint8_t kSaInit = 34;

// The transforms of a proposal; 0 for those it has not.
struct Transforms {
  uint32_t encryption = 0;
  uint32_t key_bits = 0;
  uint32_t integrity = 0;
  uint32_t prf = 0;
  uint32_t dh_group = 0;
  uint32_t authentication = 0;
};

struct Message {
  uint64_t initiator_spi = 0;
  uint64_t responder_spi = 0;
  // 1 or 2.
  uint8_t version = 0;
  uint8_t exchange = 0;
  uint32_t id = 0;
  // Version 2: the sender answers.
  bool response = false;
  bool encrypted = false;
  bool malformed = false;
  bool has_sa = false;
  bool nat_traversal = false;
  // Type of the first error notification.
  uint16_t error = 0;
  Transforms transforms;
  std::vector<std::string> vendor_ids;

  // Reads a message without the marker of port 4500. False when the header is
  // none.
  bool Read(Bytes bytes);

 private:
  void ReadPayload(uint8_t type, Bytes body);
  void ReadSa1(Bytes body);
  void ReadSa2(Bytes body);
  void ReadVendorId(Bytes body);
  void ReadNotify(Bytes body);
};

// Whether the header is one: versions, exchanges and a length that is at least
// its own.
bool HasHeader(Bytes bytes);

}  // namespace tapline::ike

#endif  // TAPLINE_SENSORD_ANALYZERS_IKE_MESSAGE_H_
