#include "common/output/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/redact/redactor.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "tapline/v1/sensor_service.pb.h"

namespace tapline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::Record AlertRecord() {
  v1::Record record;
  v1::Alert& alert = *record.mutable_alert();
  alert.set_id("00deadbeef001122");
  alert.set_rule("port_scan");
  alert.set_severity(v1::SEVERITY_HIGH);
  alert.mutable_first_seen()->set_seconds(1700000000);
  alert.mutable_first_seen()->set_nanos(5'000'000);
  alert.set_count(12345678901234567890u);
  alert.mutable_source()->set_address("2001:db8::1");
  alert.mutable_evidence()->mutable_port_scan()->add_ports(22);
  alert.mutable_evidence()->mutable_port_scan()->add_ports(80);
  alert.mutable_suppress_window()->set_seconds(300);
  alert.set_coverage(0.5);
  record.set_sequence(9);
  return record;
}

std::string Line(const v1::Record& record) {
  return JsonLine(Redactor().Apply(record));
}

TEST(JsonTest, ALineBeginsWithTheArmOfTheRecord) {
  EXPECT_THAT(Line(AlertRecord()), StartsWith("{\"alert\":{\"id\":"));
  v1::Record record;
  record.mutable_flow();
  EXPECT_THAT(Line(record), StartsWith("{\"flow\":{"));
  record.mutable_event();
  EXPECT_THAT(Line(record), StartsWith("{\"event\":{"));
  record.mutable_gap();
  EXPECT_THAT(Line(record), StartsWith("{\"gap\":{"));
  record.mutable_checkpoint();
  EXPECT_THAT(Line(record), StartsWith("{\"checkpoint\":{"));
  record.mutable_summary();
  EXPECT_THAT(Line(record), StartsWith("{\"summary\":{"));
}

TEST(JsonTest, TypesAreWrittenAsTheContractSays) {
  const std::string line = Line(AlertRecord());
  EXPECT_THAT(line, HasSubstr("\"severity\":\"SEVERITY_HIGH\""));
  EXPECT_THAT(line, HasSubstr("\"count\":\"12345678901234567890\""));
  EXPECT_THAT(line, HasSubstr("\"first_seen\":\"2023-11-14T22:13:20.005Z\""));
  EXPECT_THAT(line, HasSubstr("\"ports\":[22,80]"));
  EXPECT_THAT(line, HasSubstr("\"suppress_window\":\"300s\""));
  EXPECT_THAT(line, HasSubstr("\"acknowledged\":false"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(JsonTest, UnsetArmsAndMessagesAreNotPrinted) {
  const std::string line = Line(AlertRecord());
  EXPECT_THAT(line, Not(HasSubstr("\"flow\"")));
  EXPECT_THAT(line, Not(HasSubstr("\"target\"")));
  EXPECT_THAT(line, Not(HasSubstr("host_sweep")));
  EXPECT_THAT(line, Not(HasSubstr("acknowledged_at")));
}

TEST(JsonTest, ProtobufReadsBackTheSameRecord) {
  v1::Record back;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(Line(AlertRecord()), &back)
          .ok());
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(back, AlertRecord()));
}

google::protobuf::Struct AsStruct(const std::string& json) {
  google::protobuf::Struct value;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &value).ok());
  return value;
}

TEST(JsonTest, ProtobufsOwnPrinterGivesTheSameMembersAndValues) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string expected;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(AlertRecord(),
                                                          &expected, options)
                  .ok());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      AsStruct(Line(AlertRecord())), AsStruct(expected)));
}

TEST(JsonTest, NotANumberNeverAppears) {
  v1::Record record;
  record.mutable_summary()->set_seconds(
      std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(Line(record), HasSubstr("\"seconds\":0,"));
}

TEST(JsonTest, AnEnumValueThatIsNotKnownIsItsNumber) {
  v1::Record record = AlertRecord();
  record.mutable_alert()->set_severity(static_cast<v1::Severity>(77));
  EXPECT_THAT(Line(record), HasSubstr("\"severity\":77,"));
}

TEST(JsonTest, AnyOtherMessageIsOneObject) {
  v1::GetStatusResponse status;
  status.set_verdict(v1::VERDICT_DEGRADED);
  status.add_reasons("no capture");
  EXPECT_THAT(MessageJson(Redactor().Apply(status)),
              StartsWith("{\"verdict\":\"VERDICT_DEGRADED\",\"reasons\":[\"no "
                         "capture\"],\"version\":\"\","));
}

TEST(JsonTest, YamlHasTheSameContentInBlocks) {
  v1::Record record;
  record.mutable_alert()->set_rule("port_scan");
  record.mutable_alert()->mutable_source()->set_address("192.0.2.1");
  const std::string text = MessageYaml(Redactor().Apply(record));
  EXPECT_THAT(text,
              StartsWith("---\nalert:\n  id: \"\"\n  rule: \"port_scan\""));
  EXPECT_THAT(text, HasSubstr("  source:\n    address: \"192.0.2.1\"\n"));
}

}  // namespace
}  // namespace tapline
