#include "sensord/analyzers/server_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/net/ip_address.h"

namespace tapline {
namespace {

// Of a host name without its final dot (RFC 1035 2.3.4).
constexpr size_t kMaxHostName = 253;
// Longest text of an address (RFC 4291 2.2, with an IPv4 tail).
constexpr size_t kMaxAddressText = 45;

bool IsHostByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
         c == '_' || c == '.' || c == '*';
}

bool MayBeAddress(absl::string_view text) {
  return text.size() <= kMaxAddressText &&
         (text.find(':') != absl::string_view::npos ||
          absl::ascii_isdigit(static_cast<unsigned char>(text.back())));
}

}  // namespace

std::string HostOfSni(absl::string_view sni) {
  if (!sni.empty() && sni.back() == '.') sni.remove_suffix(1);
  return absl::AsciiStrToLower(sni);
}

void CheckSni(absl::string_view sni, AnalyzerOutput& out) {
  if (sni.empty()) return;
  if (sni.find('\0') != absl::string_view::npos) {
    out.Anomaly("tls.sni_nul");
  } else if (MayBeAddress(sni) && IpAddress::Parse(sni).ok()) {
    out.Anomaly("tls.sni_address");
  } else if (!std::all_of(sni.begin(), sni.end(), IsHostByte) ||
             sni.size() > kMaxHostName + (sni.back() == '.' ? 1 : 0)) {
    out.Anomaly("tls.sni_invalid");
  }
  if (sni.back() == '.') out.Anomaly("tls.sni_trailing_dot");
}

}  // namespace tapline
