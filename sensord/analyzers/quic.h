// QUIC: versions 1 (RFC 9000) and 2 (RFC 9369), the drafts still seen, and
// Google's versions before them. One `quic` event a connection, told when the
// client goes over to short headers, at a CONNECTION_CLOSE that can be read, or
// with what there is when the flow ends. Nothing after that is read.
//
// Anomalies:
//   quic.bad_header          the packet of a known version breaks RFC 9000 17
//   quic.bad_tag             a client's Initial does not open with its own keys
//   quic.bad_frame           a frame no Initial may have (RFC 9000 12.4)
//   quic.short_connection_id a client's first id has less than 8 bytes (7.2)
//   quic.small_initial       its datagram less than 1200 bytes (14.1)
//   quic.crypto_overlap_diff the same bytes of the handshake came twice and
//                            differ: also marks the flow as ambiguous
//   quic.crypto_oversize     more than 64 KiB of handshake
//   quic.crypto_scattered    more than 64 pieces of it wait for others
//   quic.sampled             keys not derived: the limit of one source was hit
//   tls.*                    of the hello inside, see tls_handshake.h

#ifndef TAPLINE_SENSORD_ANALYZERS_QUIC_H_
#define TAPLINE_SENSORD_ANALYZERS_QUIC_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::quic {

const AnalyzerUnit& Unit();

}  // namespace tapline::quic

#endif  // TAPLINE_SENSORD_ANALYZERS_QUIC_H_
