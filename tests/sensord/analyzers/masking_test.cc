// masked_name.h and masked_path.h.

#include <gtest/gtest.h>

#include "sensord/analyzers/login.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/masked_path.h"
#include "tapline/v1/login.pb.h"

namespace tapline {
namespace {

static_assert(static_cast<int>(Login::kSucceeded) ==
              v1::LOGIN_OUTCOME_SUCCEEDED);
static_assert(static_cast<int>(Login::kFailed) == v1::LOGIN_OUTCOME_FAILED);

TEST(MaskedNameTest, OnlyTheFirstCharacterIsLeft) {
  EXPECT_EQ(MaskedName("ann"), "a***");
  EXPECT_EQ(MaskedName(""), "");
  EXPECT_EQ(MaskedName("\xc3\xa9lise"), "***");
}

TEST(MaskedMailboxTest, TheDomainStays) {
  EXPECT_EQ(MaskedMailbox("ann@example.org"), "a***@example.org");
  EXPECT_EQ(MaskedMailbox("\"a@b\"@example.org"), "\"***@example.org");
  EXPECT_EQ(MaskedMailbox("ann"), "a***");
  EXPECT_EQ(MaskedMailbox("@example.org"), "@example.org");
  EXPECT_EQ(MaskedMailbox(""), "");
}

TEST(SaslMechanismTest, WhatIsNoneIsNotTold) {
  EXPECT_EQ(SaslMechanism("PLAIN"), "PLAIN");
  EXPECT_EQ(SaslMechanism("scram-sha-256-Plus"), "SCRAM-SHA-256-PLUS");
  EXPECT_EQ(SaslMechanism("AWS_MSK_IAM"), "AWS_MSK_IAM");
  EXPECT_EQ(SaslMechanism("AGFubgBodW50ZXIy"), "OTHER");
  EXPECT_EQ(SaslMechanism("PLAIN AGFubgBodW50ZXIy"), "OTHER");
  EXPECT_EQ(SaslMechanism("PLAI"), "OTHER");
  EXPECT_EQ(SaslMechanism(""), "");
  EXPECT_TRUE(IsCleartextMechanism("Login"));
  EXPECT_FALSE(IsCleartextMechanism("SCRAM-SHA-1"));
  EXPECT_FALSE(IsCleartextMechanism("OTHER"));
  EXPECT_FALSE(IsCleartextMechanism(""));
}

TEST(MaskedPathTest, WhatIsOpaqueIsHiddenAndWordsStay) {
  const char* const kCases[][2] = {
      {"/pub/linux-6.1.0-amd64.tar.xz", "/pub/linux-6.1.0-amd64.tar.xz"},
      {"/blog/getting-started-with-kubernetes",
       "/blog/getting-started-with-kubernetes"},
      {"/u/123456/x", "/u/[redacted:opaque]/x"},
      {"/u/12345/x", "/u/12345/x"},
      {"/f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "/[redacted:opaque]"},
      {"/0123456789abcdef", "/[redacted:opaque]"},
      {"/aGVsbG8gd29ybGQ=", "/[redacted:opaque]"},
      {"/Q3hLd09tZXRoaW5nOWE1", "/[redacted:opaque]"},
      {"/eyJh.eyJz.c2ln", "/[redacted:opaque]"},
      {"/x9k2-qq81-zp0w-77vb-m3nd", "/[redacted:opaque]"},
      {"/Reset/9f8e7d/x", "/Reset/[redacted:opaque]/x"},
      {"/%72eset/abcdefgh", "/%72eset/[redacted:opaque]"},
      {"/a%2Freset%2fabcdefgh/x", "/a%2Freset%2f[redacted:opaque]/x"},
      {"/100%/x%2", "/100%/x%2"},
      {"/ann@example.org/", "/[redacted:email]@example.org/"},
      {"/ann%40example.org", "/[redacted:email]@example.org"},
      {"/home/ann/x", "/home/ann/x"},
      {"//a//", "//a//"},
      {"", ""},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(MaskedPath(row[0]), row[1]);
    EXPECT_EQ(MaskedPath(MaskedPath(row[0])), MaskedPath(row[0])) << row[0];
  }
}

TEST(MaskedPathTest, TheHomeOfAFileIsNobodys) {
  EXPECT_EQ(MaskedFilePath("/home/ann/x.txt"), "/home/[user]/x.txt");
  EXPECT_EQ(MaskedFilePath("C:\\Users\\Ann\\x.txt"),
            "C:\\Users\\[user]\\x.txt");
  EXPECT_EQ(MaskedFilePath("\\\\srv\\HOMES$\\\\ann"),
            "\\\\srv\\HOMES$\\\\[user]");
  EXPECT_EQ(MaskedFilePath("C:\\%55sers\\Ann\\x"), "C:\\%55sers\\[user]\\x");
  EXPECT_EQ(MaskedFilePath("C:%5cUsers%5CAnn"), "C:%5cUsers%5C[user]");
  EXPECT_EQ(MaskedFilePath("/homestead/ann"), "/homestead/ann");
}

TEST(MaskedPathTest, OrdinaryNamesOfFilesAndSharesStay) {
  for (const char* path :
       {"", "\\", "svcctl", "\\\\192.0.2.7\\IPC$", "Windows\\System32\\cmd.exe",
        "Program Files (x86)\\Common Files\\desktop.ini", "share/plan.txt",
        "annual report 2024.xlsx", "\\\\fileserver.example.com\\public"}) {
    EXPECT_EQ(MaskedFilePath(path), path);
  }
}

TEST(MaskedPathTest, ASegmentCutByTheLimitIsHidden) {
  const std::string dots(kMaxMaskedPath - 4, '/');
  EXPECT_EQ(MaskedPath(dots + "abc/secret"), dots + "abc/");
  EXPECT_EQ(MaskedPath(dots + "abcdef"), dots + "[redacted:opaque]");
}

}  // namespace
}  // namespace tapline
