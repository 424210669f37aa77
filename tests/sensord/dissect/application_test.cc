// The application layer of single packets, by the analyzers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dissect_harness.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kClient = "192.0.2.1";
constexpr const char* kServer = "198.51.100.2";

Bytes Datagram(uint16_t from, uint16_t to, const Bytes& payload) {
  const bool up = to < from;
  return Ethernet(0x0800, Ipv4(up ? kClient : kServer, up ? kServer : kClient,
                               17, Udp(from, to, payload)));
}

// RFC 1035 4.1: id 7, one question for "example.com", type A.
const Bytes kQuery = Join({{0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0},
                           {7},
                           Text("example"),
                           {3},
                           Text("com"),
                           {0, 0, 1, 0, 1}});

TEST(ApplicationTest, AnEventIsALayerWithTheNamesOfFilters) {
  const v1::Dissection tree = Dissect(Datagram(40000, 53, kQuery));
  EXPECT_EQ(NamesOf(tree), "eth ip udp dns");
  EXPECT_EQ(ValueOf(tree, "dns.qry.name"), "example.com");
  EXPECT_EQ(ValueOf(tree, "dns.qry.type"), "1");
  EXPECT_EQ(ValueOf(tree, "dns.id"), "7");
  const v1::Layer& dns = tree.layers(tree.layers_size() - 1);
  EXPECT_EQ(dns.offset(), 14u + 20 + 8);
  EXPECT_EQ(dns.size(), kQuery.size());
}

TEST(ApplicationTest, ATextThatWasReadHasItsPlace) {
  const Bytes request =
      Text("GET /a HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
  const v1::Dissection tree = Dissect(Ethernet(
      0x0800, Ipv4(kClient, kServer, 6, Tcp(40000, 80, kAck, request))));
  EXPECT_EQ(NamesOf(tree), "eth ip tcp http");
  const v1::LayerField* host = FieldOf(tree, "http.host");
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->value(), "www.example.com");
  EXPECT_EQ(host->offset(), 14u + 20 + 20 + 23);
  EXPECT_EQ(host->size(), 15u);
}

TEST(ApplicationTest, AnAnomalyThatRepeatsHidesNoOther) {
  std::string request = "POST /a HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 20; ++i) request += "no colon\r\n";
  request += "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
  const v1::Dissection tree = Dissect(Ethernet(
      0x0800, Ipv4(kClient, kServer, 6, Tcp(40000, 80, kAck, Text(request)))));
  const v1::Layer& http = tree.layers(tree.layers_size() - 1);
  EXPECT_THAT(http.remarks(),
              ElementsAre("http.malformed_header", "http.framing_ambiguous"));
}

TEST(ApplicationTest, AnAnswerAloneIsUnderstoodToo) {
  Bytes answer = kQuery;
  answer[2] = 0x81;
  answer[3] = 0x83;
  const v1::Dissection tree = Dissect(Datagram(53, 40000, answer));
  EXPECT_EQ(NamesOf(tree), "eth ip udp dns");
  EXPECT_EQ(ValueOf(tree, "dns.rcode"), "3");
}

// Offset and size in the payload, which begins at `payload`.
std::string PlaceOf(const v1::Dissection& tree, const std::string& name,
                    uint32_t payload) {
  const v1::LayerField* field = FieldOf(tree, name);
  if (field == nullptr) return "absent";
  if (field->size() == 0) return "nowhere";
  return std::to_string(field->offset() - payload) + "+" +
         std::to_string(field->size());
}

