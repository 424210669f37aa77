#include "sensord/capture/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "sensord/capture/file_sequence.h"
#include "tests/support/pcap_builder.h"
#include "tests/support/read_all.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline {
namespace {

using testing::AllFrames;
using testing::PcapBuilder;
using testing::PcapFormat;
using testing::ReadAll;
using testing::StatusIs;
using testing::TempDir;
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class MappedFileTest : public ::testing::Test {
 protected:
  AllFrames ReadBytes(const std::string& bytes) {
    FileSequence source({dir_.Write("a.pcap", bytes)});
    AllFrames all = ReadAll(source);
    counters_ = source.counters();
    return all;
  }
  bool IsClassic(const std::string& bytes) {
    return IsClassicPcap(reinterpret_cast<const uint8_t*>(bytes.data()),
                         bytes.size());
  }
  TempDir dir_;
  CaptureCounters counters_;
};

TEST_F(MappedFileTest, BothByteOrdersAndUnitsGiveTheSameFrames) {
  for (bool big : {false, true}) {
    for (bool nanos : {false, true}) {
      PcapBuilder builder({.big_endian = big, .nanos = nanos});
      builder.Add(1700000000, nanos ? 123456000 : 123456, "first")
          .Record(1700000001, 0, 6, 1500, "second");
      ASSERT_TRUE(IsClassic(builder.bytes()));
      const AllFrames all = ReadBytes(builder.bytes());
      EXPECT_OK(all.status);
      ASSERT_EQ(all.frames.size(), 2u);
      EXPECT_EQ(all.frames[0].bytes, "first");
      EXPECT_EQ(all.frames[0].frame.time, 1700000000123456000);
      EXPECT_EQ(all.frames[0].frame.wire_bytes, 5u);
      EXPECT_EQ(all.frames[1].bytes, "second");
      EXPECT_EQ(all.frames[1].frame.wire_bytes, 1500u);
      EXPECT_EQ(all.frames[1].frame.link_type, 1);
      EXPECT_EQ(all.frames[1].frame.ordinal, 1u);
    }
  }
}

TEST_F(MappedFileTest, NanosecondsAreKept) {
  const AllFrames all =
      ReadBytes(PcapBuilder({.nanos = true}).Add(1, 999999999, "x").bytes());
  EXPECT_EQ(all.frames.at(0).frame.time, 1999999999);
}

TEST_F(MappedFileTest, FileWithoutRecordsIsEmptyNotDamaged) {
  const AllFrames all = ReadBytes(PcapBuilder().bytes());
  EXPECT_OK(all.status);
  EXPECT_TRUE(all.frames.empty());
}

TEST_F(MappedFileTest, EveryTruncationGivesTheWholeFramesThenDataLoss) {
  PcapBuilder builder;
  builder.Add(1, 0, "one").Add(2, 0, "").Add(3, 0, "three");
  const std::string whole = builder.bytes();
  const size_t ends[] = {24, 24 + 19, 24 + 19 + 16, 24 + 19 + 16 + 21};
  for (size_t size = 24; size < whole.size(); ++size) {
    const AllFrames all = ReadBytes(whole.substr(0, size));
    size_t complete = 0;
    while (ends[complete + 1] <= size) ++complete;
    EXPECT_EQ(all.frames.size(), complete) << size;
    if (size == ends[complete]) {
      EXPECT_OK(all.status) << size;
    } else {
      EXPECT_THAT(all.status,
                  StatusIs(kDataLoss, absl::StrCat("a.pcap: record at byte ",
                                                   ends[complete], ": ")))
          << size;
    }
  }
}

TEST_F(MappedFileTest, EveryTruncatedHeaderIsNotACaptureFile) {
  const std::string whole = PcapBuilder().bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(ReadBytes(whole.substr(0, size)).status,
                StatusIs(kInvalid, "not a capture file"))
        << size;
  }
}

