// Whether an SSH login worked, from the sizes of packets nobody can read.

#ifndef TAPLINE_SENSORD_ANALYZERS_SSH_LOGIN_H_
#define TAPLINE_SENSORD_ANALYZERS_SSH_LOGIN_H_

#include <cstddef>
#include <cstdint>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/ssh_message.h"

namespace tapline::ssh {

// The method. After the keys are set, a login is a dialogue (RFC 4252): the
// client asks for the service, the server accepts; then each request of the
// client has one reply. The reply that lets it in has a payload of one byte,
// the smallest there is, so with cipher and MAC known its size on the wire is
// known and no other reply before it has that size. A refusal repeats the list
// of methods that may go on, so all refusals have one size: that of the reply
// to the first request, by which clients ask for the list. What has neither
// size belongs to a method that is still going on (a prompt, a key that would
// do).
//
// A reply ends when the client speaks. Where the length of packets is visible
// (GCM, encrypt-then-MAC) it is the last packet of the server (a banner comes
// before), and each packet is looked at for success. Elsewhere it is all the
// server sent, and its first segment is looked at for success. When that is not
// enough, many replies since the last refusal or many bytes are what only a
// session brings.
//
// Thread safety: single-threaded.
class LoginGuess {
 public:
  // Bytes after which a session must be going on.
  static constexpr uint64_t kSessionBytes = 32 << 10;
  static constexpr int kSessionReplies = 8;

  // `server`: of the packets the server sends.
  void Begin(const PacketShape& server) { shape_ = server; }

  void OnClient(size_t bytes);
  void OnServer(Bytes bytes);
  // Bytes were not seen: sizes mean nothing any more.
  void Lose() { shape_.known = false; }

  // kSucceeded at once; kFailed only when `ended`.
  Login outcome(bool ended);
  uint32_t failed_logins() const;

 private:
  void ReadPackets(Bytes bytes);
  void OnPacket(size_t bytes);
  // The server's reply is whole.
  void EndReply();

  PacketShape shape_;
  bool succeeded_ = false;
  bool client_spoke_ = false;
  // The service was accepted: the next replies are to requests for login.
  bool accepted_ = false;
  uint64_t bytes_ = 0;
  // Of the server's reply; visible lengths: of its last packet.
  uint64_t reply_ = 0;
  // Visible lengths: head of the packet, and what is left of it.
  uint8_t head_[4] = {};
  uint8_t head_bytes_ = 0;
  uint64_t packet_left_ = 0;
  size_t packet_bytes_ = 0;
  // Size of refusals; 0 until the first reply.
  size_t refusal_ = 0;
  uint32_t refusals_ = 0;
  int since_refusal_ = 0;
};

}  // namespace tapline::ssh

#endif  // TAPLINE_SENSORD_ANALYZERS_SSH_LOGIN_H_
