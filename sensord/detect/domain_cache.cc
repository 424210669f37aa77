#include "sensord/detect/domain_cache.h"

#include <cstring>

#include "absl/strings/match.h"
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

bool DomainCache::Find(absl::string_view name, std::vector<Entry>& entries,
                       Entry*& entry) {
  const uint64_t hash = HashOfName(name);
  entry = &entries[hash % entries.size()];
  if (entry->hash == hash && entry->name_bytes == name.size()) return true;
  entry->hash = hash;
  entry->name_bytes = static_cast<uint16_t>(name.size());
  return false;
}

size_t DomainCache::DomainBytes(absl::string_view name) {
  const absl::string_view rest = name.substr(name.find('.') + 1);
  Entry* entry;
  if (!Find(rest, rests_, entry)) {
    entry->domain_bytes = static_cast<uint16_t>(RegistrableDomain(rest).size());
    entry->is_suffix = IsPublicSuffix(rest);
  }
  const bool whole = entry->is_suffix || IsPublicSuffix(name);
  return whole ? name.size() : entry->domain_bytes;
}

absl::string_view DomainCache::Registrable(absl::string_view name) {
  if (!absl::StrContains(name, '.')) return name;
  Entry* entry;
  if (!Find(name, names_, entry)) {
    entry->domain_bytes = static_cast<uint16_t>(DomainBytes(name));
  }
  return name.substr(name.size() - entry->domain_bytes);
}

}  // namespace tapline
