// TCP payload through the engine: what analyzers get to see, and what is told
// of what they do not (reliability.md 7).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "flow_harness.h"
#include "sensord/decode/checksum.h"

namespace tapline::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StrEq;

// What the analyzers of all flows were given: ">" and "<" turn the direction,
// a hole is (n), the end is ".".
struct Seen {
  std::string text;
  bool from_originator = true;
  // Bytes after which an analyzer wants no more.
  size_t enough = SIZE_MAX;
  size_t held = 0;
  // What they say that the flow carries.
  const char* carries = nullptr;
};

class Recorder final : public FlowAnalyzer {
 public:
  explicit Recorder(Seen* seen) : seen_(seen) {}
  bool OnSegment(const Segment& s, AnalyzerOutput& out) override {
    Turn(s.from_originator);
    if (seen_->carries != nullptr) {
      out.Carries(seen_->carries, ProtocolBasis::kInferred);
    }
    seen_->text.append(s.bytes.begin(), s.bytes.end());
    return seen_->text.size() < seen_->enough;
  }
  bool OnGap(bool from_originator, uint64_t bytes, AnalyzerOutput&) override {
    Turn(from_originator);
    absl::StrAppend(&seen_->text, "(", bytes, ")");
    return true;
  }
  void OnEnd(AnalyzerOutput&) override { seen_->text += '.'; }
  size_t MemoryBytes() const override { return seen_->held; }

 private:
  void Turn(bool from_originator) {
    if (from_originator == seen_->from_originator && !seen_->text.empty()) {
      return;
    }
    seen_->from_originator = from_originator;
    seen_->text += from_originator ? '>' : '<';
  }
  Seen* seen_;
};

class Recorders final : public PayloadAnalyzer {
 public:
  explicit Recorders(Seen* seen) : seen_(seen) {}
  ProtocolGuess Guess(const FlowIdentity&) override {
    return {Protocol::kUnknown, ProtocolBasis::kNone, true};
  }
  std::unique_ptr<FlowAnalyzer> OpenStream(const FlowIdentity&) override {
    return std::make_unique<Recorder>(seen_);
  }
  std::unique_ptr<FlowAnalyzer> OpenDatagrams(const FlowIdentity&,
                                              const Segment& first,
                                              AnalyzerOutput& out,
                                              bool*) override {
    auto recorder = std::make_unique<Recorder>(seen_);
    recorder->OnSegment(first, out);
    return recorder;
  }

 private:
  Seen* seen_;
};

class StreamsTest : public ::testing::Test {
 protected:
  // `sequence` counts from the first byte of the direction.
  Packet& Client(uint32_t sequence, const std::string& bytes,
                 uint8_t flags = kTcpAck, uint32_t acknowledgment = 0) {
    return Data(kClient, kServer, 1001 + sequence, 5001 + acknowledgment, bytes,
                flags);
  }
  Packet& Server(uint32_t sequence, const std::string& bytes,
                 uint8_t flags = kTcpAck, uint32_t acknowledgment = 0) {
    return Data(kServer, kClient, 5001 + sequence, 1001 + acknowledgment, bytes,
                flags);
  }
  Packet& Data(End from, End to, uint32_t sequence, uint32_t acknowledgment,
               const std::string& bytes, uint8_t flags) {
    t_.Wait(kMillisecondNanos);
    Packet& p = t_.Tcp(from, to, flags, sequence, acknowledgment,
                       static_cast<uint32_t>(bytes.size()));
    bytes_.push_back(bytes);
    p.payload = reinterpret_cast<const uint8_t*>(bytes_.back().data());
    p.payload_captured = p.payload_bytes;
    return p;
  }
  std::string Take() {
    Take(engine_);
    return seen_.text;
  }
  // Frames live no longer than their batch.
  void Take(Engine& engine) {
    engine.Take(t_);
    for (std::string& bytes : bytes_) bytes.assign(bytes.size(), '#');
  }
  std::vector<std::string> Anomalies() const { return engine_.Anomalies(); }

