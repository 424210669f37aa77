#include "sensord/analyzers/ssdp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/text_format.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Conversation::kUdp;

std::string Text(const v1::Event& event) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(event.ssdp(), &text);
  return text;
}

// UPnP Device Architecture 2.0, 1.3.2 and 1.3.3, filled in.
const char kSearch[] =
    "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
    "MAN: \"ssdp:discover\"\r\nMX: 2\r\nST: upnp:rootdevice\r\n"
    "USER-AGENT: Linux/6.1 UPnP/2.0 finder/1.0\r\n\r\n";
const char kResponse[] =
    "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age = 1800, x\r\nEXT:\r\n"
    "LOCATION: http://192.0.2.7:49152/desc.xml\r\n"
    "SERVER: Linux/4.9 UPnP/1.0 box/2.1\r\nST: upnp:rootdevice\r\n"
    "USN: uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6::upnp:rootdevice\r\n\r\n";
const char kAlive[] =
    "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
    "NT: uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6\r\nNTS: ssdp:alive\r\n\r\n";

TEST(SsdpTest, ASearchAndItsResponseAreTold) {
  Conversation c(kUdp, 1900);
  c.Client(kSearch);
  EXPECT_EQ(c.told().protocol, Protocol::kSsdp);
  EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  EXPECT_EQ(c.told().host, "239.255.255.250");
  c.Server(kResponse);
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(Text(c.Events()[0]),
            "kind: \"search\"\n"
            "target: \"upnp:rootdevice\"\n"
            "user_agent: \"Linux/6.1 UPnP/2.0 finder/1.0\"\n");
  EXPECT_EQ(Text(c.Events()[1]),
            "kind: \"response\"\n"
            "target: \"upnp:rootdevice\"\n"
            "server: \"Linux/4.9 UPnP/1.0 box/2.1\"\n"
            "location_host: \"192.0.2.7\"\n"
            "location_port: 49152\n"
            "max_age: 1800\n");
  EXPECT_THAT(c.told().anomalies, IsEmpty());
}

TEST(SsdpTest, ADeviceThatAnnouncesItselfHasNoId) {
  Conversation c(kUdp, 1900);
  c.Client(kAlive);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(Text(c.Events()[0]),
            "kind: \"alive\"\ntarget: \"uuid:[redacted:opaque]\"\n");
}

TEST(SsdpTest, AResponseOnAnotherPortIsKnownByItsFields) {
  Conversation c(kUdp, 57547, 48166);
  c.Client(kResponse);
  EXPECT_EQ(c.told().protocol, Protocol::kSsdp);
  Conversation other(kUdp, 57547, 48166);
  other.Client("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n");
  EXPECT_EQ(other.told().protocol, Protocol::kUnknown);
}

TEST(SsdpTest, EveryTruncationIsBounded) {
  for (const std::string message : {kSearch, kResponse, kAlive}) {
    for (size_t size = 0; size < message.size(); ++size) {
      Conversation c(kUdp, 1900);
      c.Client(message.substr(0, size)).End();
      EXPECT_LE(c.Events().size(), 1u);
    }
  }
}

TEST(SsdpTest, EachRuleBrokenIsSaid) {
  for (const char* message :
       {"NOTIFY * HTTP/1.1\r\nNTS: ssdp:x\r\n\r\n", "NOTIFY * HTTP/1.1\r\n\r\n",
        "M-SEARCH * HTTP/1.1\r\nno colon\r\n\r\n"}) {
    Conversation c(kUdp, 1900);
    c.Client(message);
    EXPECT_THAT(c.told().anomalies, ElementsAre("ssdp.malformed")) << message;
  }
  Conversation c(kUdp, 1900);
  c.Client(kSearch).Client("\x01\x02");
  EXPECT_THAT(c.told().anomalies, ElementsAre("ssdp.malformed"));
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(SsdpTest, NeighboursAreNotClaimed) {
  for (const char* text : {"BT-SEARCH * HTTP/1.1\r\nHost: x\r\n",
                           "NOTIFY sip:a@b SIP/2.0\r\n", "GET / HTTP/1.1\r\n",
                           "HTTP/1.0 200 OK\r\n", "NOTIFY /x HTTP/1.1\r\n"}) {
    Opening opening;
    opening.datagram = true;
    opening.from_originator = {reinterpret_cast<const uint8_t*>(text),
                               std::string(text).size()};
    EXPECT_EQ(ssdp::Unit().probe(opening), Match::kNo) << text;
  }
}

}  // namespace
}  // namespace tapline::testing
