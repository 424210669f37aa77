#include "common/output/printer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "common/output/columns.h"
#include "common/output/escape.h"
#include "common/redact/redactor.h"

namespace tapline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Redacted<v1::Record> Scan() {
  v1::Record record;
  v1::Alert& alert = *record.mutable_alert();
  alert.set_id("00112233aabbccdd");
  alert.set_rule("port_scan");
  alert.set_severity(v1::SEVERITY_HIGH);
  alert.mutable_last_seen()->set_seconds(1700000000);
  alert.mutable_source()->set_address("192.0.2.1");
  alert.mutable_target()->set_address("2001:db8::2");
  alert.mutable_target()->set_port(443);
  alert.set_count(12);
  alert.set_summary("192.0.2.1 tried 12 ports, 1 open");
  return Redactor().Apply(record);
}

Printer<v1::Record> Alerts(PrintOptions options) {
  return {RecordColumns(v1::RECORD_KIND_ALERT), options, kIdColumn};
}

TEST(PrinterTest, ATableRowHasItsColumnsUnderTheHeader) {
  Printer<v1::Record> printer = Alerts({});
  const std::vector<std::string> lines =
      absl::StrSplit(printer.List({Scan()}), '\n');
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].find("RULE"), lines[1].find("port_scan"));
  EXPECT_EQ(lines[0].find("TARGET"), lines[1].find("[2001:db8::2]:443"));
  EXPECT_THAT(lines[1], StartsWith("2023-11-14T22:13:20.000Z  00112233  HIGH"));
  EXPECT_THAT(lines[1], Not(HasSubstr("00112233aabbccdd")));
}

TEST(PrinterTest, AWideTableAlsoHasTheId) {
  EXPECT_THAT(Alerts({.format = Format::kWide}).Item(Scan()),
              HasSubstr("00112233aabbccdd"));
}

TEST(PrinterTest, NoLineIsWiderThanTheTerminal) {
  for (size_t width = 1; width < 200; ++width) {
    Printer<v1::Record> printer = Alerts({.width = width});
    const std::string text = printer.List({Scan()});
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      ASSERT_LE(DisplayWidth(line), width) << line;
    }
  }
}

TEST(PrinterTest, WithoutATerminalNothingIsCut) {
  EXPECT_THAT(Alerts({}).Item(Scan()),
              HasSubstr("192.0.2.1 tried 12 ports, 1 open"));
}

TEST(PrinterTest, ColourIsOnlyThereWhenAskedFor) {
  EXPECT_THAT(Alerts({}).Item(Scan()), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Alerts({.color = true}).Item(Scan()),
              HasSubstr("\x1b[31mHIGH\x1b[0m"));
}

TEST(PrinterTest, CsvHasLowerCaseTitlesAndRawValues) {
  Printer<v1::Record> printer = Alerts({.format = Format::kCsv});
  const std::string text = printer.List({Scan()});
  EXPECT_THAT(text, StartsWith("time,id,severity,rule,source,target,count,"));
  EXPECT_THAT(text, HasSubstr("\r\n2023-11-14T22:13:20Z,00112233aabbccdd,HIGH,"
                              "port_scan,192.0.2.1,[2001:db8::2]:443,12,"));
  EXPECT_THAT(text, HasSubstr("\"192.0.2.1 tried 12 ports, 1 open\""));
}

TEST(PrinterTest, NameCompactAndNoHeaders) {
  EXPECT_EQ(Alerts({.format = Format::kName}).List({Scan()}),
            "00112233aabbccdd\n");
  EXPECT_THAT(
      Alerts({.format = Format::kCompact}).List({Scan()}),
      StartsWith(
          "2023-11-14T22:13:20.000Z 00112233 HIGH port_scan 192.0.2.1 "));
  EXPECT_THAT(Alerts({.headers = false}).List({Scan()}), StartsWith("2023"));
}

TEST(PrinterTest, FormatsAreKnownByName) {
  EXPECT_EQ(ParseFormat("jsonl"), Format::kJson);
  EXPECT_EQ(ParseFormat("wide"), Format::kWide);
  EXPECT_EQ(ParseFormat("xml"), std::nullopt);
}

}  // namespace
}  // namespace tapline
