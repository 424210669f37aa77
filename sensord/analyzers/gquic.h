// Google's QUIC before the IETF's: packets of Q024 to Q049, whose first
// messages go in clear, and the QUIC Crypto hello of those and Q050.
//
// Source: "QUIC Wire Layout Specification" and "QUIC Crypto" (Google, 2012 to
// 2016), draft-hamilton-early-deployment-quic-00.

#ifndef TAPLINE_SENSORD_ANALYZERS_GQUIC_H_
#define TAPLINE_SENSORD_ANALYZERS_GQUIC_H_

#include <cstdint>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// What a client's datagram says in clear.
struct GoogleQuicPacket {
  uint32_t version = 0;
  Bytes connection_id;
  // Everything behind the header.
  Bytes payload;

  // False when it is no packet that names one of Google's versions.
  bool Read(Bytes datagram);
};

// A client's hello: "CHLO", count:u16le, 0:u16, then a tag of 4 bytes and the
// end of its value as u32le each, then the values.
struct GoogleHello {
  Bytes sni;
  Bytes user_agent;
  // Value of a tag lies beyond what was captured.
  bool cut = false;

  // Looks for it at the beginning of `payload`. False when there is none.
  bool Find(Bytes payload);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_GQUIC_H_
