#include "sensord/detect/domain_cache.h"

#include <cstring>

#include "common/net/domain.h"
#include "sensord/detect/endpoint_key.h"

namespace tapline {

uint64_t HashOfName(absl::string_view name) {
  uint64_t hash = name.size();
  while (name.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, name.data(), 8);
    hash = MixWords(hash, word);
    name.remove_prefix(8);
  }
  uint64_t word = 0;
  std::memcpy(&word, name.data(), name.size());
  return MixWords(hash, word);
}

const DomainCache::Entry& DomainCache::Lookup(absl::string_view name) {
  const uint64_t hash = HashOfName(name);
  Entry& entry = entries_[hash % kEntries];
  if (entry.hash != hash || entry.name_bytes != name.size()) {
    entry.hash = hash;
    entry.name_bytes = static_cast<uint16_t>(name.size());
    entry.domain_bytes = static_cast<uint16_t>(RegistrableDomain(name).size());
    entry.is_suffix = IsPublicSuffix(name);
  }
  return entry;
}

absl::string_view DomainCache::Registrable(absl::string_view name) {
  const size_t dot = name.find('.');
  if (dot == absl::string_view::npos) return name;
  const absl::string_view rest = name.substr(dot + 1);
  const Entry& entry = Lookup(rest);
  if (entry.is_suffix || IsPublicSuffix(name)) return name;
  return rest.substr(rest.size() - entry.domain_bytes);
}

}  // namespace tapline
