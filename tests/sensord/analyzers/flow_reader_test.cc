// Identification and what follows, with units made for it.

#include "sensord/analyzers/flow_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/flow_listener.h"

namespace tapline::testing {
namespace {

// What the analyzers were given: ">" and "<" before each piece.
std::string& Given() {
  static std::string given;
  return given;
}

// Reads until a line says what to do next: "done", "wrong", "other", after
// which what follows in the segment is the other protocol's.
class Reader final : public Analyzer {
 public:
  Next OnData(const Segment& s, AnalyzerOutput&) override {
    const std::string text(s.text());
    Given() += (s.from_originator ? ">" : "<") + text;
    if (text == "done") return Want::kDone;
    if (text == "wrong") return Want::kWrong;
    const size_t at = text.find("other\n");
    if (at != std::string::npos) {
      return {Want::kOther, text.size() - at - 6};
    }
    return Want::kMore;
  }
  void OnEnd(AnalyzerOutput&) override { Given() += "."; }
  size_t MemoryBytes() const override { return sizeof *this; }
};

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<Reader>();
}

bool Begins(Bytes bytes, absl::string_view with, bool* undecided) {
  const absl::string_view text = TextOf(bytes);
  if (text.substr(0, with.size()) == with) return true;
  *undecided |= with.substr(0, text.size()) == text;
  return false;
}

// "AAAA" from either side, first.
Match ProbeSure(const Opening& o) {
  bool undecided = false;
  if (Begins(o.first(), "AAAA", &undecided)) return Match::kYes;
  return undecided ? Match::kMore : Match::kNo;
}

// "BB", which other protocols may say too.
Match ProbeWeak(const Opening& o) {
  bool undecided = false;
  if (Begins(o.first(), "BB", &undecided)) return Match::kWeak;
  return undecided ? Match::kMore : Match::kNo;
}

// "220 " from the server; the client's "CC" decides.
Match ProbeBoth(const Opening& o) {
  if (o.originator_first) return Match::kNo;
  bool undecided = false;
  if (!Begins(o.from_responder, "220 ", &undecided)) {
    return undecided ? Match::kMore : Match::kNo;
  }
  undecided = false;
  if (Begins(o.from_originator, "CC", &undecided)) return Match::kYes;
  return undecided ? Match::kMore : Match::kNo;
}

class FlowReaderTest : public ::testing::Test {
 protected:
  FlowReaderTest() {
    Given().clear();
    static const AnalyzerUnit kSure = {.protocol = Protocol::kTls,
                                       .tcp = true,
                                       .udp = false,
                                       .ip_protocol = 0,
                                       .ports = {},
                                       .probe = ProbeSure,
                                       .open = Open};
    static const AnalyzerUnit kWeak = {.protocol = Protocol::kFtp,
                                       .tcp = true,
                                       .udp = false,
                                       .ip_protocol = 0,
                                       .ports = {},
                                       .probe = ProbeWeak,
                                       .open = Open};
    static const AnalyzerUnit kBoth = {.protocol = Protocol::kSmtp,
                                       .tcp = true,
                                       .udp = false,
                                       .ip_protocol = 0,
                                       .ports = {},
                                       .probe = ProbeBoth,
                                       .open = Open};
    static const AnalyzerUnit kNamed = {.protocol = Protocol::kGit,
                                        .tcp = true,
                                        .udp = false,
                                        .ip_protocol = 0,
                                        .ports = {},
                                        .probe = ProbeSure,
                                        .open = nullptr};
    units_ = std::make_unique<UnitList>(
        std::vector<const AnalyzerUnit*>{&kSure, &kWeak, &kBoth});
    named_ =
        std::make_unique<UnitList>(std::vector<const AnalyzerUnit*>{&kNamed});
  }

  void Start(Protocol hint = Protocol::kUnknown) {
    reader_ = std::make_unique<FlowReader>(units_.get(), FlowIdentity(), hint);
  }
  bool Say(bool client, const std::string& text) {
    const std::vector<uint8_t> copy(text.begin(), text.end());
    Segment segment;
    segment.bytes = copy;
    segment.from_originator = client;
    return reader_->OnSegment(segment, told_);
  }
  bool Client(const std::string& text) { return Say(true, text); }
  bool Server(const std::string& text) { return Say(false, text); }

