#include "sensord/service/peer.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

namespace tapline {
namespace {

std::vector<gid_t> AccountGroups(uid_t uid, gid_t gid) {
  passwd entry = {};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return {};
  }
  std::vector<gid_t> groups(kMaxPeerGroups);
  int count = static_cast<int>(groups.size());
  if (getgrouplist(found->pw_name, gid, groups.data(), &count) < 0) {
    count = std::min<int>(count, kMaxPeerGroups);
  }
  groups.resize(count);
  return groups;
}

std::vector<gid_t> ReadGroups(int fd, uid_t uid, gid_t gid) {
  std::vector<gid_t> groups(kMaxPeerGroups);
  socklen_t size = groups.size() * sizeof(gid_t);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
    groups.resize(size / sizeof(gid_t));
  } else if (errno == ENOPROTOOPT) {
    groups = AccountGroups(uid, gid);
  } else {
    groups.clear();
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

}  // namespace

absl::StatusOr<Peer> ReadPeer(int fd) {
  ucred credentials = {};
  socklen_t size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return absl::ErrnoToStatus(errno, "SO_PEERCRED");
  }
  Peer peer;
  peer.uid = credentials.uid;
  peer.gid = credentials.gid;
  peer.groups = ReadGroups(fd, peer.uid, peer.gid);
  return peer;
}

std::string PeerToText(const Peer& peer) {
  return absl::StrCat(peer.uid, ":", peer.gid, ":",
                      absl::StrJoin(peer.groups, ","));
}

absl::StatusOr<Peer> PeerFromText(absl::string_view text) {
  std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  Peer peer;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &peer.uid) ||
      !absl::SimpleAtoi(parts[1], &peer.gid)) {
    return absl::InvalidArgumentError("not a peer");
  }
  for (absl::string_view part :
       absl::StrSplit(parts[2], ',', absl::SkipEmpty())) {
    gid_t group = 0;
    if (!absl::SimpleAtoi(part, &group)) {
      return absl::InvalidArgumentError("not a peer");
    }
    peer.groups.push_back(group);
  }
  return peer;
}

std::string UserName(uid_t uid) {
  passwd entry = {};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return found->pw_name;
  }
  return absl::StrCat(uid);
}

}  // namespace tapline