  static FlowOptions SmallOptions() {
    FlowOptions options;
    options.max_analysis_bytes = 16 * 64 * 1024;
    return options;
  }

  Traffic t_;
  Seen seen_;
  std::list<std::string> bytes_;
  Engine engine_{SmallOptions(), std::make_unique<Recorders>(&seen_)};
};

TEST_F(StreamsTest, BothDirectionsComeInOrder) {
  t_.Handshake();
  Client(0, "GET ");
  Client(4, "/");
  Server(0, "200", kTcpAck, 5);
  EXPECT_EQ(Take(), ">GET /<200");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, WhatAnAnalyzerSaysTheFlowCarriesIsOnItsRecord) {
  t_.Handshake();
  Client(0, "hello");
  seen_.carries = "doh";
  Take();
  const std::vector<FlowSummary> open = engine_.Open();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_STREQ(open[0].carries, "doh");
  EXPECT_EQ(open[0].carries_basis, ProtocolBasis::kInferred);
}

TEST_F(StreamsTest, SegmentsOutOfOrderWait) {
  t_.Handshake();
  Client(4, "/");
  Client(0, "GET ");
  EXPECT_EQ(Take(), ">GET /");
}

TEST_F(StreamsTest, AFlowWithoutPayloadCostsNothing) {
  t_.Handshake();
  Client(0, "", kTcpAck | kTcpFin);
  Server(0, "", kTcpAck | kTcpFin, 1);
  EXPECT_EQ(Take(), "");
}

TEST_F(StreamsTest, E14IdenticalRetransmissionsAreNotReadTwice) {
  t_.Handshake();
  Client(0, "abcd");
  Client(0, "abcd");
  Client(2, "cdef");
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), Not(Contains("tcp.overlap_diff")));
}

TEST_F(StreamsTest, E15TheFirstOfTwoVersionsCountsAndTheFlowIsAmbiguous) {
  t_.Handshake();
  Client(0, "abcd");
  Client(2, "XYef");
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), Contains("tcp.overlap_diff"));
  EXPECT_THAT(Anomalies(), Contains("flow.ambiguous"));
  const auto all = engine_.Of(SignalKind::kAnomaly);
  bool hashed = false;
  for (const Signal& s : all) {
    const AnomalyData& a = engine_.out.anomalies[s.detail];
    if (std::string(a.name) != "tcp.overlap_diff") continue;
    hashed = a.first_hash != a.other_hash && a.first_hash != 0;
  }
  EXPECT_TRUE(hashed);
}

TEST_F(StreamsTest, E16ChangedDataAfterTheAckIsNotRead) {
  t_.Handshake();
  Client(0, "abcd");
  Server(0, "", kTcpAck, 4);
  Client(0, "abXd");
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), Contains("tcp.overlap_diff"));
}

