#include "sensord/event/protocol.h"

#include <cstddef>

namespace tapline {
namespace {

struct Entry {
  absl::string_view name;
  bool encrypted;
};

constexpr Entry kProtocols[] = {
#define PROTOCOL(id, name, encrypted) {name, encrypted},
#include "common/net/protocols.def"
#undef PROTOCOL
};

const Entry& Find(Protocol protocol) {
  const size_t i = static_cast<size_t>(protocol);
  return kProtocols[i < static_cast<size_t>(Protocol::kCount) ? i : 0];
}

}  // namespace

absl::string_view ProtocolName(Protocol protocol) {
  return Find(protocol).name;
}

Protocol ProtocolByName(absl::string_view name) {
  for (size_t i = 0; i < static_cast<size_t>(Protocol::kCount); ++i) {
    if (kProtocols[i].name == name) return static_cast<Protocol>(i);
  }
  return Protocol::kUnknown;
}

bool IsEncrypted(Protocol protocol) { return Find(protocol).encrypted; }

}  // namespace tapline
