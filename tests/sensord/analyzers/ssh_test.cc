#include "sensord/analyzers/ssh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/conversation.h"
#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTcp = Conversation::kTcp;
constexpr char kClientLine[] = "SSH-2.0-OpenSSH_8.2p1 Ubuntu-4\r\n";
constexpr char kServerLine[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";

// What OpenSSH 8.2 offers; its HASSH is published in many lists.
constexpr char kKexList[] =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
    "ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
    "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,"
    "diffie-hellman-group14-sha1,ext-info-c";
constexpr char kCipherList[] =
    "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,"
    "aes128-gcm@openssh.com,aes256-gcm@openssh.com";
constexpr char kMacList[] =
    "umac-64-etm@openssh.com,umac-128-etm@openssh.com,"
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
    "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,"
    "hmac-sha2-256,hmac-sha2-512,hmac-sha1";
constexpr char kCompressionList[] = "none,zlib@openssh.com,zlib";
constexpr char kOpenSshHassh[] = "ec7378c1a92f5a8dde7e8b7a1ddf33d1";

std::string Text(absl::string_view text) {
  return absl::StrCat(Big32(text.size()), text);
}

// RFC 4253 6: padded to a multiple of 8, four bytes at least.
std::string Packet(const std::string& payload) {
  size_t padding = 8 - (5 + payload.size()) % 8;
  if (padding < 4) padding += 8;
  return absl::StrCat(Big32(1 + payload.size() + padding), Big8(padding),
                      payload, std::string(padding, '\0'));
}

struct Offers {
  std::string kex = kKexList;
  std::string host_key = "ssh-ed25519,rsa-sha2-512,ssh-rsa";
  std::string cipher = kCipherList;
  std::string mac = kMacList;
  std::string compression = kCompressionList;
};

std::string KexInit(const Offers& offers) {
  std::string payload = absl::StrCat(Big8(20), std::string(16, 'c'));
  for (const std::string& list :
       {offers.kex, offers.host_key, offers.cipher, offers.cipher, offers.mac,
        offers.mac, offers.compression, offers.compression, std::string(),
        std::string()}) {
    payload += Text(list);
  }
  return Packet(payload + Big8(0) + Big32(0));
}

// RFC 5656 4.
std::string EcdhInit() { return Packet(Big8(30) + Text(std::string(32, 'q'))); }
std::string EcdhReply() {
  const std::string key = Text("ssh-ed25519") + Text(std::string(32, 'k'));
  return Packet(Big8(31) + Text(key) + Text(std::string(32, 'q')) +
                Text(std::string(83, 's')));
}
std::string NewKeys() { return Packet(Big8(21)); }

// An encrypted packet of chacha20-poly1305 with that payload.
std::string Sealed(size_t payload) {
  return std::string(4 + (1 + payload + 4 + 7) / 8 * 8 + 16, '\xaa');
}
constexpr size_t kService = 17;
constexpr size_t kSuccess = 1;
// "publickey,password".
constexpr size_t kRefusal = 6 + 18;

void SetKeys(Conversation& c, const Offers& client, const Offers& server) {
  c.Client(kClientLine).Server(kServerLine);
  c.Client(KexInit(client)).Server(KexInit(server));
  c.Client(EcdhInit()).Server(EcdhReply() + NewKeys() + Sealed(200));
  c.Client(NewKeys() + Sealed(kService));
}

void SetKeys(Conversation& c) { SetKeys(c, Offers(), Offers()); }

TEST(SshTest, AWholeKeyExchangeIsOneEvent) {
  for (const size_t piece : {0, 1, 7, 1000}) {
    Conversation c(kTcp, 22);
    c.InPiecesOf(piece);
    Offers server;
    server.cipher = "aes256-gcm@openssh.com,aes128-ctr";
    server.mac = "hmac-sha2-256";
    SetKeys(c, Offers(), server);
    ASSERT_THAT(c.Events(), SizeIs(1)) << piece;
    const v1::Ssh s = c.Events()[0].ssh();
    EXPECT_EQ(s.stage(), v1::SSH_STAGE_KEYS);
    EXPECT_EQ(s.client_version(), "SSH-2.0-OpenSSH_8.2p1 Ubuntu-4");
    EXPECT_EQ(s.server_version(), "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3");
    EXPECT_EQ(s.client_protocol(), "2.0");
    EXPECT_EQ(s.client_software(), "OpenSSH_8.2p1");
    EXPECT_EQ(s.server_software(), "OpenSSH_9.2p1");
    EXPECT_EQ(s.hassh(), kOpenSshHassh);
    EXPECT_EQ(s.hassh_server(), "bba974ecb08b9af4f10d3fa0f2488cd6");
    EXPECT_EQ(s.kex(), "curve25519-sha256");
    EXPECT_EQ(s.host_key_algorithm(), "ssh-ed25519");
    EXPECT_EQ(s.client_cipher(), "aes128-ctr");
    EXPECT_EQ(s.server_cipher(), "aes128-ctr");
    EXPECT_EQ(s.client_mac(), "hmac-sha2-256");
    EXPECT_EQ(s.server_compression(), "none");
    EXPECT_EQ(s.host_key_fingerprint(),
              "SHA256:sArVyTbDlP2ByuRNM59Xf/iwOUmdy69sxylyNl3iUQQ");
    EXPECT_TRUE(s.keys_set());
    EXPECT_FALSE(s.reversed());
    EXPECT_THAT(s.deprecated(), IsEmpty());
    EXPECT_THAT(c.told().anomalies, IsEmpty());
    EXPECT_EQ(c.told().protocol, Protocol::kSsh);
    EXPECT_EQ(c.told().basis, ProtocolBasis::kDecoded);
  }
}

TEST(SshTest, ACipherWithItsOwnMacSaysSo) {
  Conversation c(kTcp, 22);
  SetKeys(c);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ssh().server_cipher(),
            "chacha20-poly1305@openssh.com");
  EXPECT_EQ(c.Events()[0].ssh().server_mac(), "implicit");
}