TEST_F(StreamsTest, E17DataBeyondTheWindowIsNotRead) {
  t_.Handshake();
  Client(0, "a");
  Server(0, "", kTcpAck, 1);
  Client(2'000'000'000, "zzz");
  Client(1, "b");
  EXPECT_EQ(Take(), ">ab");
  EXPECT_THAT(Anomalies(), Contains("tcp.out_of_window"));
}

TEST_F(StreamsTest, E20DataOfAFinIsReadThatOfAResetIsNot) {
  t_.Handshake();
  Client(0, "ab", kTcpAck | kTcpFin);
  Server(0, "cd", kTcpAck | kTcpRst, 3);
  EXPECT_EQ(Take(), ">ab");
}

TEST_F(StreamsTest, E21DataOfASynIsReadOnceTheSynAckTookIt) {
  for (const bool taken : {true, false}) {
    seen_ = {};
    Traffic t;
    Engine engine(SmallOptions(), std::make_unique<Recorders>(&seen_));
    std::swap(t, t_);
    Data(kClient, kServer, 1000, 0, "early", kTcpSyn);
    Take(engine);
    EXPECT_EQ(seen_.text, "");
    Data(kServer, kClient, 5000, taken ? 1006 : 1001, "", kTcpSyn | kTcpAck);
    Take(engine);
    EXPECT_EQ(seen_.text, taken ? ">early" : "");
    Client(taken ? 5 : 0, taken ? "late" : "early");
    Take(engine);
    EXPECT_EQ(seen_.text, taken ? ">earlylate" : ">early");
    std::swap(t, t_);
  }
}

TEST_F(StreamsTest, E21DataOfASynWithoutAnAnswerIsReadAtTheEnd) {
  Data(kClient, kServer, 1000, 0, "early", kTcpSyn);
  EXPECT_EQ(Take(), "");
  engine_.Finish();
  EXPECT_EQ(seen_.text, ">early.");
}

TEST_F(StreamsTest, E25AStreamWrapsItsSequenceNumbers) {
  t_.Tcp(kClient, kServer, kTcpSyn, 0xfffffffd);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 0xfffffffe);
  Data(kClient, kServer, 0xfffffffe, 5001, "abcd", kTcpAck);
  Data(kClient, kServer, 2, 5001, "efgh", kTcpAck);
  EXPECT_EQ(Take(), ">abcdefgh");
}

TEST_F(StreamsTest, E26AKeepAliveOctetIsNotRead) {
  t_.Handshake();
  Client(0, "abcd");
  Client(3, "X");
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, E27AnOldTimestampIsNotRead) {
  t_.Handshake();
  const auto stamped = [](Packet& p, uint32_t value) {
    p.marks |= kMarkTimestamps;
    p.aux = value;
  };
  stamped(Client(0, "ab"), 100);
  stamped(Client(2, "XX"), 99);
  stamped(Client(2, "cd"), 100);
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), Contains("tcp.old_timestamp"));
}

TEST_F(StreamsTest, E27TheTimestampOfTheHandshakeCounts) {
  const auto stamped = [](Packet& p, uint32_t value) {
    p.marks |= kMarkTimestamps;
    p.aux = value;
  };
  for (const bool negotiated : {true, false}) {
    seen_ = {};
    Traffic t;
    Engine engine(SmallOptions(), std::make_unique<Recorders>(&seen_));
    std::swap(t, t_);
    stamped(t_.Tcp(kClient, kServer, kTcpSyn, 1000), 100);
    Packet& answer = t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001);
    if (negotiated) stamped(answer, 7);
    stamped(Client(0, "XX"), 99);
    stamped(Client(0, "ab"), 100);
    Take(engine);
    EXPECT_EQ(seen_.text, negotiated ? ">ab" : ">XX");
    std::swap(t, t_);
  }
}

TEST_F(StreamsTest,
       E27SegmentsThatOvertookEachOtherAreReadWithTheirTimestamps) {
  t_.Handshake();
  const auto stamped = [](Packet& p, uint32_t value) {
    p.marks |= kMarkTimestamps;
    p.aux = value;
  };
  stamped(Client(0, "ab"), 100);
  stamped(Client(4, "ef"), 102);
  stamped(Client(2, "cd"), 101);
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, E28AnUrgentOctetIsLeftOut) {
  t_.Handshake();
  Packet& p = Client(0, "ab!cd", kTcpAck | kTcpUrg);
  p.tcp_urgent = 3;
  Client(5, "ef");
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), Contains("tcp.urgent"));
}

TEST_F(StreamsTest, E28ManyUrgentOctetsAreReadInLineAndTheFlowIsAmbiguous) {
  t_.Handshake();
  for (uint32_t i = 0; i < 65; ++i) {
    Client(i, "!", kTcpAck | kTcpUrg).tcp_urgent = 1;
  }
  EXPECT_EQ(Take(), ">!");
  EXPECT_THAT(Anomalies(), Contains("flow.ambiguous"));
}

