// How analyzers tell events: field by field, in the wire format of the event's
// message (https://protobuf.dev/programming-guides/encoding), so that the
// worker needs no protobuf and the journal no list of protocols.
//
//   EventWriter event = out.NewEvent(fields::ntp::kEvent);
//   event.Set(fields::ntp::kVersion, version);
//   event.Set(fields::ntp::kReference, reference);   // bytes as they came

#ifndef TAPLINE_SENSORD_EVENT_EVENT_WRITER_H_
#define TAPLINE_SENSORD_EVENT_EVENT_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/time/clock.h"
#include "sensord/event/event_field.h"

namespace tapline {

// Where an event stands in EventList::bytes.
struct EventData {
  uint32_t begin = 0;
  uint32_t size = 0;
  // Field number of its message in Event.
  uint32_t arm = 0;
};

// Where the value of a field came from, for dissection.
struct FieldPlace {
  // From the event's message inwards: field numbers, one of a nested message
  // each.
  std::vector<uint32_t> path;
  const uint8_t* begin = nullptr;
  size_t size = 0;
};

// Events of one batch.
struct EventList {
  std::string bytes;
  std::vector<EventData> items;
  // Of text fields, when somebody asked; null as a rule.
  std::vector<FieldPlace>* places = nullptr;

  absl::string_view BytesOf(const EventData& event) const {
    return absl::string_view(bytes).substr(event.begin, event.size);
  }
  void Clear() {
    constexpr size_t kKeepBytes = 1 << 20;
    if (bytes.capacity() > kKeepBytes) std::string().swap(bytes);
    bytes.clear();
    items.clear();
  }
};

// Writes one event; it is told when the writer goes. Setting a repeated field
// again adds a value; zero, false and empty values of others need not be set.
// Past kMaxBytes nothing more is taken, whole fields at a time, and
// truncated() says so. Thread safety: single-threaded, one at a time per list.
class EventWriter {
 public:
  static constexpr size_t kMaxBytes = 64 << 10;
  static constexpr size_t kMaxText = 1024;

  EventWriter(EventArm arm, EventList* list)
      : list_(list),
        begin_(static_cast<uint32_t>(list->bytes.size())),
        arm_(arm.number) {}
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  void Set(UintField field, uint64_t value);
  void Set(BoolField field, bool value);
  void Set(DoubleField field, double value);
  // Any bytes; put through WireText, at most `max_bytes` of it.
  void Set(TextField field, absl::string_view bytes,
           size_t max_bytes = kMaxText);
  // What is plain ASCII or went through an escape of its own.
  void SetSafe(TextField field, absl::string_view text);
  void Set(TimeField field, UnixNanos time);

  // For single fields: nothing when the value is what a missing field has.
  void SetNonzero(UintField field, uint64_t value) {
    if (value != 0) Set(field, value);
  }
  void SetTrue(BoolField field, bool value) {
    if (value) Set(field, true);
  }
  void SetNonempty(TextField field, absl::string_view bytes,
                   size_t max_bytes = kMaxText) {
    if (!bytes.empty()) Set(field, bytes, max_bytes);
  }

  // What is set between Open and Close belongs to a message in `field`. Nests.
  void Open(MessageField field);
  void Close();

  bool truncated() const { return truncated_; }

 private:
  bool HasRoom(size_t bytes);
  void Varint(uint64_t value);
  void Tag(uint32_t number, uint32_t wire_type) {
    Varint(uint64_t{number} << 3 | wire_type);
  }
  void NotePlace(TextField field, absl::string_view bytes);

  EventList* const list_;
  const uint32_t begin_;
  const uint32_t arm_;
  bool truncated_ = false;
  // Open messages: where the length is to stand, and the field.
  struct Frame {
    uint32_t length_at;
    uint32_t number;
  };
  static constexpr int kMaxDepth = 4;
  Frame open_[kMaxDepth];
  int depth_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_EVENT_EVENT_WRITER_H_
