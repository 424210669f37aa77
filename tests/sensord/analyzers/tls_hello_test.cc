// Hello messages and their fingerprints, without a flow around them.

#include "sensord/analyzers/tls_hello.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "sensord/analyzers/tls_fingerprint.h"
#include "sensord/analyzers/tls_registry.h"
#include "tests/support/tls_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::AnyOf;
using ::testing::SizeIs;

Bytes BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// RFC 8448 3, "Simple 1-RTT Handshake".
constexpr absl::string_view kRfc8448Client =
    "0303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece700"
    "0006130113031302010000910000000b0009000006736572766572ff01000100000a00"
    "140012001d00170018001901000101010201030104002300000033002600240"
    "01d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2"
    "c002b0003020304000d0020001e0403050306030203080408050806040105010601020"
    "10402050206020202002d00020101001c00024001";
constexpr absl::string_view kRfc8448Server =
    "0303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800"
    "130100002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b83"
    "3df1dd69b1b04e751f0f002b00020304";

TEST(TlsHelloTest, TheClientOfRfc8448IsRead) {
  const std::string body = absl::HexStringToBytes(kRfc8448Client);
  TlsClientHello hello;
  ASSERT_TRUE(hello.Read(BytesOf(body), false));
  EXPECT_EQ(TextOf(hello.sni), "server");
  EXPECT_EQ(hello.sni_count, 1u);
  ASSERT_EQ(hello.ciphers.size(), 3u);
  EXPECT_EQ(hello.ciphers[1], 0x1303);
  EXPECT_EQ(hello.HighestVersion(), kTls13);
  EXPECT_EQ(hello.groups.size(), 9u);
  EXPECT_EQ(hello.signature_algorithms.size(), 15u);
  EXPECT_EQ(hello.extension_count, 9u);
  EXPECT_FALSE(hello.malformed);
  EXPECT_FALSE(hello.grease);
  EXPECT_FALSE(hello.ticket);
  EXPECT_EQ(Ja4(hello, TlsCarrier::kStream).substr(0, 10), "t13d030900");
}

TEST(TlsHelloTest, TheServerOfRfc8448IsRead) {
  const std::string body = absl::HexStringToBytes(kRfc8448Server);
  TlsServerHello hello;
  ASSERT_TRUE(hello.Read(BytesOf(body)));
  EXPECT_EQ(hello.legacy_version, kTls12);
  EXPECT_EQ(hello.version, kTls13);
  EXPECT_EQ(hello.cipher, 0x1301);
  EXPECT_EQ(TlsGroupName(hello.group), "x25519");
  EXPECT_FALSE(hello.retry_request);
  EXPECT_FALSE(hello.malformed);
}

TEST(TlsHelloTest, EveryTruncationIsMalformedOrNoHello) {
  const std::string body = BrowserHello("www.example.com").Body();
  TlsClientHello whole;
  ASSERT_TRUE(whole.Read(BytesOf(body), false));
  EXPECT_FALSE(whole.malformed);
  // Without extensions it is a whole hello again.
  const size_t bare =
      body.size() - 2 -
      (static_cast<uint8_t>(body[2 + 32 + 1 + 2 + 32 + 2]) << 8 |
       static_cast<uint8_t>(body[2 + 32 + 1 + 2 + 32 + 3]));
  for (size_t size = 0; size < body.size(); ++size) {
    const std::vector<uint8_t> part(body.begin(),
                                    body.begin() + static_cast<long>(size));
    TlsClientHello hello;
    const bool read = hello.Read(part, false);
    EXPECT_EQ(!read || hello.malformed, size != bare) << size;
  }
  const std::string answer = ServerHello13().Body();
  for (size_t size = 0; size < answer.size(); ++size) {
    const std::vector<uint8_t> part(answer.begin(),
                                    answer.begin() + static_cast<long>(size));
    TlsServerHello hello;
    const bool read = hello.Read(part);
    EXPECT_EQ(!read || hello.malformed, size != 38) << size;
  }
}

TEST(TlsHelloTest, Ja4IsThatOfThePublication) {
  const std::string body = BrowserHello("example.com").Body();
  TlsClientHello hello;
  ASSERT_TRUE(hello.Read(BytesOf(body), false));
  EXPECT_EQ(Ja4(hello, TlsCarrier::kStream), kBrowserJa4);
  EXPECT_EQ(Ja4(hello, TlsCarrier::kQuic)[0], 'q');
  EXPECT_TRUE(hello.grease);
}