// Header and payload of one segment in one run, as a frame has them.
class Checksummed {
 public:
  enum Kind : uint8_t { kWrong, kRight, kUnfinished };
  Checksummed(Packet& p, const std::string& payload, bool right)
      : Checksummed(p, payload, right ? kRight : kWrong) {}
  Checksummed(Packet& p, const std::string& payload, Kind kind) {
    const bool tcp = p.ip_protocol == kIpProtoTcp;
    const size_t header = tcp ? 20 : 8;
    bytes_ = std::string(header, '\0') + payload;
    if (tcp) bytes_[12] = 0x50;
    p.payload = reinterpret_cast<const uint8_t*>(bytes_.data()) + header;
    p.payload_captured = p.payload_bytes;
    p.transport_header_bytes = static_cast<uint8_t>(header);
    uint64_t sum = ChecksumAdd(0, p.source.v4_bytes(), 4);
    sum = ChecksumAdd(sum, p.destination.v4_bytes(), 4);
    const uint8_t size = static_cast<uint8_t>(bytes_.size());
    const uint8_t pseudo[4] = {0, p.ip_protocol, 0, size};
    sum = ChecksumAdd(sum, pseudo, 4);
    const uint64_t whole = ChecksumAdd(sum, p.payload - header, bytes_.size());
    uint16_t checksum = ChecksumFold(whole);
    if (kind == kWrong) ++checksum;
    if (kind == kUnfinished)
      checksum = static_cast<uint16_t>(~ChecksumFold(sum));
    std::memcpy(&bytes_[tcp ? 16 : 6], &checksum, 2);
  }

 private:
  std::string bytes_;
};

TEST_F(StreamsTest, E10ABadChecksumIsNotReadWhereOthersAreRight) {
  t_.Handshake();
  const Checksummed first(Client(0, "ab"), "ab", true);
  const Checksummed bad(Client(2, "XX"), "XX", false);
  const Checksummed last(Client(2, "cd"), "cd", true);
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), Contains("tcp.bad_checksum_data"));
}

TEST_F(StreamsTest, E10ADatagramIsReadByTheSameRules) {
  const Checksummed first(t_.Udp(kClient, kServer, 2), "ab", true);
  const Checksummed bad(t_.Udp(kClient, kServer, 2), "XX", false);
  const Checksummed merged(t_.Udp(kClient, kServer, 2), "cd",
                           Checksummed::kUnfinished);
  const Checksummed other(t_.Udp(kServer, kClient, 2), "ef", false);
  EXPECT_EQ(Take(), ">abcd<ef");
  EXPECT_THAT(Anomalies(), ElementsAre("udp.bad_checksum_data"));
}

TEST_F(StreamsTest, E10ABadChecksumAtTheBeginningMovesNothing) {
  Packet& syn = t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  const Checksummed right(syn, "", true);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001);
  const Checksummed bad(Client(0, "XXXX"), "XXXX", false);
  const Checksummed first(Client(0, "abcd"), "abcd", true);
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), ElementsAre("tcp.bad_checksum_data"));
}

TEST_F(StreamsTest, E18AResetWithABadChecksumIsNone) {
  t_.Handshake();
  const Checksummed first(Server(0, "ab"), "ab", true);
  const Checksummed bad(Server(2, "", kTcpRst), "", false);
  Server(2, "cd");
  EXPECT_EQ(Take(), "<abcd");
  EXPECT_THAT(Anomalies(), ElementsAre("tcp.bad_rst"));
}

TEST_F(StreamsTest, E9ABadIpHeaderIsNotReadWhereOthersAreRight) {
  t_.Handshake();
  Client(0, "XX").marks |= kMarkBadHeader;
  Client(0, "ab");
  EXPECT_EQ(Take(), ">ab");
}

TEST_F(StreamsTest, E9BadIpHeadersThroughoutAreTheCapturesDoing) {
  t_.Tcp(kClient, kServer, kTcpSyn, 1000).marks |= kMarkBadHeader;
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001).marks |=
      kMarkBadHeader;
  Client(0, "ab").marks |= kMarkBadHeader;
  EXPECT_EQ(Take(), ">ab");
}

