// RegistrableDomain with a memory: the list costs about a microsecond a name.
//
// Most names are asked for again and again. New ones that differ from others in
// their first label only have their domain in common with them: the one of what
// follows it, unless the whole name is a public suffix itself (any rule that
// decides is either a suffix of the rest or the whole name,
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
  DomainCache() : names_(kNames), rests_(kRests) {}
  // As RegistrableDomain: a view into `name`.
  absl::string_view Registrable(absl::string_view name);

 private:
  static constexpr size_t kNames = 65536;
  static constexpr size_t kRests = 4096;
  struct Entry {
    uint64_t hash = 0;
    uint16_t name_bytes = 0;
    uint16_t domain_bytes = 0;
    // Of rests only.
    bool is_suffix = false;
  };

  // The entry for `name`; whether it holds it already.
  static bool Find(absl::string_view name, std::vector<Entry>& entries,
                   Entry*& entry);
  size_t DomainBytes(absl::string_view name);

  std::vector<Entry> names_;
  // Of names without their first label.
  std::vector<Entry> rests_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DETECT_DOMAIN_CACHE_H_
