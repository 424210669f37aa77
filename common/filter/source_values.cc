#include "common/filter/source_values.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/schema/field_info.h"
#include "common/schema/record_kind.h"

namespace tapline::filter {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The value of the leaf, element `index` where it is repeated. Text may live in
// `scratch`.
Value ReadLeaf(const Message& message, const FieldDescriptor& leaf, int index,
               std::string& scratch) {
  const Reflection& r = *message.GetReflection();
  const bool many = leaf.is_repeated();
  switch (leaf.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return WholeValue(many ? r.GetRepeatedInt32(message, &leaf, index)
                             : r.GetInt32(message, &leaf));
    case FieldDescriptor::CPPTYPE_INT64:
      return WholeValue(many ? r.GetRepeatedInt64(message, &leaf, index)
                             : r.GetInt64(message, &leaf));
    case FieldDescriptor::CPPTYPE_UINT32:
      return WholeValue(many ? r.GetRepeatedUInt32(message, &leaf, index)
                             : r.GetUInt32(message, &leaf));
    case FieldDescriptor::CPPTYPE_UINT64:
      return WholeValue(many ? r.GetRepeatedUInt64(message, &leaf, index)
                             : r.GetUInt64(message, &leaf));
    case FieldDescriptor::CPPTYPE_BOOL:
      return WholeValue(many ? r.GetRepeatedBool(message, &leaf, index)
                             : r.GetBool(message, &leaf));
    case FieldDescriptor::CPPTYPE_ENUM:
      return WholeValue(many ? r.GetRepeatedEnumValue(message, &leaf, index)
                             : r.GetEnumValue(message, &leaf));
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: {
      Value value;
      value.storage = Storage::kReal;
      const bool wide = leaf.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE;
      value.real = wide ? (many ? r.GetRepeatedDouble(message, &leaf, index)
                                : r.GetDouble(message, &leaf))
                        : (many ? r.GetRepeatedFloat(message, &leaf, index)
                                : r.GetFloat(message, &leaf));
      return value;
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return TextValue(
          many ? r.GetRepeatedStringReference(message, &leaf, index, &scratch)
               : r.GetStringReference(message, &leaf, &scratch));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& part = many ? r.GetRepeatedMessage(message, &leaf, index)
                                 : r.GetMessage(message, &leaf);
      if (IsTimestamp(leaf)) {
        return WholeValue(
            NanosOf(static_cast<const google::protobuf::Timestamp&>(part)));
      }
      if (IsDuration(leaf)) {
        return WholeValue(
            NanosOf(static_cast<const google::protobuf::Duration&>(part)));
      }
      // A message that is there.
      return WholeValue(1);
    }
  }
  return {};
}

// The text as an address of a family the view wants; kNothing when it is none.
Value AsAddress(View view, absl::string_view text) {
  const Address address = Address::FromText(text);
  bool wanted = address.family != Address::kNone;
  if (view == View::kIp) wanted = wanted && address.family != Address::kMac;
  if (view == View::kIpv4) wanted = address.family == Address::kIpv4;
  if (view == View::kIpv6) wanted = address.family == Address::kIpv6;
  if (view == View::kMac) wanted = address.family == Address::kMac;
  return wanted ? AddressValue(address) : Value();
}

// What the source makes of a leaf's value; kNothing when it is none.
Value Viewed(const Source& source, const Value& value) {
  const FieldDescriptor& leaf = *source.steps.back();
  const bool text = value.storage == Storage::kText;
  if (text && value.text.empty()) return {};
  if (leaf.cpp_type() == FieldDescriptor::CPPTYPE_ENUM && value.whole == 0) {
    return {};
  }
  switch (source.view) {
    case View::kPlain:
      return text && IsAddress(leaf) ? AsAddress(source.view, value.text)
                                     : value;
    case View::kIp:
    case View::kIpv4:
    case View::kIpv6:
    case View::kMac:
      return AsAddress(source.view, value.text);
    case View::kBit:
      return WholeValue((value.whole & source.number) != 0 ? 1 : 0);
    case View::kFromOne:
      return WholeValue(value.whole + 1);
    case View::kIsText:
      return value.text == source.text ? WholeValue(1) : Value();
    case View::kIsNumber:
      return value.whole == source.number ? WholeValue(1) : Value();
    case View::kNanoseconds:
    case View::kThere:
    case View::kSum:
    case View::kElapsed:
      return value;
  }
  return {};
}

using Steps = std::vector<const FieldDescriptor*>;

// The number at one place; kNothing when the messages around it are not there.
Value ReadNumber(const v1::Record& record, const Steps& steps) {
  const Message* message = &record;
  std::string scratch;
  for (const FieldDescriptor* step : steps) {
    const Reflection& reflection = *message->GetReflection();
    if (step->has_presence() && !reflection.HasField(*message, step)) return {};
    if (step == steps.back()) return ReadLeaf(*message, *step, 0, scratch);
    message = &reflection.GetMessage(*message, step);
  }
  return {};
}

// Of a source with two places.
Value ReadBoth(const Source& source, const v1::Record& record) {
  const Value first = ReadNumber(record, source.steps);
  const Value second = ReadNumber(record, source.others);
  const bool both =
      first.storage != Storage::kNothing && second.storage != Storage::kNothing;
  if (source.view == View::kElapsed) {
    if (!both) return {};
    return WholeValue(std::max<absl::int128>(second.whole - first.whole, 0));
  }
  if (both) return WholeValue(first.whole + second.whole);
  return first.storage != Storage::kNothing ? first : second;
}

bool IsObserved(const Source& source, const Message& message) {
  if (source.basis == nullptr) return true;
  const int basis =
      message.GetReflection()->GetEnumValue(message, source.basis);
  return basis == v1::BASIS_DECODED || basis == v1::BASIS_SIGNATURE;
}

class Walker {
 public:
  Walker(const Source& source, bool observed, Budget& budget, Visitor visit)
      : source_(source), observed_(observed), budget_(budget), visit_(visit) {}

