// Flows made to fill what a sensor keeps: one packet each, or bytes that wait
// for others which never come.
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/bench/traffic/address_plan.h"
#include "tests/bench/traffic/bytes.h"
#include "tests/bench/traffic/dns_payload.h"
#include "tests/bench/traffic/kinds.h"
#include "tests/bench/traffic/tls_payload.h"
#include "tests/bench/traffic/truth.h"

namespace tapline::bench {
namespace {

using std::string_view_literals::operator""sv;

// One hole in this many has more behind it than one flow may hold.
constexpr uint32_t kDeepHoles = 1000;

}  // namespace

// Distinct sources; every name is asked for or shown once.
void BuildSingle(Flow& flow, BuildContext& context) {
  Script& script = context.script;
  Rng& rng = script.rng();
  flow.host[0] = Spoofed(1, context.number);
  flow.host[1] = Server(0, context.number % 4, false);
  flow.port[0] = static_cast<uint16_t>(rng.Between(1024, 65535));
  const std::string name =
      absl::StrCat("n", context.number, ".", DomainName(context.number / 8));
  switch (context.number % 4) {
    case 0:
      flow.port[1] = 53;
      return script.Packet(
          0, 0,
          DnsQuery(static_cast<uint16_t>(rng.Next()), name, kDnsA, false));
    case 1: {
      // A STUN binding request (RFC 8489).
      std::string request("\x00\x01\x00\x00\x21\x12\xa4\x42"sv);
      flow.port[1] = 3478;
      return script.Packet(0, 0, request + RandomBytes(rng, 12));
    }
    case 2:
      return script.Packet(0, 0, {}, 40);
    default: {
      flow.transport = kTcp;
      flow.port[1] = 443;
      HelloOptions options;
      options.server_name = name;
      return script.Packet(0, kPsh | kAck,
                           Record(22, 0x0301, ClientHello(rng, options)));
    }
  }
}

// Half begin with a request that is never complete, half lack their first
// bytes. None ends.
void BuildHole(Flow&, BuildContext& context) {
  Script& script = context.script;
  script.Open();
  if (context.number % 2 == 0) {
    script.Packet(0, kPsh | kAck,
                  "POST /upload HTTP/1.1\r\nHost: hole.example\r\n"sv);
  }
  script.Lose(0, 100);
  const bool deep = context.number % kDeepHoles == 0;
  for (int i = 0; i < (deep ? 60 : 2); ++i) {
    script.Packet(0, kAck, {}, deep ? 1400 : 120);
  }
}

}  // namespace tapline::bench
