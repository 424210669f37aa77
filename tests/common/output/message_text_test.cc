#include "common/output/message_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/net/code_point.h"
#include "tapline/v1/record.pb.h"

namespace tapline {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

v1::Dns Answered() {
  v1::Dns dns;
  dns.set_name("example.com");
  dns.set_type(1);
  dns.set_answered(true);
  v1::DnsAnswer& answer = *dns.add_answers();
  answer.set_type(1);
  answer.set_data("192.0.2.1");
  return dns;
}

TEST(MessageTextTest, SetFieldsComeInOrderAndOthersNot) {
  EXPECT_EQ(MessageText(Answered()),
            "name=example.com type=1 answered "
            "answers=[{type=1 data=192.0.2.1}]");
  EXPECT_EQ(MessageText(v1::Dns()), "");
}

TEST(MessageTextTest, AnEnumIsShortAndAMessageInBraces) {
  v1::Flow flow;
  flow.set_transport(v1::TRANSPORT_TCP);
  flow.mutable_originator()->set_port(80);
  flow.mutable_start()->set_seconds(1);
  flow.add_anomalies("tcp.gap");
  EXPECT_EQ(MessageText(flow),
            "transport=tcp originator={port=80} start=1970-01-01T00:00:01Z "
            "anomalies=[tcp.gap]");
}

TEST(MessageTextTest, ATextThatWouldReadWronglyIsQuoted) {
  v1::PolicyChange change;
  for (const char* text : {"two words", "a=b", "x,y", "]", "say \"no\""}) {
    change.set_error(text);
    EXPECT_THAT(MessageText(change), HasSubstr("error=\""));
    EXPECT_THAT(MessageText(change), EndsWith("\""));
  }
}

TEST(MessageTextTest, LongListsAreCountedAndNotShown) {
  v1::Flow flow;
  for (int i = 0; i < 11; ++i) flow.add_anomalies(absl::StrCat(i));
  EXPECT_EQ(MessageText(flow), "anomalies=[0,1,2,3,4,5,6,7...+3]");
}

TEST(MessageTextTest, LongTextsAreCutBetweenCharacters) {
  for (size_t start = 0; start < 3; ++start) {
    v1::Dns dns;
    std::string name(start, 'a');
    for (int i = 0; i < 1000; ++i) name += "\xE4\xB8\xAD";
    dns.set_name(name);
    const std::string text = MessageText(dns);
    EXPECT_LE(text.size(), 1003u);
    EXPECT_THAT(text, EndsWith("..."));
    for (size_t i = 0; i < text.size();) {
      const CodePoint point = DecodeUtf8(text, i);
      ASSERT_TRUE(point.valid) << i;
      i += point.size;
    }
  }
}

TEST(MessageTextTest, AFieldAloneHasNoName) {
  const v1::Dns dns = Answered();
  const auto& type = *v1::Dns::descriptor();
  EXPECT_EQ(FieldText(dns, *type.FindFieldByName("type")), "1");
  EXPECT_EQ(FieldText(dns, *type.FindFieldByName("answers"), 0),
            "{type=1 data=192.0.2.1}");
}

}  // namespace
}  // namespace tapline