TEST_F(StreamsTest, E12ASnapLengthIsNotedWithoutAnEvent) {
  t_.Handshake();
  Client(0, "ab").marks |= kMarkTruncated;
  EXPECT_EQ(Take(), ">ab");
  EXPECT_THAT(Anomalies(), IsEmpty());
  EXPECT_THAT(engine_.Open().at(0).anomalies,
              ElementsAre(StrEq("snap.truncated")));
}

TEST_F(StreamsTest, E10ASideWithoutAnyRightChecksumIsRead) {
  t_.Handshake();
  const Checksummed first(Client(0, "ab"), "ab", false);
  const Checksummed second(Client(2, "cd"), "cd", false);
  EXPECT_EQ(Take(), ">abcd");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, E10ARightHandshakeProvesThatTheCardIsNotToBlame) {
  Packet& syn = t_.Tcp(kClient, kServer, kTcpSyn, 1000);
  const Checksummed right(syn, "", true);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 5000, 1001);
  const Checksummed bad(Client(0, "XX"), "XX", false);
  EXPECT_EQ(Take(), "");
}

TEST_F(StreamsTest, E10WhatAHostMergedIsReadBesideRightChecksums) {
  t_.Handshake();
  const Checksummed first(Client(0, "ab"), "ab", true);
  const Checksummed merged(Client(2, "cdef"), "cdef", Checksummed::kUnfinished);
  EXPECT_EQ(Take(), ">abcdef");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, E30TheMiddleOfAConnectionIsReadFromWhereItIsSeen) {
  Client(70, "abc");
  Server(9, "xyz");
  EXPECT_EQ(Take(), ">abc<xyz");
}

TEST_F(StreamsTest, E30AKeepAliveBeforeItLeavesNoHole) {
  Client(69, "");
  Server(9, "", kTcpAck, 70);
  Client(70, "abc");
  EXPECT_EQ(Take(), ">abc");
  EXPECT_THAT(Anomalies(), Not(Contains("tcp.gap")));
}

TEST_F(StreamsTest, E31AReusedTupleIsAStreamOfItsOwn) {
  t_.Handshake();
  Client(0, "ab", kTcpAck | kTcpFin);
  Server(0, "", kTcpAck | kTcpFin, 3);
  Client(3, "", kTcpAck, 1);
  t_.Tcp(kClient, kServer, kTcpSyn, 9000);
  t_.Tcp(kServer, kClient, kTcpSyn | kTcpAck, 20000, 9001);
  Data(kClient, kServer, 9001, 20001, "new", kTcpAck);
  EXPECT_EQ(Take(), ">ab.new");
}

TEST_F(StreamsTest, E49ALossIsAGapInItsPlace) {
  t_.Handshake();
  Client(0, "ab");
  Client(4, "ef");
  Server(0, "", kTcpAck, 6);
  Client(6, "gh");
  EXPECT_EQ(Take(), ">ab(2)efgh");
  EXPECT_THAT(Anomalies(), Contains("tcp.gap"));
}

TEST_F(StreamsTest, E47WhatTheSnapLengthCutIsAGapWithoutAnAnomaly) {
  t_.Handshake();
  Packet& p = Client(0, "ab");
  p.payload_bytes = 5;
  Client(5, "fg");
  EXPECT_EQ(Take(), ">ab(3)fg");
  EXPECT_THAT(Anomalies(), IsEmpty());
}

TEST_F(StreamsTest, TheEndOfAConnectionEndsItsAnalysis) {
  t_.Handshake();
  Client(0, "ab", kTcpAck | kTcpFin);
  Server(0, "cd", kTcpAck | kTcpFin, 3);
  EXPECT_EQ(Take(), ">ab<cd.");
}

