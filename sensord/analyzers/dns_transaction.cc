#include "sensord/analyzers/dns_transaction.h"

#include <utility>

#include "sensord/event/fields/dns.h"

namespace tapline {
namespace {

namespace field = fields::dns;
namespace answer_field = fields::dns_answer;
namespace edns_field = fields::dns_edns;

// In the class of a question (RFC 6762 5.4).
constexpr uint16_t kUnicastResponse = 0x8000;

void TellEdns(const DnsEdns& edns, EventWriter& event) {
  if (!edns.present) return;
  event.Open(field::kEdns);
  event.SetNonzero(edns_field::kVersion, edns.version);
  event.Set(edns_field::kPayloadBytes, edns.payload_bytes);
  event.SetTrue(edns_field::kDnssecOk, edns.dnssec_ok);
  event.SetTrue(edns_field::kClientSubnet, edns.client_subnet);
  event.SetTrue(edns_field::kCookie, edns.cookie);
  event.SetTrue(edns_field::kPadded, edns.padded);
  event.Close();
}

void TellResponse(const DnsResponse& response, Protocol protocol,
                  EventWriter& event) {
  const DnsMessage& message = *response.message;
  const bool llmnr = protocol == Protocol::kLlmnr;
  event.Set(field::kAnswered, true);
  event.SetNonzero(field::kRcode, message.rcode);
  event.SetTrue(field::kTruncated, message.truncated);
  event.SetTrue(field::kAuthoritative, message.authoritative && !llmnr);
  event.SetTrue(field::kConflict, message.authoritative && llmnr);
  event.SetTrue(field::kRecursionAvailable, message.recursion_available);
  event.SetTrue(field::kAuthenticatedData, message.authenticated_data);
  event.SetNonzero(field::kRttNs, response.rtt_ns);
  event.SetTrue(field::kUnmatched, response.unmatched);
  event.SetNonzero(field::kAnswerCount, message.counts[1]);
  for (const DnsAnswerData& answer : response.answers) {
    event.Open(field::kAnswers);
    event.SetSafe(answer_field::kName, answer.name);
    event.Set(answer_field::kType, answer.type);
    event.Set(answer_field::kTtl, answer.ttl);
    if (!answer.data.empty()) event.SetSafe(answer_field::kData, answer.data);
    event.Close();
  }
}

}  // namespace

size_t DnsQuery::MemoryBytes() const {
  size_t bytes = name.capacity();
  for (const std::string& other : other_names) {
    bytes += sizeof(other) + other.capacity();
  }
  return bytes;
}

absl::string_view DnsQuestionOf(const DnsMessage& message) {
  return message.has_question ? message.name.text() : absl::string_view();
}

uint16_t DnsClassOf(const DnsMessage& message, Protocol protocol) {
  return protocol == Protocol::kMdns ? message.klass & ~kUnicastResponse
                                     : message.klass;
}

DnsQuery DnsQueryOf(const DnsMessage& message, Protocol protocol) {
  DnsQuery query;
  query.id = message.id;
  query.type = message.type;
  query.klass = DnsClassOf(message, protocol);
  query.unicast_response = query.klass != message.klass;
  query.questions = message.counts[0];
  query.opcode = message.opcode;
  if (message.opcode == kDnsUpdate && !message.response) {
    query.updates = message.counts[2];
  }
  // LLMNR has another meaning for the bit (RFC 4795 2.1.1).
  query.recursion_desired =
      message.recursion_desired && protocol != Protocol::kLlmnr;
  query.checking_disabled = message.checking_disabled;
  query.malformed = message.malformed;
  query.edns = message.edns;
  const absl::string_view name = DnsQuestionOf(message);
  query.name.assign(name.data(), name.size());
  query.other_names = message.other_names;
  return query;
}

void TellDnsMessage(const DnsMessage& message, absl::string_view name,
                    AnalyzerOutput& out) {
  DnsData data;
  data.id = message.id;
  data.type = message.type;
  data.rcode = message.rcode;
  data.response = message.response;
  data.malformed = message.malformed;
  if (message.has_question) data.name_bytes = message.name.plain_bytes();
  data.name.assign(name.data(), name.size());
  out.DnsMessage(std::move(data));
}

void TellDnsTransaction(const DnsQuery& query, const DnsResponse* response,
                        Protocol protocol, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kId, query.id);
  // The name is escaped already; its backslashes are not doubled.
  event.SetSafe(field::kName, query.name);
  for (const std::string& name : query.other_names) {
    event.SetSafe(field::kOtherNames, name);
  }
  event.Set(field::kType, query.type);
  event.Set(field::kClass, query.klass);
  event.Set(field::kQuestions, query.questions);
  event.SetNonzero(field::kOpcode, query.opcode);
  event.SetNonzero(field::kUpdates, query.updates);
  event.SetTrue(field::kRecursionDesired, query.recursion_desired);
  event.SetTrue(field::kCheckingDisabled, query.checking_disabled);
  event.SetTrue(field::kUnicastResponse, query.unicast_response);
  const bool malformed =
      query.malformed || (response != nullptr && response->message->malformed);
  event.SetTrue(field::kMalformed, malformed);
  TellEdns(query.edns, event);
  if (response != nullptr) TellResponse(*response, protocol, event);
}

}  // namespace tapline
