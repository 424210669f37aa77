#include "finding_cases.h"

namespace tapline::testing {
namespace {

v1::Http& Http(FlowStory& s) {
  Is(s, "http", 80);
  s.flow.mutable_responder()->set_scope(v1::SCOPE_PRIVATE);
  return *s.Event().mutable_http();
}

}  // namespace

std::vector<FindingCase> HttpCases() {
  return {
      {"http.client_error", [](FlowStory& s) { Http(s).set_status(400); },
       [](FlowStory& s) { Http(s).set_status(399); }},
      {"http.server_error", [](FlowStory& s) { Http(s).set_status(500); },
       [](FlowStory& s) { Http(s).set_status(499); }},
      {"http.slow",
       [](FlowStory& s) { Http(s).set_response_time_ns(1'000'000'000); },
       [](FlowStory& s) { Http(s).set_response_time_ns(999'999'999); }},
      {"http.suspicious_path",
       [](FlowStory& s) { Http(s).add_path_hints("traversal"); },
       [](FlowStory& s) { Http(s).set_path("/a"); }},
      {"http.numeric_host", [](FlowStory& s) { Http(s).set_host("192.0.2.1"); },
       [](FlowStory& s) { Http(s).set_host("www.example.com"); }},
      {"http.program",
       [](FlowStory& s) { Http(s).set_content_type("application/x-dosexec"); },
       [](FlowStory& s) { Http(s).set_content_type("text/html"); }},
      {"http.basic_auth",
       [](FlowStory& s) { Http(s).set_auth_scheme("basic"); },
       [](FlowStory& s) { Http(s).set_auth_scheme("negotiate"); }},
  };
}

}  // namespace tapline::testing
