#include "common/net/domain.h"

#include <libpsl.h>

#include <string>

namespace tapline {

absl::string_view RegistrableDomain(absl::string_view name) {
  // The list compiled into libpsl: read-only data, no lifetime to manage.
  const psl_ctx_t* list = psl_builtin();
  if (list == nullptr) return name;
  const std::string copy(name);
  const char* domain = psl_registrable_domain(list, copy.c_str());
  if (domain == nullptr) return name;
  return name.substr(domain - copy.c_str());
}

bool IsPublicSuffix(absl::string_view name) {
  const psl_ctx_t* list = psl_builtin();
  if (list == nullptr) return false;
  // Nearly every name fits: no allocation for it.
  char text[256];
  if (name.size() >= sizeof text) {
    return psl_is_public_suffix(list, std::string(name).c_str()) != 0;
  }
  name.copy(text, name.size());
  text[name.size()] = '\0';
  return psl_is_public_suffix(list, text) != 0;
}

}  // namespace tapline
