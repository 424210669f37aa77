#include "finding_cases.h"

#include "tapline/v1/login.pb.h"

namespace tapline::testing {
namespace {

// TCP flags as records have them.
constexpr uint32_t kSyn = 0x02;
constexpr uint32_t kRst = 0x04;
constexpr uint32_t kAck = 0x10;
constexpr int64_t kDay = 86'400;

void Handshake(FlowStory& s, uint32_t there, uint32_t back) {
  s.flow.mutable_from_originator()->set_tcp_flags(there);
  s.flow.mutable_from_responder()->set_tcp_flags(back);
}

void NoPayload(FlowStory& s, uint64_t originator_packets,
               uint64_t responder_packets) {
  s.flow.mutable_from_originator()->set_packets(originator_packets);
  s.flow.mutable_from_responder()->set_packets(responder_packets);
  s.flow.mutable_from_originator()->clear_payload_bytes();
  s.flow.mutable_from_responder()->clear_payload_bytes();
}

void Is(FlowStory& s, const std::string& protocol, uint32_t port,
        v1::Encryption encryption = v1::ENCRYPTION_CLEARTEXT,
        v1::Basis basis = v1::BASIS_DECODED) {
  s.Application(protocol, basis, encryption).Port(port);
}

void IsDns(FlowStory& s) {
  s.Udp();
  Is(s, "dns", 53);
}

void Asks(FlowStory& s, int existing, int missing) {
  IsDns(s);
  for (int i = 0; i < existing; ++i) s.Dns("www.example.com");
  for (int i = 0; i < missing; ++i) s.Dns("nope.example.com", 3);
}

void AsksUnanswered(FlowStory& s, int queries) {
  IsDns(s);
  for (int i = 0; i < queries; ++i) s.Dns("a.example", 0, false);
}

v1::Http& Http(FlowStory& s) {
  Is(s, "http", 80);
  s.flow.mutable_responder()->set_scope(v1::SCOPE_PRIVATE);
  return *s.Event().mutable_http();
}

// A handshake with a certificate that is fine for 90 days.
v1::Tls& Tls(FlowStory& s) {
  v1::Tls& tls = *s.Event().mutable_tls();
  tls.set_sni("www.example.com");
  tls.add_versions_offered("TLS 1.2");
  tls.set_version("TLS 1.2");
  tls.set_cipher("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  v1::TlsCertificate& leaf = *tls.add_certificates();
  leaf.set_subject("CN=www.example.com");
  leaf.add_san("www.example.com");
  leaf.set_san_count(1);
  leaf.mutable_not_before()->set_seconds(FlowStory::kStart - 30 * kDay);
  leaf.mutable_not_after()->set_seconds(FlowStory::kStart + 60 * kDay);
  return tls;
}

v1::TlsCertificate& Leaf(FlowStory& s) {
  return *Tls(s).mutable_certificates(0);
}

using google::protobuf::FieldDescriptor;

const FieldDescriptor* OutcomeOf(const google::protobuf::Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
        !field.is_repeated() &&
        field.enum_type() == v1::LoginOutcome_descriptor()) {
      return &field;
    }
  }
  return nullptr;
}

void LogsIn(FlowStory& s, v1::LoginOutcome outcome) {
  const auto& arms = *v1::Event::descriptor()->oneof_decl(0);
  for (int i = 0; i < arms.field_count(); ++i) {
    const FieldDescriptor* field = OutcomeOf(*arms.field(i)->message_type());
    if (field == nullptr) continue;
    v1::Event& event = s.Event();
    auto& message =
        *event.GetReflection()->MutableMessage(&event, arms.field(i));
    message.GetReflection()->SetEnumValue(&message, field, outcome);
    return;
  }
}

}  // namespace

