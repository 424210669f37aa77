// The application protocols tapline can name.

#ifndef TAPLINE_SENSORD_EVENT_PROTOCOL_H_
#define TAPLINE_SENSORD_EVENT_PROTOCOL_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace tapline {

// One value per line of common/net/protocols.def, in its order; kUnknown is 0.
enum class Protocol : uint16_t {
#define PROTOCOL(id, name, encrypted) k##id,
#include "common/net/protocols.def"
#undef PROTOCOL
  kCount,
};

// Lower-case common name: "tls", "dns", "unknown".
absl::string_view ProtocolName(Protocol protocol);

// kUnknown for a name that is none.
Protocol ProtocolByName(absl::string_view name);

// True when the protocol's payload is encrypted by design.
bool IsEncrypted(Protocol protocol);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_EVENT_PROTOCOL_H_
