// What a local user may do.

#ifndef TAPLINE_SENSORD_POLICY_ROLES_H_
#define TAPLINE_SENSORD_POLICY_ROLES_H_

#include <cstdint>

#include "absl/types/span.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

// The highest role that a binding gives to the uid or one of the gids (primary
// and supplementary). uid 0 and this process's own uid are ROLE_ADMIN; without
// a binding ROLE_UNSPECIFIED, which may do nothing. Names are looked up in the
// system's user database at each call; a name it does not know binds nobody.
v1::Role RoleOf(const v1::AccessConfig& access, uint32_t uid,
                absl::Span<const uint32_t> gids);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_POLICY_ROLES_H_
