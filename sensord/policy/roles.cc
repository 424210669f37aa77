#include "sensord/policy/roles.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"

namespace tapline {
namespace {

// A group with very many members needs a large buffer; beyond this it binds
// nobody.
constexpr size_t kMaxEntryBytes = 1 << 20;

// Calls getpwnam_r or getgrnam_r with a buffer that grows as far as needed.
template <typename Entry, typename Lookup>
bool Find(Lookup lookup, const std::string& name, Entry& entry,
          std::vector<char>& buffer) {
  for (buffer.resize(4096); buffer.size() <= kMaxEntryBytes;
       buffer.resize(buffer.size() * 4)) {
    Entry* found = nullptr;
    const int error =
        lookup(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error == EINTR) continue;
    if (error != ERANGE) return error == 0 && found != nullptr;
  }
  return false;
}

std::optional<uint32_t> UidOf(const std::string& user) {
  uint32_t number = 0;
  if (absl::SimpleAtoi(user, &number)) return number;
  passwd entry{};
  std::vector<char> buffer;
  if (!Find(getpwnam_r, user, entry, buffer)) return std::nullopt;
  return entry.pw_uid;
}

std::optional<uint32_t> GidOf(const std::string& group) {
  uint32_t number = 0;
  if (absl::SimpleAtoi(group, &number)) return number;
  struct group entry {};
  std::vector<char> buffer;
  if (!Find(getgrnam_r, group, entry, buffer)) return std::nullopt;
  return entry.gr_gid;
}

bool Binds(const v1::RoleBinding& binding, uint32_t uid,
           absl::Span<const uint32_t> gids) {
  if (!binding.user().empty()) return UidOf(binding.user()) == uid;
  if (binding.group().empty()) return false;
  const std::optional<uint32_t> gid = GidOf(binding.group());
  return gid.has_value() &&
         std::find(gids.begin(), gids.end(), *gid) != gids.end();
}

}  // namespace

v1::Role RoleOf(const v1::AccessConfig& access, uint32_t uid,
                absl::Span<const uint32_t> gids) {
  if (uid == 0 || uid == geteuid()) return v1::ROLE_ADMIN;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  for (const v1::RoleBinding& binding : access.roles()) {
    if (binding.role() > role && Binds(binding, uid, gids)) {
      role = binding.role();
    }
  }
  return role;
}

}  // namespace tapline
