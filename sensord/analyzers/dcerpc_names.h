// Names of DCE/RPC's interfaces, operations and codes.

#ifndef TAPLINE_SENSORD_ANALYZERS_DCERPC_NAMES_H_
#define TAPLINE_SENSORD_ANALYZERS_DCERPC_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

// By UUID in text, lower case; "" when it is not a well-known one.
absl::string_view DcerpcInterfaceName(absl::string_view uuid);

// By the interface's name; "" when it is not a well-known one: what reads or
// changes accounts, services, tasks, secrets, or starts something.
absl::string_view DcerpcOperationName(absl::string_view interface,
                                      uint16_t opnum);

// C706 appendix E, [MS-ERREF] 2.2: "nca_s_op_rng_error", or "0x1c010099".
std::string DcerpcFaultName(uint32_t status);
// C706 12.6.3.1, [MS-RPCE] 2.2.2.5; or "reason 99".
std::string DcerpcRefusalName(uint16_t reason);
// [MS-RPCE] 2.2.1.1.7, 2.2.1.1.8; "" for none.
std::string DcerpcAuthTypeName(uint8_t type);
absl::string_view DcerpcAuthLevelName(uint8_t level);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_DCERPC_NAMES_H_
