#include "common/filter/schema_source.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/schema/field_comment.h"
#include "common/schema/field_info.h"

namespace tapline::filter {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

void FillRange(const FieldDescriptor& field, Field& out) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      out.least = std::numeric_limits<int32_t>::min();
      out.most = std::numeric_limits<int32_t>::max();
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      out.least = std::numeric_limits<int64_t>::min();
      out.most = std::numeric_limits<int64_t>::max();
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
      out.most = std::numeric_limits<uint32_t>::max();
      return;
    default:
      out.most = std::numeric_limits<uint64_t>::max();
      return;
  }
}

const FieldDescriptor* BasisBeside(const FieldDescriptor& leaf) {
  const Descriptor& message = *leaf.containing_type();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (field != &leaf && !field->is_repeated() &&
        field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
        field->enum_type()->full_name() == "tapline.v1.Basis") {
      return field;
    }
  }
  return nullptr;
}

}  // namespace

v1::RecordKind KindOfArm(const FieldDescriptor& first) {
  switch (first.number()) {
    case v1::Record::kAlert:
      return v1::RECORD_KIND_ALERT;
    case v1::Record::kFlow:
      return v1::RECORD_KIND_FLOW;
    case v1::Record::kEvent:
      return v1::RECORD_KIND_EVENT;
    case v1::Record::kPacket:
      return v1::RECORD_KIND_PACKET;
    case v1::Record::kStats:
      return v1::RECORD_KIND_STATS;
    default:
      return v1::RECORD_KIND_UNSPECIFIED;
  }
}

Type TypeOf(const FieldDescriptor& field, View view) {
  switch (view) {
    case View::kPlain:
    case View::kFromOne:
    case View::kSum:
      break;
    case View::kBit:
      return Type::kBool;
    case View::kElapsed:
    case View::kNanoseconds:
      return Type::kDuration;
    case View::kThere:
    case View::kIsText:
    case View::kIsNumber:
      return Type::kPresence;
    default:
      return Type::kAddress;
  }
  if (IsTimestamp(field)) return Type::kTime;
  if (IsDuration(field)) return Type::kDuration;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Type::kPresence;
    case FieldDescriptor::CPPTYPE_STRING:
      return IsAddress(field) ? Type::kAddress : Type::kText;
    case FieldDescriptor::CPPTYPE_ENUM:
      return Type::kEnum;
    case FieldDescriptor::CPPTYPE_BOOL:
      return Type::kBool;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Type::kReal;
    default:
      return Type::kInteger;
  }
}

void FillFrom(const FieldDescriptor& leaf, View view, Field& field) {
  field.type = TypeOf(leaf, view);
  if (field.type == Type::kEnum) field.enum_type = leaf.enum_type();
  if (leaf.full_name() == "tapline.v1.Alert.rule") {
    field.named_after = v1::Evidence::descriptor();
  }
  if (field.type == Type::kInteger || field.type == Type::kReal) {
    field.unit = GetFieldInfo(leaf).unit;
  }
  FillRange(leaf, field);
  if (field.type == Type::kInteger && view == View::kPlain) {
    if (const auto most = MostOf(leaf)) field.most = *most;
    field.names = NamesOf(leaf);
  }
  field.privacy = PrivacyOf(leaf);
  if (!field.meaning.empty()) return;
  if (IsLeaf(leaf)) {
    field.meaning = MeaningOf(leaf);
  } else {
    const absl::string_view comment = CommentOf(*leaf.message_type());
    field.meaning =
        comment.empty()
            ? absl::StrCat("There is ",
                           absl::StrReplaceAll(leaf.name(), {{"_", " "}}))
            : std::string(comment);
  }
}

Source SourceAt(const std::vector<const FieldDescriptor*>& steps) {
  Source source;
  source.steps = steps;
  source.kind = KindOfArm(*steps.front());
  const FieldDescriptor& leaf = *steps.back();
  if (!IsLeaf(leaf)) {
    source.view = View::kThere;
  } else {
    source.basis = BasisBeside(leaf);
  }
  return source;
}

}  // namespace tapline::filter