TEST(SshTest, TheSmallestReplyIsALoginThatWorked) {
  for (const size_t piece : {0, 1, 13}) {
    Conversation c(kTcp, 22);
    SetKeys(c);
    c.InPiecesOf(piece);
    c.Server(Sealed(kService)).Client(Sealed(40)).Server(Sealed(kRefusal));
    c.Client(Sealed(60)).Server(Sealed(kRefusal)).Client(Sealed(60));
    EXPECT_THAT(c.Events(), SizeIs(1));
    c.Server(Sealed(kSuccess)).Client(Sealed(24));
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    const v1::Ssh s = c.Events()[1].ssh();
    EXPECT_EQ(s.stage(), v1::SSH_STAGE_LOGIN);
    EXPECT_EQ(s.login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_EQ(s.login_basis(), v1::BASIS_INFERRED);
    EXPECT_EQ(s.failed_logins(), 1u);
    EXPECT_EQ(s.hassh(), kOpenSshHassh);
    EXPECT_FALSE(c.wants());
  }
}

TEST(SshTest, SuccessWithMoreBehindItIsSeenInItsSegment) {
  Conversation c(kTcp, 22);
  SetKeys(c);
  c.Server(Sealed(kService)).Client(Sealed(40));
  c.Server(Sealed(kSuccess)).Server(Sealed(500));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].ssh().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_EQ(c.Events()[1].ssh().failed_logins(), 0u);
}

