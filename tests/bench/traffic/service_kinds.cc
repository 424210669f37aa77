// DNS, NTP, ICMP, mail, shells, telephony and what nothing recognizes.
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/bench/traffic/address_plan.h"
#include "tests/bench/traffic/bytes.h"
#include "tests/bench/traffic/dns_payload.h"
#include "tests/bench/traffic/kinds.h"
#include "tests/bench/traffic/ssh_payload.h"
#include "tests/bench/traffic/truth.h"

namespace tapline::bench {
namespace {

using std::string_view_literals::operator""sv;

constexpr const char* kHosts[] = {"www", "api",   "cdn",  "mail",
                                  "img", "login", "data", "static"};

// Domains grow with the traffic, so that each sees about one query in two
// seconds, and nearly all are for eight names.
std::string QueryName(Rng& rng, uint32_t number) {
  const uint32_t domains = 200 + number / 40;
  const uint32_t domain = static_cast<uint32_t>(rng.Below(domains));
  if (rng.Below(100) == 0) {
    // Long, but only three of them under one domain: no tunnel.
    return absl::StrCat(
        "edge-", rng.Below(3),
        ".region-west-europe.content-delivery.prod.static.assets.",
        DomainName(domain));
  }
  return absl::StrCat(kHosts[rng.Below(8)], ".", DomainName(domain));
}

void Lines(Script& script, std::initializer_list<std::string_view> lines) {
  // The server speaks first, then they take turns; "" is a silent turn.
  int from = 1;
  for (std::string_view line : lines) {
    if (!line.empty()) script.Message(from, line);
    from = 1 - from;
  }
}

}  // namespace

void BuildDns(Flow& flow, BuildContext& context) {
  Rng& rng = context.script.rng();
  flow.name = QueryName(rng, context.number);
  const uint16_t id = static_cast<uint16_t>(rng.Next());
  const uint16_t type = rng.Below(3) == 0 ? kDnsAaaa : kDnsA;
  const bool exists = rng.Below(20) != 0;
  context.script.Packet(0, 0, DnsQuery(id, flow.name, type, rng.Below(2) == 0));
  context.script.Packet(1, 0, DnsResponse(rng, id, flow.name, type, exists));
  context.truth.Carries(kf_dns_name, flow.name);
}

void BuildNtp(Flow&, BuildContext& context) {
  Rng& rng = context.script.rng();
  std::string query("\x23\x00\x06\xec"sv);
  query += std::string(36, '\0') + RandomBytes(rng, 8);
  std::string answer("\x24\x02\x06\xe9"sv);
  answer += RandomBytes(rng, 44);
  context.script.Packet(0, 0, query);
  context.script.Packet(1, 0, answer);
}

void BuildIcmp(Flow& flow, BuildContext& context) {
  const bool v6 = flow.host[0].address.v6;
  for (int i = 0; i < 3; ++i) {
    context.script.Packet(0, v6 ? 128 : 8, {}, 56);
    context.script.Packet(1, v6 ? 129 : 0, {}, 56);
    context.script.Wait(1000000);
  }
}

void BuildMdns(Flow& flow, BuildContext& context) {
  flow.host[1] = Multicast(251, flow.host[0].address.v6);
  flow.port[0] = 5353;
  context.script.Packet(0, 0, MdnsQuery("_ipp._tcp.local"));
  context.script.Wait(1000000);
  context.script.Packet(0, 0, MdnsQuery("_airplay._tcp.local"));
}

void BuildSsdp(Flow& flow, BuildContext& context) {
  flow.host[1] =
      Multicast(flow.host[0].address.v6 ? 12 : 250, flow.host[0].address.v6);
  if (!flow.host[0].address.v6) {
    flow.host[1].address.bytes = {239, 255, 255, 250};
    flow.host[1].mac = {0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa};
  }
  for (int i = 0; i < 3; ++i) {
    context.script.Packet(0, 0,
                          "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900"
                          "\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: ssdp:all"
                          "\r\n\r\n");
    context.script.Wait(500000);
  }
}

void SshBanners(Script& script, Truth& truth, const std::string& client) {
  const std::string server = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3";
  script.Message(1, server + "\r\n");
  script.Message(0, client + "\r\n");
  truth.Carries(kf_ssh_server, server);
  truth.Carries(kf_ssh_client, client);
}

void BuildSsh(Flow&, BuildContext& context) {
  Script& script = context.script;
  script.Open();
  SshBanners(script, context.truth, "SSH-2.0-OpenSSH_9.6");
  // Both KEXINITs, the exchange, then an interactive session long enough not
  // to be taken for a failed login.
  Rng& rng = script.rng();
  script.Message(0, SshKexInit(rng, true));
  script.Message(1, SshKexInit(rng, true));
  script.Message(0, SshEcdhInit(rng));
  script.Message(1, SshEcdhReply(rng));
  script.Message(0, SshNewKeys());
  for (int i = 0; i < 4; ++i) {
    script.Wait(1500000);
    script.Message(0, {}, 1200);
    script.Message(1, {}, 400);
  }
  script.Imix(context.extra, nullptr);
  script.Close(0);
}

void BuildSmtp(Flow&, BuildContext& context) {
  Script& script = context.script;
  script.Open();
  Lines(script, {"220 mx.example ESMTP\r\n", "EHLO client.example\r\n",
                 "250-mx.example\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n",
                 "MAIL FROM:<a@client.example>\r\n", "250 2.1.0 Ok\r\n",
                 "RCPT TO:<b@mx.example>\r\n", "250 2.1.5 Ok\r\n", "DATA\r\n",
                 "354 End data with <CR><LF>.<CR><LF>\r\n"});
  std::string body = "From: a@client.example\r\nSubject: report\r\n\r\n";
  for (uint32_t i = 0; i < 40 + context.extra * 8; ++i) {
    body += "The quick brown fox jumps over the lazy dog, again and again.\r\n";
  }
  script.Message(0, body + ".\r\n");
  context.truth.Carries(kf_smtp_helo, "client.example");
  Lines(script, {"250 2.0.0 Ok: queued\r\n", "QUIT\r\n", "221 2.0.0 Bye\r\n"});
  script.Close(1);
}

void BuildFtp(Flow&, BuildContext& context) {
  Script& script = context.script;
  script.Open();
  // Two wrong passwords, then the right one: a person, not an attack.
  Lines(script,
        {"220 (vsFTPd 3.0.3)\r\n", "USER carol\r\n",
         "331 Please specify the password.\r\n", "PASS winter\r\n",
         "530 Login incorrect.\r\n", "USER carol\r\n",
         "331 Please specify the password.\r\n", "PASS summer\r\n",
         "530 Login incorrect.\r\n", "USER carol\r\n",
         "331 Please specify the password.\r\n", "PASS autumn\r\n",
         "230 Login successful.\r\n", "SYST\r\n", "215 UNIX Type: L8\r\n"});
  context.truth.Carries(kf_ftp_login, "failed");
  context.truth.Carries(kf_ftp_login, "succeeded");
  script.Wait(6000000);
  script.Message(0, "QUIT\r\n");
  script.Message(1, "221 Goodbye.\r\n");
  script.Close(1);
}

void BuildSip(Flow& flow, BuildContext& context) {
  flow.port[0] = 5060;
  const std::string call = absl::StrCat(context.number, "@bench.example");
  const std::string common =
      "Via: SIP/2.0/UDP client.example;branch=z9hG4bK" + call +
      "\r\nFrom: <sip:a@bench.example>;tag=1\r\nTo: <sip:b@bench.example>\r\n"
      "Call-ID: " +
      call + "\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
  Script& script = context.script;
  script.Packet(0, 0, "INVITE sip:b@bench.example SIP/2.0\r\n" + common);
  script.Packet(1, 0, "SIP/2.0 100 Trying\r\n" + common);
  script.Packet(1, 0, "SIP/2.0 180 Ringing\r\n" + common);
  script.Wait(1500000);
  script.Packet(1, 0, "SIP/2.0 200 OK\r\n" + common);
  script.Packet(0, 0, "ACK sip:b@bench.example SIP/2.0\r\n" + common);
  context.truth.Carries(kf_sip_method, "INVITE");
}

void BuildRtp(Flow& flow, BuildContext& context) {
  Rng& rng = context.script.rng();
  flow.port[0] = static_cast<uint16_t>(16384 + 2 * (context.number % 8000));
  const uint32_t source = static_cast<uint32_t>(rng.Next());
  for (uint32_t i = 0; i < context.extra + 8; ++i) {
    std::string header("\x80\x00"sv);
    Put16(header, i / 2);
    Put32(header, i / 2 * 160);
    Put32(header, source + i % 2);
    context.script.Packet(static_cast<int>(i % 2), 0, header, 160);
    if (i % 2 == 1) context.script.Wait(10000);
  }
}

void BuildMqtt(Flow&, BuildContext& context) {
  Script& script = context.script;
  script.Open();
  script.Message(0, "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04node"sv);
  script.Message(1, "\x20\x02\x00\x00"sv);
  for (uint32_t i = 0; i < 3 + context.extra / 2; ++i) {
    script.Wait(300000);
    script.Message(0, "\x30\x0c\x00\x06sensor2150"sv);
  }
  script.Message(0, "\xe0\x00"sv);
  context.truth.Carries(kf_mqtt_client, "node");
  script.Close(0);
}

void BuildUnknownTcp(Flow&, BuildContext& context) {
  Script& script = context.script;
  script.Open();
  script.Message(0, "\xf5\x1a\x93\x07"sv, 36);
  script.Imix(context.extra, nullptr);
  if (script.rng().Below(10) == 0) {
    script.Packet(0, kRst | kAck);
  } else {
    script.Close(0);
  }
}

void BuildUnknownUdp(Flow&, BuildContext& context) {
  context.script.Packet(0, 0, "\xf5\x1a\x93\x07"sv, 60);
  context.script.Packet(1, 0, "\xf6\x1a\x93\x07"sv, 100);
  context.script.Imix(context.extra, nullptr);
}

void BuildTiny(Flow& flow, BuildContext& context) {
  Script& script = context.script;
  const bool tcp = flow.transport == kTcp;
  if (tcp) script.Open();
  for (uint32_t i = 0; i < context.extra + (tcp ? 0 : 1); ++i) {
    script.Packet(i % 3 == 0 ? 0 : 1, kPsh | kAck, {}, 6);
  }
  if (tcp) script.Close(0);
}

void BuildEstablished(Flow&, BuildContext& context) {
  Script& script = context.script;
  script.Wait(context.number * 1000);
  script.Open();
  for (int i = 0; i < 24; ++i) {
    script.Wait(1000000);
    script.Message(0, {}, static_cast<uint32_t>(script.rng().Between(1, 1400)));
    script.Message(1, {}, static_cast<uint32_t>(script.rng().Between(1, 2800)));
  }
  script.Close(0);
}

}  // namespace tapline::bench