std::string Ja4Of(const ClientHello& wish) {
  const std::string body = wish.Body();
  TlsClientHello hello;
  EXPECT_TRUE(hello.Read(BytesOf(body), wish.datagram));
  return Ja4(hello,
             wish.datagram ? TlsCarrier::kDatagram : TlsCarrier::kStream);
}

TEST(TlsHelloTest, Ja4WithoutAPartHasZerosForIt) {
  ClientHello wish;
  wish.ciphers = {0x0a0a};
  EXPECT_EQ(Ja4Of(wish), "t12i000000_000000000000_000000000000");
  wish.extensions = {SniExtension({"a.example"})};
  EXPECT_EQ(Ja4Of(wish), "t12d000100_000000000000_000000000000");
  // Without signature algorithms there is no underscore (JA4.md).
  wish = BrowserHello("example.com");
  wish.extensions.erase(wish.extensions.begin() + 8);
  EXPECT_EQ(Ja4Of(wish).substr(0, 23), "t13d1515h2_8daaf6152771");
}

TEST(TlsHelloTest, Ja4NamesTheAlpnByItsFirstAndLastCharacter) {
  const std::pair<std::string, std::string> kExamples[] = {
      {"http/1.1", "h1"},   {"h2", "h2"},
      {"x", "xx"},          {"\xab", "ab"},
      {"\xab\xcd", "ad"},   {"\x30\xab", "3b"},
      {"01\xab\xcd", "3d"}, {"\x30\xab\xcd\x31", "01"}};
  for (const auto& [name, expected] : kExamples) {
    ClientHello wish;
    wish.extensions = {AlpnExtension({name, "other"})};
    EXPECT_EQ(Ja4Of(wish).substr(8, 2), expected) << name;
  }
}

TEST(TlsHelloTest, Ja4NamesEveryVersion) {
  const std::pair<uint16_t, std::string> kExamples[] = {
      {0x0304, "13"}, {0x0303, "12"}, {0x0302, "11"}, {0x0301, "10"},
      {0x0300, "s3"}, {0x0002, "s2"}, {0x1234, "00"}};
  for (const auto& [version, expected] : kExamples) {
    ClientHello wish;
    wish.version = version;
    EXPECT_EQ(Ja4Of(wish).substr(1, 2), expected);
  }
  ClientHello wish;
  wish.datagram = true;
  wish.version = kDtls10;
  EXPECT_EQ(Ja4Of(wish).substr(0, 3), "dd1");
  wish.version = kDtls12;
  EXPECT_EQ(Ja4Of(wish).substr(0, 3), "dd2");
  wish.extensions = {VersionsExtension({kDtls13, kDtls12})};
  EXPECT_EQ(Ja4Of(wish).substr(0, 3), "dd3");
}

TEST(TlsHelloTest, Ja4CountsUpTo99) {
  ClientHello wish;
  wish.ciphers.clear();
  for (uint16_t i = 0; i < 120; ++i) wish.ciphers.push_back(i);
  EXPECT_EQ(Ja4Of(wish).substr(4, 2), "99");
}

// The examples of github.com/salesforce/ja3.
TEST(TlsHelloTest, Ja3IsThatOfThePublication) {
  ClientHello wish;
  wish.version = 769;
  wish.ciphers = {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4};
  wish.extensions = {SniExtension({"a"}), GroupsExtension({23, 24, 25}),
                     FormatsExtension(std::string(1, '\0'))};
  std::string body = wish.Body();
  TlsClientHello hello;
  ASSERT_TRUE(hello.Read(BytesOf(body), false));
  EXPECT_EQ(Ja3(hello), "ada70206e40642a3e4461f35503241d5");
  wish.ciphers = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99};
  wish.extensions.clear();
  body = wish.Body();
  TlsClientHello bare;
  ASSERT_TRUE(bare.Read(BytesOf(body), false));
  EXPECT_EQ(Ja3(bare), "de350869b8c85de67a350c8d186f11e6");
}

// "769,47,65281-0-11-35-5-16".
TEST(TlsHelloTest, Ja3sHashesVersionCipherAndExtensions) {
  ServerHello wish;
  wish.version = 769;
  wish.cipher = 47;
  for (const uint16_t type : {65281, 0, 11, 35, 5}) {
    wish.extensions.push_back({type, ""});
  }
  wish.extensions.push_back(AlpnExtension({"h2"}));
  const std::string body = wish.Body();
  TlsServerHello hello;
  ASSERT_TRUE(hello.Read(BytesOf(body)));
  EXPECT_EQ(Ja3s(hello), "836ce314215654b5b1f85f97c73e506f");
  EXPECT_EQ(hello.alpn, "h2");
}

