// Authentication tokens for tests.

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_GSS_BYTES_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_GSS_BYTES_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/der_bytes.h"

namespace tapline::testing {

inline std::string OidKerberos() { return Hex("0609 2a864886f712010202"); }
inline std::string OidNtlm() { return Hex("060a 2b06010401823702020a"); }
inline std::string OidSpnego() { return Hex("0606 2b0601050502"); }

// NegTokenInit that offers Kerberos and NTLM and carries `token`.
inline std::string SpnegoInit(const std::string& token) {
  return Der(
      0x60,
      absl::StrCat(
          OidSpnego(),
          Der(0xa0, Der(0x30, absl::StrCat(Der(0xa0, Der(0x30, OidKerberos() +
                                                                   OidNtlm())),
                                           Der(0xa2, Der(0x04, token)))))));
}
// NegTokenResp with `token`.
inline std::string SpnegoResponse(const std::string& token) {
  return Der(0xa1, Der(0x30, absl::StrCat(Der(0xa0, Hex("0a0101")),
                                          Der(0xa2, Der(0x04, token)))));
}

inline std::string NtlmNegotiateMessage() {
  return absl::StrCat("NTLMSSP", Zeros(1), Little(1, 4), Little(0x31, 4));
}
inline std::string NtlmChallengeMessage(const std::string& domain) {
  const std::string text = Utf16(domain);
  return absl::StrCat("NTLMSSP", Zeros(1), Little(2, 4), Little(text.size(), 2),
                      Little(text.size(), 2), Little(48, 4), Little(0x1, 4),
                      Hex("0123456789abcdef"), Zeros(8), Zeros(8), text);
}
// With an NTLMv2 response, which nothing shows.
inline std::string NtlmAuthenticateMessage(const std::string& domain,
                                           const std::string& user,
                                           const std::string& workstation) {
  std::string payload;
  const auto field = [&payload](const std::string& text) {
    const std::string head =
        absl::StrCat(Little(text.size(), 2), Little(text.size(), 2),
                     Little(64 + payload.size(), 4));
    payload += text;
    return head;
  };
  const std::string heads = absl::StrCat(
      field(Zeros(24)), field(std::string(60, 's')), field(Utf16(domain)),
      field(Utf16(user)), field(Utf16(workstation)), field(""));
  return absl::StrCat("NTLMSSP", Zeros(1), Little(3, 4), heads, Little(0x31, 4),
                      payload);
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_GSS_BYTES_H_
