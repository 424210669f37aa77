// SNMP messages, without trusting them.

#ifndef TAPLINE_SENSORD_ANALYZERS_SNMP_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_SNMP_MESSAGE_H_

#include <cstdint>
#include <string>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/ber.h"

namespace tapline {

// The version field: 2c counts as 1 (RFC 1901 3).
inline constexpr int kSnmpV1 = 0;
inline constexpr int kSnmpV2c = 1;
inline constexpr int kSnmpV3 = 3;

// Number of the PDU's context tag (RFC 1157 4.1, RFC 3416 3).
enum class SnmpPdu : uint8_t {
  kGet = 0,
  kGetNext = 1,
  kResponse = 2,
  kSet = 3,
  kTrapV1 = 4,
  kGetBulk = 5,
  kInform = 6,
  kTrap = 7,
  kReport = 8,
  kEncrypted = 9,
};
inline constexpr int kSnmpPdus = 10;

struct SnmpMessage {
  int version = kSnmpV1;
  bool community = false;
  // Masked.
  std::string user;
  // msgFlags (RFC 3412 6.4): 1 authenticated, 2 encrypted too.
  uint8_t security = 0;
  SnmpPdu pdu = SnmpPdu::kGet;
  // Of a response.
  int error = 0;
  // Of a trap; of a report the counter it reports.
  std::string oid;

  // False when it breaks its RFC; what could be read stands. `cut`: the end of
  // the message is missing.
  bool Read(Bytes bytes, bool cut);

 private:
  bool ReadVersion3(BerReader fields, bool cut);
  bool ReadPdu(BerReader parent);
  bool ReadTrapV1(BerReader fields);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SNMP_MESSAGE_H_
