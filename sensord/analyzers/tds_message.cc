#include "sensord/analyzers/tds_message.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/masked_name.h"
#include "sensord/analyzers/utf16.h"

namespace tapline {
namespace {

constexpr size_t kMaxText = 256;
// Tokens of 2.2.7.
constexpr uint8_t kError = 0xaa;
constexpr uint8_t kInfo = 0xab;
constexpr uint8_t kLoginAck = 0xad;
constexpr uint8_t kFeatureAck = 0xae;
constexpr uint8_t kEnvChange = 0xe3;
constexpr uint8_t kSspi = 0xed;
constexpr uint8_t kDone = 0xfd;

// 2.2.6.4: the version as the client writes it.
std::string VersionName(uint32_t version) {
  const uint32_t high = version >> 24;
  switch (high) {
    case 0x70:
      return "7.0";
    case 0x71:
      return "7.1";
    case 0x72:
      return "7.2";
    case 0x73:
      return "7.3";
    case 0x74:
      return "7.4";
    case 0x08:
      return "8.0";
    default:
      return absl::StrCat("0x", absl::Hex(version, absl::kZeroPad8));
  }
}

// A text of a login: offset and length in characters.
class TextPlace {
 public:
  explicit TextPlace(LittleCursor& cursor) {
    offset_ = cursor.U16();
    characters_ = cursor.U16();
  }
  size_t offset() const { return offset_; }
  size_t characters() const { return characters_; }
  bool Read(Bytes payload, bool cut, std::string* text) const {
    Bytes bytes;
    if (characters_ == 0) return true;
    if (!PartOf(payload, offset_, characters_ * 2, &bytes)) return cut;
    *text = Utf16Text(bytes, kMaxText);
    return true;
  }

 private:
  size_t offset_;
  size_t characters_;
};

}  // namespace

size_t TdsPacketSize(Bytes head) {
  if (head.size() < kTdsHeadBytes) return 0;
  const uint8_t type = head[0];
  const bool known = (type >= 0x01 && type <= 0x08 && type != 0x05) ||
                     type == 0x0e || (type >= 0x10 && type <= 0x12) ||
                     type == 0x0f;
  const size_t size = LoadBig16(&head[2]);
  // Window is not used (2.2.3.1.7); no more than these bits are in the status.
  if (!known || (head[1] & 0xe0) != 0 || head[7] != 0) return 0;
  return size < kTdsHeadBytes ? 0 : size;
}

bool ReadTdsPrelogin(Bytes payload, bool cut, TdsPrelogin* prelogin) {
  constexpr uint8_t kVersion = 0;
  constexpr uint8_t kEncryption = 1;
  constexpr uint8_t kEnd = 0xff;
  constexpr int kMaxOptions = 16;
  ByteCursor cursor(payload.data(), payload.size());
  for (int i = 0; i < kMaxOptions; ++i) {
    const uint8_t option = cursor.U8();
    if (!cursor.ok()) return cut;
    if (option == kEnd) return i > 0;
    const size_t offset = cursor.U16();
    const size_t size = cursor.U16();
    Bytes value;
    if (!cursor.ok()) return cut;
    if (!PartOf(payload, offset, size, &value)) {
      if (!cut) return false;
      continue;
    }
    if (option == kVersion) {
      // Major, minor, build, sub-build.
      if (size < 6) return false;
      prelogin->version =
          absl::StrCat(value[0], ".", value[1], ".", LoadBig16(&value[2]));
    } else if (option == kEncryption) {
      if (size < 1) return false;
      // With a client's certificate more bits are set (0x80).
      prelogin->encryption = value[0] & 0x03;
    }
  }
  return false;
}

bool ReadTdsLogin(Bytes payload, bool cut, TdsLogin* login) {
  constexpr uint8_t kIntegrated = 0x80;
  LittleCursor cursor(payload);
  const size_t size = cursor.U32();
  login->version = VersionName(cursor.U32());
  cursor.Skip(17);
  login->integrated = (cursor.U8() & kIntegrated) != 0;
  cursor.Skip(10);
  const TextPlace workstation(cursor);
  const TextPlace account(cursor);
  // The password.
  cursor.Skip(4);
  const TextPlace application(cursor);
  const TextPlace server(cursor);
  // Extension, name and language of the client's library.
  cursor.Skip(12);
  const TextPlace database(cursor);
  // Hardware address of the client.
  cursor.Skip(6);
  const TextPlace sspi(cursor);
  if (!cursor.ok() || (size > payload.size() && !cut)) return false;
  std::string name;
  const bool good = workstation.Read(payload, cut, &login->workstation) &&
                    account.Read(payload, cut, &name) &&
                    application.Read(payload, cut, &login->application) &&
                    server.Read(payload, cut, &login->server_name) &&
                    database.Read(payload, cut, &login->database);
  login->account = MaskedName(name);
  // In bytes, this one.
  if (sspi.characters() != 0 && sspi.offset() < payload.size()) {
    const Bytes rest = payload.subspan(sspi.offset());
    login->token = rest.first(std::min(rest.size(), sspi.characters()));
  }
  return good;
}

bool ReadTdsReply(Bytes payload, bool cut, TdsReply* reply) {
  constexpr int kMaxTokens = 64;
  LittleCursor cursor(payload);
  for (int i = 0; i < kMaxTokens && cursor.left() > 0; ++i) {
    const uint8_t token = cursor.U8();
    switch (token) {
      case kError:
      case kInfo:
      case kLoginAck:
      case kEnvChange:
      case kSspi:
        break;
      case kFeatureAck:
      default:
        // What is behind has no length, or comes with a login's success.
        return true;
      case kDone:
        return true;
    }
    const size_t size = cursor.U16();
    const Bytes value = cursor.Take(size);
    if (!cursor.ok()) return cut;
    LittleCursor fields(value);
    if (token == kError) {
      reply->error = fields.U32();
    } else if (token == kSspi) {
      reply->token = value;
    } else if (token == kLoginAck) {
      fields.Skip(1);
      // In network order here.
      const Bytes version = fields.Take(4);
      const size_t characters = fields.U8();
      reply->program = Utf16Text(fields.Take(characters * 2), kMaxText);
      const Bytes server = fields.Take(4);
      if (!fields.ok()) return false;
      reply->accepted = true;
      reply->version = VersionName(LoadBig32(version.data()));
      reply->server_version =
          absl::StrCat(server[0], ".", server[1], ".", LoadBig16(&server[2]));
    }
    if (!fields.ok()) return false;
  }
  return true;
}

const char* TdsEncryptionName(int encryption) {
  switch (encryption) {
    case 0:
      return "off";
    case 1:
      return "on";
    case 2:
      return "not_supported";
    case 3:
      return "required";
    default:
      return "";
  }
}

}  // namespace tapline
