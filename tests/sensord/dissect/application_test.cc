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
