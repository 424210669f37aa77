// TLS 1.3, TLS 1.2, QUIC and HTTP flows.
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/bench/traffic/bytes.h"
#include "tests/bench/traffic/kinds.h"
#include "tests/bench/traffic/quic_payload.h"
#include "tests/bench/traffic/tls_payload.h"
#include "tests/bench/traffic/truth.h"

namespace tapline::bench {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kChangeCipherSpec = "\x14\x03\x03\x00\x01\x01"sv;

std::string ServerName(const Flow& flow, const BuildContext& context) {
  const uint32_t host =
      flow.host[1].address.bytes[flow.host[1].address.v6 ? 15 : 3];
  return absl::StrCat("w", host, ".", DomainName(context.group));
}

}  // namespace

void BuildTls13(Flow& flow, BuildContext& context) {
  Script& script = context.script;
  Rng& rng = script.rng();
  flow.name = ServerName(flow, context);
  HelloOptions options;
  options.server_name = flow.name;
  const std::string hello = ClientHello(rng, options);
  script.Open();
  script.Message(0, Record(22, 0x0301, hello));
  // Handshake header, version, random: the session id stands at 38.
  std::string answer =
      Record(22, 0x0303, ServerHello(rng, true, hello.substr(39, 32)));
  answer += kChangeCipherSpec;
  const uint32_t flight = static_cast<uint32_t>(rng.Between(2200, 4200));
  DataRecordPrefix(answer, flight + 5);
  script.Message(1, answer, flight);
  std::string finished(kChangeCipherSpec);
  DataRecordPrefix(finished, 58);
  script.Message(0, finished, 53);
  script.Imix(context.extra, DataRecordPrefix);
  script.Close(0);
  context.truth.Carries(kf_tls_sni, flow.name);
}

void BuildTls12(Flow& flow, BuildContext& context) {
  Script& script = context.script;
  Rng& rng = script.rng();
  flow.name = ServerName(flow, context);
  HelloOptions options;
  options.server_name = flow.name;
  options.tls13 = false;
  script.Open();
  script.Message(0, Record(22, 0x0301, ClientHello(rng, options)));
  const std::string flight = ServerHello(rng, false, "") +
                             Certificate(rng, flow.name) +
                             ServerKeyExchange(rng) + ServerHelloDone();
  script.Message(1, Record(22, 0x0303, flight));
  std::string keys = Record(22, 0x0303, ClientKeyExchange(rng));
  keys += kChangeCipherSpec;
  keys += Record(22, 0x0303, RandomBytes(rng, 40));
  script.Message(0, keys);
  std::string finished(kChangeCipherSpec);
  finished += Record(22, 0x0303, RandomBytes(rng, 40));
  script.Message(1, finished);
  script.Imix(context.extra, DataRecordPrefix);
  script.Close(1);
  context.truth.Carries(kf_tls_sni, flow.name);
  context.truth.Carries(kf_tls_subject, "CN=" + flow.name);
  context.truth.Carries(kf_tls_subject, "CN=" + std::string(kIssuingAuthority));
}

void BuildQuic(Flow& flow, BuildContext& context) {
  Script& script = context.script;
  Rng& rng = script.rng();
  flow.name = ServerName(flow, context);
  const QuicIds ids = MakeQuicIds(rng);
  script.Packet(0, 0, QuicClientInitial(rng, ids, flow.name));
  script.Packet(1, 0, QuicServerInitial(rng, ids));
  context.truth.Carries(kf_quic_sni, flow.name);
  for (uint32_t i = 0; i < context.extra + 2; ++i) {
    // The client ends the handshake.
    const int from = i == 0 || rng.Below(4) == 0 ? 0 : 1;
    const uint64_t draw = rng.Below(12);
    uint16_t fill = 25;
    if (draw >= 7) fill = draw < 11 ? 539 : 1191;
    script.Packet(from, 0,
                  QuicShortHeader(rng, from == 0 ? ids.server : ids.client),
                  fill);
  }
}

void BuildHttp(Flow& flow, BuildContext& context) {
  Script& script = context.script;
  Rng& rng = script.rng();
  flow.name = ServerName(flow, context);
  script.Open();
  uint32_t left = context.extra;
  do {
    const std::string request = absl::StrCat(
        "GET /item/", rng.Below(100000), " HTTP/1.1\r\nHost: ", flow.name,
        "\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n");
    script.Message(0, request);
    const size_t before = flow.steps.size();
    const uint32_t size = static_cast<uint32_t>(
        rng.Below(2) == 0 ? rng.Between(1000, 6000) : rng.Between(20, 900));
    const std::string response = absl::StrCat(
        "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: "
        "application/octet-stream\r\nContent-Length: ",
        size, "\r\n\r\n");
    script.Message(1, response, size);
    script.Wait(static_cast<uint32_t>(rng.Below(60000)));
    const uint32_t used = static_cast<uint32_t>(flow.steps.size() - before) + 2;
    left = left > used ? left - used : 0;
  } while (left > 2);
  script.Close(0);
  context.truth.Carries(kf_http_host, flow.name);
}

}  // namespace tapline::bench