TEST(TlsHelloTest, EveryBrokenRuleIsMalformed) {
  const auto malformed = [](const Extension& extension) {
    ClientHello wish;
    wish.extensions = {extension};
    const std::string body = wish.Body();
    TlsClientHello hello;
    return hello.Read(BytesOf(body), false) && hello.malformed;
  };
  EXPECT_FALSE(malformed(SniExtension({"a.example"})));
  EXPECT_TRUE(malformed({0, ""}));
  EXPECT_TRUE(malformed({0, std::string("\0\5\0\0\7abc", 8)}));
  EXPECT_TRUE(malformed({0, SniExtension({"a"}).second + "x"}));
  EXPECT_TRUE(malformed({16, std::string("\0\2\3h", 4)}));
  EXPECT_TRUE(malformed({16, std::string("\0\1\0", 3)}));
  EXPECT_TRUE(malformed({10, std::string("\0\3\0\x1d\0", 5)}));
  EXPECT_TRUE(malformed({11, "\2x"}));
  EXPECT_TRUE(malformed({13, std::string("\0\4\4\3", 4)}));
  EXPECT_TRUE(malformed({43, "\3\3\4\3"}));
  EXPECT_TRUE(malformed({0xfe0d, "\1"}));
  EXPECT_FALSE(malformed({0xfe0d, std::string(1, '\0')}));
  ClientHello wish;
  wish.session_id = std::string(33, 'i');
  const std::string body = wish.Body();
  TlsClientHello hello;
  EXPECT_TRUE(hello.Read(BytesOf(body), false) && hello.malformed);
}

TEST(TlsHelloTest, MoreThanAFingerprintTakesGivesNone) {
  ClientHello wish;
  for (uint16_t i = 0; i < 200; ++i) {
    wish.extensions.push_back({static_cast<uint16_t>(1000 + i), ""});
  }
  std::string body = wish.Body();
  TlsClientHello hello;
  ASSERT_TRUE(hello.Read(BytesOf(body), false));
  EXPECT_TRUE(hello.too_many);
  EXPECT_EQ(Ja3(hello) + Ja4(hello, TlsCarrier::kStream), "");
  wish.extensions.clear();
  wish.ciphers.assign(32767, 0x1301);
  body = wish.Body();
  TlsClientHello wide;
  ASSERT_TRUE(wide.Read(BytesOf(body), false));
  EXPECT_EQ(Ja3(wide) + Ja4(wide, TlsCarrier::kStream), "");
}

TEST(TlsHelloTest, OldDraftsOfTls13HaveShorterServerHellos) {
  std::string body = BigEndian(0x7f12, 2) + std::string(32, 's') +
                     BigEndian(0x1301, 2) +
                     ExtensionBytes({{51, BigEndian(0x001d, 2)}});
  TlsServerHello hello;
  ASSERT_TRUE(hello.Read(BytesOf(body)));
  EXPECT_EQ(hello.cipher, 0x1301);
  EXPECT_EQ(TlsVersionName(hello.version), "TLS 1.3 draft 18");
  EXPECT_FALSE(hello.malformed);
}

TEST(TlsHelloTest, NamesAreThoseOfTheRegistry) {
  EXPECT_EQ(TlsCipherName(0x0000), "TLS_NULL_WITH_NULL_NULL");
  EXPECT_EQ(TlsCipherName(0x1301), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(TlsCipherName(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  EXPECT_EQ(TlsCipherName(0xfefe), "0xfefe");
  EXPECT_EQ(TlsVersionName(kTls10), "TLS 1.0");
  EXPECT_EQ(TlsVersionName(kDtls12), "DTLS 1.2");
  EXPECT_EQ(TlsVersionName(0x0305), "0x0305");
  EXPECT_EQ(TlsGroupName(0x11ec), "X25519MLKEM768");
  EXPECT_EQ(TlsAlertName(40), "handshake_failure");
  EXPECT_EQ(TlsAlertName(121), "ech_required");
  EXPECT_EQ(TlsAlertName(200), "200");
}

}  // namespace
}  // namespace tapline::testing
