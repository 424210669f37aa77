#include "sensord/service/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"

namespace tapline {
namespace {

// Small, so that what a slow reader is told is not megabytes late.
constexpr int kSendBufferBytes = 128 * 1024;
// Pause of accepting when not even the reserve helps.
constexpr int kPauseMilliseconds = 100;
constexpr int kEvents = 64;

Descriptor OpenReserve() {
  return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

absl::Status Watch(int poller, int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) {
    return absl::ErrnoToStatus(errno, "epoll_ctl");
  }
  return absl::OkStatus();
}

size_t DescriptorBudget() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return limit.rlim_cur / 4;
}

}  // namespace

Acceptor::Acceptor(AcceptorLimits limits, ConnectionSink& sink, Log* log)
    : limits_(limits), sink_(sink), log_(log) {
  limits_.connections = std::min(limits_.connections, DescriptorBudget());
}

Acceptor::~Acceptor() { Stop(); }

absl::Status Acceptor::Start(Descriptor unix_listener,
                             Descriptor tcp_listener) {
  unix_listener_ = std::move(unix_listener);
  tcp_listener_ = std::move(tcp_listener);
  poller_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  wakeup_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  reserve_ = OpenReserve();
  if (!poller_.valid() || !wakeup_.valid() || !reserve_.valid()) {
    return absl::ErrnoToStatus(errno, "accept loop");
  }
  absl::Status status = Watch(poller_.get(), wakeup_.get(), EPOLLIN);
  if (status.ok()) {
    status = Watch(poller_.get(), unix_listener_.get(), EPOLLIN);
  }
  if (status.ok() && tcp_listener_.valid()) {
    status = Watch(poller_.get(), tcp_listener_.get(), EPOLLIN);
  }
  if (!status.ok()) return status;
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  uint64_t one = 1;
  while (write(wakeup_.get(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
  thread_.join();
  connections_.clear();
  unix_listener_.Reset();
  tcp_listener_.Reset();
}

void Acceptor::Run() {
  epoll_event events[kEvents];
  while (true) {
    int timeout = listening_ ? -1 : kPauseMilliseconds;
    int count = epoll_wait(poller_.get(), events, kEvents, timeout);
    if (count < 0 && errno != EINTR) return;
    if (!listening_) SetListening(true);
    for (int i = 0; i < count; ++i) {
      int fd = events[i].data.fd;
      if (fd == wakeup_.get()) return;
      if (fd == unix_listener_.get() || fd == tcp_listener_.get()) {
        AcceptAll(fd, fd == unix_listener_.get());
      } else {
        Forget(fd);
      }
    }
  }
}

void Acceptor::AcceptAll(int listener, bool is_unix) {
  while (true) {
    Descriptor fd(
        accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.valid()) {
      Admit(std::move(fd), is_unix);
      continue;
    }
    if (errno == EAGAIN) return;
    if (errno == EMFILE || errno == ENFILE) {
      if (ShedOne(listener)) continue;
      SetListening(false);
      return;
    }
    if (errno == ENOBUFS || errno == ENOMEM) {
      SetListening(false);
      return;
    }
    // The connection went away before it was taken (ECONNABORTED and alike).
  }
}

void Acceptor::Admit(Descriptor fd, bool is_unix) {
  absl::optional<Peer> peer;
  if (is_unix) {
    absl::StatusOr<Peer> found = ReadPeer(fd.get());
    if (!found.ok()) {
      counters_.refused.Add();
      return;
    }
    peer = *std::move(found);
  }
  int64_t uid = peer.has_value() ? static_cast<int64_t>(peer->uid) : -1;
  auto count = per_uid_.find(uid);
  if (connections_.size() >= limits_.connections ||
      (count != per_uid_.end() &&
       count->second >= limits_.connections_per_uid)) {
    counters_.refused.Add();
    if (log_ != nullptr) {
      log_->WarnRarely("peer_refused", {{"uid", uid},
                                        {"reason", "too many connections"},
                                        {"open", connections_.size()}});
    }
    return;
  }
  Descriptor watch(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!watch.valid() ||
      !Watch(poller_.get(), watch.get(), EPOLLRDHUP | EPOLLHUP).ok()) {
    counters_.out_of_descriptors.Add();
    return;
  }
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes,
             sizeof(kSendBufferBytes));
  counters_.accepted.Add();
  ++per_uid_[uid];
  Connection& connection = connections_[watch.get()];
  connection.uid = uid;
  connection.token = sink_.Open(std::move(fd), peer);
  connection.watch = std::move(watch);
}

void Acceptor::Forget(int watch_fd) {
  auto found = connections_.find(watch_fd);
  if (found == connections_.end()) return;
  // gRPC may still hold the socket, which would keep it in the poller.
  epoll_ctl(poller_.get(), EPOLL_CTL_DEL, watch_fd, nullptr);
  sink_.Closed(found->second.token);
  auto count = per_uid_.find(found->second.uid);
  if (--count->second == 0) per_uid_.erase(count);
  connections_.erase(found);
}

bool Acceptor::ShedOne(int listener) {
  counters_.out_of_descriptors.Add();
  if (log_ != nullptr) log_->WarnRarely("out_of_descriptors");
  reserve_.Reset();
  Descriptor fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  bool taken = fd.valid();
  fd.Reset();
  reserve_ = OpenReserve();
  return taken && reserve_.valid();
}

void Acceptor::SetListening(bool on) {
  listening_ = on;
  for (const Descriptor* listener : {&unix_listener_, &tcp_listener_}) {
    if (!listener->valid()) continue;
    epoll_event event = {};
    event.events = on ? static_cast<uint32_t>(EPOLLIN) : 0;
    event.data.fd = listener->get();
    epoll_ctl(poller_.get(), EPOLL_CTL_MOD, listener->get(), &event);
  }
}

}  // namespace tapline
