// Registrable domains by the public suffix list.

#ifndef TAPLINE_COMMON_NET_DOMAIN_H_
#define TAPLINE_COMMON_NET_DOMAIN_H_

#include "absl/strings/string_view.h"

namespace tapline {

// "a.b.example.co.uk" gives "example.co.uk", a view into `name`. A name that is
// itself a public suffix, or has one label, is returned whole. `name` is lower
// case without a final dot.
absl::string_view RegistrableDomain(absl::string_view name);

// Whether `name` as a whole is a public suffix ("co.uk").
bool IsPublicSuffix(absl::string_view name);

}  // namespace tapline

#endif  // TAPLINE_COMMON_NET_DOMAIN_H_
