#include "sensord/analyzers/socks_message.h"

#include <iterator>

#include "common/net/ip_address.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline::socks {
namespace {

constexpr size_t kMaxUser = 255;
constexpr size_t kMaxName = 255;
constexpr uint8_t kLastReply4 = 0x5d;
constexpr uint8_t kFirstReply4 = 0x5a;

enum AddressType : uint8_t { kIp4 = 1, kName = 3, kIp6 = 4 };

// Text up to a NUL at `at`; false while the NUL is missing.
bool TakeText(Bytes bytes, size_t* at, std::string* out) {
  const absl::string_view text = TextOf(bytes).substr(*at);
  const size_t end = text.find('\0');
  if (end == absl::string_view::npos) return false;
  out->assign(text.data(), end);
  *at += end + 1;
  return true;
}

}  // namespace

MessageSize ReadMethods(Bytes bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[1] == 0) return kBroken;
  const int size = 2 + bytes[1];
  return bytes.size() < static_cast<size_t>(size) ? 0 : size;
}

MessageSize ReadPassword(Bytes bytes, std::string* user) {
  if (!bytes.empty() && bytes[0] != 1) return kBroken;
  if (bytes.size() < 2) return 0;
  const size_t user_size = bytes[1];
  if (bytes.size() < 3 + user_size) return 0;
  const size_t size = 3 + user_size + bytes[2 + user_size];
  if (bytes.size() < size) return 0;
  const absl::string_view name = TextOf(bytes.subspan(2, user_size));
  user->assign(name.data(), name.size());
  return static_cast<int>(size);
}

MessageSize ReadRequest5(Bytes bytes, Request* request) {
  constexpr size_t kHead = 4;
  if (!bytes.empty() && bytes[0] != 5) return kBroken;
  if (bytes.size() < kHead + 1) return 0;
  request->code = bytes[1];
  size_t host_size = 0;
  size_t at = kHead;
  switch (bytes[3]) {
    case kIp4:
      host_size = 4;
      break;
    case kIp6:
      host_size = 16;
      break;
    case kName:
      host_size = bytes[kHead];
      at = kHead + 1;
      break;
    default:
      return kBroken;
  }
  const size_t size = at + host_size + 2;
  if (bytes.size() < size) return 0;
  const Bytes host = bytes.subspan(at, host_size);
  if (bytes[3] == kName) {
    request->host = std::string(TextOf(host));
  } else {
    const IpAddress address = bytes[3] == kIp4 ? IpAddress::FromV4(host.data())
                                               : IpAddress::FromV6(host.data());
    request->host = address.ToString();
  }
  request->port = LoadBig16(&bytes[at + host_size]);
  return static_cast<int>(size);
}

MessageSize ReadRequest4(Bytes bytes, Request* request) {
  constexpr size_t kHead = 8;
  if (!bytes.empty() && bytes[0] != 4) return kBroken;
  if (bytes.size() < kHead) return 0;
  request->code = bytes[1];
  request->port = LoadBig16(&bytes[2]);
  size_t at = kHead;
  if (!TakeText(bytes, &at, &request->user)) {
    return bytes.size() > kHead + kMaxUser ? kBroken : 0;
  }
  // 4a: 0.0.0.x says that a name follows.
  const bool named =
      bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] != 0;
  if (!named) {
    request->host = IpAddress::FromV4(&bytes[4]).ToString();
    return static_cast<int>(at);
  }
  const size_t name = at;
  if (!TakeText(bytes, &at, &request->host)) {
    return bytes.size() > name + kMaxName ? kBroken : 0;
  }
  return static_cast<int>(at);
}

MessageSize ReadReply4(Bytes bytes, uint8_t* code) {
  constexpr size_t kSize = 8;
  if (!bytes.empty() && bytes[0] != 0) return kBroken;
  if (bytes.size() >= 2 &&
      (bytes[1] < kFirstReply4 || bytes[1] > kLastReply4)) {
    return kBroken;
  }
  if (bytes.size() < kSize) return 0;
  *code = bytes[1];
  return kSize;
}

const char* CommandName(uint8_t command) {
  switch (command) {
    case 1:
      return "connect";
    case 2:
      return "bind";
    case 3:
      return "udp_associate";
    case 0xf0:
      return "resolve";
    case 0xf1:
      return "resolve_ptr";
    default:
      return "";
  }
}

const char* MethodName(uint8_t method) {
  switch (method) {
    case 0:
      return "none";
    case 1:
      return "gssapi";
    case 2:
      return "password";
    case 0xff:
      return "refused";
    default:
      return "other";
  }
}

const char* ResultName(uint8_t version, uint8_t code) {
  static constexpr const char* kResults5[] = {"granted",
                                              "failure",
                                              "not_allowed",
                                              "network_unreachable",
                                              "host_unreachable",
                                              "connection_refused",
                                              "ttl_expired",
                                              "command_not_supported",
                                              "address_not_supported"};
  static constexpr const char* kResults4[] = {"granted", "refused", "identd",
                                              "identd"};
  if (version == 4) return kResults4[(code - kFirstReply4) & 3];
  return code < std::size(kResults5) ? kResults5[code] : "other";
}

}  // namespace tapline::socks
