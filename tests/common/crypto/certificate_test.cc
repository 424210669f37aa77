#include "common/crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_certificate.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

DerBytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string TextOf(DerBytes bytes) { return {bytes.begin(), bytes.end()}; }

// "2.5.4.3=www.example.com", in order.
std::vector<std::string> Attributes(DerBytes name) {
  std::vector<std::string> found;
  NameReader reader(name);
  NameAttribute attribute;
  while (reader.Next(&attribute)) {
    found.push_back(der::OidText(attribute.type) + "=" +
                    NameValueUtf8(attribute));
  }
  EXPECT_TRUE(reader.ok());
  return found;
}

TEST(CertificateTest, WhatOpenSslWroteIsReadBack) {
  CertificateWish wish;
  wish.subject = {{"C", "SE"}, {"O", "Gr\xc3\xb6n"}, {"CN", "www.example.com"}};
  wish.alternative_names = "DNS:a.example,IP:192.0.2.1,email:a@b.example";
  const std::string der = MakeCertificate(wish);
  Certificate c;
  ASSERT_TRUE(c.Read(BytesOf(der)));
  EXPECT_THAT(Attributes(c.subject),
              ElementsAre("2.5.4.6=SE", "2.5.4.10=Gr\xc3\xb6n",
                          "2.5.4.3=www.example.com"));
  EXPECT_THAT(Attributes(c.issuer),
              ElementsAre("2.5.4.3=Example CA", "2.5.4.10=Example, Inc.",
                          "2.5.4.6=SE"));
  EXPECT_EQ(TextOf(c.serial), "\x12\x34");
  EXPECT_EQ(c.not_before, 1700000000);
  EXPECT_EQ(c.not_after, 1731536000);
  EXPECT_EQ(c.key_type, "ec");
  EXPECT_EQ(c.key_curve, "P-256");
  EXPECT_EQ(c.key_bits, 256u);
  EXPECT_FALSE(c.self_signed());
  EXPECT_FALSE(c.authority);
  DerBytes names = c.alternative_names;
  uint8_t tag = 0;
  DerBytes name;
  ASSERT_TRUE(der::Next(&names, &tag, &name));
  EXPECT_EQ(tag, der::kDnsName);
  EXPECT_EQ(TextOf(name), "a.example");
  ASSERT_TRUE(der::Next(&names, &tag, &name));
  EXPECT_EQ(tag, der::kAddressName);
  EXPECT_EQ(TextOf(name), std::string("\xc0\0\x02\x01", 4));
  ASSERT_TRUE(der::Next(&names, &tag, &name));
  EXPECT_EQ(tag, der::kEmailName);
  EXPECT_TRUE(names.empty());
}

TEST(CertificateTest, EveryKindOfKeyIsNamed) {
  CertificateWish wish;
  for (const unsigned bits : {512u, 1024u, 1030u}) {
    wish.key = "RSA";
    wish.bits = bits;
    Certificate c;
    const std::string der = MakeCertificate(wish);
    ASSERT_TRUE(c.Read(BytesOf(der)));
    EXPECT_EQ(c.key_type, "rsa");
    EXPECT_EQ(c.key_bits, bits);
  }
  wish.key = "EC";
  for (const char* curve : {"P-384", "P-521", "secp256k1"}) {
    wish.curve = curve;
    Certificate c;
    const std::string der = MakeCertificate(wish);
    ASSERT_TRUE(c.Read(BytesOf(der)));
    EXPECT_EQ(c.key_curve, curve);
  }
  wish.key = "ED25519";
  Certificate c;
  const std::string der = MakeCertificate(wish);
  ASSERT_TRUE(c.Read(BytesOf(der)));
  EXPECT_EQ(c.key_type, "ed25519");
  EXPECT_EQ(c.key_bits, 256u);
}

