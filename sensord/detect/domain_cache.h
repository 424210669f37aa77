// RegistrableDomain with a memory: the list costs about a microsecond a name.
//
// Names that differ in their first label only have their domain in common: the
// one of what follows it, unless the whole name is a public suffix itself (any
// rule that decides is either a suffix of the rest or the whole name,
// publicsuffix.org/list "Algorithm").

#ifndef TAPLINE_SENSORD_DETECT_DOMAIN_CACHE_H_
#define TAPLINE_SENSORD_DETECT_DOMAIN_CACHE_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace tapline {

// Of a whole name; not keyed, see MixWords.
uint64_t HashOfName(absl::string_view name);

// Thread safety: one thread.
class DomainCache {
 public:
  DomainCache() : entries_(kEntries) {}
  // As RegistrableDomain: a view into `name`.
  absl::string_view Registrable(absl::string_view name);

 private:
  static constexpr size_t kEntries = 4096;
  struct Entry {
    uint64_t hash = 0;
    uint16_t name_bytes = 0;
    uint16_t domain_bytes = 0;
    bool is_suffix = false;
  };

  const Entry& Lookup(absl::string_view name);
  // Of names without their first label.
  std::vector<Entry> entries_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_DOMAIN_CACHE_H_