TEST(SshTest, VisibleLengthsShowSuccessAmongOtherPackets) {
  // aes128-gcm: blocks of 16 without the length, then the tag.
  const auto sealed = [](size_t payload) {
    const size_t length = (1 + payload + 4 + 15) / 16 * 16;
    return Big32(length) + std::string(length + 16, '\xaa');
  };
  for (const size_t piece : {0, 1, 5}) {
    Conversation c(kTcp, 22);
    c.InPiecesOf(piece);
    Offers server;
    server.cipher = "aes128-gcm@openssh.com";
    c.Client(kClientLine).Server(kServerLine);
    c.Client(KexInit(Offers())).Server(KexInit(server));
    c.Client(EcdhInit()).Server(EcdhReply() + NewKeys() + sealed(200));
    c.Client(NewKeys() + sealed(kService)).Server(sealed(kService));
    // A banner before each refusal is not a reply.
    c.Client(sealed(40)).Server(sealed(300) + sealed(kRefusal));
    c.Client(sealed(60)).Server(sealed(kRefusal));
    c.Client(sealed(60)).Server(sealed(kRefusal));
    c.Client(sealed(60)).Server(sealed(kSuccess) + sealed(500));
    ASSERT_THAT(c.Events(), SizeIs(2)) << piece;
    EXPECT_EQ(c.Events()[1].ssh().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
    EXPECT_EQ(c.Events()[1].ssh().failed_logins(), 2u);
  }
}

TEST(SshTest, OnlyRefusalsUntilTheEndAreAFailure) {
  Conversation c(kTcp, 22);
  SetKeys(c);
  c.Server(Sealed(kService));
  for (int i = 0; i < 4; ++i) c.Client(Sealed(60)).Server(Sealed(kRefusal));
  c.Client(Sealed(20)).End();
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].ssh().login(), v1::LOGIN_OUTCOME_FAILED);
  EXPECT_EQ(c.Events()[1].ssh().failed_logins(), 3u);
}

TEST(SshTest, ASessionThatEndsAfterOtherRepliesIsNotCalledAFailure) {
  Conversation c(kTcp, 22);
  SetKeys(c);
  c.Server(Sealed(kService)).Client(Sealed(60)).Server(Sealed(kRefusal));
  c.Client(Sealed(60)).Server(Sealed(kSuccess) + Sealed(500));
  for (int i = 0; i < 3; ++i) c.Client(Sealed(60)).Server(Sealed(90));
  c.End();
  EXPECT_THAT(c.Events(), SizeIs(1));
}

TEST(SshTest, ALongSessionMustHaveBegunWithALogin) {
  Conversation c(kTcp, 22);
  SetKeys(c);
  c.Server(Sealed(kService)).Client(Sealed(60)).Server(Sealed(kRefusal));
  for (int i = 0; i < 8; ++i) c.Client(Sealed(60)).Server(Sealed(90 + 8 * i));
  c.Client(Sealed(60));
  ASSERT_THAT(c.Events(), SizeIs(2));
  EXPECT_EQ(c.Events()[1].ssh().login(), v1::LOGIN_OUTCOME_SUCCEEDED);
  EXPECT_FALSE(c.wants());
}

TEST(SshTest, WhoBeginsTheKeyExchangeIsTheClient) {
  Conversation c(kTcp, 22);
  c.Server(kClientLine).Client(kServerLine);
  c.Server(KexInit(Offers())).Client(KexInit(Offers()));
  c.Server(EcdhInit()).Client(EcdhReply() + NewKeys()).Server(NewKeys());
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_TRUE(c.Events()[0].ssh().reversed());
  EXPECT_EQ(c.Events()[0].ssh().client_software(), "OpenSSH_8.2p1");
}

TEST(SshTest, WhatIsOutdatedIsNamed) {
  Conversation c(kTcp, 22);
  Offers old;
  old.kex = "diffie-hellman-group1-sha1";
  old.host_key = "ssh-dss";
  old.cipher = "3des-cbc";
  old.mac = "hmac-md5";
  old.compression = "zlib";
  SetKeys(c, Offers{old}, old);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_THAT(c.Events()[0].ssh().deprecated(),
              ElementsAre("diffie-hellman-group1-sha1", "ssh-dss", "3des-cbc",
                          "hmac-md5"));
}

TEST(SshTest, Ssh1IsToldByItsVersions) {
  Conversation c(kTcp, 22);
  c.Server("SSH-1.99-OpenSSH_3.9p1\n").Client("SSH-1.5-PuTTY\n");
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_THAT(c.Events()[0].ssh().deprecated(), ElementsAre("SSH-1"));
  EXPECT_EQ(c.Events()[0].ssh().server_protocol(), "1.99");
  EXPECT_FALSE(c.wants());
}

