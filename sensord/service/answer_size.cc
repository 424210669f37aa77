#include "sensord/service/answer_size.h"

#include <vector>

namespace tapline {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Tag and length of an element.
constexpr size_t kElementBytes = 6;

size_t BytesOf(const Message& answer, const FieldDescriptor* list) {
  const auto& reflection = *answer.GetReflection();
  size_t bytes = 0;
  for (int i = 0; i < reflection.FieldSize(answer, list); ++i) {
    bytes += kElementBytes +
             reflection.GetRepeatedMessage(answer, list, i).ByteSizeLong();
  }
  return bytes;
}

// The list of messages with the most bytes; null without one.
const FieldDescriptor* LongestList(const Message& answer) {
  std::vector<const FieldDescriptor*> fields;
  answer.GetReflection()->ListFields(answer, &fields);
  const FieldDescriptor* longest = nullptr;
  size_t most = 0;
  for (const FieldDescriptor* field : fields) {
    if (!field->is_repeated() ||
        field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    }
    const size_t bytes = BytesOf(answer, field);
    if (bytes > most) longest = field;
    if (bytes > most) most = bytes;
  }
  return longest;
}

}  // namespace

size_t RecordsThatFit(absl::Span<const v1::Record> records, size_t used) {
  size_t bytes = used;
  for (size_t i = 0; i < records.size(); ++i) {
    bytes += kElementBytes + records[i].ByteSizeLong();
    if (bytes > kMaxPageBytes && (i > 0 || used > 0)) return i;
  }
  return records.size();
}

void CutToSize(Message& answer) {
  const FieldDescriptor* truncated =
      answer.GetDescriptor()->FindFieldByName("truncated");
  if (truncated == nullptr) return;
  size_t bytes = answer.ByteSizeLong();
  if (bytes <= kMaxAnswerBytes) return;
  const FieldDescriptor* list = LongestList(answer);
  if (list == nullptr) return;
  const auto& reflection = *answer.GetReflection();
  for (int last = reflection.FieldSize(answer, list) - 1;
       last > 0 && bytes > kMaxAnswerBytes; --last) {
    bytes -= reflection.GetRepeatedMessage(answer, list, last).ByteSizeLong();
    reflection.RemoveLast(&answer, list);
  }
  reflection.SetBool(&answer, truncated, true);
}

}  // namespace tapline
