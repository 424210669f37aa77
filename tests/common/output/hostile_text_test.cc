// R13: whatever a string holds, no format lets a control through.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/net/code_point.h"
#include "common/output/columns.h"
#include "common/output/printer.h"
#include "common/redact/redactor.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const std::vector<std::string> HostileTexts() {
  return {"\x1b]0;owned\x07",
          std::string("nul\0byte", 8),
          "line\r\nfeed\n{\"alert\":{}}",
          "\xC2\x9B"
          "2J",
          "\xE2\x80\xAE"
          "gnp.exe",
          "\xE2\x81\xA6iso\xE2\x81\xA9",
          "\xE2\x80\xA8sep\xE2\x80\xA9",
          "\xff\xfe\x80",
          "\xED\xA0\x80",
          "quote\"s',;|<>&",
          "=cmd|' /C calc'!A0",
          "\t=1+1",
          "\x7f"
          "del",
          "trunc\xE2\x80"};
}

// Sets every string of the message, at any depth, to `text`.
void Fill(const std::string& text, Message& message) {
  const auto& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.containing_oneof() != nullptr && message.ByteSizeLong() > 0 &&
        reflection.HasOneof(message, field.containing_oneof())) {
      continue;
    }
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (field.is_repeated()) {
        reflection.AddString(&message, &field, text);
      } else {
        reflection.SetString(&message, &field, text);
      }
    } else if (!IsLeaf(field)) {
      Fill(text, field.is_repeated()
                     ? *reflection.AddMessage(&message, &field)
                     : *reflection.MutableMessage(&message, &field));
    }
  }
}

// Printable, except for the line ends that separate items.
void ExpectClean(std::string text, Format format) {
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = DecodeUtf8(text, i);
    const bool line_end =
        point.value == '\n' || (format == Format::kCsv && point.value == '\r');
    ASSERT_TRUE(point.valid) << text;
    ASSERT_TRUE(line_end || !IsControl(point.value)) << text;
    i += point.size;
  }
}

int Lines(const std::string& text) {
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

constexpr Format kFormats[] = {Format::kTable, Format::kWide, Format::kJson,
                               Format::kCsv,   Format::kYaml, Format::kCompact,
                               Format::kName};

TEST(HostileTextTest, NoPrinterLetsAControlThrough) {
  for (const std::string& text : HostileTexts()) {
    std::vector<std::pair<v1::RecordKind, v1::Record>> records(5);
    for (int kind = 1; kind <= 5; ++kind) {
      auto& [record_kind, record] = records[kind - 1];
      record_kind = static_cast<v1::RecordKind>(kind);
      const auto* arm = v1::Record::descriptor()->FindFieldByNumber(kind);
      Fill(text, *record.GetReflection()->MutableMessage(&record, arm));
      record.set_source_id(text);
      record.set_sensor_id(text);
    }
    for (const auto& [kind, record] : records) {
      for (const Format format : kFormats) {
        Printer<v1::Record> printer(RecordColumns(kind), {.format = format},
                                    kIdColumn);
        const std::string out = printer.Item(Redactor().Apply(record));
        ExpectClean(out, format);
        if (format == Format::kYaml) continue;
        EXPECT_EQ(Lines(out), 1) << out;
      }
    }
  }
}

TEST(HostileTextTest, GapTextIsOneCleanLine) {
  for (const std::string& text : HostileTexts()) {
    v1::Gap gap;
    gap.set_reason(text);
    const std::string out = GapText(Redactor().Apply(gap));
    ExpectClean(out, Format::kTable);
    EXPECT_EQ(Lines(out), 0);
  }
}

}  // namespace
}  // namespace tapline
