#include "sensord/event/event_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "sensord/event/fields/dns.h"
#include "sensord/event/fields/event.h"
#include "tapline/v1/event.pb.h"

namespace tapline {
namespace {

namespace field = fields::dns;

// The only event, as a message of its arm; fails the test when it is none.
v1::Dns Only(const EventList& list) {
  v1::Dns dns;
  EXPECT_EQ(list.items.size(), 1u);
  const absl::string_view bytes = list.BytesOf(list.items.front());
  EXPECT_TRUE(dns.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return dns;
}

TEST(EventWriterTest, FieldsArriveInTheirMessage) {
  EventList list;
  {
    EventWriter event(field::kEvent, &list);
    event.Set(field::kName, "a.example");
    event.Set(field::kId, 0xffff);
    event.Set(field::kAnswered, true);
    event.Set(field::kRttNs, uint64_t{1} << 60);
  }
  EXPECT_EQ(list.items[0].arm, 16u);
  const v1::Dns dns = Only(list);
  EXPECT_EQ(dns.name(), "a.example");
  EXPECT_EQ(dns.id(), 0xffffu);
  EXPECT_TRUE(dns.answered());
  EXPECT_EQ(dns.rtt_ns(), uint64_t{1} << 60);
}

TEST(EventWriterTest, NestedMessagesRepeatAndCloseByThemselves) {
  EventList list;
  {
    EventWriter event(field::kEvent, &list);
    for (const char* data : {"192.0.2.1", "192.0.2.2"}) {
      event.Open(field::kAnswers);
      event.Set(fields::dns_answer::kData, data);
      event.Set(fields::dns_answer::kTtl, 300);
      event.Close();
    }
    event.Open(field::kAnswers);
    event.Set(fields::dns_answer::kType, 5);
  }
  const v1::Dns dns = Only(list);
  ASSERT_EQ(dns.answers_size(), 3);
  EXPECT_EQ(dns.answers(1).data(), "192.0.2.2");
  EXPECT_EQ(dns.answers(1).ttl(), 300u);
  EXPECT_EQ(dns.answers(2).type(), 5u);
}

TEST(EventWriterTest, AnyBytesBecomeValidText) {
  for (int byte = 0; byte < 256; ++byte) {
    EventList list;
    {
      EventWriter event(field::kEvent, &list);
      event.Set(field::kName, std::string(3, static_cast<char>(byte)));
    }
    const std::string name = Only(list).name();
    for (const char c : name) EXPECT_GE(static_cast<uint8_t>(c), 0x20) << byte;
    if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
      EXPECT_EQ(name, std::string(3, static_cast<char>(byte)));
    }
  }
}

TEST(EventWriterTest, TextIsCutAtItsLimit) {
  EventList list;
  {
    EventWriter event(field::kEvent, &list);
    event.Set(field::kName, std::string(5000, 'a'), 10);
  }
  EXPECT_EQ(Only(list).name(), std::string(10, 'a'));
}

TEST(EventWriterTest, PastItsRoomAnEventTakesNothingMoreAndStaysAMessage) {
  EventList list;
  bool truncated = false;
  {
    EventWriter event(field::kEvent, &list);
    for (int i = 0; i < 200; ++i) {
      event.Open(field::kAnswers);
      event.Set(fields::dns_answer::kData, std::string(1000, 'x'));
      event.Close();
    }
    truncated = event.truncated();
  }
  EXPECT_TRUE(truncated);
  EXPECT_LT(list.bytes.size(), EventWriter::kMaxBytes + 4096);
  const v1::Dns dns = Only(list);
  EXPECT_GT(dns.answers_size(), 60);
}

TEST(EventWriterTest, EventsOfAListDoNotTouchEachOther) {
  EventList list;
  for (const char* name : {"first", "second"}) {
    EventWriter event(field::kEvent, &list);
    event.Set(field::kName, name);
  }
  ASSERT_EQ(list.items.size(), 2u);
  v1::Dns dns;
  const absl::string_view bytes = list.BytesOf(list.items[1]);
  ASSERT_TRUE(dns.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  EXPECT_EQ(dns.name(), "second");
}

TEST(EventWriterTest, TimesBefore1970HavePositiveNanos) {
  EventList list;
  {
    EventWriter event(fields::capture_gap::kEvent, &list);
    event.Set(fields::capture_gap::kStart, -1);
    event.Set(fields::capture_gap::kEnd, 1'500'000'000);
  }
  v1::CaptureGap gap;
  const absl::string_view bytes = list.BytesOf(list.items[0]);
  ASSERT_TRUE(gap.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  EXPECT_EQ(gap.start().seconds(), -1);
  EXPECT_EQ(gap.start().nanos(), 999'999'999);
  EXPECT_EQ(gap.end().seconds(), 1);
  EXPECT_EQ(gap.end().nanos(), 500'000'000);
}

TEST(EventWriterTest, PlacesOfTextAreNotedForWhoAsks) {
  EventList list;
  std::vector<FieldPlace> places;
  list.places = &places;
  const std::string wire = "..name..";
  {
    EventWriter event(field::kEvent, &list);
    event.Open(field::kAnswers);
    event.Set(fields::dns_answer::kName, absl::string_view(wire).substr(2, 4));
  }
  ASSERT_EQ(places.size(), 1u);
  EXPECT_EQ(places[0].path, (std::vector<uint32_t>{16, 7, 1}));
  EXPECT_EQ(reinterpret_cast<const char*>(places[0].begin), wire.data() + 2);
  EXPECT_EQ(places[0].size, 4u);
}

}  // namespace
}  // namespace tapline
