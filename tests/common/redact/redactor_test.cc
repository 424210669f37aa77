#include "common/redact/redactor.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "google/protobuf/util/message_differencer.h"
#include "tapline/v1/record.pb.h"

namespace tapline {
namespace {

using google::protobuf::util::MessageDifferencer;

static_assert(!std::is_constructible_v<Redacted<std::string>, std::string>,
              "only a Redactor may make one");
static_assert(!std::is_default_constructible_v<Redacted<v1::Record>>);

TEST(RedactorTest, SecretsInTextFieldsAtAnyDepthAreMasked) {
  v1::Record record;
  record.mutable_alert()->set_note("their password=hunter2");
  record.mutable_alert()->set_rule("port_scan");
  const v1::Record out = Redactor().Apply(record).get();
  EXPECT_EQ(out.alert().note(), "their password=[redacted:secret]");
  EXPECT_EQ(out.alert().rule(), "port_scan");
}

TEST(RedactorTest, SecretsInRepeatedMessagesAreMasked) {
  v1::Record record;
  record.mutable_event()->mutable_dns()->add_answers()->set_data(
      "token=abcdefgh1234");
  EXPECT_EQ(Redactor().Apply(record).get().event().dns().answers(0).data(),
            "token=[redacted:secret]");
}

TEST(RedactorTest, WhatIdentifiesPeopleIsMaskedWhereTheWireWroteIt) {
  v1::Record record;
  v1::Http& http = *record.mutable_event()->mutable_http();
  http.set_user_agent("bot (ann@ex.org)");
  http.set_method("GET");
  const v1::Record out = Redactor().Apply(record).get();
  EXPECT_EQ(out.event().http().user_agent(), "bot ([redacted:email]@ex.org)");
  EXPECT_EQ(out.event().http().method(), "GET");
  v1::Record alert;
  alert.mutable_alert()->set_note("asked ann@ex.org");
  EXPECT_EQ(Redactor().Apply(alert).get().alert().note(), "asked ann@ex.org");
}

TEST(RedactorTest, ARecordWithoutSecretsIsUnchanged) {
  v1::Record record;
  v1::Flow& flow = *record.mutable_flow();
  flow.set_id("0123456789abcdef");
  flow.mutable_originator()->set_address("192.0.2.1");
  flow.mutable_application()->set_host("www.example.com");
  EXPECT_TRUE(
      MessageDifferencer::Equals(Redactor().Apply(record).get(), record));
}

TEST(RedactorTest, TypesWithoutTextOrContentNeedNoLook) {
  EXPECT_TRUE(RedactionPlan(*v1::FlowSide::descriptor()).empty());
  EXPECT_TRUE(RedactionPlan(*v1::Gap::descriptor()).empty());
  EXPECT_FALSE(RedactionPlan(*v1::Record::descriptor()).empty());
}

TEST(RedactorTest, ALookAtARecordDoesNotCreateItsArms) {
  v1::Record record;
  record.set_sequence(7);
  EXPECT_EQ(Redactor().Apply(record).get().record_case(),
            v1::Record::RECORD_NOT_SET);
}

TEST(RedactorTest, TextForTheLogIsMasked) {
  EXPECT_EQ(Redactor().Text("pwd=1234").get(), "pwd=[redacted:secret]");
}

}  // namespace
}  // namespace tapline
