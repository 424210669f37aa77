#include "common/redact/payload_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

struct Said {
  bool client;
  std::string bytes;
};

struct Talk {
  std::string protocol;
  std::vector<Said> said;
  // Parts that must not be shown, and parts that must.
  std::vector<std::string> secrets;
  std::vector<std::string> shown;
};

std::string Hex(absl::string_view hex) { return absl::HexStringToBytes(hex); }
Said C(std::string bytes) { return {true, std::move(bytes)}; }
Said S(std::string bytes) { return {false, std::move(bytes)}; }

// One character a packet, as terminals send.
std::vector<Said> Typed(const std::string& text, bool echoed) {
  std::vector<Said> said;
  for (const char c : text) {
    said.push_back(C(std::string(1, c)));
    if (echoed) said.push_back(S(std::string(1, c)));
  }
  return said;
}

std::vector<Said> Join(std::vector<std::vector<Said>> parts) {
  std::vector<Said> all;
  for (auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::string Message(uint8_t type, const std::string& body) {
  return absl::StrCat(std::string(1, static_cast<char>(type)),
                      std::string(3, '\0'),
                      std::string(1, static_cast<char>(body.size() + 4)), body);
}

// OP_MSG whose first element is `name`.
std::string Mongo(const std::string& name, const std::string& value) {
  const std::string rest =
      absl::StrCat(Hex("0100000000000000dd0700000000000000"), Hex("0c00000002"),
                   name, Hex("00"), value);
  return absl::StrCat(std::string(1, static_cast<char>(rest.size() + 4)),
                      std::string(3, '\0'), rest);
}

std::vector<Talk> Talks() {
  std::vector<Talk> talks;
  talks.push_back({"telnet",
                   Join({{S("\xff\xfd\x18host login: ")},
                         Typed("ann\r\n", true),
                         {S("Password: ")},
                         Typed("Zq7telnet\r\n", false),
                         {S("\r\nLast login: today\r\n$ ")},
                         Typed("su\r\n", true),
                         {S("Password: ")},
                         // A bad server sends it back.
                         Typed("Xy8again\r\n", true),
                         {S("# ")}}),
                   {"Zq7telnet", "Xy8again"},
                   {"host login: ", "ann", "Last login: today", "su"}});
  talks.push_back({"telnet",
                   {S(Hex("fffd27")), C(Hex("fffa2700") + "USER" + Hex("01") +
                                        "envSecret" + Hex("fff0"))},
                   {"envSecret"},
                   {Hex("fffa27")}});
  talks.push_back(
      {"smtp",
       {S("220 mx ESMTP\r\n"), C("EHLO a\r\n"),
        S("250-mx\r\n250 AUTH LOGIN PLAIN\r\n"), C("AUTH LOGIN\r\n"),
        S("334 VXNlcm5hbWU6\r\n"), C("YW5u\r\n"), S("334 UGFzc3dvcmQ6\r\n"),
        C("ejk=\r\n"), S("235 ok\r\n"), C("MAIL FROM:<a@b.example>\r\n"),
        S("250 ok\r\n"), C("DATA\r\n"), S("354 go\r\n"),
        C("Subject: aabbccXX\r\n\r\nword\r\n.\r\n"), S("250 queued\r\n"),
        C("QUIT\r\n")},
       {"YW5u", "ejk="},
       {"AUTH LOGIN PLAIN", "AUTH LOGIN\r\n", "334 UGFzc3dvcmQ6",
        "MAIL FROM:", "aabbccXX", "word", "QUIT"}});
  talks.push_back({"smtp",
                   {C("AUTH PLAIN AGFubgBh\r\n"), S("235 ok\r\n"),
                    C("RCPT TO:<c@d.example>\r\n")},
                   {"AGFubgBh"},
                   {"AUTH PLAIN", "RCPT TO"}});
  talks.push_back({"pop3",
                   {S("+OK\r\n"), C("USER ann\r\n"), S("+OK\r\n"),
                    C("PASS two words\r\n"), S("+OK\r\n"), C("STAT\r\n")},
                   {"two", "words"},
                   {"USER ann", "PASS ", "STAT"}});
  talks.push_back({"pop3",
                   {C("AUTH PLAIN\r\n"), S("+ \r\n"), C("AGEAYg==\r\n"),
                    S("+OK\r\n"), C("LIST\r\n")},
                   {"AGEAYg"},
                   {"AUTH PLAIN", "LIST"}});
  talks.push_back(
      {"imap",
       {S("* OK IMAP4rev1\r\n"), C("a1 LOGIN {3}\r\n"), S("+ go\r\n"),
        C("ann {12}\r\n"), S("+ go\r\n"), C("imapsecret99\r\n"),
        S("a1 OK done\r\n"), C("a2 SELECT inbox\r\n"), S("a2 OK\r\n"),
        C("a3 APPEND x {5}\r\n"), S("+ go\r\n"), C("hello\r\n")},
       {"ann {12", "imapsecret99"},
       {"a1 LOGIN ", "a2 SELECT inbox", "hello"}});
  talks.push_back({"imap",
                   {C("a1 AUTHENTICATE PLAIN\r\n"), S("+\r\n"),
                    C("AGFubgBh\r\n"), S("a1 OK\r\n"), C("a2 NOOP\r\n")},
                   {"AGFubgBh"},
                   {"a1 AUTHENTICATE PLAIN", "a2 NOOP"}});
  talks.push_back({"ftp",
                   {S("220 ftp\r\n"), C("USER ann\r\n"), S("331 pw\r\n"),
                    C("PA"), C("SS ftpse"), C("cret1\r\n"), S("230 ok\r\n"),
                    C("RETR a.txt\r\n"), C("SITE GPASS x9\r\n")},
                   {"ftpse", "cret1", "x9"},
                   {"USER ann", "PA", "SS ", "RETR a.txt"}});
  talks.push_back({"irc",
                   {C("PASS ircsecret\r\nNICK ann\r\nUSER a 0 * :Ann\r\n"),
                    C("PRIVMSG NickServ :IDENTIFY nicksecret\r\n"),
                    C("JOIN #a chankey\r\n"), C("PRIVMSG #a :hello\r\n")},
                   {"ircsecret", "nicksecret", "chankey"},
                   {"NICK ann", "JOIN #a", "PRIVMSG #a :hello"}});
  talks.push_back({"redis",
                   {C("*2\r\n$4\r\nAUTH\r\n$11\r\nredis"), C("secret\r\n"),
                    S("+OK\r\n"), C("*2\r\n$3\r\nGET\r\n$4\r\nname\r\n"),
                    C("AUTH inline9\r\n"), C("PING\r\n"),
                    C("*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nrequirepass"
                      "\r\n$3\r\npw9\r\n")},
                   {"redis", "secret", "inline9", "pw9"},
                   {"AUTH", "GET", "name", "PING"}});
  talks.push_back({"memcached",
                   {C("set a 0 0 10\r\nann mcpass\r\n"), S("STORED\r\n"),
                    C("set b 0 0 5\r\nvalue\r\n"), C("get b\r\n")},
                   {"mcpass"},
                   {"set a 0 0 10", "value", "get b"}});
  talks.push_back({"memcached",
                   {C(Hex("802100050000000000000010000000000000000000000000") +
                      "PLAIN" + Hex("00") + "ann" + Hex("00") + "mcsasl")},
                   {"mcsasl"},
                   {}});
  talks.push_back({"nats",
                   {S("INFO {}\r\n"),
                    C("CONNECT {\"user\":\"ann\",\"pass\":\"natspw\"}\r\n"),
                    C("PUB a 5\r\nhello\r\n"), C("SUB a 1\r\n")},
                   {"natspw", "ann"},
                   {"CONNECT ", "PUB a 5", "hello", "SUB a 1"}});
  talks.push_back(
      {"rsync",
       {C("@RSYNCD: 31.0\nmodule\n"), S("@RSYNCD: AUTHREQD c0ffee\n"),
        C("ann c2VjcmV0aGFzaA\n"), S("@RSYNCD: OK\n")},
       {"c2VjcmV0aGFzaA"},
       {"module", "AUTHREQD"}});
  talks.push_back(
      {"stratum",
       {C("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n"),
        C("{\"params\":[\"ann\",\"minepw\"],\"id\":2,"),
        C("\"method\":\"mining.authorize\"}\n")},
       {"minepw"},
       {"mining.subscribe"}});
  talks.push_back(
      {"http",
       {C("POST /login HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bas"),
        C("ic YW5uOmJhc2ljc2Vj\r\n folded9\r\nCookie: a=oneone1; "
          "sid=cookiesec\r\n"
          "X-Api-Key: apikey7\r\n\r\nuser=ann&passw"),
        C("ord=formsecret&x=1"),
        S("HTTP/1.1 200 OK\r\nSet-Cookie: t=sc9zzq\r\n\r\nok body")},
       {"YW5uOmJhc2ljc2Vj", "folded9", "oneone1", "cookiesec", "apikey7",
        "formsecret", "sc9zzq"},
       {"POST /login HTTP/1.1", "a.example", "Cookie: ", "200 OK", "ok body"}});
  talks.push_back(
      {"http",
       {C("POST / HTTP/1.1\r\n\r\n--b\r\nContent-Disposition: form-data; "
          "name=\"password\"\r\n\r\nmultisecret\r\n--b\r\n"
          "Content-Disposition: form-data; name=\"city\"\r\n\r\nBern\r\n")},
       {"multisecret"},
       {"Bern"}});
  talks.push_back({"sip",
                   {C("REGISTER sip:a.example SIP/2.0\r\nAuthorization: Digest "
                      "username=\"ann\", response=\"deadbeef01\"\r\n\r\n")},
                   {"deadbeef01"},
                   {"REGISTER sip:a.example", "Digest "}});
  talks.push_back({"rtsp",
                   {C("DESCRIBE rtsp://ann:camsecret@cam/1 RTSP/1.0\r\n"
                      "Authorization: Basic YW5uOmNhbQ==\r\n\r\n")},
                   {"camsecret", "YW5uOmNhbQ"},
                   {"DESCRIBE"}});
  talks.push_back({"http2",
                   {C("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                    C(Hex("00000c010400000001") + "\x40\x01"),
                    C("a\x08h2secret"), C(Hex("000005000000000001") + "hello")},
                   {"h2secret"},
                   {"PRI * HTTP/2.0", "hello"}});
  talks.push_back(
      {"xmpp",
       {C("<stream:stream to='a.example'><auth mechanism='PLAIN'>AGFu"),
        C("bgBh</auth>"), C("<message><body>hello</body></message>"),
        C("<query><password>xmppsecret</password></query>")},
       {"AGFu", "bgBh", "xmppsecret"},
       {"mechanism='PLAIN'", "hello", "</auth>"}});
  talks.push_back(
      {"postgresql",
       {C(Hex("0000001300030000") + "user" + Hex("00") + "ann" + Hex("0000")),
        S(Hex("520000000800000003")),
        C(Message('p', "pgsecretpass" + Hex("00"))),
        S(Hex("520000000800000000")),
        C(Message('Q', "select 1 from t" + Hex("00"))),
        C(Message('Q', "alter role a password 'sqlpw'" + Hex("00")))},
       {"pgsecretpass", "sqlpw"},
       {"user", "select 1 from t", "alter role a"}});
  talks.push_back({"mysql",
                   {S(Hex("0300000a3800")), C(Hex("0c000001") + "annmysqlhash"),
                    S(Hex("0700000200000002000000")),
                    C(Hex("0e000000") + Hex("03") + "select 1 as c"),
                    C(Hex("27000000") + Hex("03") +
                      "create user a identified by 'sqlpw2'  "),
                    C(Hex("0a00000011") + "changepw9")},
                   {"annmysqlhash", "sqlpw2", "changepw9"},
                   {"select 1 as c", "create user a identified by"}});
  talks.push_back({"tds",
                   {C(Hex("1201000c00000100") + "prel"),
                    C(Hex("1001001000000100") + "a5b6c7d8"),
                    C(Hex("0101000e00000100") + "select")},
                   {"a5b6c7d8"},
                   {"prel", "select"}});
  talks.push_back({"mongodb",
                   {C(Mongo("saslStart", "mongopw")), C(Mongo("find", "coll"))},
                   {"mongopw"},
                   {"find", "coll"}});
  talks.push_back({"ldap",
                   {C(Hex("3021020101601c020103040b") + "cn=ann,dc=e" +
                      Hex("800a") + "ldapsecret"),
                    S(Hex("300c02010161070a010004000400")),
                    C(Hex("300c0201026307") + "dc=ex.a")},
                   {"ldapsecret"},
                   {"dc=ex.a"}});
  talks.push_back({"snmp",
                   {C(Hex("302902010104") + Hex("0b") + "snmpsecretX" +
                      Hex("a01702020101020100020100300b300906052b06010201"
                          "0500"))},
                   {"snmpsecretX"},
                   {Hex("a017")}});
  talks.push_back({"radius",
                   {C(Hex("0101002d") + std::string(16, 'a') + Hex("0105") +
                      "ann" + Hex("0212") + "encryptedpasswor" + Hex("0402"))},
                   {"encryptedpasswor"},
                   {"ann"}});
  talks.push_back({"kerberos",
                   {C("ticketAS"), S("ticketTGS")},
                   {"ticketAS", "ticketTGS"},
                   {}});
  talks.push_back({"socks",
                   {C(Hex("050102")), S(Hex("0502")),
                    C(Hex("0103") + "ann" + Hex("0b") + "sockssecret"),
                    S(Hex("0100")), C(Hex("050100017f0000010050")),
                    S(Hex("05000001000000000000")), C("carried")},
                   {"sockssecret"},
                   {"ann", "carried"}});
  talks.push_back({"mqtt",
                   {C(Hex("102100044d51545404c2003c000464657631") +
                      Hex("0003") + "ann" + Hex("000a") + "mqttsecret"),
                    S(Hex("20020000")), C(Hex("3009000474656d70") + "21C")},
                   {"mqttsecret", "ann"},
                   {"21C"}});
  talks.push_back({"amqp",
                   {C("AMQP" + Hex("00000901")),
                    C(Hex("01000000000012") + Hex("000a000b") + "amqpsecret" +
                      Hex("0000000000ce").substr(0, 4) + Hex("ce")),
                    C(Hex("03000100000005") + "hello" + Hex("ce"))},
                   {"amqpsecret"},
                   {"AMQP", "hello"}});
  talks.push_back({"kafka",
                   {C(Hex("0000000800120000") + "vers"),
                    C(Hex("0000000e00240000") + "kafkasecre")},
                   {"kafkasecre"},
                   {"vers"}});
  talks.push_back({"smb",
                   {C(Hex("0000001a") +
                      Hex("fe534d42400000000000000001000000") + "smbhash123"),
                    C(Hex("0000001a") +
                      Hex("fe534d42400000000000000005000000") + "share\\file")},
                   {"smbhash123"},
                   {"share\\file"}});
  talks.push_back({"dcerpc",
                   {C(Hex("05000b03100000001c0008000000000") + Hex("0") +
                      "bind" + "authpart")},
                   {"authpart"},
                   {"bind"}});
  talks.push_back({"rdp",
                   {C(Hex("0300000f") + Hex("0ae0") + "mstshash="),
                    C(Hex("0300000c") + Hex("02f0") + "rdppwd")},
                   {"rdppwd"},
                   {"mstshash="}});
  talks.push_back({"vnc",
                   {S("RFB 003.008\n"), C("RFB 003.008\n"), S(Hex("0102")),
                    C(Hex("02")), C("desanswerdesansw")},
                   {"desanswer"},
                   {"RFB 003.008"}});
  talks.push_back({"rtmp", {C("connectstreamkey")}, {"streamkey"}, {}});
  talks.push_back({"ospf",
                   {C(std::string("\x02\x01", 2) + std::string(12, 'x') +
                      Hex("0001") + "ospfpass" + "hello")},
                   {"ospfpass"},
                   {"hello"}});
  // An error quotes a datagram.
  talks.push_back({"icmp",
                   {S(Hex("45000047") + std::string(16, 'i') +
                      Hex("e0a700a100330000") + "snmpquoted")},
                   {"snmpquoted"},
                   {Hex("e0a700a1")}});
  // Nobody knows it, but it asks.
  talks.push_back(
      {"unknown",
       Join({{S("welcome\r\nName: "), C("ann\r\n"), S("Passphrase? ")},
             Typed("owngame9\r\n", true),
             {S("hello ann\r\n"), C("look\r\n")}}),
       {"owngame9"},
       {"welcome", "ann", "hello ann", "look"}});
  return talks;
}

// What is shown of both sides, a mark for each run that is not.
std::string Shown(const Talk& talk, size_t gap_before) {
  PayloadGuard guard({talk.protocol});
  std::string out[2];
  bool masked[2] = {false, false};
  for (size_t i = 0; i < talk.said.size(); ++i) {
    const Said& said = talk.said[i];
    if (i == gap_before) {
      guard.Gap(true, 0);
      guard.Gap(false, 0);
      out[0].clear();
      out[1].clear();
    }
    const int side = said.client ? 1 : 0;
    const std::string flags = guard.Next(said.client, said.bytes);
    for (size_t j = 0; j < flags.size(); ++j) {
      if (flags[j] == PayloadGuard::kShown) {
        out[side] += said.bytes[j];
      } else if (!masked[side]) {
        out[side] += "\x01\x01";
      }
      masked[side] = flags[j] != PayloadGuard::kShown;
    }
  }
  return absl::StrCat(out[1], " ", out[0]);
}

bool Has(const std::string& text, const std::string& part) {
  return absl::StrContains(text, part);
}

TEST(PayloadGuardTest, NoProtocolShowsALogin) {
  for (const Talk& talk : Talks()) {
    SCOPED_TRACE(talk.protocol);
    const std::string shown = Shown(talk, SIZE_MAX);
    for (const std::string& secret : talk.secrets) {
      EXPECT_FALSE(Has(shown, secret)) << absl::CHexEscape(shown);
      EXPECT_FALSE(Has(shown, secret.substr(secret.size() / 2)))
          << absl::CHexEscape(shown);
    }
  }
}

TEST(PayloadGuardTest, WhatIsHarmlessIsShown) {
  for (const Talk& talk : Talks()) {
    SCOPED_TRACE(talk.protocol);
    const std::string shown = Shown(talk, SIZE_MAX);
    for (const std::string& part : talk.shown) {
      EXPECT_TRUE(Has(shown, part))
          << part << " not in " << absl::CHexEscape(shown);
    }
  }
}

// Whatever was missed before, and wherever the bytes are cut.
TEST(PayloadGuardTest, NoProtocolShowsALoginAfterAGapOrInPieces) {
  for (const Talk& talk : Talks()) {
    SCOPED_TRACE(talk.protocol);
    for (size_t i = 0; i < talk.said.size(); ++i) {
      // A client whose question was missed answers nothing.
      if (talk.protocol == "unknown" || talk.protocol == "socks") break;
      const std::string shown = Shown(talk, i);
      for (const std::string& secret : talk.secrets) {
        EXPECT_FALSE(Has(shown, secret)) << i << absl::CHexEscape(shown);
      }
    }
    if (talk.protocol == "snmp" || talk.protocol == "radius" ||
        talk.protocol == "ospf" || talk.protocol == "icmp") {
      continue;
    }
    Talk pieces = talk;
    pieces.said.clear();
    for (const Said& said : talk.said) {
      for (const char c : said.bytes) {
        pieces.said.push_back({said.client, std::string(1, c)});
      }
    }
    // What is known only by what follows (a path's user information, the call
    // of a JSON line) is found in whole packets.
    const std::string shown = Shown(pieces, SIZE_MAX);
    for (const std::string& secret : talk.secrets) {
      if (talk.protocol == "rtsp" && secret == "camsecret") continue;
      EXPECT_FALSE(Has(shown, secret)) << absl::CHexEscape(shown);
    }
  }
}

TEST(PayloadGuardTest, WhatComesOutOfTurnIsWithheld) {
  PayloadGuard ftp({"ftp"});
  EXPECT_EQ(ftp.Late(true, "hunter2"), std::string(7, PayloadGuard::kWithheld));
  EXPECT_EQ(ftp.Late(false, "220 ok"), std::string(6, PayloadGuard::kShown));
}

TEST(PayloadGuardTest, MarksSayOfWhat) {
  EXPECT_EQ(PayloadGuard({"ftp"}).Mark(7), "[redacted:secret]");
  EXPECT_EQ(PayloadGuard({"ldap"}).Mark(12), "[redacted: 12 bytes of ldap]");
}

TEST(PayloadGuardTest, AnAnswerByNtlmIsASecretInAnyProtocol) {
  PayloadGuard guard({});
  const std::string bytes =
      absl::StrCat("what", std::string("NTLMSSP\0\3\0\0\0hashes", 18));
  const std::string flags = guard.Next(true, bytes);
  EXPECT_EQ(flags.substr(0, 4), std::string(4, PayloadGuard::kShown));
  EXPECT_EQ(flags.back(), PayloadGuard::kSecret);
}

// The name of a protocol is what selects its reading.
TEST(PayloadGuardTest, EveryProtocolWithAReadingHasThatName) {
  for (const Talk& talk : Talks()) {
    EXPECT_EQ(MayCarryLogin(talk.protocol), talk.protocol != "unknown")
        << talk.protocol;
  }
}

}  // namespace
}  // namespace tapline
