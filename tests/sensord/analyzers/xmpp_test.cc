#include "sensord/analyzers/xmpp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sensord/analyzers/xml_tags.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
// RFC 6120 9.1.1.
constexpr char kClient[] =
    "<?xml version='1.0'?><stream:stream from='juliet@im.example.com' "
    "to='im.example.com' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
constexpr char kServer[] =
    "<stream:stream from='im.example.com' id='t7A' version='1.0' "
    "xmlns='jabber:client'><stream:features>"
    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";

TEST(XmppTest, StartTlsOfTheRfcIsOneEventAndHandedOver) {
  for (const size_t piece : {0, 1, 13}) {
    Conversation c(kTcp, 5222);
    c.InPiecesOf(piece).Client(kClient).Server(kServer);
    c.Client("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    c.Server("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Greeting g = c.Events()[0].greeting();
    EXPECT_EQ(g.protocol(), "xmpp");
    EXPECT_EQ(g.host(), "im.example.com");
    EXPECT_EQ(g.server_version(), "1.0");
    EXPECT_TRUE(g.starttls());
    EXPECT_EQ(g.ShortDebugString().find("juliet"), std::string::npos);
    EXPECT_EQ(c.told().host, "im.example.com");
    EXPECT_THAT(c.told().earlier, ElementsAre(Protocol::kXmpp));
    EXPECT_THAT(c.told().anomalies, IsEmpty());
  }
}

TEST(XmppTest, LoginsInTheClearAreToldWithTheirOutcome) {
  Conversation c(kTcp, 5222);
  c.Client(kClient).Server(kServer);
  c.Client("<auth mechanism='PLAIN' xmlns='x'>AGFubgBodW50ZXIy</auth>");
  c.Server("<failure xmlns='x'><not-authorized/></failure>");
  c.Client("<auth xmlns='x' mechanism='SCRAM-SHA-1'>biws</auth>");
  c.Server("<challenge>cj1m</challenge>").Client("<response>Yz1i</response>");
  c.Server("<success>dj1y</success>");
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[0].greeting().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_TRUE(c.Events()[0].greeting().cleartext_password());
  EXPECT_FALSE(c.Events()[1].greeting().cleartext_password());
  EXPECT_EQ(c.Events()[1].greeting().auth_mechanism(), "SCRAM-SHA-1");
  EXPECT_EQ(c.Events()[1].greeting().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_FALSE(c.wants());
}

TEST(XmppTest, ASecretInTheMechanismsPlaceIsNotTold) {
  Conversation c(kTcp, 5222);
  c.Client(kClient).Server(kServer);
  c.Client("<auth mechanism='AGFubgBodW50ZXIy' xmlns='x'/>");
  c.Server("<failure xmlns='x'><invalid-mechanism/></failure>");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].greeting().auth_mechanism(), "OTHER");
}

TEST(XmppTest, DataBehindProceedIsNamed) {
  Conversation c(kTcp, 5222);
  c.Client(kClient).Server(kServer).Client("<starttls/>");
  c.Server("<proceed/><stream:features/>");
  EXPECT_THAT(c.told().anomalies, ElementsAre("xmpp.data_after_starttls"));
}

TEST(XmppTest, EveryTruncationTellsOneGreetingAtMost) {
  const std::string client = kClient;
  for (size_t size = 0; size < client.size(); ++size) {
    Conversation c(kTcp, 9999);
    c.Client(client.substr(0, size)).End();
    const bool known =
        client.substr(0, size).find("jabber:") != std::string::npos;
    EXPECT_THAT(c.Events(), SizeIs(known ? 1 : 0)) << size;
  }
}

TEST(XmppTest, OtherXmlIsNotXmpp) {
  for (const char* first : {"<?xml version='1.0'?><soap:Envelope>",
                            "<stream:stream xmlns='x'>", "<html>", "<34>1 -"}) {
    Conversation c(kTcp, 9999);
    c.Client(first).End();
    EXPECT_THAT(c.Events(), IsEmpty()) << first;
  }
}

TEST(XmppTest, ALongSessionIsNotFollowedForEver) {
  Conversation c(kTcp, 5222);
  c.Client(kClient);
  for (int i = 0; i < 100; ++i) c.Client("<x>" + std::string(1000, 'x'));
  EXPECT_FALSE(c.wants());
  EXPECT_LT(c.peak_memory(), 16u << 10);
}

TEST(XmlTagsTest, AttributesMayHoldWhatEndsTags) {
  XmlTags tags;
  int found = 0;
  std::string last;
  for (const char c : std::string("a<b c='>' d=\"'\"/>x<e>")) {
    if (!tags.Take(c)) continue;
    ++found;
    if (found == 1) last = std::string(tags.tag());
  }
  EXPECT_EQ(found, 2);
  EXPECT_EQ(TagName(last), "b");
  EXPECT_EQ(TagAttribute(last, "c"), ">");
  EXPECT_EQ(TagAttribute(last, "d"), "'");
  EXPECT_EQ(TagAttribute(last, "e"), "");
  EXPECT_EQ(TagAttribute("b c", "c"), "");
  EXPECT_EQ(TagAttribute("b c=", "c"), "");
  EXPECT_EQ(TagAttribute("b c=d", "c"), "");
  EXPECT_EQ(TagName("b/"), "b");
  EXPECT_EQ(TagName("/"), "/");
}

}  // namespace
}  // namespace tapline::testing
