#include "sensord/service/acceptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/sync/mutex.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

// Holds what it is given, as gRPC would.
class HoldingSink final : public ConnectionSink {
 public:
  uint64_t Open(Descriptor fd, const absl::optional<Peer>& peer) override {
    MutexLock lock(mutex_);
    held_.push_back(std::move(fd));
    if (peer.has_value()) last_uid_ = peer->uid;
    changed_.notify_all();
    return held_.size() - 1;
  }
  void Closed(uint64_t) override {
    MutexLock lock(mutex_);
    ++closed_;
    changed_.notify_all();
  }

  bool WaitForOpen(size_t count) {
    return Wait([&] { return held_.size() >= count; });
  }
  bool WaitForClosed(size_t count) {
    return Wait([&] { return closed_ >= count; });
  }
  // Ends a connection as gRPC does.
  void Shutdown(size_t index) {
    MutexLock lock(mutex_);
    shutdown(held_[index].get(), SHUT_RDWR);
    held_[index].Reset();
  }
  bool NonBlocking(size_t index) {
    MutexLock lock(mutex_);
    return (fcntl(held_[index].get(), F_GETFL) & O_NONBLOCK) != 0;
  }
  uid_t last_uid() {
    MutexLock lock(mutex_);
    return last_uid_;
  }

 private:
  template <typename Condition>
  bool Wait(Condition condition) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    MutexLock lock(mutex_);
    while (!condition()) {
      if (changed_.wait_until(mutex_, deadline) == std::cv_status::timeout) {
        return condition();
      }
    }
    return true;
  }

  Mutex mutex_;
  CondVar changed_;
  std::vector<Descriptor> held_;
  size_t closed_ = 0;
  uid_t last_uid_ = static_cast<uid_t>(-1);
};

class AcceptorTest : public ::testing::Test {
 protected:
  AcceptorTest() {
    char name[] = "/tmp/tapline-acceptor-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/sock";
  }
  ~AcceptorTest() override { std::filesystem::remove_all(folder_); }

  void StartWith(AcceptorLimits limits) {
    acceptor_ = std::make_unique<Acceptor>(limits, sink_);
    auto listener = ListenUnix(absl::StrCat("unix://", path_), "");
    ASSERT_OK(listener);
    ASSERT_OK(acceptor_->Start(*std::move(listener), Descriptor()));
  }

  static Descriptor NewSocket() {
    return Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }
  bool Connect(const Descriptor& fd) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path_.c_str());
    return connect(fd.get(), reinterpret_cast<sockaddr*>(&name),
                   sizeof(name)) == 0;
  }
  // Whether the other end closes within some seconds.
  static bool SeesEnd(const Descriptor& fd) {
    pollfd poll_fd = {fd.get(), POLLIN, 0};
    char byte = 0;
    return poll(&poll_fd, 1, 10000) == 1 && read(fd.get(), &byte, 1) <= 0;
  }

  std::string folder_;
  std::string path_;
  HoldingSink sink_;
  std::unique_ptr<Acceptor> acceptor_;
};

TEST_F(AcceptorTest, ConnectionComesNonBlockingWithItsPeersUid) {
  StartWith({});
  Descriptor client = NewSocket();
  ASSERT_TRUE(Connect(client));
  ASSERT_TRUE(sink_.WaitForOpen(1));
  EXPECT_TRUE(sink_.NonBlocking(0));
  EXPECT_EQ(sink_.last_uid(), getuid());
}

TEST_F(AcceptorTest, EndOfEitherSideIsReported) {
  StartWith({});
  Descriptor first = NewSocket();
  Descriptor second = NewSocket();
  ASSERT_TRUE(Connect(first));
  ASSERT_TRUE(sink_.WaitForOpen(1));
  ASSERT_TRUE(Connect(second));
  ASSERT_TRUE(sink_.WaitForOpen(2));
  first.Reset();
  EXPECT_TRUE(sink_.WaitForClosed(1));
  sink_.Shutdown(1);
  EXPECT_TRUE(sink_.WaitForClosed(2));
  EXPECT_TRUE(SeesEnd(second));
}

TEST_F(AcceptorTest, UserBeyondItsConnectionsIsClosedUntilOneEnds) {
  AcceptorLimits limits;
  limits.connections_per_uid = 2;
  StartWith(limits);
  std::vector<Descriptor> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(NewSocket());
    ASSERT_TRUE(Connect(clients.back()));
  }
  EXPECT_TRUE(SeesEnd(clients[2]));
  EXPECT_EQ(acceptor_->counters().refused.Get(), 1u);
  clients[0].Reset();
  ASSERT_TRUE(sink_.WaitForClosed(1));
  Descriptor again = NewSocket();
  ASSERT_TRUE(Connect(again));
  EXPECT_TRUE(sink_.WaitForOpen(3));
}

TEST_F(AcceptorTest, WithoutDescriptorsItShedsDoesNotSpinAndRecovers) {
  StartWith({});
  constexpr int kClients = 20;
  std::vector<Descriptor> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(NewSocket());
  Descriptor late = NewSocket();
  rlimit old_limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old_limit), 0);
  rlimit limit = old_limit;
  limit.rlim_cur = 256;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<Descriptor> fill;
  while (true) {
    Descriptor one(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!one.valid()) break;
    fill.push_back(std::move(one));
  }
  for (const Descriptor& client : clients) ASSERT_TRUE(Connect(client));
  for (const Descriptor& client : clients) EXPECT_TRUE(SeesEnd(client));
  EXPECT_GE(acceptor_->counters().out_of_descriptors.Get(), uint64_t{kClients});
  rusage before = {};
  getrusage(RUSAGE_SELF, &before);
  pollfd nothing = {};
  poll(&nothing, 0, 500);
  rusage after = {};
  getrusage(RUSAGE_SELF, &after);
  auto micros = [](const rusage& usage) {
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  };
  EXPECT_LT(micros(after) - micros(before), 25000);
  fill.clear();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old_limit), 0);
  ASSERT_TRUE(Connect(late));
  EXPECT_TRUE(sink_.WaitForOpen(1));
}

}  // namespace
}  // namespace tapline::testing