  bool Walk(const Message& message, size_t at) {
    const FieldDescriptor& field = *source_.steps[at];
    const Reflection& reflection = *message.GetReflection();
    if (at + 1 == source_.steps.size()) return Leaf(message, field);
    if (!field.is_repeated()) {
      if (!reflection.HasField(message, &field)) return true;
      return Walk(reflection.GetMessage(message, &field), at + 1);
    }
    const int size = reflection.FieldSize(message, &field);
    for (int i = 0; i < size; ++i) {
      if (!Walk(reflection.GetRepeatedMessage(message, &field, i), at + 1)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool Leaf(const Message& message, const FieldDescriptor& leaf) {
    const Reflection& reflection = *message.GetReflection();
    if (leaf.has_presence() && !reflection.HasField(message, &leaf)) {
      return true;
    }
    if (observed_ && !IsObserved(source_, message)) return true;
    const int size =
        leaf.is_repeated() ? reflection.FieldSize(message, &leaf) : 1;
    std::string scratch;
    for (int i = 0; i < size; ++i) {
      budget_.Take(1);
      if (budget_.spent()) return false;
      const Value value = Viewed(source_, ReadLeaf(message, leaf, i, scratch));
      if (value.storage != Storage::kNothing && !visit_(value)) return false;
    }
    return true;
  }

  const Source& source_;
  const bool observed_;
  Budget& budget_;
  Visitor visit_;
};

bool IsAbout(const Field& protocol, const v1::Record& record, Budget& budget) {
  for (const Source& source : protocol.sources) {
    bool found = false;
    if (!IsOfKind(source, record)) continue;
    VisitSource(source, record, false, budget, [&found](const Value&) {
      found = true;
      return false;
    });
    if (found) return true;
  }
  return false;
}

}  // namespace

bool IsOfKind(const Source& source, const v1::Record& record) {
  return source.kind == v1::RECORD_KIND_UNSPECIFIED ||
         source.kind == KindOf(record);
}

bool VisitSource(const Source& source, const v1::Record& record, bool observed,
                 Budget& budget, Visitor visit) {
  if (!IsOfKind(source, record)) return true;
  if (source.about != nullptr && !IsAbout(*source.about, record, budget)) {
    return !budget.spent();
  }
  if (!source.others.empty()) {
    budget.Take(2);
    if (budget.spent()) return false;
    const Value value = ReadBoth(source, record);
    return value.storage == Storage::kNothing || visit(value);
  }
  return Walker(source, observed, budget, visit).Walk(record, 0);
}

bool HasPlace(const Source& source, const v1::Record& record) {
  if (!IsOfKind(source, record)) return false;
  const Message* message = &record;
  for (size_t at = 0; at + 1 < source.steps.size(); ++at) {
    const FieldDescriptor& field = *source.steps[at];
    if (field.is_repeated()) return true;
    const Reflection& reflection = *message->GetReflection();
    if (!reflection.HasField(*message, &field)) return false;
    message = &reflection.GetMessage(*message, &field);
  }
  return true;
}

}  // namespace tapline::filter