std::vector<FindingCase> TransportCases() {
  return {
      {"tcp.refused", [](FlowStory& s) { Handshake(s, kSyn, kRst | kAck); },
       [](FlowStory& s) { Handshake(s, kSyn | kAck, kSyn | kRst | kAck); }},
      {"tcp.unanswered",
       [](FlowStory& s) {
         Handshake(s, kSyn, 0);
         NoPayload(s, 3, 0);
       },
       [](FlowStory& s) {
         // Still open: the answer may come.
         Handshake(s, kSyn, 0);
         NoPayload(s, 3, 0);
         s.flow.set_end_reason(v1::END_REASON_ACTIVE);
       }},
      {"tcp.incomplete_handshake",
       [](FlowStory& s) {
         Handshake(s, kSyn, kSyn | kAck);
         NoPayload(s, 1, 3);
         s.flow.mutable_tcp()->clear_originator_rtt_ns();
       },
       [](FlowStory& s) {
         Handshake(s, kSyn | kAck, kSyn | kAck);
         NoPayload(s, 2, 1);
       }},
      {"tcp.reset",
       [](FlowStory& s) { Handshake(s, kSyn | kAck | kRst, kSyn | kAck); },
       [](FlowStory& s) { Handshake(s, kSyn | kAck, kSyn | kAck); }},
      {"tcp.retransmission",
       [](FlowStory& s) {
         s.flow.mutable_from_originator()->set_retransmissions(2);
         s.flow.mutable_from_responder()->set_retransmissions(1);
       },
       [](FlowStory& s) {
         s.flow.mutable_from_originator()->set_retransmissions(2);
       }},
      {"tcp.out_of_order",
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_out_of_order(3);
       },
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_out_of_order(2);
       }},
      {"tcp.duplicate_ack",
       [](FlowStory& s) {
         s.flow.mutable_from_originator()->set_duplicate_acks(1);
         s.flow.mutable_from_responder()->set_duplicate_acks(2);
       },
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_duplicate_acks(2);
       }},
      {"tcp.zero_window",
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_zero_windows(1);
       },
       [](FlowStory&) {}},
      {"tcp.midstream",
       [](FlowStory& s) { s.flow.mutable_tcp()->set_midstream(true); },
       [](FlowStory&) {}},
      {"flow.one_way",
       [](FlowStory& s) {
         s.Udp();
         NoPayload(s, 10, 0);
       },
       [](FlowStory& s) {
         s.Udp();
         NoPayload(s, 9, 0);
       }},
      {"icmp.error", [](FlowStory& s) { s.flow.set_icmp_errors(1); },
       [](FlowStory&) {}},
      {"ip.fragments",
       [](FlowStory& s) { s.flow.add_anomalies("ip.frag_overlap"); },
       [](FlowStory& s) { s.flow.add_anomalies("ip.bad_option"); }},
      {"flow.ambiguous", [](FlowStory& s) { s.flow.set_ambiguous(true); },
       [](FlowStory&) {}},
      {"flow.malformed",
       [](FlowStory& s) { s.flow.add_anomalies("tcp.bad_option"); },
       [](FlowStory& s) { s.flow.add_anomalies("ip.frag_tiny"); }},
  };
}

std::vector<FindingCase> FlowCases() {
  return {
      {"flow.many_packets",
       [](FlowStory& s) { s.flow.mutable_from_originator()->set_packets(990); },
       [](FlowStory& s) {
         s.flow.mutable_from_originator()->set_packets(989);
       }},
      {"flow.many_bytes",
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_frame_bytes(9'998'000);
       },
       [](FlowStory& s) {
         s.flow.mutable_from_responder()->set_frame_bytes(9'997'999);
       }},
      {"flow.long_lived",
       [](FlowStory& s) {
         s.flow.mutable_end()->set_seconds(FlowStory::kStart + 3600);
       },
       [](FlowStory& s) {
         s.flow.mutable_end()->set_seconds(FlowStory::kStart + 3599);
       }},
      {"flow.many_alerts",
       [](FlowStory& s) {
         for (int i = 0; i < 3; ++i) s.Alert("port_scan");
       },
       [](FlowStory& s) {
         for (int i = 0; i < 2; ++i) s.Alert("port_scan");
       }},
      {"app.odd_port", [](FlowStory& s) { Is(s, "http", 4711); },
       [](FlowStory& s) { Is(s, "http", 80); }},
      {"app.unknown_on_known_port",
       [](FlowStory& s) {
         Is(s, "dns", 53, v1::ENCRYPTION_UNSPECIFIED, v1::BASIS_PORT_HINT);
         s.flow.set_payload_examined(true);
       },
       [](FlowStory& s) {
         Is(s, "dns", 53, v1::ENCRYPTION_UNSPECIFIED, v1::BASIS_PORT_HINT);
         s.flow.set_payload_examined(true);
         s.flow.mutable_from_responder()->set_payload_bytes(99);
       }},
      {"app.unknown_on_known_port",
       [](FlowStory& s) {
         Is(s, "tls", 443, v1::ENCRYPTION_ENCRYPTED, v1::BASIS_PORT_HINT);
         s.flow.set_payload_examined(true);
       },
       [](FlowStory& s) {
         // Nobody looked.
         Is(s, "tls", 443, v1::ENCRYPTION_ENCRYPTED, v1::BASIS_PORT_HINT);
       }},
      {"app.unknown",
       [](FlowStory& s) {
         Is(s, "unknown", 4711, v1::ENCRYPTION_UNSPECIFIED,
            v1::BASIS_UNSPECIFIED);
       },
       [](FlowStory& s) {
         Is(s, "unknown", 4711, v1::ENCRYPTION_UNSPECIFIED,
            v1::BASIS_UNSPECIFIED);
         s.flow.mutable_from_originator()->set_payload_bytes(999);
         s.flow.mutable_from_responder()->clear_payload_bytes();
       }},
      {"app.unsafe_protocol", [](FlowStory& s) { Is(s, "telnet", 23); },
       [](FlowStory& s) {
         // A port alone proves nothing.
         Is(s, "telnet", 23, v1::ENCRYPTION_CLEARTEXT, v1::BASIS_PORT_HINT);
       }},
      {"app.remote_desktop",
       [](FlowStory& s) { Is(s, "rdp", 3389, v1::ENCRYPTION_ENCRYPTED); },
       [](FlowStory& s) { Is(s, "ssh", 22, v1::ENCRYPTION_ENCRYPTED); }},
      {"app.cleartext_external", [](FlowStory& s) { Is(s, "http", 80); },
       [](FlowStory& s) {
         Is(s, "http", 80);
         s.flow.mutable_responder()->set_scope(v1::SCOPE_PRIVATE);
       }},
  };
}