TEST_F(StreamsTest, WhatWaitsIsGivenAtTheEndOfTheFlow) {
  t_.Handshake();
  Client(2, "cd");
  Take();
  engine_.Finish();
  EXPECT_EQ(seen_.text, ">(2)cd.");
}

TEST_F(StreamsTest, AnAnalyzerThatHasEnoughIsLeftAlone) {
  seen_.enough = 3;
  t_.Handshake();
  Client(0, "ab");
  Client(2, "cd");
  engine_.Take(t_);
  engine_.Finish();
  EXPECT_EQ(seen_.text, ">ab");
}

TEST_F(StreamsTest, PastTheCapTheOldestAnalysisIsGivenUp) {
  seen_.held = 40 * 1024;
  t_.Handshake();
  Client(0, "ab");
  const End other{1, 40001};
  t_.Handshake(other, kServer);
  Data(other, kServer, 1001, 5001, "cd", kTcpAck);
  // The first flow's bytes come in vain.
  Client(2, "ef");
  EXPECT_EQ(Take(), ">abcd.");
  EXPECT_THAT(Anomalies(), Contains("analysis.evicted"));
}

// Reads a connection's stage from datagrams: "o", "O", "f", "e", "d".
class StageReader final : public FlowAnalyzer {
 public:
  bool OnSegment(const Segment& segment, AnalyzerOutput& out) override {
    out.Identify(Protocol::kQuic, ProtocolBasis::kDecoded, 100);
    const char letter = segment.text().front();
    out.Reached(letter == 'o'   ? Stage::kOpening
                : letter == 'O' ? Stage::kOpen
                : letter == 'f' ? Stage::kFailed
                : letter == 'e' ? Stage::kEnded
                                : Stage::kDraining);
    return true;
  }
  bool OnGap(bool, uint64_t, AnalyzerOutput&) override { return true; }
  void OnEnd(AnalyzerOutput&) override {}
  size_t MemoryBytes() const override { return sizeof(*this); }
};

class StageReaders final : public PayloadAnalyzer {
 public:
  ProtocolGuess Guess(const FlowIdentity&) override {
    return {Protocol::kUnknown, ProtocolBasis::kNone, true};
  }
  std::unique_ptr<FlowAnalyzer> OpenStream(const FlowIdentity&) override {
    return std::make_unique<StageReader>();
  }
  std::unique_ptr<FlowAnalyzer> OpenDatagrams(const FlowIdentity&,
                                              const Segment& first,
                                              AnalyzerOutput& out,
                                              bool*) override {
    auto reader = std::make_unique<StageReader>();
    reader->OnSegment(first, out);
    return reader;
  }
};

TEST(StageTest, HowLongAFlowMayBeSilentFollowsItsStage) {
  struct Case {
    std::string letters;
    int seconds;
    FlowState state;
  };
  for (const Case& c :
       {Case{"o", 60, FlowState::kInitial},
        Case{"oO", 300, FlowState::kConnected},
        Case{"of", 10, FlowState::kClosing}, Case{"oe", 1, FlowState::kClosing},
        Case{"oed", 10, FlowState::kDraining}}) {
    Engine engine({}, std::make_unique<StageReaders>());
    Traffic t;
    for (const char& letter : c.letters) {
      Packet& p = t.Udp(kClient, kServer, 1);
      p.payload = reinterpret_cast<const uint8_t*>(&letter);
      p.payload_captured = 1;
    }
    engine.Take(t);
    engine.AdvanceTo(kStart + (c.seconds - 1) * kSecondNanos);
    EXPECT_THAT(engine.Closed(), IsEmpty()) << c.letters;
    engine.AdvanceTo(kStart + (c.seconds + 1) * kSecondNanos);
    ASSERT_EQ(engine.Closed().size(), 1u) << c.letters;
    EXPECT_EQ(engine.Closed()[0].state, c.state) << c.letters;
    EXPECT_TRUE(engine.Closed()[0].payload_examined) << c.letters;
  }
}

}  // namespace
}  // namespace tapline::testing
