// flow_walk: the least a flow sensor could do, as the mark to measure it by.
//
//   flow_walk [--walk-only|--parse-only] F.pcap
//
// Maps a classic pcap file, walks it, parses Ethernet, VLAN, IP, TCP and UDP,
// and counts packets and bytes per bidirectional 5-tuple in a table of 64-byte
// entries, in batches with prefetch. No timeouts, states, fragments, checks of
// anything. Prints one JSON object.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace tapline::bench {
namespace {

constexpr int kBatch = 32;
constexpr size_t kFirstSlots = 1u << 21;
constexpr size_t kFileHeader = 24;
constexpr size_t kRecordHeader = 16;

enum class Mode { kWalk, kParse, kFlows };

// Both directions of a flow have the same key: the lesser endpoint first.
struct Key {
  uint8_t address[2][16] = {};
  uint16_t port[2] = {0, 0};
  uint8_t protocol = 0;
  uint8_t pad[3] = {0, 0, 0};

  bool operator==(const Key& other) const {
    return std::memcmp(this, &other, sizeof(Key)) == 0;
  }
};
static_assert(sizeof(Key) == 40);

struct alignas(64) Entry {
  Key key;
  uint32_t packets[2] = {0, 0};
  uint64_t bytes[2] = {0, 0};
};
static_assert(sizeof(Entry) == 64);

// What a packet adds.
struct Touch {
  Key key;
  uint64_t hash;
  uint32_t length;
  uint8_t direction;
};

uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product =
      static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15u) *
      (b ^ 0xd1b54a32d192ed03u);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t Hash(const Key& key) {
  uint64_t words[5];
  std::memcpy(words, &key, sizeof(words));
  return Mix(Mix(words[0], words[1]), Mix(words[2] ^ words[4], words[3]));
}

uint16_t Get16(const uint8_t* p) {
  return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

// Ports of TCP and UDP at `l4`, then the order of the endpoints.
void Finish(const uint8_t* source, const uint8_t* target, size_t size,
            const uint8_t* l4, const uint8_t* end, Touch* touch) {
  uint16_t ports[2] = {0, 0};
  const uint8_t protocol = touch->key.protocol;
  if ((protocol == 6 || protocol == 17) && l4 + 4 <= end) {
    ports[0] = Get16(l4);
    ports[1] = Get16(l4 + 2);
  }
  int order = std::memcmp(source, target, size);
  if (order == 0) order = ports[0] < ports[1] ? -1 : 1;
  const int first = order < 0 ? 0 : 1;
  std::memcpy(touch->key.address[first], source, size);
  std::memcpy(touch->key.address[1 - first], target, size);
  touch->key.port[first] = ports[0];
  touch->key.port[1 - first] = ports[1];
  touch->direction = static_cast<uint8_t>(first);
  touch->hash = Hash(touch->key);
}

// False when the frame is not IP.
bool Parse(const uint8_t* frame, uint32_t captured, Touch* touch) {
  const uint8_t* end = frame + captured;
  const uint8_t* p = frame + 12;
  if (p + 2 > end) return false;
  uint16_t type = Get16(p);
  p += 2;
  while ((type == 0x8100 || type == 0x88a8) && p + 4 <= end) {
    type = Get16(p + 2);
    p += 4;
  }
  touch->key = Key();
  if (type == 0x0800) {
    if (p + 20 > end) return false;
    touch->key.protocol = p[9];
    Finish(p + 12, p + 16, 4, p + (p[0] & 15) * 4, end, touch);
    return true;
  }
  if (type == 0x86dd) {
    if (p + 40 > end) return false;
    touch->key.protocol = p[6];
    Finish(p + 8, p + 24, 16, p + 40, end, touch);
    return true;
  }
  return false;
}

// Open addressing, linear probing, at most 60 % full. No entry is removed.
class FlowTable {
 public:
  FlowTable() : slots_(Allocate(kFirstSlots)), mask_(kFirstSlots - 1) {}

  void Prefetch(uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & mask_], 1);
  }

  void Add(const Touch& touch) {
    size_t at = touch.hash & mask_;
    while (slots_[at].packets[0] + slots_[at].packets[1] > 0 &&
           !(slots_[at].key == touch.key)) {
      at = (at + 1) & mask_;
    }
    Entry& entry = slots_[at];
    const bool fresh = entry.packets[0] + entry.packets[1] == 0;
    ++entry.packets[touch.direction];
    entry.bytes[touch.direction] += touch.length;
    if (!fresh) return;
    entry.key = touch.key;
    if (++size_ * 10 > (mask_ + 1) * 6) Grow();
  }

  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(Entry* entries) const { std::free(entries); }
  };
  using Slots = std::unique_ptr<Entry[], Free>;

  static Slots Allocate(size_t count) {
    void* memory = std::aligned_alloc(64, count * sizeof(Entry));
    if (memory == nullptr) std::abort();
    std::memset(memory, 0, count * sizeof(Entry));
    return Slots(static_cast<Entry*>(memory));
  }

  void Grow() {
    const size_t old = mask_ + 1;
    Slots from = std::move(slots_);
    slots_ = Allocate(old * 2);
    mask_ = old * 2 - 1;
    for (size_t i = 0; i < old; ++i) {
      if (from[i].packets[0] + from[i].packets[1] == 0) continue;
      size_t at = Hash(from[i].key) & mask_;
      while (slots_[at].packets[0] + slots_[at].packets[1] > 0) {
        at = (at + 1) & mask_;
      }
      slots_[at] = from[i];
    }
  }

  Slots slots_;
  size_t mask_;
  size_t size_ = 0;
};

