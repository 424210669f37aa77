// How long from the packet that crosses a threshold to the alert at a client.
//
//   alert_latency --interface I --address unix:///P [--scans 100]
//
// Sends port scans from as many distinct sources into `I`, one after the other:
// ten bare SYNs each, the tenth crosses the default threshold. Waits for each
// alert on a subscribed gRPC stream and prints the distribution as JSON.
// Run it in the namespace of the interface's peer; needs CAP_NET_RAW.

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/security/credentials.h"
#include "tapline/v1/observe_service.grpc.pb.h"

namespace {

using Steady = std::chrono::steady_clock;

constexpr int kPorts = 10;
constexpr std::chrono::seconds kGiveUp{3};

// Alerts by source address, with the moment they came.
class Alerts {
 public:
  void Add(const std::string& source) {
    const std::lock_guard<std::mutex> lock(mutex_);
    seen_.emplace(source, Steady::now());
    changed_.notify_all();
  }
  // False after kGiveUp.
  bool Wait(const std::string& source, Steady::time_point& when) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!changed_.wait_for(lock, kGiveUp,
                           [&] { return seen_.count(source) > 0; })) {
      return false;
    }
    when = seen_[source];
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Steady::time_point> seen_;
};

uint16_t Checksum(const uint8_t* bytes, size_t size, uint32_t sum) {
  for (size_t i = 0; i < size; i += 2) sum += bytes[i] << 8 | bytes[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Ethernet, IPv4, TCP with SYN alone, 54 bytes.
std::vector<uint8_t> Syn(uint32_t source, uint32_t target, uint16_t port) {
  std::vector<uint8_t> f(54, 0);
  const uint8_t ethernet[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
  std::copy(std::begin(ethernet), std::end(ethernet), f.begin());
  uint8_t* ip = f.data() + 14;
  ip[0] = 0x45;
  ip[3] = 40;
  ip[8] = 64;
  ip[9] = 6;
  const uint32_t source_be = htonl(source);
  const uint32_t target_be = htonl(target);
  std::memcpy(ip + 12, &source_be, 4);
  std::memcpy(ip + 16, &target_be, 4);
  const uint16_t ip_sum = Checksum(ip, 20, 0);
  ip[10] = static_cast<uint8_t>(ip_sum >> 8);
  ip[11] = static_cast<uint8_t>(ip_sum);
  uint8_t* tcp = ip + 20;
  tcp[0] = 40000 >> 8;
  tcp[1] = 40000 & 0xff;
  tcp[2] = static_cast<uint8_t>(port >> 8);
  tcp[3] = static_cast<uint8_t>(port);
  tcp[7] = 1;
  tcp[12] = 0x50;
  tcp[13] = 0x02;
  tcp[14] = 0xff;
  uint32_t pseudo = 6 + 20;
  for (int i = 12; i < 20; i += 2) pseudo += ip[i] << 8 | ip[i + 1];
  const uint16_t tcp_sum = Checksum(tcp, 20, pseudo);
  tcp[16] = static_cast<uint8_t>(tcp_sum >> 8);
  tcp[17] = static_cast<uint8_t>(tcp_sum);
  return f;
}

int OpenInterface(const std::string& name) {
  const int fd = socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(name.c_str()));
  if (fd < 0 || address.sll_ifindex == 0 ||
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror(("alert_latency: cannot send on " + name).c_str());
    std::exit(1);
  }
  return fd;
}

// Sends one scan; the latency of its alert in milliseconds, or -1.
double Scan(int fd, uint32_t source, Alerts& alerts) {
  Steady::time_point crossed;
  for (int port = 1; port <= kPorts; ++port) {
    const std::vector<uint8_t> frame =
        Syn(source, 0x0a580001, static_cast<uint16_t>(port));
    crossed = Steady::now();
    if (send(fd, frame.data(), frame.size(), 0) < 0) return -1;
    if (port < kPorts)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  in_addr address = {htonl(source)};
  Steady::time_point seen;
  if (!alerts.Wait(inet_ntoa(address), seen)) return -1;
  return std::chrono::duration<double, std::milli>(seen - crossed).count();
}

void PrintDistribution(std::vector<double> latencies, int scans) {
  const int lost = scans - static_cast<int>(latencies.size());
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&latencies](double share) {
    if (latencies.empty()) return -1.0;
    const size_t last = latencies.size() - 1;
    return latencies[static_cast<size_t>(share * static_cast<double>(last))];
  };
  std::printf(
      "{\"scans\":%d,\"lost\":%d,\"p50_ms\":%.3f,\"p90_ms\":%.3f,"
      "\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
      scans, lost, at(0.5), at(0.9), at(0.99), at(1));
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags = {{"--scans", "100"}};
  for (int i = 1; i + 1 < argc; i += 2) flags[argv[i]] = argv[i + 1];
  const int scans = std::atoi(flags["--scans"].c_str());
  if (flags["--interface"].empty() || flags["--address"].empty() || scans < 1 ||
      scans > 1000) {
    std::fprintf(stderr,
                 "usage: alert_latency --interface I --address unix:///P "
                 "[--scans 1..1000]\n");
    return 2;
  }
  const int fd = OpenInterface(flags["--interface"]);
  auto channel = grpc::CreateChannel(flags["--address"],
                                     grpc::experimental::LocalCredentials(UDS));
  auto stub = tapline::v1::ObserveService::NewStub(channel);
  grpc::ClientContext context;
  tapline::v1::WatchAlertsRequest request;
  request.mutable_range()->set_follow(true);
  auto reader = stub->WatchAlerts(&context, request);
  tapline::v1::WatchAlertsResponse answer;
  // The first checkpoint says that what follows is live.
  while (reader->Read(&answer) && !answer.checkpoint().live()) {
  }
  Alerts alerts;
  std::thread receiver([&] {
    while (reader->Read(&answer)) {
      if (answer.has_record() && answer.record().has_alert()) {
        alerts.Add(answer.record().alert().source().address());
      }
    }
  });
  std::vector<double> latencies;
  // Every run from other sources, so that no incident is still open.
  const uint32_t base =
      0x0a000000 + (static_cast<uint32_t>(getpid()) % 4096) * 1024;
  for (int i = 0; i < scans; ++i) {
    const double ms = Scan(fd, base + static_cast<uint32_t>(i) + 1, alerts);
    if (ms >= 0) latencies.push_back(ms);
  }
  context.TryCancel();
  receiver.join();
  PrintDistribution(latencies, scans);
  return static_cast<int>(latencies.size()) == scans ? 0 : 1;
}
