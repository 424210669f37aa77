#include "sensord/analyzers/ntlm.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/utf16.h"

namespace tapline {
namespace {

constexpr char kSignature[8] = {'N', 'T', 'L', 'M', 'S', 'S', 'P', '\0'};
constexpr size_t kMaxText = 256;

// [MS-NLMP] 2.2.2.5.
constexpr uint32_t kUnicode = 0x00000001;
constexpr uint32_t kSign = 0x00000010;
constexpr uint32_t kSeal = 0x00000020;
constexpr uint32_t kAnonymous = 0x00000800;
constexpr uint32_t kVersion = 0x02000000;
// An NTLM response that is no NTLMv2 response has this many bytes (2.2.2.6).
constexpr size_t kVersion1Response = 24;

// [MS-NLMP] 2.2.2.1, AvId.
constexpr uint16_t kAvEnd = 0;
constexpr uint16_t kAvComputer = 1;
constexpr uint16_t kAvDomain = 2;
constexpr uint16_t kAvDnsComputer = 3;
constexpr uint16_t kAvDnsDomain = 4;

// Length, allocated length, offset from the message's beginning.
class Field {
 public:
  explicit Field(LittleCursor& cursor) {
    size_ = cursor.U16();
    cursor.Skip(2);
    offset_ = cursor.U32();
  }
  size_t size() const { return size_; }
  // False when it is not there.
  bool Read(Bytes message, Bytes* bytes) const {
    if (size_ == 0) {
      *bytes = Bytes();
      return true;
    }
    return PartOf(message, offset_, size_, bytes);
  }
  bool Read(Bytes message, bool unicode, std::string* text) const {
    Bytes bytes;
    if (!Read(message, &bytes)) return false;
    if (bytes.empty()) return true;
    if (unicode) {
      *text = Utf16Text(bytes, kMaxText);
    } else {
      const absl::string_view plain = TextOf(bytes).substr(0, kMaxText);
      text->assign(plain.data(), plain.size());
    }
    return true;
  }

 private:
  size_t size_ = 0;
  size_t offset_ = 0;
};

std::string ReadVersion(LittleCursor& cursor, uint32_t flags) {
  const int major = cursor.U8();
  const int minor = cursor.U8();
  const int build = cursor.U16();
  cursor.Skip(4);
  if ((flags & kVersion) == 0 || !cursor.ok() || major == 0) return {};
  return absl::StrCat(major, ".", minor, ".", build);
}

bool ReadTargetInfo(Bytes info, NtlmSession* session) {
  LittleCursor cursor(info);
  std::string computer;
  std::string domain;
  while (cursor.left() >= 4) {
    const uint16_t id = cursor.U16();
    const uint16_t size = cursor.U16();
    const Bytes value = cursor.Take(size);
    if (id == kAvEnd || !cursor.ok()) break;
    if (id == kAvDnsComputer) session->server = Utf16Text(value, kMaxText);
    if (id == kAvDnsDomain) session->server_domain = Utf16Text(value, kMaxText);
    if (id == kAvComputer) computer = Utf16Text(value, kMaxText);
    if (id == kAvDomain) domain = Utf16Text(value, kMaxText);
  }
  if (session->server.empty()) session->server = std::move(computer);
  if (session->server_domain.empty()) session->server_domain = domain;
  return cursor.ok();
}

bool ReadNegotiate(Bytes message, LittleCursor& cursor, NtlmSession* session) {
  *session = NtlmSession();
  session->step = NtlmSession::kNegotiate;
  const uint32_t flags = cursor.U32();
  if (!cursor.ok()) return false;
  session->sign = (flags & kSign) != 0;
  session->seal = (flags & kSeal) != 0;
  // Old clients stop here.
  if (cursor.left() == 0) return true;
  const Field domain(cursor);
  const Field workstation(cursor);
  session->client_version = ReadVersion(cursor, flags);
  // Always in the OEM character set (2.2.1.1).
  return domain.Read(message, false, &session->domain) &&
         workstation.Read(message, false, &session->workstation);
}

bool ReadChallenge(Bytes message, LittleCursor& cursor, NtlmSession* session) {
  session->step = NtlmSession::kChallenge;
  const Field target(cursor);
  const uint32_t flags = cursor.U32();
  cursor.Skip(16);
  if (!cursor.ok()) return false;
  const bool unicode = (flags & kUnicode) != 0;
  Bytes info;
  bool good = true;
  if (cursor.left() >= 8) {
    const Field target_info(cursor);
    session->server_version = ReadVersion(cursor, flags);
    good = target_info.Read(message, &info) && ReadTargetInfo(info, session);
  }
  if (!session->server_domain.empty()) return good;
  return target.Read(message, unicode, &session->server_domain) && good;
}

bool ReadAuthenticate(Bytes message, LittleCursor& cursor,
                      NtlmSession* session) {
  session->step = NtlmSession::kAuthenticate;
  const Field lm_response(cursor);
  const Field response(cursor);
  const Field domain(cursor);
  const Field user(cursor);
  const Field workstation(cursor);
  if (!cursor.ok()) return false;
  // Older than NT 4: no flags, and text in the OEM character set.
  uint32_t flags = 0;
  if (cursor.left() >= 12) {
    cursor.Skip(8);
    flags = cursor.U32();
    const std::string version = ReadVersion(cursor, flags);
    if (!version.empty()) session->client_version = version;
  }
  session->sign = (flags & kSign) != 0;
  session->seal = (flags & kSeal) != 0;
  const bool unicode = (flags & kUnicode) != 0;
  std::string account;
  const bool good = domain.Read(message, unicode, &session->domain) &&
                    user.Read(message, unicode, &account) &&
                    workstation.Read(message, unicode, &session->workstation);
  session->account = MaskedName(account);
  session->anonymous =
      (flags & kAnonymous) != 0 || (user.size() == 0 && response.size() == 0);
  if (!session->anonymous) {
    session->version = response.size() > kVersion1Response ? 2 : 1;
  }
  return good;
}

}  // namespace

size_t NtlmSession::MemoryBytes() const {
  return domain.capacity() + workstation.capacity() + account.capacity() +
         server.capacity() + server_domain.capacity() +
         client_version.capacity() + server_version.capacity();
}

bool IsNtlm(Bytes token) {
  return token.size() >= sizeof kSignature + 4 &&
         std::memcmp(token.data(), kSignature, sizeof kSignature) == 0;
}

bool ReadNtlm(Bytes message, NtlmSession* session) {
  if (!IsNtlm(message)) return false;
  LittleCursor cursor(message);
  cursor.Skip(sizeof kSignature);
  switch (cursor.U32()) {
    case NtlmSession::kNegotiate:
      return ReadNegotiate(message, cursor, session);
    case NtlmSession::kChallenge:
      return ReadChallenge(message, cursor, session);
    case NtlmSession::kAuthenticate:
      return ReadAuthenticate(message, cursor, session);
    default:
      return false;
  }
}

}  // namespace tapline
