// veth_sender: plays a capture onto an interface as fast as asked.
//
//   veth_sender --interface I [--rate PPS] [--seconds S] F.pcap
//
// Maps a classic pcap file and sends its frames round and round through an
// AF_PACKET socket with sendmmsg; without --rate at top speed. Frames over
// 1,514 bytes (with a VLAN tag 1,518) are left out. Prints what was sent as one
// JSON object. For interfaces of one's own network namespace only.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace tapline::bench {
namespace {

constexpr unsigned kBatch = 64;
constexpr size_t kFileHeader = 24;
constexpr size_t kRecordHeader = 16;
constexpr size_t kMaxFrame = 1518;

struct Options {
  std::string interface;
  double rate = 0;
  double seconds = 8;
  std::string file;
};

struct Frame {
  const uint8_t* data;
  uint32_t size;
};

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int Fail(const char* what) {
  std::fprintf(stderr, "veth_sender: %s: %s\n", what, std::strerror(errno));
  return 1;
}

// The frames of the mapped file; empty when it cannot be read. The mapping
// lives as long as the program.
std::vector<Frame> Load(const std::string& path) {
  std::vector<Frame> frames;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (fd < 0 || fstat(fd, &info) != 0) return frames;
  const size_t size = static_cast<size_t>(info.st_size);
  void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  close(fd);
  if (map == MAP_FAILED || size < kFileHeader) return frames;
  const auto* p = static_cast<const uint8_t*>(map) + kFileHeader;
  const uint8_t* end = static_cast<const uint8_t*>(map) + size;
  while (static_cast<size_t>(end - p) >= kRecordHeader) {
    uint32_t header[4];
    std::memcpy(header, p, sizeof(header));
    p += kRecordHeader;
    if (header[2] > static_cast<size_t>(end - p)) break;
    if (header[2] >= 14 && header[2] <= kMaxFrame) {
      frames.push_back({p, header[2]});
    }
    p += header[2];
  }
  return frames;
}

// A socket bound to the interface that bypasses its queue; -1 on failure.
int OpenSocket(const std::string& interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_protocol = 0;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  const int on = 1;
  const int buffer = 4 << 20;
  setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
  if (address.sll_ifindex == 0 ||
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

struct Sent {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  double seconds = 0;
};

// Sends until the time is over; false on an error other than a full queue.
bool Send(int fd, const std::vector<Frame>& frames, const Options& options,
          Sent* sent) {
  mmsghdr messages[kBatch];
  iovec parts[kBatch];
  std::memset(messages, 0, sizeof(messages));
  size_t next = 0;
  const double started = Now();
  for (double now = started; now - started < options.seconds; now = Now()) {
    unsigned batch = kBatch;
    if (options.rate > 0) {
      const double due =
          (now - started) * options.rate - static_cast<double>(sent->packets);
      if (due < 1) continue;
      if (due < batch) batch = static_cast<unsigned>(due);
    }
    for (unsigned i = 0; i < batch; ++i) {
      const Frame& frame = frames[(next + i) % frames.size()];
      parts[i] = {const_cast<uint8_t*>(frame.data), frame.size};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int done = sendmmsg(fd, messages, batch, 0);
    if (done < 0) {
      if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR) continue;
      return false;
    }
    for (int i = 0; i < done; ++i) sent->bytes += parts[i].iov_len;
    sent->packets += static_cast<uint64_t>(done);
    next = (next + static_cast<size_t>(done)) % frames.size();
  }
  sent->seconds = Now() - started;
  return true;
}

int Usage() {
  std::fputs(
      "usage: veth_sender --interface I [--rate PPS] [--seconds S] F.pcap\n",
      stderr);
  return 2;
}

int Run(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0) {
      options.file = name;
    } else if (++i == argc) {
      return Usage();
    } else if (name == "--interface") {
      options.interface = argv[i];
    } else if (name == "--rate") {
      options.rate = std::atof(argv[i]);
    } else if (name == "--seconds") {
      options.seconds = std::atof(argv[i]);
    } else {
      return Usage();
    }
  }
  if (options.interface.empty() || options.file.empty()) return Usage();
  const std::vector<Frame> frames = Load(options.file);
  if (frames.empty()) return Fail(options.file.c_str());
  const int fd = OpenSocket(options.interface);
  if (fd < 0) return Fail(options.interface.c_str());
  Sent sent;
  if (!Send(fd, frames, options, &sent)) return Fail("sendmmsg");
  close(fd);
  std::printf(
      "{\"sent\":%llu,\"bytes\":%llu,\"seconds\":%.4f,\"pps\":%.0f,"
      "\"gbps\":%.3f}\n",
      static_cast<unsigned long long>(sent.packets),
      static_cast<unsigned long long>(sent.bytes), sent.seconds,
      static_cast<double>(sent.packets) / sent.seconds,
      static_cast<double>(sent.bytes) * 8e-9 / sent.seconds);
  return 0;
}

}  // namespace
}  // namespace tapline::bench

int main(int argc, char** argv) { return tapline::bench::Run(argc, argv); }
