// Who is at the other end of a connection.

#ifndef TAPLINE_SENSORD_SERVICE_PEER_H_
#define TAPLINE_SENSORD_SERVICE_PEER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tapline {

// Credentials of the process that connected, as the kernel holds them.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  // Supplementary groups, ascending, at most kMaxPeerGroups.
  std::vector<gid_t> groups;

  bool operator==(const Peer& other) const {
    return uid == other.uid && gid == other.gid && groups == other.groups;
  }
};

inline constexpr size_t kMaxPeerGroups = 1024;

// Of a connected Unix socket: SO_PEERCRED and SO_PEERGROUPS, the credentials at
// connect(). Where the kernel has no SO_PEERGROUPS, the account's groups
// (getgrouplist).
absl::StatusOr<Peer> ReadPeer(int fd);

// Text form "uid:gid:group,group", for the auth context of a connection.
std::string PeerToText(const Peer& peer);
absl::StatusOr<Peer> PeerFromText(absl::string_view text);

// Account name, or the number when the uid has none. May ask name services:
// not for a thread that must not wait.
std::string UserName(uid_t uid);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_PEER_H_