TEST(SshTest, LinesBeforeTheServersVersionAreNoHindrance) {
  Conversation c(kTcp, 22);
  c.Server("Welcome.\r\nNo entry.\r\n").Server(kServerLine);
  c.Client(kClientLine).End();
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ssh().server_software(), "OpenSSH_9.2p1");
  EXPECT_FALSE(c.Events()[0].ssh().keys_set());
}

TEST(SshTest, EveryBrokenRuleIsNamed) {
  struct Case {
    std::string client;
    std::vector<std::string> anomalies;
  };
  const std::string line = kClientLine;
  std::string short_list = KexInit(Offers());
  short_list[25] = '\x7f';
  const Case kCases[] = {
      {"SSH-2.0\r\n", {"ssh.malformed_version"}},
      {"SSH-x-y z\r\n", {"ssh.malformed_version"}},
      {line + Big32(40000) + Hex("04 14 00"), {"ssh.malformed_packet"}},
      {line + Big32(5) + Hex("04 14 00 00 00 00"), {"ssh.malformed_packet"}},
      {line + short_list, {"ssh.malformed_packet"}},
      {line + Packet(Big8(20)), {"ssh.malformed_packet"}},
  };
  for (const Case& test : kCases) {
    Conversation c(kTcp, 22);
    c.Server(kServerLine).Client(test.client).End();
    EXPECT_EQ(c.told().anomalies, test.anomalies) << test.client;
    EXPECT_THAT(c.Events(), SizeIs(1));
  }
}

TEST(SshTest, NothingInCommonAndNoCipherAreNamed) {
  Conversation c(kTcp, 22);
  Offers none;
  none.cipher = "none";
  Offers other = none;
  other.kex = "x";
  SetKeys(c, none, other);
  EXPECT_THAT(c.told().anomalies,
              ElementsAre("ssh.no_common_algorithm", "ssh.cipher_none"));
  EXPECT_EQ(c.told().encrypted, 0);
}

TEST(SshTest, EveryTruncationEndsWithAtMostOneEventOfKeys) {
  const std::string client =
      absl::StrCat(kClientLine, KexInit(Offers()), EcdhInit(), NewKeys());
  for (size_t size = 0; size <= client.size(); ++size) {
    Conversation c(kTcp, 22);
    c.Client(client.substr(0, size)).End();
    EXPECT_THAT(c.told().anomalies, IsEmpty()) << size;
    ASSERT_THAT(c.Events(), SizeIs(size < 4 ? 0 : 1)) << size;
    if (size == client.size()) {
      EXPECT_EQ(c.Events()[0].ssh().hassh(), kOpenSshHassh);
      EXPECT_EQ(c.Events()[0].ssh().hassh_server(), "");
      EXPECT_EQ(c.Events()[0].ssh().kex(), "");
    }
  }
}

TEST(SshTest, AGapBeforeTheKeysEndsTheAnalysisAndLaterOnlyTheGuess) {
  Conversation c(kTcp, 22);
  c.Client(kClientLine).Server(kServerLine).Gap(true, 100);
  EXPECT_THAT(c.Events(), SizeIs(1));
  EXPECT_FALSE(c.wants());
  Conversation d(kTcp, 22);
  SetKeys(d);
  d.Gap(false, 44).Client(Sealed(60)).Server(Sealed(kSuccess)).End();
  EXPECT_THAT(d.Events(), SizeIs(1));
}

TEST(SshTest, AMidstreamKeyExchangeIsKnownByItsLists) {
  Conversation c(kTcp, 9999);
  c.Midstream().Client(KexInit(Offers())).End();
  EXPECT_EQ(c.told().protocol, Protocol::kSsh);
  ASSERT_THAT(c.Events(), SizeIs(1));
  EXPECT_EQ(c.Events()[0].ssh().hassh(), kOpenSshHassh);
}

TEST(SshTest, OtherProtocolsAreNotSsh) {
  for (const char* first : {"220 ftp.example FTP\r\n", "GET / HTTP/1.1\r\n",
                            "\x16\x03\x01\x02\x00\x01", "SSX-2.0-x\r\n"}) {
    Conversation c(kTcp, 2222);
    c.Client(first).End();
    EXPECT_NE(c.told().protocol, Protocol::kSsh) << first;
  }
}

}  // namespace
}  // namespace tapline::testing
