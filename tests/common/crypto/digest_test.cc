#include "common/crypto/digest.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace tapline {
namespace {

TEST(DigestTest, Md5IsThatOfRfc1321) {
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Md5Hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(DigestTest, Sha256IsThatOfFips180) {
  EXPECT_EQ(absl::BytesToHexString(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace tapline
