#include <string>

#include "finding_cases.h"

namespace tapline::testing {
namespace {

void IsDns(FlowStory& s) {
  s.Udp();
  Is(s, "dns", 53);
}

void Asks(FlowStory& s, int existing, int missing) {
  IsDns(s);
  for (int i = 0; i < existing; ++i) s.Dns("www.example.com");
  for (int i = 0; i < missing; ++i) s.Dns("nope.example.com", 3);
}

void AsksUnanswered(FlowStory& s, int queries) {
  IsDns(s);
  for (int i = 0; i < queries; ++i) s.Dns("a.example", 0, false);
}

}  // namespace

std::vector<FindingCase> DnsCases() {
  return {
      {"dns.nxdomain", [](FlowStory& s) { Asks(s, 0, 1); },
       [](FlowStory& s) { Asks(s, 1, 0); }},
      {"dns.nxdomain_rate", [](FlowStory& s) { Asks(s, 3, 3); },
       [](FlowStory& s) { Asks(s, 4, 3); }},
      {"dns.server_error",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example", 2);
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example", 1);
       }},
      {"dns.unanswered", [](FlowStory& s) { AsksUnanswered(s, 3); },
       [](FlowStory& s) { AsksUnanswered(s, 2); }},
      {"dns.slow",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example").set_rtt_ns(1'000'000'000);
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example").set_rtt_ns(999'999'999);
       }},
      {"dns.long_name",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns(std::string(50, 'a') + "." + std::string(50, 'a'));
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns(std::string(50, 'a') + "." + std::string(49, 'a'));
       }},
      {"dns.random_label",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("3a7f9c0be1d284f65a7093c2.example.com");
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("customerportal-productiontest.example.com");
         s.Dns("3a7f9c0be1d284f65a7093c.example.com");
       }},
      {"dns.repeated",
       [](FlowStory& s) {
         IsDns(s);
         for (int i = 0; i < 10; ++i) s.Dns("a.example");
       },
       [](FlowStory& s) {
         IsDns(s);
         for (int i = 0; i < 9; ++i) s.Dns("a.example");
         s.Dns("a.example").set_type(28);
       }},
      {"dns.punycode",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("www.xn--bcher-kva.example");
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("www.axn--b.example");
       }},
      {"dns.malformed",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example").set_malformed(true);
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example");
       }},
  };
}

}  // namespace tapline::testing
