// Whole handshakes for the tests of TLS.

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_TLS_CONVERSATION_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_TLS_CONVERSATION_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/conversation.h"
#include "tests/support/tls_bytes.h"

namespace tapline::testing {

// TLS 1.3, both flights of the server in one record each.
inline void Handshake13(Conversation& c, const ClientHello& hello) {
  c.Client(HelloRecord(hello));
  c.Server(HelloRecord(ServerHello13()) + ChangeCipherSpec() +
           Sealed(23, 2000));
  c.Client(ChangeCipherSpec() + Sealed(23, 53) + Sealed(23, 120));
}

// The server's first flight in TLS 1.2.
inline TlsBytes ServerFlight12(const std::vector<TlsBytes>& chain) {
  ServerHello hello;
  hello.extensions = {AlpnExtension({"http/1.1"})};
  return HelloRecord(hello) + Record(22, Message(11, CertificateBody(chain))) +
         Record(22, Message(12, TlsBytes("\3\0\x17", 3) + TlsBytes(65, 'k')) +
                        Message(14, ""));
}

inline void Handshake12(Conversation& c, const ClientHello& hello,
                        const std::vector<TlsBytes>& chain) {
  c.Client(HelloRecord(hello));
  c.Server(ServerFlight12(chain));
  c.Client(Record(22, Message(16, TlsBytes(66, 'k'))) + Finish());
  c.Server(Finish());
}

inline ClientHello Hello12(const std::string& name) {
  ClientHello hello;
  hello.ciphers = {0xc02f, 0x009c};
  hello.extensions = {SniExtension({name}), AlpnExtension({"http/1.1"})};
  return hello;
}

inline v1::Tls OnlyTls(const Conversation& c) {
  const std::vector<v1::Event> events = c.Events();
  EXPECT_THAT(events, ::testing::SizeIs(1));
  return events.size() == 1 ? events[0].tls() : v1::Tls();
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_TLS_CONVERSATION_H_