TEST_F(MappedFileTest, LengthsThatLieEndTheFileWithTheirPlace) {
  PcapBuilder builder;
  builder.Add(1, 0, "good").Record(2, 0, 8, 7, "captured").Add(3, 0, "lost");
  const AllFrames all = ReadBytes(builder.bytes());
  EXPECT_EQ(all.frames.size(), 1u);
  EXPECT_THAT(all.status, StatusIs(kDataLoss, "byte 44"));
  EXPECT_THAT(all.status, StatusIs(kDataLoss, "length on the wire"));

  for (uint32_t captured : {262145u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    PcapBuilder huge;
    huge.Add(1, 0, "good").Record(2, 0, captured, 0xffffffff, "x");
    const AllFrames some = ReadBytes(huge.bytes());
    EXPECT_EQ(some.frames.size(), 1u);
    EXPECT_THAT(some.status, StatusIs(kDataLoss, "over 262144 bytes"));
  }
}

TEST_F(MappedFileTest, LongestFrameIsReadWhole) {
  const std::string frame(262144, 'f');
  const AllFrames all = ReadBytes(PcapBuilder().Add(1, 0, frame).bytes());
  EXPECT_OK(all.status);
  EXPECT_EQ(all.frames.at(0).bytes, frame);
}

TEST_F(MappedFileTest, ImpossibleFractionsAreCountedAndDoNotOverflow) {
  const AllFrames all = ReadBytes(PcapBuilder()
                                      .Add(0xffffffff, 0xffffffff, "x")
                                      .Add(0xffffffff, 999999, "y")
                                      .Add(0, 1000000, "z")
                                      .bytes());
  ASSERT_EQ(all.frames.size(), 3u);
  EXPECT_EQ(all.frames[0].frame.time, 4294967295000000000 + 4294967295000);
  EXPECT_EQ(all.frames[2].frame.time, kSecondNanos);
  EXPECT_EQ(counters_.bad_times, 2u);
}

TEST_F(MappedFileTest, UnsupportedLinkTypeIsRefused) {
  EXPECT_THAT(ReadBytes(PcapBuilder({.link_type = 0x02240000}).bytes()).status,
              StatusIs(kInvalid, "a.pcap: unsupported link type"));
}

TEST_F(MappedFileTest, OldVersionsAreLeftToLibpcap) {
  // Before 2.3 the two lengths stood the other way round.
  PcapBuilder builder({.minor_version = 1});
  builder.Record(1, 0, 1500, 5, "frame");
  EXPECT_FALSE(IsClassic(builder.bytes()));
  const AllFrames all = ReadBytes(builder.bytes());
  EXPECT_OK(all.status);
  ASSERT_EQ(all.frames.size(), 1u);
  EXPECT_EQ(all.frames[0].bytes, "frame");
  EXPECT_EQ(all.frames[0].frame.wire_bytes, 1500u);
}

TEST_F(MappedFileTest, FramesStayValidAfterTheSourceIsGone) {
  FrameBatch batch;
  {
    FileSequence source(
        {dir_.Write("b.pcap", PcapBuilder().Add(1, 0, "still here").bytes())});
    ASSERT_EQ(source.Read(batch).value(), ReadResult::kFrames);
  }
  EXPECT_EQ(batch.storage, nullptr) << "not copied";
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(batch.frames[0].data),
                        batch.frames[0].captured_bytes),
            "still here");
}

TEST_F(MappedFileTest, FileThatShrinksEndsWithDataLossAndNoSignal) {
  PcapBuilder builder;
  for (int i = 0; i < 2000; ++i) builder.Add(1, 0, std::string(100, 'x'));
  const std::string path = dir_.Write("c.pcap", builder.bytes());
  FileSequence source({path});
  FrameBatch batch;
  ASSERT_EQ(source.Read(batch).value(), ReadResult::kFrames);
  constexpr size_t kLeft = 600;
  ASSERT_EQ(truncate(path.c_str(), 24 + kLeft * 116), 0);
  const AllFrames rest = ReadAll(source);
  EXPECT_EQ(batch.frames.size() + rest.frames.size(), kLeft);
  EXPECT_THAT(rest.status, StatusIs(kDataLoss, "the file shrank from"));
}

TEST_F(MappedFileTest, FileCutToNothingEndsWithDataLossAndNoSignal) {
  PcapBuilder builder;
  for (int i = 0; i < 600; ++i) builder.Add(1, 0, std::string(100, 'x'));
  const std::string path = dir_.Write("d.pcap", builder.bytes());
  FileSequence source({path});
  FrameBatch batch;
  ASSERT_EQ(source.Read(batch).value(), ReadResult::kFrames);
  ASSERT_EQ(truncate(path.c_str(), 0), 0);
  const AllFrames rest = ReadAll(source);
  EXPECT_TRUE(rest.frames.empty());
  EXPECT_THAT(rest.status, StatusIs(kDataLoss, "the file shrank from"));
}

}  // namespace
}  // namespace tapline