std::vector<FindingCase> DnsCases() {
  return {
      {"dns.nxdomain", [](FlowStory& s) { Asks(s, 0, 1); },
       [](FlowStory& s) { Asks(s, 1, 0); }},
      {"dns.nxdomain_rate", [](FlowStory& s) { Asks(s, 3, 3); },
       [](FlowStory& s) { Asks(s, 4, 3); }},
      {"dns.server_error",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example", 2);
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example", 1);
       }},
      {"dns.unanswered", [](FlowStory& s) { AsksUnanswered(s, 3); },
       [](FlowStory& s) { AsksUnanswered(s, 2); }},
      {"dns.slow",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example").set_rtt_ns(1'000'000'000);
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example").set_rtt_ns(999'999'999);
       }},
      {"dns.long_name",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns(std::string(50, 'a') + "." + std::string(50, 'a'));
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns(std::string(50, 'a') + "." + std::string(49, 'a'));
       }},
      {"dns.random_label",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("3a7f9c0be1d284f65a7093c2.example.com");
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("customerportal-productiontest.example.com");
         s.Dns("3a7f9c0be1d284f65a7093c.example.com");
       }},
      {"dns.repeated",
       [](FlowStory& s) {
         IsDns(s);
         for (int i = 0; i < 10; ++i) s.Dns("a.example");
       },
       [](FlowStory& s) {
         IsDns(s);
         for (int i = 0; i < 9; ++i) s.Dns("a.example");
         s.Dns("a.example").set_type(28);
       }},
      {"dns.punycode",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("www.xn--bcher-kva.example");
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("www.axn--b.example");
       }},
      {"dns.malformed",
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example").set_malformed(true);
       },
       [](FlowStory& s) {
         IsDns(s);
         s.Dns("a.example");
       }},
  };
}

