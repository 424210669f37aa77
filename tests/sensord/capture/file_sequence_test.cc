#include "sensord/capture/file_sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/pcap_builder.h"
#include "tests/support/read_all.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline {
namespace {

using testing::AllFrames;
using testing::PcapBuilder;
using testing::PcapngBuilder;
using testing::ReadAll;
using testing::StatusIs;
using testing::TempDir;

class FileSequenceTest : public ::testing::Test {
 protected:
  std::string Good(const std::string& name, uint32_t seconds, int frames) {
    PcapBuilder builder;
    for (int i = 0; i < frames; ++i) builder.Add(seconds, i, name);
    return dir_.Write(name, builder.bytes());
  }
  TempDir dir_;
};

TEST_F(FileSequenceTest, FilesFollowEachOtherWithOneClockAndOrdinals) {
  const std::string pcapng = dir_.Write("b", PcapngBuilder()
                                                 .Interface(101)
                                                 .Packet(0, 150'000'000, "b")
                                                 .Packet(0, 5, "b")
                                                 .bytes());
  FileSequence source({Good("a", 100, 700), pcapng, Good("c", 200, 1)});
  const AllFrames all = ReadAll(source);
  EXPECT_OK(all.status);
  ASSERT_EQ(all.frames.size(), 703u);
  for (size_t i = 0; i < all.frames.size(); ++i) {
    EXPECT_EQ(all.frames[i].frame.ordinal, i);
  }
  EXPECT_EQ(all.frames[700].frame.link_type, 101);
  EXPECT_EQ(all.frames[701].frame.clock, all.frames[700].frame.clock);
  EXPECT_EQ(all.frames[702].frame.clock, 200 * kSecondNanos);
  const CaptureCounters c = source.counters();
  EXPECT_EQ(c.frames, 703u);
  EXPECT_EQ(c.bytes, 703u);
  EXPECT_EQ(c.read_bytes, c.total_bytes);
  EXPECT_EQ(c.steps_back, 1u);
}

TEST_F(FileSequenceTest, TheEarliestFileIsReadFirst) {
  FileSequence source({Good("late", 300, 2), dir_.path() + "/missing",
                       Good("early", 100, 2), Good("middle", 200, 2)});
  const AllFrames all = ReadAll(source);
  EXPECT_THAT(all.status, StatusIs(absl::StatusCode::kNotFound, "missing"));
  std::vector<UnixNanos> times;
  for (const auto& read : all.frames) times.push_back(read.frame.time);
  ASSERT_EQ(times.size(), 6u);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_EQ(source.counters().steps_back, 0u);
}

TEST_F(FileSequenceTest, DamagedFilesDoNotHideTheOthers) {
  std::string cut = PcapBuilder().Add(1, 0, "cut").Add(1, 0, "off").bytes();
  cut.pop_back();
  FileSequence source({dir_.path() + "/missing", dir_.Write("cut", cut),
                       dir_.Write("text", "no capture at all"),
                       Good("good", 1, 3)});
  const AllFrames all = ReadAll(source);
  EXPECT_EQ(all.frames.size(), 4u);
  EXPECT_THAT(all.status, StatusIs(absl::StatusCode::kNotFound, "missing"));
  const std::vector<absl::Status> errors = source.errors();
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_THAT(errors[1], StatusIs(absl::StatusCode::kDataLoss, "cut"));
  EXPECT_THAT(errors[2], StatusIs(absl::StatusCode::kInvalidArgument, "text"));
}

TEST_F(FileSequenceTest, OneErrorIsAnsweredOnceThenTheEnd) {
  FileSequence source({dir_.path() + "/missing"});
  FrameBatch batch;
  EXPECT_FALSE(source.Read(batch).ok());
  EXPECT_EQ(source.Read(batch).value(), ReadResult::kEnd);
  EXPECT_EQ(source.Read(batch).value(), ReadResult::kEnd);
}

TEST_F(FileSequenceTest, NoFilesEndAtOnce) {
  FileSequence source({});
  FrameBatch batch;
  EXPECT_EQ(source.Read(batch).value(), ReadResult::kEnd);
}

TEST_F(FileSequenceTest, StopEndsWithoutAnError) {
  FileSequence source({Good("a", 1, 2000), dir_.path() + "/missing"});
  FrameBatch batch;
  ASSERT_EQ(source.Read(batch).value(), ReadResult::kFrames);
  source.Stop();
  EXPECT_EQ(source.Read(batch).value(), ReadResult::kEnd);
  EXPECT_TRUE(source.errors().empty());
}

TEST_F(FileSequenceTest, OlderSecondFileKeepsTheClockGoing) {
  PcapBuilder older;
  for (uint32_t i = 0; i < 100; ++i) older.Add(1000 + i, 0, "o");
  FileSequence source(
      {Good("a", 90000, 5), dir_.Write("older", older.bytes())});
  const AllFrames all = ReadAll(source);
  ASSERT_EQ(all.frames.size(), 105u);
  const UnixNanos first = all.frames[0].frame.clock;
  EXPECT_GE(all.frames[104].frame.clock, first + 97 * kSecondNanos);
}

TEST_F(FileSequenceTest, ManyFilesAreReadWithFewDescriptors) {
  const std::string path = Good("a", 1, 1);
  FileSequence source(std::vector<std::string>(5000, path));
  EXPECT_EQ(ReadAll(source).frames.size(), 5000u);
}

TEST_F(FileSequenceTest, OpenCaptureRefusesAtOnceWhatCannotBeRead) {
  EXPECT_THAT(OpenCapture(dir_.path() + "/no").status(),
              StatusIs(absl::StatusCode::kNotFound, "/no"));
  EXPECT_THAT(OpenCapture(dir_.path()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "directory"));
  EXPECT_THAT(OpenCapture(dir_.Write("x", "text")).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, "not a capture"));
  auto source = OpenCapture(Good("a", 1, 3));
  ASSERT_OK(source);
  EXPECT_EQ(ReadAll(**source).frames.size(), 3u);
  EXPECT_EQ((*source)->counters().read_bytes,
            (*source)->counters().total_bytes);
}

TEST_F(FileSequenceTest, HundredThousandEmptyFramesAreAllHandedOut) {
  PcapBuilder builder;
  for (int i = 0; i < 100'000; ++i) builder.Add(1, 0, "");
  FileSequence source({dir_.Write("zero", builder.bytes())});
  EXPECT_EQ(ReadAll(source).frames.size(), 100'000u);
}

}  // namespace
}  // namespace tapline