TEST(ApplicationTest, NumbersAndNamesOfDnsHaveTheirPlaces) {
  Bytes answer = kQuery;
  answer[2] = 0x81;
  answer[3] = 0x80;
  answer[7] = 1;
  Append(answer, {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 80});
  const v1::Dissection tree = Dissect(Datagram(53, 40000, answer));
  constexpr uint32_t kPayload = 14 + 20 + 8;
  EXPECT_EQ(PlaceOf(tree, "dns.id", kPayload), "0+2");
  EXPECT_EQ(PlaceOf(tree, "dns.flags.recavail", kPayload), "3+1");
  EXPECT_EQ(PlaceOf(tree, "dns.qry.name", kPayload), "12+13");
  EXPECT_EQ(PlaceOf(tree, "dns.qry.type", kPayload), "25+2");
  EXPECT_EQ(PlaceOf(tree, "dns.count.answers", kPayload), "6+2");
  EXPECT_EQ(PlaceOf(tree, "dns.answers.name", kPayload), "29+2");
  EXPECT_EQ(PlaceOf(tree, "dns.answers.ttl", kPayload), "35+4");
  EXPECT_EQ(PlaceOf(tree, "dns.answers.data", kPayload), "41+4");
  // 0 is an answer too, and one packet does not tell that nobody asked.
  EXPECT_EQ(ValueOf(tree, "dns.rcode"), "0");
  EXPECT_EQ(PlaceOf(tree, "dns.rcode", kPayload), "3+1");
  EXPECT_EQ(FieldOf(tree, "dns.unmatched"), nullptr);
}

TEST(ApplicationTest, NumbersAndNamesOfHttpHaveTheirPlaces) {
  constexpr uint32_t kPayload = 14 + 20 + 20;
  const auto tcp = [](const std::string& text) {
    return Dissect(Ethernet(
        0x0800, Ipv4(kClient, kServer, 6, Tcp(40000, 80, kAck, Text(text)))));
  };
  const v1::Dissection request =
      tcp("POST /a?b=c HTTP/1.1\r\nHost: h.example\r\n"
          "Content-Length: 3\r\n\r\nabc");
  EXPECT_EQ(PlaceOf(request, "http.request.method", kPayload), "0+4");
  EXPECT_EQ(PlaceOf(request, "http.request.uri", kPayload), "5+6");
  EXPECT_EQ(PlaceOf(request, "http.request.version", kPayload), "17+3");
  EXPECT_EQ(PlaceOf(request, "http.request_declared_bytes", kPayload), "55+1");
}

TEST(ApplicationTest, NumbersOfATlsAlertHaveTheirPlaces) {
  constexpr uint32_t kPayload = 14 + 20 + 20;
  const v1::Dissection alert = Dissect(Ethernet(
      0x0800, Ipv4(kClient, kServer, 6,
                   Tcp(40000, 443, kAck, Bytes{21, 3, 3, 0, 2, 2, 40}))));
  EXPECT_EQ(PlaceOf(alert, "tls.alerts.description", kPayload), "6+1");
  EXPECT_EQ(PlaceOf(alert, "tls.alerts.fatal", kPayload), "5+1");
}

TEST(ApplicationTest, OnlyWhatIsSwitchedOnIsRead) {
  const OwnFrame own(Datagram(40000, 53, kQuery));
  AnalyzerOptions options;
  options.off = {Protocol::kDns};
  EXPECT_EQ(NamesOf(Dissector(options).Dissect(own.frame)), "eth ip udp data");
  options = AnalyzerOptions();
  options.enabled = false;
  EXPECT_EQ(NamesOf(Dissector(options).Dissect(own.frame)), "eth ip udp data");
}

TEST(ApplicationTest, WhatNobodyKnowsIsDataWithTheHintOfItsPort) {
  const v1::Dissection tree = Dissect(Datagram(40000, 53, Pattern(5)));
  EXPECT_EQ(NamesOf(tree), "eth ip udp data");
  EXPECT_THAT(TextOf(tree), HasSubstr("note: the port is usual for dns"));
}

TEST(ApplicationTest, APacketWithoutPayloadHasNoApplication) {
  EXPECT_EQ(NamesOf(Dissect(Datagram(40000, 53, {}))), "eth ip udp");
}

}  // namespace
}  // namespace tapline::testing
