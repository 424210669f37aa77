// A DNS query with its response, and how both are told.

#ifndef TAPLINE_SENSORD_ANALYZERS_DNS_TRANSACTION_H_
#define TAPLINE_SENSORD_ANALYZERS_DNS_TRANSACTION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/dns_message.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

// What is kept of a query, or made up for a response to none.
struct DnsQuery {
  UnixNanos clock = 0;
  uint16_t id = 0;
  uint16_t type = 0;
  uint16_t klass = 0;
  uint16_t questions = 0;
  uint16_t updates = 0;
  uint8_t opcode = 0;
  bool from_originator = true;
  bool recursion_desired = false;
  bool checking_disabled = false;
  bool unicast_response = false;
  bool malformed = false;
  DnsEdns edns;
  std::string name;
  std::vector<std::string> other_names;

  // On the heap.
  size_t MemoryBytes() const;
};

// One message that answers.
struct DnsResponse {
  const DnsMessage* message = nullptr;
  std::vector<DnsAnswerData> answers;
  uint64_t rtt_ns = 0;
  bool unmatched = false;
};

// The name asked for; empty for none. Borrowed from the message.
absl::string_view DnsQuestionOf(const DnsMessage& message);
// Of the question. `protocol`: kDns, kMdns or kLlmnr, which have meanings of
// their own for some bits.
uint16_t DnsClassOf(const DnsMessage& message, Protocol protocol);
DnsQuery DnsQueryOf(const DnsMessage& message, Protocol protocol);

// For detectors, each message as it comes.
void TellDnsMessage(const DnsMessage& message, absl::string_view name,
                    AnalyzerOutput& out);
// The event. `response` null: none was seen.
void TellDnsTransaction(const DnsQuery& query, const DnsResponse* response,
                        Protocol protocol, AnalyzerOutput& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_DNS_TRANSACTION_H_
