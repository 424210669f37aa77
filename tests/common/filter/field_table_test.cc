#include "common/filter/field_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/filter/lexer.h"

namespace tapline::filter {
namespace {

TEST(FieldTableTest, EveryAliasNamesFieldsOfTheSchema) {
  EXPECT_THAT(FieldTable::Get().errors(), ::testing::IsEmpty());
}

TEST(FieldTableTest, EveryFieldHasAMeaningAndSources) {
  for (const Field* field : FieldTable::Get().fields()) {
    EXPECT_FALSE(field->meaning.empty()) << field->name;
    EXPECT_FALSE(field->sources.empty()) << field->name;
  }
  EXPECT_GT(FieldTable::Get().fields().size(), 300u);
}

TEST(FieldTableTest, UsualNamesOfWiresharkAreKnownOrExplained) {
  for (const char* name :
       {"ssl", "bootp", "smb2", "smb2.filename", "tls.handshake.version",
        "tls.record.version", "tls.alert_message.desc", "frame.number",
        "frame.ordinal"}) {
    EXPECT_NE(FieldTable::Get().Find(name), nullptr) << name;
  }
  for (const char* name :
       {"tls.handshake.type", "smtp.req.command", "arp.opcode", "ip.ttl",
        "tcp.window_size", "eth.type", "tcp.window_size_value", "ip.id"}) {
    EXPECT_EQ(FieldTable::Get().Find(name), nullptr) << name;
    EXPECT_FALSE(FieldTable::InsteadOf(name).empty()) << name;
  }
}

TEST(FieldTableTest, EveryNameCanBeWrittenInAFilter) {
  for (const absl::string_view name : FieldTable::Get().Names()) {
    const auto lexemes = Split(name);
    ASSERT_TRUE(lexemes.ok()) << name;
    ASSERT_EQ(lexemes->size(), 2u) << name;
    EXPECT_EQ((*lexemes)[0].token, Token::kWord) << name;
    EXPECT_EQ((*lexemes)[0].value, name);
  }
}

TEST(FieldTableTest, EveryArmOfAnEventCanBeNamedBySelf) {
  const auto& event = *v1::Event::descriptor();
  const auto& kind = *event.FindOneofByName("kind");
  for (int i = 0; i < kind.field_count(); ++i) {
    EXPECT_NE(FieldTable::Get().Find(kind.field(i)->name()), nullptr)
        << kind.field(i)->name();
  }
}

TEST(FieldTableTest, EveryProtocolTaplineKnowsCanBeNamed) {
  for (const absl::string_view name : {
#define PROTOCOL(id, name, encrypted) absl::string_view(name),
#include "common/net/protocols.def"
#undef PROTOCOL
       }) {
    if (name == "unknown") continue;
    const Field* field = FieldTable::Get().Find(name);
    ASSERT_NE(field, nullptr) << name;
    EXPECT_EQ(field->type, Type::kPresence) << name;
  }
}

TEST(FieldTableTest, LoginsOfAllProtocolsHaveOneName) {
  const auto& event = *v1::Event::descriptor();
  const auto& kind = *event.FindOneofByName("kind");
  size_t logins = 0;
  size_t secrets = 0;
  for (int i = 0; i < kind.field_count(); ++i) {
    const auto& message = *kind.field(i)->message_type();
    for (int f = 0; f < message.field_count(); ++f) {
      const auto& field = *message.field(f);
      if (field.enum_type() == v1::LoginOutcome_descriptor()) {
        EXPECT_EQ(field.name(), "login") << message.full_name();
        ++logins;
      }
      secrets += field.name() == "cleartext_password";
    }
  }
  EXPECT_GT(logins, 15u);
  ASSERT_NE(FieldTable::Get().Find("login"), nullptr);
  EXPECT_EQ(FieldTable::Get().Find("login")->sources.size(), logins);
  ASSERT_NE(FieldTable::Get().Find("login.cleartext_password"), nullptr);
  EXPECT_EQ(FieldTable::Get().Find("login.cleartext_password")->sources.size(),
            secrets);
  EXPECT_EQ(FieldTable::Get().Find("pop3.login")->sources.size(), 1u);
}

TEST(FieldTableTest, AFieldIsKnownByItsOptionAndByItsPath) {
  const Field* field = FieldTable::Get().Find("dns.qry.name");
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(FieldTable::Get().Find("dns.name"), field);
  EXPECT_EQ(field->name, "dns.qry.name");
  EXPECT_EQ(field->privacy, v1::PRIVACY_NAME);
  EXPECT_THAT(field->Kinds(), ::testing::ElementsAre(v1::RECORD_KIND_EVENT));
}

TEST(FieldTableTest, NamesOfWiresharkAreKnown) {
  for (const char* name : {"ip.addr",
                           "tcp.port",
                           "tcp.flags.reset",
                           "udp.dstport",
                           "frame.len",
                           "dns.qry.name",
                           "dns.flags.rcode",
                           "http.host",
                           "http.request.method",
                           "http.response.code",
                           "http.user_agent",
                           "http2.headers.authority",
                           "tls.handshake.extensions_server_name",
                           "tls.handshake.ja3",
                           "tls.handshake.extensions_alpn_str",
                           "tls.handshake.ciphersuite",
                           "x509ce.dNSName",
                           "ssh.protocol",
                           "smtp.response.code",
                           "sip.Method",
                           "dhcp.option.hostname",
                           "mqtt.clientid",
                           "http.status",
                           "app_protocol",
                           "vlan.id"}) {
    EXPECT_NE(FieldTable::Get().Find(name), nullptr) << name;
  }
}

TEST(FieldTableTest, AServerNameIsOneFieldOverTlsAndQuic) {
  const Field* field =
      FieldTable::Get().Find("tls.handshake.extensions_server_name");
  ASSERT_NE(field, nullptr);
  ASSERT_EQ(field->sources.size(), 2u);
  EXPECT_EQ(field->sources[0].Path(), "event.tls.sni");
  EXPECT_EQ(field->sources[1].Path(), "event.quic.sni");
}

TEST(FieldTableTest, PayloadCannotBeAskedAbout) {
  for (const Field* field : FieldTable::Get().fields()) {
    EXPECT_NE(field->privacy, v1::PRIVACY_CONTENT) << field->name;
  }
}

TEST(FieldTableTest, GapsAndCheckpointsAreNoRecordsToFilter) {
  for (const char* name : {"gap.count", "checkpoint.cursor", "summary.flows"}) {
    EXPECT_EQ(FieldTable::Get().Find(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace tapline::filter
