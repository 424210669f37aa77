// Records with something in every field, from small alphabets so that filters
// and records meet often. Follows the schema: a new message is covered by
// itself.

#ifndef TAPLINE_TESTS_SUPPORT_RANDOM_RECORDS_H_
#define TAPLINE_TESTS_SUPPORT_RANDOM_RECORDS_H_

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_format.h"
#include "common/schema/field_info.h"
#include "google/protobuf/message.h"
#include "tapline/v1/record.pb.h"

namespace tapline::testing {

class RandomRecords {
 public:
  explicit RandomRecords(uint32_t seed) : dice_(seed) {}

  bool Chance(int percent) { return static_cast<int>(dice_() % 100) < percent; }
  uint32_t Below(uint32_t limit) { return dice_() % limit; }
  template <size_t kCount>
  const char* Any(const char* const (&values)[kCount]) {
    return values[dice_() % kCount];
  }

  // `id` is the record's own, unlike any other's.
  v1::Record Make(v1::RecordKind kind, uint64_t id) {
    v1::Record record;
    const std::string text = absl::StrFormat("%016x", id);
    switch (kind) {
      case v1::RECORD_KIND_ALERT:
        Fill(*record.mutable_alert(), 0);
        record.mutable_alert()->set_id(text);
        record.mutable_alert()->set_revision(1);
        record.mutable_alert()->clear_acknowledged();
        break;
      case v1::RECORD_KIND_FLOW:
        Fill(*record.mutable_flow(), 0);
        record.mutable_flow()->set_id(text);
        break;
      case v1::RECORD_KIND_EVENT:
        Fill(*record.mutable_event(), 0);
        record.mutable_event()->set_id(text);
        break;
      case v1::RECORD_KIND_PACKET:
        Fill(*record.mutable_packet(), 0);
        break;
      default:
        Fill(*record.mutable_stats(), 0);
    }
    record.set_source_id("live");
    FillTime(*record.mutable_observed_at());
    return record;
  }

  const char* Address() {
    return Any({"10.0.0.1", "10.0.0.200", "10.1.0.1", "192.0.2.1",
                "2001:db8::1", "2001:DB8::1", "2001:db8::ffff", "fe80::1",
                "::1", "255.255.255.255", "0.0.0.0", "::ffff:10.0.0.1",
                "02:00:00:00:00:01", "ff-ff-ff-ff-ff-ff", "no address", ""});
  }
  const char* Text() {
    return Any({"tls", "dns", "tcp", "unknown", "port_scan", "syn_flood",
                "www.example.com", "example", "WWW.EXAMPLE.COM", "a", "",
                "live", "10.0.0.1", "\u00e4\\x00", "%_'\"", "ssh"});
  }

 private:
  using Field = google::protobuf::FieldDescriptor;

  template <typename T>
  void FillTime(T& time) {
    time.set_seconds(Below(4));
    time.set_nanos(static_cast<int32_t>(Below(2)));
  }

  void Fill(google::protobuf::Message& message, int depth) {
    const auto& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const Field& field = *type.field(i);
      // Of a oneof the last that is set stays.
      if (depth > 5 || !Chance(field.containing_oneof() ? 30 : 80)) continue;
      const int count = field.is_repeated() ? static_cast<int>(Below(4)) : 1;
      for (int n = 0; n < count; ++n) FillField(message, field, depth);
    }
  }

  void FillField(google::protobuf::Message& message, const Field& field,
                 int depth) {
    const auto& r = *message.GetReflection();
    const bool many = field.is_repeated();
    switch (field.cpp_type()) {
      case Field::CPPTYPE_MESSAGE: {
        auto* part = many ? r.AddMessage(&message, &field)
                          : r.MutableMessage(&message, &field);
        return Fill(*part, depth + 1);
      }
      case Field::CPPTYPE_STRING: {
        const std::string text = IsAddress(field) ? Address() : Text();
        return many ? r.AddString(&message, &field, text)
                    : r.SetString(&message, &field, text);
      }
      case Field::CPPTYPE_ENUM: {
        const auto& values = *field.enum_type();
        const int number =
            Chance(5)
                ? -7
                : values.value(static_cast<int>(Below(values.value_count())))
                      ->number();
        return many ? r.AddEnumValue(&message, &field, number)
                    : r.SetEnumValue(&message, &field, number);
      }
      case Field::CPPTYPE_BOOL:
        return many ? r.AddBool(&message, &field, Chance(50))
                    : r.SetBool(&message, &field, Chance(50));
      case Field::CPPTYPE_DOUBLE:
        return many ? r.AddDouble(&message, &field, Below(4) * 0.5)
                    : r.SetDouble(&message, &field, Below(4) * 0.5);
      case Field::CPPTYPE_UINT32:
        return many ? r.AddUInt32(&message, &field, Number())
                    : r.SetUInt32(&message, &field, Number());
      case Field::CPPTYPE_UINT64:
        return many ? r.AddUInt64(&message, &field, Number())
                    : r.SetUInt64(&message, &field, Number());
      case Field::CPPTYPE_INT32:
        return many ? r.AddInt32(&message, &field, static_cast<int>(Below(9)))
                    : r.SetInt32(&message, &field, static_cast<int>(Below(9)));
      case Field::CPPTYPE_INT64:
        return many ? r.AddInt64(&message, &field, Below(9))
                    : r.SetInt64(&message, &field, Below(9));
      default:
        return;
    }
  }

  uint32_t Number() { return Chance(3) ? UINT32_MAX : Below(5); }

  std::mt19937 dice_;
};

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SUPPORT_RANDOM_RECORDS_H_
