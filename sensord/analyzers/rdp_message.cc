#include "sensord/analyzers/rdp_message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sensord/analyzers/ber.h"
#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/utf16.h"

namespace tapline {
namespace {

// X.224 13.3: length indicator, code, two references, class.
constexpr size_t kX224Bytes = 7;
constexpr uint8_t kConnectionRequest = 0xe0;
constexpr uint8_t kConnectionConfirm = 0xd0;
constexpr uint8_t kData = 0xf0;
constexpr size_t kX224DataBytes = 3;

// [MS-RDPBCGR] 2.2.1.1.1: type, flags, length, value.
constexpr size_t kNegotiationBytes = 8;
constexpr uint8_t kNegotiationRequest = 1;
constexpr uint8_t kNegotiationResponse = 2;
constexpr uint8_t kNegotiationFailure = 3;
constexpr uint8_t kRestrictedAdmin = 0x01;

// T.125 7: Connect-Initial and Connect-Response.
constexpr BerTag kConnectInitial = 0x7f65;
constexpr BerTag kConnectResponse = 0x7f66;
// Headers of blocks of settings (2.2.1.3.1).
constexpr uint16_t kClientCore = 0xc001;
constexpr uint16_t kServerSecurity = 0x0c02;

bool ReadNegotiation(Bytes bytes, uint8_t type, uint8_t* flags,
                     uint32_t* value) {
  if (bytes.size() < kNegotiationBytes || bytes[0] != type ||
      LoadLittle16(&bytes[2]) != kNegotiationBytes) {
    return false;
  }
  *flags = bytes[1];
  *value = LoadLittle32(&bytes[4]);
  return true;
}

// The block of this type among settings that follow `key` in a GCC message
// (T.124), whose own encoding around it is not read.
bool FindBlock(Bytes gcc, absl::string_view key, uint16_t wanted,
               Bytes* block) {
  constexpr size_t kMaxBefore = 64;
  constexpr int kMaxBlocks = 16;
  const size_t at = TextOf(gcc).substr(0, kMaxBefore).find(key);
  if (at == absl::string_view::npos) return false;
  gcc.remove_prefix(at + key.size());
  // Length in PER: two bytes from 128 on.
  if (gcc.empty()) return false;
  const size_t length_bytes = (gcc[0] & 0x80) != 0 ? 2 : 1;
  if (gcc.size() < length_bytes) return false;
  LittleCursor cursor(gcc.subspan(length_bytes));
  for (int i = 0; i < kMaxBlocks; ++i) {
    const uint16_t type = cursor.U16();
    const uint16_t size = cursor.U16();
    if (size < 4) return false;
    *block = cursor.Take(size - size_t{4});
    if (!cursor.ok()) return false;
    if (type == wanted) return true;
  }
  return false;
}

// The user data of a connect message, which is behind all else.
Bytes UserData(Bytes tpkt, BerTag tag) {
  BerReader fields =
      BerReader(tpkt.subspan(kTpktBytes + kX224DataBytes)).Enter(tag);
  Bytes last;
  while (!fields.AtEnd()) {
    BerTag found;
    last = fields.TakeAny(&found);
    if (found != kBerOctets) last = Bytes();
  }
  return fields.ok() ? last : Bytes();
}

}  // namespace

RdpKind KindOfTpkt(Bytes tpkt) {
  if (tpkt.size() < kTpktBytes + 2) return RdpKind::kNone;
  const size_t behind = tpkt[kTpktBytes];
  switch (tpkt[kTpktBytes + 1]) {
    case kConnectionRequest:
    case kConnectionConfirm:
      if (tpkt.size() < kTpktBytes + kX224Bytes || behind + 1 < kX224Bytes) {
        return RdpKind::kNone;
      }
      return tpkt[kTpktBytes + 1] == kConnectionRequest ? RdpKind::kRequest
                                                        : RdpKind::kConfirm;
    case kData:
      return behind == 2 && tpkt.size() >= kTpktBytes + kX224DataBytes
                 ? RdpKind::kData
                 : RdpKind::kNone;
    default:
      return RdpKind::kNone;
  }
}

bool ReadRdpRequest(Bytes tpkt, RdpRequest* request) {
  if (KindOfTpkt(tpkt) != RdpKind::kRequest) return false;
  Bytes rest = tpkt.subspan(kTpktBytes + kX224Bytes);
  absl::string_view text = TextOf(rest);
  const size_t line = text.find("\r\n");
  const bool cookie = absl::StartsWith(text, "Cookie: ");
  if (line != absl::string_view::npos &&
      (cookie || rest[0] != kNegotiationRequest)) {
    text = text.substr(0, line);
    if (absl::ConsumePrefix(&text, "Cookie: mstshash=")) {
      // "DOMAIN\user" too.
      request->user = MaskedName(text.substr(text.find('\\') + 1));
    } else {
      request->routed = true;
    }
    rest.remove_prefix(line + 2);
  } else if (cookie) {
    return false;
  }
  if (rest.empty()) return true;
  uint8_t flags;
  if (!ReadNegotiation(rest, kNegotiationRequest, &flags,
                       &request->protocols)) {
    return false;
  }
  request->has_protocols = true;
  request->restricted_admin = (flags & kRestrictedAdmin) != 0;
  return true;
}

bool ReadRdpConfirm(Bytes tpkt, RdpConfirm* confirm) {
  if (KindOfTpkt(tpkt) != RdpKind::kConfirm) return false;
  const Bytes rest = tpkt.subspan(kTpktBytes + kX224Bytes);
  if (rest.empty()) return true;
  uint8_t flags;
  if (ReadNegotiation(rest, kNegotiationResponse, &flags, &confirm->protocol)) {
    return true;
  }
  confirm->failed =
      ReadNegotiation(rest, kNegotiationFailure, &flags, &confirm->failure);
  return confirm->failed;
}

bool ReadRdpClientData(Bytes tpkt, RdpClientData* data) {
  Bytes block;
  if (!FindBlock(UserData(tpkt, kConnectInitial), "Duca", kClientCore,
                 &block)) {
    return false;
  }
  LittleCursor cursor(block);
  data->version = cursor.U32();
  data->width = cursor.U16();
  data->height = cursor.U16();
  cursor.Skip(4);
  data->keyboard = cursor.U32();
  data->build = cursor.U32();
  data->name = Utf16Text(cursor.Take(32));
  return cursor.ok();
}

bool ReadRdpServerData(Bytes tpkt, RdpServerData* data) {
  Bytes block;
  if (!FindBlock(UserData(tpkt, kConnectResponse), "McDn", kServerSecurity,
                 &block)) {
    return false;
  }
  LittleCursor cursor(block);
  data->method = cursor.U32();
  data->level = cursor.U32();
  return cursor.ok();
}

std::string RdpFailureName(uint32_t failure) {
  // [MS-RDPBCGR] 2.2.1.2.2.
  constexpr const char* kNames[] = {
      "",
      "SSL_REQUIRED_BY_SERVER",
      "SSL_NOT_ALLOWED_BY_SERVER",
      "SSL_CERT_NOT_ON_SERVER",
      "INCONSISTENT_FLAGS",
      "HYBRID_REQUIRED_BY_SERVER",
      "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
  };
  if (failure > 0 && failure < std::size(kNames)) return kNames[failure];
  return absl::StrCat("failure ", failure);
}

}  // namespace tapline
