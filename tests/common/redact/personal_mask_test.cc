#include "common/redact/personal_mask.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

TEST(PersonalMaskTest, OfAnAddressTheDomainStays) {
  EXPECT_EQ(MaskPersonal("ann@ex.org"), "[redacted:email]@ex.org");
  EXPECT_EQ(MaskPersonal("to <ann.b+x@mail.example.com>, bob@ex.org."),
            "to <[redacted:email]@mail.example.com>, "
            "[redacted:email]@ex.org.");
  EXPECT_EQ(MaskPersonal("CN=x,emailAddress=ann@ex.org"),
            "CN=x,emailAddress=[redacted:email]@ex.org");
}

TEST(PersonalMaskTest, WhatOnlyLooksLikeAnAddressStays) {
  for (const std::string text :
       {"@ex.org", "a@b", "root@localhost", "x@1.2.3.4", "user@@ex.org ",
        "***@ex.org", "[redacted:email]@ex.org", "a @ex.org",
        "chacha20-poly1305@openssh.com", "x25519@libssh.org,a"}) {
    EXPECT_EQ(MaskPersonal(text), text);
  }
}

TEST(PersonalMaskTest, CardsAreKnownByIssuerLengthAndCheckDigit) {
  // Numbers that payment providers publish for tests.
  for (const std::string card :
       {"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111",
        "5555555555554444", "378282246310005", "6011111111111117",
        "30569309025904", "3530111333300000", "4222222222222"}) {
    EXPECT_EQ(MaskPersonal(absl::StrCat("pan=", card, ";")),
              "pan=[redacted:card];")
        << card;
  }
  for (const std::string text :
       {"4111111111111112", "1234567890123452", "411111111111111",
        "41111111111111111111", "a4111111111111111", "4111111111111111b",
        "2026-11-21 22:46:34", "9111111111111114"}) {
    EXPECT_EQ(MaskPersonal(text), text);
  }
}

TEST(PersonalMaskTest, AccountsAreKnownByCountryLengthAndCheckDigits) {
  // Examples of the IBAN registry.
  for (const std::string iban :
       {"DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19",
        "FR1420041010050500013M02606", "NO9386011117947",
        "NL91ABNA0417164300"}) {
    EXPECT_EQ(MaskPersonal(absl::StrCat("to ", iban, " now")),
              "to [redacted:iban] now")
        << iban;
  }
  for (const std::string text :
       {"DE88370400440532013000", "DE893704004405320130001",
        "XX89370400440532013000", "DE8937040044053201300",
        "xDE89370400440532013000"}) {
    EXPECT_EQ(MaskPersonal(text), text);
  }
}

TEST(PersonalMaskTest, TelephonesAreKnownInInternationalForm) {
  for (const std::string phone : {"+14155552671", "+49 30 901820",
                                  "+44 (20) 7946-0958", "+358.9.12345678"}) {
    EXPECT_EQ(MaskPersonal(absl::StrCat("call ", phone, " now")),
              "call [redacted:phone] now")
        << phone;
  }
  for (const std::string text :
       {"+1234567", "+0123456789", "+1234567890123456", "1+14155552671",
        "030 901820", "2026-11-21T22:46:34+0200 build 12345678x"}) {
    EXPECT_EQ(MaskPersonal(text), text);
  }
}

TEST(PersonalMaskTest, OrdinaryTextStaysAsItIs) {
  for (const std::string text :
       {"", "www.example.com", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)",
        "1.0.168.192.in-addr.arpa", "2001:db8:1234:5678:9abc:def0:1234:5678",
        "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", "20261121224634.123456",
        "d41d8cd98f00b204e9800998ecf8427e", "S-1-5-21-3623811015-3361044348",
        "123e4567-e89b-12d3-a456-426614174000", "IMG_20261121_224634.jpg"}) {
    EXPECT_EQ(MaskPersonal(text), text);
    EXPECT_TRUE(FindPersonal(text).empty()) << text;
  }
}

TEST(PersonalMaskTest, NumbersSideBySideAreSeveral) {
  EXPECT_EQ(MaskPersonal("4111111111111111 4111111111111111"),
            "[redacted:card] [redacted:card]");
  EXPECT_EQ(MaskPersonal("4111111111111111 12"), "[redacted:card] 12");
  EXPECT_EQ(MaskPersonal("+14155552671 4155552671234"),
            "[redacted:phone] 4155552671234");
}

TEST(PersonalMaskTest, MaskingTwiceIsMaskingOnce) {
  for (const std::string text :
       {"ann@ex.org bob@ex.org", "+14155552671@ex.org",
        "4111111111111111@a.de DE89370400440532013000", "\xff@\xfe.ex"}) {
    const std::string once = MaskPersonal(text);
    EXPECT_EQ(MaskPersonal(once), once) << text;
  }
}

TEST(PersonalMaskTest, WhatIsFoundIsWhatIsMasked) {
  const std::string text = "ann@ex.org +14155552671 4111111111111111";
  std::string blanked = text;
  for (const SecretSpan& span : FindPersonal(text)) {
    blanked.replace(span.begin, span.end - span.begin, span.end - span.begin,
                    '*');
  }
  EXPECT_EQ(blanked, "***@ex.org ************ ****************");
}

TEST(PersonalMaskTest, ALongHostileTextTakesLinearTime) {
  for (const std::string piece :
       {"a@", "+1 ", "4 4-", "DE89 3704 ", "a.a@a.", "4111111111111111"}) {
    std::string text;
    while (text.size() < (1u << 20)) text += piece;
    EXPECT_GE(MaskPersonal(text).size(), 1u);
  }
}

}  // namespace
}  // namespace tapline
