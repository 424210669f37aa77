// The schema's own rules, checked on every file of tapline.v1.

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "common/schema/field_info.h"
#include "schema_listing.h"

namespace tapline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

void ForEachMessage(const std::function<void(const Descriptor&)>& visit) {
  for (const auto* file : SchemaFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      ASSERT_EQ(file->message_type(i)->nested_type_count(), 0)
          << "nested messages would escape these tests";
      visit(*file->message_type(i));
    }
  }
}

void ForEachField(const std::function<void(const FieldDescriptor&)>& visit) {
  ForEachMessage([&](const Descriptor& type) {
    for (int i = 0; i < type.field_count(); ++i) visit(*type.field(i));
  });
}

TEST(DescriptorTest, EveryFileOfTheSchemaIsSeen) {
  EXPECT_GE(SchemaFiles().size(), 16u);
}

TEST(DescriptorTest, EveryLeafFieldHasAPrivacyClass) {
  int leaves = 0;
  ForEachField([&](const FieldDescriptor& field) {
    if (!IsLeaf(field)) return;
    ++leaves;
    EXPECT_NE(PrivacyOf(field), v1::PRIVACY_UNSPECIFIED) << field.full_name();
  });
  EXPECT_GT(leaves, 200);
}

TEST(DescriptorTest, NoFieldIsOfTypeBytesOrMap) {
  ForEachField([](const FieldDescriptor& field) {
    EXPECT_NE(field.type(), FieldDescriptor::TYPE_BYTES) << field.full_name();
    EXPECT_FALSE(field.is_map()) << field.full_name();
  });
}

TEST(DescriptorTest, EveryEnumBeginsWithItsUnspecifiedValue) {
  for (const auto* file : SchemaFiles()) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const EnumDescriptor& type = *file->enum_type(i);
      EXPECT_EQ(type.value(0)->number(), 0) << type.full_name();
      EXPECT_TRUE(absl::EndsWith(type.value(0)->name(), "_UNSPECIFIED"))
          << type.full_name();
    }
  }
}

TEST(DescriptorTest, NoMessageContainsItself) {
  const std::function<void(const Descriptor&, std::set<const Descriptor*>)>
      walk = [&](const Descriptor& type, std::set<const Descriptor*> path) {
        ASSERT_TRUE(path.insert(&type).second) << type.full_name();
        for (int i = 0; i < type.field_count(); ++i) {
          if (!IsLeaf(*type.field(i))) {
            walk(*type.field(i)->message_type(), path);
          }
        }
      };
  ForEachMessage([&](const Descriptor& type) { walk(type, {}); });
}

TEST(DescriptorTest, RequestsAndResponsesAreNamedAfterTheirMethod) {
  for (const auto* file : SchemaFiles()) {
    for (int i = 0; i < file->service_count(); ++i) {
      const auto& service = *file->service(i);
      for (int j = 0; j < service.method_count(); ++j) {
        const auto& method = *service.method(j);
        EXPECT_EQ(method.input_type()->name(), method.name() + "Request");
        EXPECT_EQ(method.output_type()->name(), method.name() + "Response");
      }
    }
  }
}

}  // namespace
}  // namespace tapline
