#include "sensord/capture/link_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include "tests/support/pcap_builder.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using testing::PcapBuilder;
using testing::StatusIs;

TEST(LinkTypeTest, EveryTypeMapsAsLibpcapReadsItFromAFile) {
  for (uint32_t type : {0,   1,   9,   50,  51,  100, 101, 102, 103, 104, 105,
                        106, 108, 113, 127, 192, 228, 229, 230, 239, 276}) {
    const std::string bytes = PcapBuilder({.link_type = type}).bytes();
    FILE* file = fmemopen(const_cast<char*>(bytes.data()), bytes.size(), "r");
    char error[PCAP_ERRBUF_SIZE];
    pcap_t* pcap = pcap_fopen_offline(file, error);
    ASSERT_NE(pcap, nullptr) << error;
    EXPECT_EQ(LinkTypeFromDlt(pcap_datalink(pcap)), type);
    EXPECT_EQ(DltFromLinkType(static_cast<uint16_t>(type)),
              pcap_datalink(pcap));
    pcap_close(pcap);
  }
}

TEST(LinkTypeTest, FrameCheckSequenceBitsOfTheHeaderAreIgnored) {
  EXPECT_EQ(LinkTypeFromHeader(0x24000001).value(), 1);
}

TEST(LinkTypeTest, UntranslatedRawIpBecomesRawIp) {
  EXPECT_EQ(LinkTypeFromHeader(12).value(), 101);
  EXPECT_EQ(LinkTypeFromHeader(14).value(), 101);
}

TEST(LinkTypeTest, ReservedBitsAreRefused) {
  EXPECT_THAT(LinkTypeFromHeader(0x00010001),
              StatusIs(absl::StatusCode::kInvalidArgument, "0x10001"));
}

TEST(LinkTypeTest, NamesAreThoseOfLibpcap) {
  EXPECT_EQ(LinkTypeName(1), "EN10MB");
  EXPECT_EQ(LinkTypeName(101), "RAW");
  EXPECT_EQ(LinkTypeName(65000), "65000");
}

}  // namespace
}  // namespace tapline