TEST(CertificateTest, TheSameNameTwiceIsSelfSigned) {
  CertificateWish wish;
  wish.issuer = wish.subject;
  wish.authority = true;
  const std::string der = MakeCertificate(wish);
  Certificate c;
  ASSERT_TRUE(c.Read(BytesOf(der)));
  EXPECT_TRUE(c.self_signed());
  EXPECT_TRUE(c.authority);
}

TEST(CertificateTest, TimesOfAllYearsAreRead) {
  CertificateWish wish;
  // 1949 and 2050 need the long form; 2000-02-29 has the leap day.
  for (const int64_t time : {int64_t{-641000000}, int64_t{2540000000},
                             int64_t{951782400}, int64_t{253402300799}}) {
    wish.not_after = time;
    const std::string der = MakeCertificate(wish);
    Certificate c;
    ASSERT_TRUE(c.Read(BytesOf(der)));
    EXPECT_EQ(c.not_after, time);
  }
}

TEST(CertificateTest, WideStringsBecomeUtf8) {
  CertificateWish wish;
  wish.bmp_names = true;
  const std::string der = MakeCertificate(wish);
  Certificate c;
  ASSERT_TRUE(c.Read(BytesOf(der)));
  EXPECT_THAT(Attributes(c.subject), ElementsAre("2.5.4.3=www.example.com"));
}

TEST(CertificateTest, EveryTruncationIsRefused) {
  CertificateWish wish;
  wish.alternative_names = "DNS:a.example";
  const std::string der = MakeCertificate(wish);
  for (size_t size = 0; size < der.size(); ++size) {
    const std::vector<uint8_t> part(der.begin(),
                                    der.begin() + static_cast<long>(size));
    Certificate c;
    EXPECT_FALSE(c.Read(part)) << size;
  }
}

TEST(CertificateTest, NoChangedByteIsReadBeyondTheEnd) {
  CertificateWish wish;
  wish.alternative_names = "DNS:a.example,IP:192.0.2.1";
  const std::string der = MakeCertificate(wish);
  for (size_t at = 0; at < der.size(); ++at) {
    for (const int value : {0x00, 0x7f, 0x80, 0x84, 0xff}) {
      std::vector<uint8_t> bytes(der.begin(), der.end());
      bytes[at] = static_cast<uint8_t>(value);
      Certificate c;
      c.Read(bytes);
      const uint8_t* end = bytes.data() + bytes.size();
      for (const DerBytes part :
           {c.serial, c.issuer, c.subject, c.key_oid, c.alternative_names}) {
        if (part.empty()) continue;
        EXPECT_GE(part.data(), bytes.data());
        EXPECT_LE(part.data() + part.size(), end);
      }
      NameReader reader(c.subject);
      NameAttribute attribute;
      while (reader.Next(&attribute)) NameValueUtf8(attribute);
    }
  }
}

TEST(CertificateTest, WhatIsNoTimeIsRefused) {
  const std::string good = MakeCertificate({});
  const size_t at = good.find("231114221320Z");
  ASSERT_NE(at, std::string::npos);
  for (const char* text : {"231314221320Z", "231100221320Z", "2311142x1320Z"}) {
    std::string der = good;
    der.replace(at, 13, text);
    Certificate c;
    EXPECT_FALSE(c.Read(BytesOf(der))) << text;
    // What does not depend on it still stands.
    EXPECT_EQ(c.key_type, "ec");
  }
}

TEST(CertificateTest, ObjectIdentifiersAreWrittenInNumbers) {
  EXPECT_EQ(der::OidText(BytesOf("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")),
            "1.2.840.113549.1.9.1");
  EXPECT_EQ(der::OidText(BytesOf("\x88\x37\x03")), "2.999.3");
  EXPECT_THAT(der::OidText({}), IsEmpty());
  EXPECT_THAT(der::OidText(BytesOf("\x2a\x86")), IsEmpty());
  EXPECT_THAT(der::OidText(BytesOf(std::string(12, '\xff') + "\x01")),
              IsEmpty());
}

}  // namespace
}  // namespace tapline::testing
