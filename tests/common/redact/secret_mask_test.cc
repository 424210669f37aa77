#include "common/redact/secret_mask.h"

#include <gtest/gtest.h>

#include <string>

namespace tapline {
namespace {

TEST(SecretMaskTest, ValuesOfSecretKeysAreMasked) {
  EXPECT_EQ(MaskSecrets("password=hunter2 user=ann"),
            "password=[redacted:secret] user=ann");
  EXPECT_EQ(MaskSecrets("db_passwd: hunter2, next"),
            "db_passwd: [redacted:secret], next");
  EXPECT_EQ(MaskSecrets("{\"api_key\": \"abc def\"}"),
            "{\"api_key\": [redacted:secret]}");
  EXPECT_EQ(MaskSecrets("X-Auth-Token:abc"), "X-Auth-Token:[redacted:secret]");
}

TEST(SecretMaskTest, AuthorizationKeepsItsScheme) {
  EXPECT_EQ(MaskSecrets("Authorization: Bearer abcdefgh"),
            "Authorization: Bearer [redacted:secret]");
  EXPECT_EQ(MaskSecrets("sent bearer abcdefgh.xyz ok"),
            "sent bearer [redacted:auth] ok");
}

TEST(SecretMaskTest, UserInformationInAUrlIsMasked) {
  EXPECT_EQ(MaskSecrets("see ftp://bob:pw@host/x"),
            "see ftp://[redacted:userinfo]@host/x");
  EXPECT_EQ(MaskSecrets("see https://host/a@b"), "see https://host/a@b");
}

TEST(SecretMaskTest, TokenShapesAreMaskedWhereverTheyStand) {
  EXPECT_EQ(MaskSecrets("key AKIAIOSFODNN7EXAMPLE."), "key [redacted:token]");
  EXPECT_EQ(MaskSecrets("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
            "[redacted:token]");
  EXPECT_EQ(MaskSecrets("GET /files/AKIAIOSFODNN7EXAMPLE"),
            "GET /files/[redacted:token]");
  EXPECT_EQ(MaskSecrets("/a/AKIAIOSFODNN7EXAMPLE/b%2fghp_0123456789abcdef%2Fc"),
            "/a/[redacted:token]/b%2f[redacted:token]%2Fc");
  EXPECT_EQ(MaskSecrets("/a/AKIAIOSFODNN7EXAMPLE/password=x"),
            "/a/[redacted:token]/password=[redacted:secret]");
}

TEST(SecretMaskTest, OrdinaryTextStaysAsItIs) {
  for (const std::string text :
       {"", "a", "www.example.com", "session.example.com",
        "10.0.0.1:443 to [2001:db8::1]:53", "basic idea", "tcp port 80",
        "interface eth0: link down", "unix:///run/tapline/sensord.sock"}) {
    EXPECT_EQ(MaskSecrets(text), text);
  }
}

TEST(SecretMaskTest, MaskedQueriesStayAsTheyAre) {
  EXPECT_EQ(MaskSecrets("/r?token=[..]&id=[..]"), "/r?token=[..]&id=[..]");
  EXPECT_EQ(MaskSecrets("/r?token=[..]x y"), "/r?token=[redacted:secret] y");
}

TEST(SecretMaskTest, MaskingTwiceIsMaskingOnce) {
  for (const std::string text :
       {"password=a b", "Authorization: Basic dXNlcjpwdw==",
        "http://u:p@h password: \"open", "token=\"\"", "pwd= \xff\x00"}) {
    const std::string once = MaskSecrets(text);
    EXPECT_EQ(MaskSecrets(once), once) << text;
  }
}

TEST(SecretMaskTest, StarsWereMaskedBefore) {
  EXPECT_EQ(MaskSecrets("password=*** a"), "password=*** a");
  EXPECT_EQ(MaskSecrets("password=**x a"), "password=[redacted:secret] a");
}

TEST(SecretMaskTest, SecretsAreFoundWhereTheyWouldBeMasked) {
  const std::string text = "a password=hunter2, http://u:p@h/ b";
  std::string blanked = text;
  for (const SecretSpan& span : FindSecrets(text)) {
    blanked.replace(span.begin, span.end - span.begin, span.end - span.begin,
                    '*');
  }
  EXPECT_EQ(blanked, "a password=*******, http://***@h/ b");
  EXPECT_TRUE(FindSecrets("nothing here to find").empty());
}

TEST(SecretMaskTest, ALongHostileTextTakesLinearTime) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "a=: ://@";
  EXPECT_GE(MaskSecrets(text).size(), 1u);
  std::string path;
  for (int i = 0; i < 100'000; ++i) path += "/AKIAIOSFODNN7EXA";
  EXPECT_GE(MaskSecrets(path).size(), 1u);
}

}  // namespace
}  // namespace tapline
