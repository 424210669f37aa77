// Every protocol against every other one: openings.cc has the table.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "openings.h"
#include "sensord/analyzers/unit_list.h"
#include "tests/support/conversation.h"

namespace tapline::testing {
namespace {

constexpr uint16_t kForeignPort = 9999;

std::string NameOf(Protocol protocol) {
  const absl::string_view name = ProtocolName(protocol);
  return std::string(name.data(), name.size());
}

// What a flow that begins so is said to be.
std::string Identify(const OpeningRow& row, uint16_t port, size_t piece = 0) {
  Conversation c(row.transport, port);
  c.InPiecesOf(piece);
  row.server_first ? c.Server(row.bytes) : c.Client(row.bytes);
  return NameOf(c.told().protocol);
}

// The usual ports of all units, and of protocols without one.
std::vector<uint16_t> AllPorts(uint8_t transport) {
  std::vector<uint16_t> ports;
  for (const AnalyzerUnit* unit : AllUnits()) {
    for (const UnitPort& row : unit->ports) {
      if (row.transport == transport) ports.push_back(row.port);
    }
  }
  for (const uint16_t port : {22, 80, 443, 1433, 3389, 5060, 8080}) {
    ports.push_back(port);
  }
  return ports;
}

TEST(IdentifyTest, ContentAloneNamesEveryProtocol) {
  for (const OpeningRow& row : Openings()) {
    EXPECT_EQ(Identify(row, kForeignPort), NameOf(row.protocol));
    EXPECT_EQ(Identify(row, row.port), NameOf(row.protocol));
  }
}

TEST(IdentifyTest, OneByteAtATimeNamesTheSame) {
  for (const OpeningRow& row : Openings()) {
    if (row.transport != Conversation::kTcp) continue;
    EXPECT_EQ(Identify(row, kForeignPort, 1), NameOf(row.protocol));
  }
}

TEST(IdentifyTest, NoPortMakesItSomethingElse) {
  for (const OpeningRow& row : Openings()) {
    for (const uint16_t port : AllPorts(row.transport)) {
      // The same messages are multicast DNS, LLMNR and NetBIOS there.
      const bool of_names = port == 5353 || port == 5355 || port == 137;
      if (row.protocol == Protocol::kDns && of_names) continue;
      EXPECT_EQ(Identify(row, port), NameOf(row.protocol)) << "on " << port;
    }
  }
}

TEST(IdentifyTest, OneUnitIsSureAndNoOther) {
  for (const OpeningRow& row : Openings()) {
    const std::vector<uint8_t> bytes(row.bytes.begin(), row.bytes.end());
    Opening opening;
    opening.datagram = row.transport == Conversation::kUdp;
    opening.originator_first = !row.server_first;
    opening.originator_port = 40000;
    opening.responder_port = kForeignPort;
    (row.server_first ? opening.from_responder : opening.from_originator) =
        bytes;
    std::string sure;
    for (const AnalyzerUnit* unit : AllUnits()) {
      if (opening.datagram ? !unit->udp : !unit->tcp) continue;
      if (unit->probe(opening) != Match::kYes) continue;
      absl::StrAppend(&sure, sure.empty() ? "" : " and ",
                      IsHinted(*unit, row.protocol) ? NameOf(row.protocol)
                                                    : NameOf(unit->protocol));
    }
    EXPECT_EQ(sure, NameOf(row.protocol));
  }
}

}  // namespace
}  // namespace tapline::testing
