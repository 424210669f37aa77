// Hints, identification and what follows from it, whatever the protocol.

#include "sensord/analyzers/analyzer_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

TEST(AnalyzerSetTest, PortsAndTransportsAreHints) {
  const auto set = NewAnalyzerSet();
  const ProtocolGuess tls = set->Guess({6, 50000, 443, 0, {}, {}});
  EXPECT_EQ(tls.protocol, Protocol::kTls);
  EXPECT_EQ(tls.basis, ProtocolBasis::kPortHint);
  EXPECT_TRUE(tls.wants_payload);
  EXPECT_EQ(set->Guess({17, 53, 50000, 0, {}, {}}).protocol, Protocol::kDns);
  EXPECT_TRUE(set->Guess({17, 50000, 9999, 0, {}, {}}).wants_payload);
  EXPECT_EQ(set->Guess({6, 50000, 9999, 0, {}, {}}).basis,
            ProtocolBasis::kNone);
  EXPECT_EQ(set->Guess({1, 0, 0, 0, {}, {}}).protocol, Protocol::kIcmp);
  EXPECT_EQ(set->Guess({1, 0, 0, 0, {}, {}}).basis, ProtocolBasis::kDecoded);
}

TEST(AnalyzerSetTest, SwitchedOffItOnlyHints) {
  const auto set = NewAnalyzerSet({.enabled = false, .off = {}});
  EXPECT_EQ(set->Guess({17, 50000, 53, 0, {}, {}}).protocol, Protocol::kDns);
  EXPECT_FALSE(set->Guess({17, 50000, 53, 0, {}, {}}).wants_payload);
  EXPECT_FALSE(set->Guess({6, 50000, 443, 0, {}, {}}).wants_payload);
}

TEST(AnalyzerSetTest, AProtocolSwitchedOffIsNotRecognized) {
  Conversation c(Conversation::kUdp, 9999, 40000,
                 {.enabled = true, .off = {Protocol::kDns}});
  c.Client(std::string("\0\7\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", 19));
  EXPECT_EQ(c.told().protocol, Protocol::kUnknown);
}

// Whether bytes that nobody knows on the port count as examined.
bool IsExamined(uint8_t transport, uint16_t port, AnalyzerOptions options) {
  Conversation c(transport, port, 40000, std::move(options));
  const std::string nothing(64, '\x03');
  c.Client(nothing).Server(nothing).End();
  EXPECT_NE(c.told().basis, ProtocolBasis::kSignature) << port;
  return c.told().unrecognized > 0;
}

TEST(AnalyzerSetTest, WhatNobodyClaimsIsExaminedUnlessItsPortsUnitIsOff) {
  const AnalyzerOptions on;
  const AnalyzerOptions off = {
      .enabled = true, .off = {Protocol::kTls, Protocol::kDns, Protocol::kRpc}};
  for (const uint8_t transport : {Conversation::kTcp, Conversation::kUdp}) {
    EXPECT_TRUE(IsExamined(transport, 9999, on));
    EXPECT_TRUE(IsExamined(transport, 9999, off));
    EXPECT_TRUE(IsExamined(transport, 53, on));
    EXPECT_FALSE(IsExamined(transport, 53, off));
    // The unit of another protocol reads this one.
    EXPECT_TRUE(IsExamined(transport, 2049, on));
    EXPECT_FALSE(IsExamined(transport, 2049, off));
    EXPECT_FALSE(IsExamined(transport, 9999, {.enabled = false, .off = {}}));
  }
  EXPECT_TRUE(IsExamined(Conversation::kTcp, 443, on));
  EXPECT_FALSE(IsExamined(Conversation::kTcp, 443, off));
  EXPECT_TRUE(IsExamined(Conversation::kTcp, 25, off));
}

TEST(AnalyzerSetTest, WhatAHoleHidIsNotExamined) {
  Conversation c(Conversation::kTcp, 443);
  c.Gap(true, 100).Client(std::string(64, '\x03'));
  EXPECT_EQ(c.told().unrecognized, 0);
}

TEST(AnalyzerSetTest, EveryUnitCanBeAskedAndHasATransport) {
  std::set<Protocol> seen;
  for (const AnalyzerUnit* unit : AllUnits()) {
    EXPECT_TRUE(seen.insert(unit->protocol).second)
        << ProtocolName(unit->protocol);
    EXPECT_TRUE(unit->tcp || unit->udp || unit->ip_protocol != 0);
    if (unit->tcp || unit->udp) {
      EXPECT_NE(unit->probe, nullptr) << ProtocolName(unit->protocol);
    }
    for (const UnitPort& port : unit->ports) EXPECT_NE(port.port, 0);
  }
}

TEST(AnalyzerSetTest, ProbesTakeAnyBytes) {
  for (const AnalyzerUnit* unit : AllUnits()) {
    if (unit->probe == nullptr) continue;
    for (int fill = 0; fill < 256; fill += 5) {
      const std::vector<uint8_t> bytes(40, static_cast<uint8_t>(fill));
      for (size_t size = 0; size <= bytes.size(); ++size) {
        Opening opening;
        opening.datagram = unit->udp;
        // A copy of its own size, so that sanitizers see a read past its end.
        const std::vector<uint8_t> copy(bytes.begin(), bytes.begin() + size);
        opening.from_originator = copy;
        unit->probe(opening);
        opening.originator_first = false;
        opening.from_responder = copy;
        unit->probe(opening);
      }
    }
  }
}

}  // namespace
}  // namespace tapline::testing