struct Result {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t flows = 0;
  // Of all hashes or bytes touched: keeps the compiler honest.
  uint64_t check = 0;
};

// Walks the records between `p` and `end`, calling `visit(frame, captured,
// wire)` for each whole one.
template <typename Visit>
void Walk(const uint8_t* p, const uint8_t* end, Visit visit) {
  while (static_cast<size_t>(end - p) >= kRecordHeader) {
    uint32_t header[4];
    std::memcpy(header, p, sizeof(header));
    p += kRecordHeader;
    if (header[2] > static_cast<size_t>(end - p)) return;
    visit(p, header[2], header[3]);
    p += header[2];
  }
}

Result CountFlows(const uint8_t* p, const uint8_t* end) {
  Result result;
  FlowTable table;
  Touch batch[kBatch];
  int pending = 0;
  Walk(p, end, [&](const uint8_t* frame, uint32_t captured, uint32_t wire) {
    ++result.packets;
    result.bytes += wire;
    Touch& touch = batch[pending];
    if (!Parse(frame, captured, &touch)) return;
    touch.length = wire;
    table.Prefetch(touch.hash);
    if (++pending < kBatch) return;
    for (int i = 0; i < kBatch; ++i) table.Add(batch[i]);
    pending = 0;
  });
  for (int i = 0; i < pending; ++i) table.Add(batch[i]);
  result.flows = table.size();
  return result;
}

Result WalkOrParse(const uint8_t* p, const uint8_t* end, Mode mode) {
  Result result;
  Touch touch;
  Walk(p, end, [&](const uint8_t* frame, uint32_t captured, uint32_t wire) {
    ++result.packets;
    result.bytes += wire;
    if (mode == Mode::kParse) {
      if (Parse(frame, captured, &touch)) result.check ^= touch.hash;
      return;
    }
    // One byte of each cache line.
    for (uint32_t i = 0; i < captured; i += 64) result.check += frame[i];
  });
  return result;
}

int Usage() {
  std::fputs("usage: flow_walk [--walk-only|--parse-only] F.pcap\n", stderr);
  return 2;
}

int Run(int argc, char** argv) {
  Mode mode = Mode::kFlows;
  const char* path = nullptr;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--walk-only") == 0) {
      mode = Mode::kWalk;
    } else if (std::strcmp(argv[i], "--parse-only") == 0) {
      mode = Mode::kParse;
    } else if (path == nullptr) {
      path = argv[i];
    } else {
      return Usage();
    }
  }
  if (path == nullptr) return Usage();
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (fd < 0 || fstat(fd, &info) != 0) {
    std::perror(path);
    return 1;
  }
  const size_t size = static_cast<size_t>(info.st_size);
  const auto started = std::chrono::steady_clock::now();
  void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (map == MAP_FAILED || size < kFileHeader) {
    std::perror(path);
    return 1;
  }
  madvise(map, size, MADV_SEQUENTIAL);
  const auto* data = static_cast<const uint8_t*>(map);
  uint32_t magic;
  std::memcpy(&magic, data, sizeof(magic));
  if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) {
    std::fprintf(stderr, "%s: not a classic pcap file of this byte order\n",
                 path);
    return 1;
  }
  const Result result =
      mode == Mode::kFlows ? CountFlows(data + kFileHeader, data + size)
                           : WalkOrParse(data + kFileHeader, data + size, mode);
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - started;
  std::printf(
      "{\"packets\":%llu,\"bytes\":%llu,\"flows\":%llu,\"seconds\":%.6f,"
      "\"mpps\":%.3f,\"check\":\"%llx\"}\n",
      static_cast<unsigned long long>(result.packets),
      static_cast<unsigned long long>(result.bytes),
      static_cast<unsigned long long>(result.flows), took.count(),
      static_cast<double>(result.packets) / took.count() / 1e6,
      static_cast<unsigned long long>(result.check));
  return 0;
}

}  // namespace
}  // namespace tapline::bench

int main(int argc, char** argv) { return tapline::bench::Run(argc, argv); }
