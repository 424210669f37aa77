// The accept loop of the operator listener: who connects is known and counted
// before gRPC sees a byte.

#ifndef TAPLINE_SENSORD_SERVICE_ACCEPTOR_H_
#define TAPLINE_SENSORD_SERVICE_ACCEPTOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "common/ledger/ledger.h"
#include "common/log/log.h"
#include "sensord/service/listen_socket.h"
#include "sensord/service/peer.h"

namespace tapline {

struct AcceptorLimits {
  // Open connections in all; also at most a quarter of RLIMIT_NOFILE, because
  // each takes two descriptors.
  size_t connections = 512;
  size_t connections_per_uid = 128;
};

struct AcceptorCounters {
  SharedCounter accepted;
  // Over a limit, closed at once.
  SharedCounter refused;
  // No descriptor was free.
  SharedCounter out_of_descriptors;
};

// Takes connections to where they belong. Called on the accept loop's thread.
class ConnectionSink {
 public:
  virtual ~ConnectionSink() = default;
  // Takes `fd` (non-blocking). `peer` is absent for loopback TCP. Returns a
  // token for Closed.
  virtual uint64_t Open(Descriptor fd, const absl::optional<Peer>& peer) = 0;
  // Either end closed the connection.
  virtual void Closed(uint64_t token) = 0;
};

// Thread safety: Start and Stop by one thread; counters from any.
class Acceptor {
 public:
  // `log` hears of refused peers; may be null.
  Acceptor(AcceptorLimits limits, ConnectionSink& sink, Log* log = nullptr);
  ~Acceptor();

  // `unix_listener` must be valid, `tcp_listener` may be empty.
  absl::Status Start(Descriptor unix_listener, Descriptor tcp_listener);
  // Ends the loop; open connections stay with gRPC.
  void Stop();

  const AcceptorCounters& counters() const { return counters_; }

 private:
  struct Connection {
    // Our duplicate, by which we see the connection end.
    Descriptor watch;
    // -1 for TCP.
    int64_t uid = -1;
    uint64_t token = 0;
  };

  void Run();
  void AcceptAll(int listener, bool is_unix);
  void Admit(Descriptor fd, bool is_unix);
  void Forget(int watch_fd);
  // Frees the reserve, takes the waiting connection and closes it.
  bool ShedOne(int listener);
  void SetListening(bool on);

  AcceptorLimits limits_;
  ConnectionSink& sink_;
  Log* const log_;
  AcceptorCounters counters_;
  Descriptor unix_listener_;
  Descriptor tcp_listener_;
  Descriptor poller_;
  Descriptor wakeup_;
  Descriptor reserve_;
  bool listening_ = true;
  // By the descriptor number of `watch`.
  absl::flat_hash_map<int, Connection> connections_;
  absl::flat_hash_map<int64_t, size_t> per_uid_;
  std::thread thread_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_ACCEPTOR_H_
