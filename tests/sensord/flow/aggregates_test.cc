#include "sensord/flow/aggregates.h"

#include <gtest/gtest.h>

#include <vector>

#include "flow_harness.h"

namespace tapline::testing {
namespace {

Packet To(uint32_t host, uint8_t ip_protocol = kIpProtoUdp,
          uint8_t ip_version = 4) {
  Packet packet;
  packet.destination = Host(host);
  packet.destination_port = 53;
  packet.ip_protocol = ip_protocol;
  packet.ip_version = ip_version;
  return packet;
}

std::vector<FlowSummary> Rows(Aggregates& aggregates) {
  std::vector<FlowSummary> rows;
  aggregates.Take(0, rows);
  return rows;
}

TEST(AggregatesTest, WithoutRoomThereIsOneRowAProtocolAndVersion) {
  Aggregates aggregates;
  // Somebody sent to nowhere in particular: a target like others.
  Packet nowhere = To(0);
  nowhere.destination = IpAddress();
  aggregates.Add(nowhere, Protocol::kUnknown, 1);
  for (uint32_t i = 1; i < Aggregates::kRows; ++i) {
    aggregates.Add(To(i), Protocol::kUnknown, 1);
  }
  for (uint32_t i = 0; i < 100; ++i) {
    aggregates.Add(To(1000 + i), Protocol::kUnknown, 2);
    aggregates.Add(To(1000 + i, kIpProtoTcp), Protocol::kUnknown, 2);
    aggregates.Add(To(1000 + i, kIpProtoUdp, 6), Protocol::kUnknown, 2);
  }
  aggregates.Add(To(7), Protocol::kUnknown, 3);
  const std::vector<FlowSummary> rows = Rows(aggregates);
  ASSERT_EQ(rows.size(), Aggregates::kRows + 3);
  EXPECT_EQ(rows[0].aggregated_flows, 1u);
  EXPECT_EQ(rows[7].aggregated_flows, 2u);
  for (size_t i = Aggregates::kRows; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].aggregated_flows, 100u);
    EXPECT_EQ(rows[i].responder, IpAddress());
  }
  EXPECT_EQ(rows[Aggregates::kRows].ip_protocol, kIpProtoUdp);
  EXPECT_EQ(rows[Aggregates::kRows + 1].ip_protocol, kIpProtoTcp);
  EXPECT_EQ(rows[Aggregates::kRows + 2].ip_version, 6);
}

TEST(AggregatesTest, WhatWasTakenIsForgotten) {
  Aggregates aggregates;
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < Aggregates::kRows + 5; ++i) {
      aggregates.Add(To(i), Protocol::kUnknown, 1);
    }
    const std::vector<FlowSummary> rows = Rows(aggregates);
    ASSERT_EQ(rows.size(), Aggregates::kRows + 1);
    EXPECT_EQ(rows.back().aggregated_flows, 5u);
    EXPECT_TRUE(aggregates.empty());
  }
}

}  // namespace
}  // namespace tapline::testing
