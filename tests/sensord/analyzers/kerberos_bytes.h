// Kerberos messages for tests (RFC 4120 5).

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_KERBEROS_BYTES_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_KERBEROS_BYTES_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/der_bytes.h"

namespace tapline::testing {

// Element [number] that holds another.
inline std::string KrbField(uint32_t number, const std::string& contents) {
  return Der(0xa0 | number, contents);
}
inline std::string KrbText(const std::string& text) { return Der(0x1b, text); }
inline std::string KrbSequence(const std::string& contents) {
  return Der(0x30, contents);
}

inline std::string KrbName(uint64_t type,
                           const std::vector<std::string>& parts) {
  std::string list;
  for (const std::string& part : parts) list += KrbText(part);
  return KrbSequence(KrbField(0, DerInteger(type)) +
                     KrbField(1, KrbSequence(list)));
}
inline std::string KrbEncrypted(const std::string& type) {
  return KrbSequence(KrbField(0, type) +
                     KrbField(2, Der(0x04, std::string(150, 'e'))));
}
inline std::string KrbEncrypted(uint64_t type) {
  return KrbEncrypted(DerInteger(type));
}

inline std::string KrbTicket(uint64_t encryption,
                             const std::vector<std::string>& service) {
  return Der(0x61,
             KrbSequence(absl::StrCat(KrbField(0, DerInteger(5)),
                                      KrbField(1, KrbText("EXAMPLE.COM")),
                                      KrbField(2, KrbName(2, service)),
                                      KrbField(3, KrbEncrypted(encryption)))));
}

struct KrbAsk {
  bool tgs = false;
  uint32_t nonce = 1;
  std::vector<uint64_t> preauths = {};
  std::vector<uint64_t> encryptions = {18, 17, 23};
  uint64_t service_type = 2;
  std::vector<std::string> service = {"krbtgt", "EXAMPLE.COM"};
};

inline std::string KrbRequest(const KrbAsk& ask) {
  std::string preauths;
  for (const uint64_t type : ask.preauths) {
    preauths += KrbSequence(KrbField(1, DerInteger(type)) +
                            KrbField(2, Der(0x04, "secret")));
  }
  std::string types;
  for (const uint64_t type : ask.encryptions) types += DerInteger(type);
  const std::string client =
      ask.tgs ? std::string() : KrbField(1, KrbName(1, {"alice"}));
  const std::string body = KrbSequence(absl::StrCat(
      KrbField(0, Hex("030500 40810010")), client,
      KrbField(2, KrbText("EXAMPLE.COM")),
      KrbField(3, KrbName(ask.service_type, ask.service)),
      KrbField(5, Der(0x18, "20370913024805Z")),
      KrbField(7, DerInteger(ask.nonce)), KrbField(8, KrbSequence(types))));
  const uint32_t type = ask.tgs ? 12 : 10;
  return Der(0x60 | type,
             KrbSequence(absl::StrCat(
                 KrbField(1, DerInteger(5)), KrbField(2, DerInteger(type)),
                 preauths.empty() ? "" : KrbField(3, KrbSequence(preauths)),
                 KrbField(4, body))));
}

inline std::string KrbReply(bool tgs, uint64_t ticket, uint64_t reply,
                            const std::vector<std::string>& service) {
  const uint32_t type = tgs ? 13 : 11;
  return Der(0x60 | type,
             KrbSequence(absl::StrCat(KrbField(0, DerInteger(5)),
                                      KrbField(1, DerInteger(type)),
                                      KrbField(3, KrbText("EXAMPLE.COM")),
                                      KrbField(4, KrbName(1, {"alice"})),
                                      KrbField(5, KrbTicket(ticket, service)),
                                      KrbField(6, KrbEncrypted(reply)))));
}

inline std::string KrbError(uint64_t code) {
  return Der(
      0x7e,
      KrbSequence(absl::StrCat(
          KrbField(0, DerInteger(5)), KrbField(1, DerInteger(30)),
          KrbField(4, Der(0x18, "20240101000000Z")), KrbField(5, DerInteger(1)),
          KrbField(6, DerInteger(code)), KrbField(9, KrbText("EXAMPLE.COM")),
          KrbField(10, KrbName(2, {"krbtgt", "EXAMPLE.COM"})))));
}

// Of a client to a file server.
inline std::string KrbApRequest(uint64_t encryption) {
  return Der(
      0x6e,
      KrbSequence(absl::StrCat(
          KrbField(0, DerInteger(5)), KrbField(1, DerInteger(14)),
          KrbField(2, Hex("030500 20000000")),
          KrbField(3, KrbTicket(encryption, {"cifs", "files.example.com"})),
          KrbField(4, KrbEncrypted(encryption)))));
}

// On its way over TCP.
inline std::string KrbFrame(const std::string& message) {
  return Big32(message.size()) + message;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_KERBEROS_BYTES_H_
