// For each finding a flow that just has it, and one that just has it not:
// finding_cases_dns.cc for findings_dns.cc, and so on.

#ifndef TAPLINE_TESTS_SENSORD_INSPECT_FINDING_CASES_H_
#define TAPLINE_TESTS_SENSORD_INSPECT_FINDING_CASES_H_

#include <functional>
#include <string>
#include <vector>

#include "flow_story.h"

namespace tapline::testing {

struct FindingCase {
  std::string code;
  std::function<void(FlowStory&)> fires;
  std::function<void(FlowStory&)> silent;
};

// The flow carries `protocol`, on that port of the responder.
inline void Is(FlowStory& s, const std::string& protocol, uint32_t port,
               v1::Encryption encryption = v1::ENCRYPTION_CLEARTEXT,
               v1::Basis basis = v1::BASIS_DECODED) {
  s.Application(protocol, basis, encryption).Port(port);
}

std::vector<FindingCase> TransportCases();
std::vector<FindingCase> FlowCases();
std::vector<FindingCase> DnsCases();
std::vector<FindingCase> HttpCases();
std::vector<FindingCase> TlsCases();
std::vector<FindingCase> ServiceCases();
// With the message of some protocol that tells of logins.
std::vector<FindingCase> LoginCases();

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_INSPECT_FINDING_CASES_H_
