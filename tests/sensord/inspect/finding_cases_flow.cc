#include "finding_cases.h"

namespace tapline::testing {

std::vector<FindingCase> FlowCases() {
  return {
      {"flow.many_packets",
       [](FlowStory& s) { s.flow.mutable_from_originator()->set_packets(990); },
       [](FlowStory& s) {
         s.flow.mutable_from_originator()->set_packets(989);
       }},
      {"flow.many_bytes",
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_frame_bytes(9'998'000);
       },
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_frame_bytes(9'997'999);
       }},
      {"flow.long_lived",
       [](FlowStory& s) {
         s.flow.mutable_end()->set_seconds(FlowStory::kStart + 3600);
       },
       [](FlowStory& s) {
         s.flow.mutable_end()->set_seconds(FlowStory::kStart + 3599);
       }},
      {"flow.many_alerts",
       [](FlowStory& s) {
         for (int i = 0; i < 3; ++i) s.Alert("port_scan");
       },
       [](FlowStory& s) {
         for (int i = 0; i < 2; ++i) s.Alert("port_scan");
       }},
      {"app.odd_port", [](FlowStory& s) { Is(s, "http", 4711); },
       [](FlowStory& s) { Is(s, "http", 80); }},
      {"app.unknown_on_known_port",
       [](FlowStory& s) {
         Is(s, "dns", 53, v1::ENCRYPTION_UNSPECIFIED, v1::BASIS_PORT_HINT);
         s.flow.set_payload_examined(true);
       },
       [](FlowStory& s) {
         Is(s, "dns", 53, v1::ENCRYPTION_UNSPECIFIED, v1::BASIS_PORT_HINT);
         s.flow.set_payload_examined(true);
         s.flow.mutable_from_responder()->set_payload_bytes(99);
       }},
      {"app.unknown_on_known_port",
       [](FlowStory& s) {
         Is(s, "tls", 443, v1::ENCRYPTION_ENCRYPTED, v1::BASIS_PORT_HINT);
         s.flow.set_payload_examined(true);
       },
       [](FlowStory& s) {
         // Nobody looked.
         Is(s, "tls", 443, v1::ENCRYPTION_ENCRYPTED, v1::BASIS_PORT_HINT);
       }},
      {"app.unknown",
       [](FlowStory& s) {
         Is(s, "unknown", 4711, v1::ENCRYPTION_UNSPECIFIED,
            v1::BASIS_UNSPECIFIED);
       },
       [](FlowStory& s) {
         Is(s, "unknown", 4711, v1::ENCRYPTION_UNSPECIFIED,
            v1::BASIS_UNSPECIFIED);
         s.flow.mutable_from_originator()->set_payload_bytes(999);
         s.flow.mutable_from_responder()->clear_payload_bytes();
       }},
      {"app.unsafe_protocol", [](FlowStory& s) { Is(s, "telnet", 23); },
       [](FlowStory& s) {
         // A port alone proves nothing.
         Is(s, "telnet", 23, v1::ENCRYPTION_CLEARTEXT, v1::BASIS_PORT_HINT);
       }},
      {"app.remote_desktop",
       [](FlowStory& s) { Is(s, "rdp", 3389, v1::ENCRYPTION_ENCRYPTED); },
       [](FlowStory& s) { Is(s, "ssh", 22, v1::ENCRYPTION_ENCRYPTED); }},
      {"app.cleartext_external", [](FlowStory& s) { Is(s, "http", 80); },
       [](FlowStory& s) {
         Is(s, "http", 80);
         s.flow.mutable_responder()->set_scope(v1::SCOPE_PRIVATE);
       }},
  };
}

}  // namespace tapline::testing
