// DNS over UDP and TCP (RFC 1035), multicast DNS (RFC 6762), LLMNR (RFC 4795):
// queries, and responses matched to them.
//
// A query waits for the response of the same flow, id and question from the
// other side. It is given up when the flow ends, after 30 s (seen at the flow's
// next message), or when 64 others of its flow wait; each becomes one event.
// Queries to a multicast address do not wait: their answers come on flows of
// their own.
//
// Anomalies: dns.short (no whole header), dns.malformed, dns.trailing_bytes,
// dns.question_mismatch (a response to another question than its id's),
// dns.several_questions (RFC 9619; multicast DNS may). Of a stream nothing is
// read after 16 messages that are malformed.

#ifndef TAPLINE_SENSORD_ANALYZERS_DNS_H_
#define TAPLINE_SENSORD_ANALYZERS_DNS_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::dns {

const AnalyzerUnit& Unit();

}  // namespace tapline::dns

#endif  // TAPLINE_SENSORD_ANALYZERS_DNS_H_
