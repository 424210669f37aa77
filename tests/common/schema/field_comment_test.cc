#include "common/schema/field_comment.h"

#include <gtest/gtest.h>

#include "tapline/v1/dns.pb.h"
#include "tapline/v1/flow.pb.h"

namespace tapline {
namespace {

TEST(FieldCommentTest, AFieldSaysWhatItsProtoFileSays) {
  const auto& dns = *v1::Dns::descriptor();
  EXPECT_EQ(CommentOf(*dns.FindFieldByName("rcode")), "0..4095, RFC 6895 2.3.");
  EXPECT_EQ(CommentOf(dns), "A query with its response when one was seen.");
}

TEST(FieldCommentTest, SeveralLinesOfACommentBecomeOne) {
  EXPECT_EQ(CommentOf(*v1::Flow::descriptor()->FindFieldByName("ambiguous")),
            "Bytes came more than once and differed, or may have for one of "
            "the ends: it may have read other ones than those analyzed here.");
}

TEST(FieldCommentTest, AFieldWithoutCommentMeansItsMessageAndName) {
  const auto& side = *v1::FlowSide::descriptor();
  EXPECT_EQ(CommentOf(*side.FindFieldByName("out_of_order")), "");
  EXPECT_EQ(MeaningOf(*side.FindFieldByName("out_of_order")),
            "Counters of one direction: out of order");
}

}  // namespace
}  // namespace tapline
