// Address scopes with what is known about this host.

#ifndef TAPLINE_SENSORD_ENRICH_SCOPE_RESOLVER_H_
#define TAPLINE_SENSORD_ENRICH_SCOPE_RESOLVER_H_

#include <vector>

#include "absl/container/flat_hash_set.h"
#include "common/net/ip_address.h"
#include "common/net/scope.h"
#include "tapline/v1/net.pb.h"

namespace tapline {

// Constant after construction, so thread-safe. Gateways are only known together
// with local addresses. Files are resolved without local
// knowledge: the result depends on the address alone.
class ScopeResolver {
 public:
  ScopeResolver() = default;
  ScopeResolver(const std::vector<IpAddress>& local_addresses,
                const std::vector<IpAddress>& gateways)
      : local_(local_addresses.begin(), local_addresses.end()),
        gateways_(gateways.begin(), gateways.end()) {}

  v1::Scope Resolve(const IpAddress& address) const {
    if (!local_.empty()) {
      if (local_.contains(address)) return v1::SCOPE_LOCAL_HOST;
      if (gateways_.contains(address)) return v1::SCOPE_GATEWAY;
    }
    return static_cast<v1::Scope>(ScopeOf(address));
  }

 private:
  absl::flat_hash_set<IpAddress> local_;
  absl::flat_hash_set<IpAddress> gateways_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ENRICH_SCOPE_RESOLVER_H_
