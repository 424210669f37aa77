#include "sensord/capture/pcap_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "sensord/capture/file_sequence.h"
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
constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class PcapFileTest : public ::testing::Test {
 protected:
  AllFrames ReadBytes(const std::string& bytes) {
    FileSequence source({dir_.Write("a.pcapng", bytes)});
    AllFrames all = ReadAll(source);
    counters_ = source.counters();
    return all;
  }
  TempDir dir_;
  CaptureCounters counters_;
};

// A pipe in the place of standard input.
class StandardInput {
 public:
  StandardInput() : saved_(dup(STDIN_FILENO)) {
    int ends[2];
    if (pipe(ends) != 0) return;
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    writer_ = ends[1];
  }
  ~StandardInput() {
    Close();
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  void Write(absl::string_view bytes) {
    ASSERT_EQ(write(writer_, bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  void Close() {
    if (writer_ >= 0) close(writer_);
    writer_ = -1;
  }

 private:
  const int saved_;
  int writer_ = -1;
};

TEST_F(PcapFileTest, PcapngPacketsComeWithTheirTimeAndLinkType) {
  PcapngBuilder builder;
  builder.Interface(101).Packet(0, 1700000000123456, "abcde");
  const AllFrames all = ReadBytes(builder.bytes());
  EXPECT_OK(all.status);
  ASSERT_EQ(all.frames.size(), 1u);
  EXPECT_EQ(all.frames[0].bytes, "abcde");
  EXPECT_EQ(all.frames[0].frame.time, 1700000000123456000);
  EXPECT_EQ(all.frames[0].frame.link_type, 101);
  EXPECT_EQ(counters_.read_bytes, counters_.total_bytes);
}

TEST_F(PcapFileTest, PcapngNanosecondsAreKept) {
  PcapngBuilder builder;
  builder.Interface(1, 262144, PcapngBuilder::TimeResolution(9))
      .Packet(0, 1700000000123456789, "x");
  EXPECT_EQ(ReadBytes(builder.bytes()).frames.at(0).frame.time,
            1700000000123456789);
}

TEST_F(PcapFileTest, InterfacesThatDifferAreRefusedAfterWhatCouldBeRead) {
  for (const bool snap : {false, true}) {
    PcapngBuilder builder;
    builder.Interface(1).Packet(0, 1, "x");
    builder.Interface(snap ? 1 : 101, snap ? 96 : 262144).Packet(1, 2, "y");
    const AllFrames all = ReadBytes(builder.bytes());
    EXPECT_EQ(all.frames.size(), 1u);
    EXPECT_THAT(all.status, StatusIs(kInvalid, "different from the"));
    EXPECT_THAT(all.status, StatusIs(kInvalid, "split the file by interface"));
  }
}

TEST_F(PcapFileTest, EveryTruncationOfPcapngEndsWithAnErrorOrAtABlock) {
  PcapngBuilder builder;
  builder.Interface(1).Packet(0, 1, "abcd").Packet(0, 2, "efghi");
  const std::string whole = builder.bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    const AllFrames all = ReadBytes(whole.substr(0, size));
    EXPECT_LT(all.frames.size(), 2u) << size;
    const bool at_packet = size == 28 + 20 || size == 28 + 20 + 36;
    EXPECT_EQ(all.status.ok(), at_packet) << size << ": " << all.status;
  }
}

TEST_F(PcapFileTest, BlockLengthsThatLieAreDataLoss) {
  for (uint32_t length : {0u, 11u, 13u, 0x7fffffffu, 0xffffffffu}) {
    PcapngBuilder builder;
    builder.Interface(1).Packet(0, 1, "x");
    const std::string bytes =
        builder.bytes() + testing::ByteWriter().U32(6).U32(length).bytes();
    const AllFrames all = ReadBytes(bytes);
    EXPECT_EQ(all.frames.size(), 1u) << length;
    EXPECT_THAT(all.status, StatusIs(kDataLoss, "record at byte 84")) << length;
  }
}

// libpcap would take up to 128 MiB for one record of theirs.
TEST_F(PcapFileTest, CapturesOfBusesAreRefused) {
  for (const uint16_t bus : {189, 220, 231, 249, 266, 279}) {
    PcapngBuilder builder;
    builder.Interface(bus).Packet(0, 1, "x");
    const AllFrames all = ReadBytes(builder.bytes());
    EXPECT_TRUE(all.frames.empty()) << bus;
    EXPECT_THAT(all.status, StatusIs(kInvalid, "is of a bus")) << bus;
  }
}

TEST_F(PcapFileTest, HugeTimesAreClampedAndCounted) {
  PcapngBuilder builder;
  builder.Interface(1, 262144, PcapngBuilder::TimeResolution(0))
      .Packet(0, 0xffffffffffffffff, "x")
      .Packet(0, 0x7fffffffffffffff, "y");
  const AllFrames all = ReadBytes(builder.bytes());
  ASSERT_EQ(all.frames.size(), 2u);
  for (const auto& frame : all.frames) {
    EXPECT_GE(frame.frame.time, 0);
    EXPECT_LE(frame.frame.time, ClockStamper::kMaxTime);
  }
  EXPECT_EQ(counters_.bad_times, 2u);
}

TEST_F(PcapFileTest, FramesThatFillABatchStorageGoOnInTheNext) {
  PcapngBuilder builder;
  builder.Interface(1);
  for (int i = 0; i < 50; ++i) {
    builder.Packet(0, i, std::string(100'000 + i, static_cast<char>('a' + i)));
  }
  const AllFrames all = ReadBytes(builder.bytes());
  EXPECT_OK(all.status);
  ASSERT_EQ(all.frames.size(), 50u);
  for (size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(all.frames[i].bytes,
              std::string(100'000 + i, static_cast<char>('a' + i)));
  }
}

TEST_F(PcapFileTest, ClassicPcapOnStandardInputIsRead) {
  StandardInput input;
  input.Write(PcapBuilder({.big_endian = true}).Add(7, 8, "piped").bytes());
  input.Close();
  FileSequence source({"-"});
  const AllFrames all = ReadAll(source);
  EXPECT_OK(all.status);
  ASSERT_EQ(all.frames.size(), 1u);
  EXPECT_EQ(all.frames[0].bytes, "piped");
  EXPECT_EQ(all.frames[0].frame.time, 7 * kSecondNanos + 8000);
  EXPECT_EQ(source.counters().total_bytes, 0u);
}

TEST_F(PcapFileTest, FramesOnAPipeComeBeforeTheWriterEnds) {
  StandardInput input;
  input.Write(PcapBuilder().Add(1, 0, "one").Add(2, 0, "two").bytes());
  FileSequence source({"-"});
  FrameBatch batch;
  ASSERT_EQ(source.Read(batch).value(), ReadResult::kFrames);
  EXPECT_EQ(batch.frames.size(), 2u);
  EXPECT_EQ(source.Read(batch).value(), ReadResult::kIdle);
  input.Write(testing::ByteWriter().U32(3).U32(0).U32(2).U32(2).bytes());
  input.Write("ok");
  ASSERT_EQ(source.Read(batch).value(), ReadResult::kFrames);
  input.Close();
  EXPECT_EQ(source.Read(batch).value(), ReadResult::kEnd);
}

TEST_F(PcapFileTest, StopEndsAReadThatWaitsForThePipe) {
  StandardInput input;
  FileSequence source({"-"});
  std::thread stopper([&] { source.Stop(); });
  const AllFrames all = ReadAll(source);
  stopper.join();
  EXPECT_OK(all.status);
  EXPECT_TRUE(all.frames.empty());
}

TEST_F(PcapFileTest, PipeThatEndsWithinARecordIsDataLoss) {
  StandardInput input;
  const std::string bytes = PcapBuilder().Add(1, 0, "one").bytes();
  input.Write(bytes.substr(0, bytes.size() - 1));
  input.Close();
  FileSequence source({"-"});
  EXPECT_THAT(ReadAll(source).status,
              StatusIs(kDataLoss, "standard input: record at byte 24"));
}

}  // namespace
}  // namespace tapline