  std::unique_ptr<UnitList> units_;
  std::unique_ptr<UnitList> named_;
  std::unique_ptr<FlowReader> reader_;
  FlowListener told_;
};

TEST_F(FlowReaderTest, TheFirstBytesDecideAndGoToTheAnalyzer) {
  Start();
  EXPECT_TRUE(Client("AAAA1"));
  EXPECT_EQ(told_.protocol, Protocol::kTls);
  EXPECT_EQ(told_.basis, ProtocolBasis::kSignature);
  EXPECT_TRUE(Server("2"));
  EXPECT_EQ(Given(), ">AAAA1<2");
}

TEST_F(FlowReaderTest, BytesWaitUntilTheyDecide) {
  Start();
  EXPECT_TRUE(Client("A"));
  EXPECT_TRUE(Client("A"));
  EXPECT_TRUE(Client("AA!"));
  EXPECT_EQ(Given(), ">AAAA!");
}

TEST_F(FlowReaderTest, TheServersGreetingComesBeforeTheClientsAnswer) {
  Start();
  EXPECT_TRUE(Server("220 "));
  EXPECT_TRUE(Server("hi"));
  EXPECT_EQ(told_.protocol, Protocol::kUnknown);
  EXPECT_TRUE(Client("CC"));
  EXPECT_EQ(told_.protocol, Protocol::kSmtp);
  EXPECT_EQ(Given(), "<220 hi>CC");
}

TEST_F(FlowReaderTest, AWeakMatchNeedsItsPort) {
  Start();
  EXPECT_FALSE(Client("BBBB"));
  EXPECT_EQ(told_.protocol, Protocol::kUnknown);
  Start(Protocol::kFtp);
  EXPECT_TRUE(Client("BBBB"));
  EXPECT_EQ(told_.protocol, Protocol::kFtp);
  EXPECT_LT(told_.confidence, UnitList::kSureConfidence);
}

TEST_F(FlowReaderTest, ContentBeatsThePort) {
  Start(Protocol::kFtp);
  EXPECT_TRUE(Client("AAAA"));
  EXPECT_EQ(told_.protocol, Protocol::kTls);
}

TEST_F(FlowReaderTest, WhatNobodyKnowsIsGivenUp) {
  Start();
  EXPECT_FALSE(Client("zzzz"));
  EXPECT_EQ(told_.protocol, Protocol::kUnknown);
}

TEST_F(FlowReaderTest, AnOpeningThatNeverDecidesIsGivenUp) {
  Start();
  size_t said = 0;
  EXPECT_TRUE(Server("220 "));
  while (Server(std::string(100, 'x'))) ++said;
  EXPECT_LT(said, FlowReader::kMaxOpening / 100 + 1);
  EXPECT_LT(reader_->MemoryBytes(), 4 * FlowReader::kMaxOpening);
}

TEST_F(FlowReaderTest, AnotherProtocolBeginsWhereTheFirstEnds) {
  Start();
  EXPECT_TRUE(Client("AAAA"));
  EXPECT_TRUE(Server("other\n220 x"));
  EXPECT_TRUE(Client("CC"));
  EXPECT_EQ(Given(), ">AAAA<other\n220 x<220 x>CC");
  EXPECT_EQ(told_.protocol, Protocol::kSmtp);
  ASSERT_EQ(told_.earlier.size(), 1u);
  EXPECT_EQ(told_.earlier[0], Protocol::kTls);
}

TEST_F(FlowReaderTest, ProtocolsDoNotNestForEver) {
  Start();
  int restarts = 0;
  while (Client("AAAA") && Client("other\n")) ++restarts;
  EXPECT_LT(restarts, 10);
}

TEST_F(FlowReaderTest, DoneAndWrongEndIt) {
  for (const char* last : {"done", "wrong"}) {
    Start();
    EXPECT_TRUE(Client("AAAA"));
    EXPECT_FALSE(Server(last));
  }
}

TEST_F(FlowReaderTest, AHoleBeforeTheDecisionEndsIt) {
  Start();
  EXPECT_TRUE(Client("AA"));
  EXPECT_FALSE(reader_->OnGap(true, 5, told_));
}

TEST_F(FlowReaderTest, AUnitWithoutAnAnalyzerOnlyNames) {
  reader_ = std::make_unique<FlowReader>(named_.get(), FlowIdentity(),
                                         Protocol::kUnknown);
  EXPECT_FALSE(Client("AAAA"));
  EXPECT_EQ(told_.protocol, Protocol::kGit);
}

TEST_F(FlowReaderTest, TheEndReachesTheAnalyzer) {
  Start();
  Client("AAAA");
  reader_->OnEnd(told_);
  EXPECT_EQ(Given(), ">AAAA.");
}

}  // namespace
}  // namespace tapline::testing