std::vector<FindingCase> HttpCases() {
  return {
      {"http.client_error", [](FlowStory& s) { Http(s).set_status(400); },
       [](FlowStory& s) { Http(s).set_status(399); }},
      {"http.server_error", [](FlowStory& s) { Http(s).set_status(500); },
       [](FlowStory& s) { Http(s).set_status(499); }},
      {"http.slow",
       [](FlowStory& s) { Http(s).set_response_time_ns(1'000'000'000); },
       [](FlowStory& s) { Http(s).set_response_time_ns(999'999'999); }},
      {"http.suspicious_path",
       [](FlowStory& s) { Http(s).add_path_hints("traversal"); },
       [](FlowStory& s) { Http(s).set_path("/a"); }},
      {"http.numeric_host", [](FlowStory& s) { Http(s).set_host("192.0.2.1"); },
       [](FlowStory& s) { Http(s).set_host("www.example.com"); }},
      {"http.program",
       [](FlowStory& s) { Http(s).set_content_type("application/x-dosexec"); },
       [](FlowStory& s) { Http(s).set_content_type("text/html"); }},
      {"http.basic_auth",
       [](FlowStory& s) { Http(s).set_auth_scheme("basic"); },
       [](FlowStory& s) { Http(s).set_auth_scheme("negotiate"); }},
  };
}

std::vector<FindingCase> TlsCases() {
  return {
      {"tls.deprecated_version",
       [](FlowStory& s) { Tls(s).set_deprecated_version(true); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.weak_cipher",
       [](FlowStory& s) { Tls(s).set_cipher("TLS_RSA_WITH_RC4_128_MD5"); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.self_signed", [](FlowStory& s) { Leaf(s).set_self_signed(true); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.expired", [](FlowStory& s) { Leaf(s).set_expired(true); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.expires_soon",
       [](FlowStory& s) {
         Leaf(s).mutable_not_after()->set_seconds(FlowStory::kStart +
                                                  15 * kDay - 1);
       },
       [](FlowStory& s) {
         Leaf(s).mutable_not_after()->set_seconds(FlowStory::kStart +
                                                  15 * kDay);
       }},
      {"tls.valid_too_long",
       [](FlowStory& s) {
         Leaf(s).mutable_not_after()->set_seconds(FlowStory::kStart +
                                                  369 * kDay);
       },
       [](FlowStory& s) {
         Leaf(s).mutable_not_after()->set_seconds(FlowStory::kStart +
                                                  368 * kDay);
       }},
      {"tls.name_mismatch",
       [](FlowStory& s) { Tls(s).set_sni("a.b.example.com"); },
       [](FlowStory& s) {
         v1::Tls& tls = Tls(s);
         tls.set_sni("B.example.com");
         tls.mutable_certificates(0)->set_san(0, "*.Example.com");
       }},
      {"tls.no_sni", [](FlowStory& s) { Tls(s).clear_sni(); },
       [](FlowStory& s) { Tls(s); }},
      {"tls.fatal_alert",
       [](FlowStory& s) { Tls(s).add_alerts()->set_fatal(true); },
       [](FlowStory& s) { Tls(s).add_alerts()->set_fatal(false); }},
  };
}

std::vector<FindingCase> ServiceCases() {
  return {
      {"ssh.deprecated",
       [](FlowStory& s) { s.Event().mutable_ssh()->add_deprecated("SSH-1"); },
       [](FlowStory& s) { s.Event().mutable_ssh()->set_kex("curve25519"); }},
      {"smb.version1",
       [](FlowStory& s) { s.Event().mutable_smb()->set_deprecated(true); },
       [](FlowStory& s) { s.Event().mutable_smb()->set_dialect("3.1.1"); }},
      {"smb.guest",
       [](FlowStory& s) { s.Event().mutable_smb()->set_guest(true); },
       [](FlowStory& s) { s.Event().mutable_smb()->set_success(true); }},
      {"login.weak",
       [](FlowStory& s) {
         s.Event().mutable_smb()->mutable_authentication()->set_weak(true);
       },
       [](FlowStory& s) {
         s.Event().mutable_kerberos()->set_ticket_encryption("aes256");
       }},
      {"icmp.tunnel",
       [](FlowStory& s) {
         s.Event().mutable_icmp()->mutable_echo()->add_tunnel_hints("size");
       },
       [](FlowStory& s) {
         s.Event().mutable_icmp()->mutable_echo()->set_requests(3);
       }},
  };
}

std::vector<FindingCase> LoginCases() {
  return {
      {"login.failed",
       [](FlowStory& s) { LogsIn(s, v1::LOGIN_OUTCOME_FAILED); },
       [](FlowStory& s) { LogsIn(s, v1::LOGIN_OUTCOME_SUCCEEDED); }},
      {"login.cleartext",
       [](FlowStory& s) {
         Is(s, "postgresql", 5432);
         s.Event().mutable_postgresql()->set_cleartext_password(true);
       },
       [](FlowStory& s) {
         Is(s, "ftp", 21);
         LogsIn(s, v1::LOGIN_OUTCOME_SUCCEEDED);
       }},
      // Whatever the flow became later.
      {"login.cleartext",
       [](FlowStory& s) {
         Is(s, "ldap", 389, v1::ENCRYPTION_ENCRYPTED);
         s.Event().mutable_ldap()->set_cleartext_password(true);
       },
       [](FlowStory& s) {
         Is(s, "ldap", 389);
         s.Event().mutable_ldap()->set_bind_method("sasl");
       }},
      {"login.failed",
       [](FlowStory& s) {
         s.Event().mutable_kerberos()->set_login(v1::LOGIN_OUTCOME_FAILED);
       },
       [](FlowStory& s) { s.Event().mutable_kerberos()->set_error_code(25); }},
  };
}

}  // namespace tapline::testing
