// Joins IP fragments (RFC 791, RFC 8200 4.5). Internal to the decoder.
//
// Bytes are kept in pages of 256, one bit per 8-byte unit, so overlap is a bit
// test and memory is bounded by what was captured, never by what is claimed.
// Policy: the byte that came first stays (IPv4); any overlap that is not an
// exact repetition discards the datagram (IPv6, RFC 5722).
//
// When memory is short, datagrams of which only one fragment came are kept in a
// pool apart from those in progress, and the larger pool gives up its oldest: a
// flood of lone fragments does not push out a datagram in progress.

#ifndef TAPLINE_SENSORD_DECODE_FRAGMENT_TABLE_H_
#define TAPLINE_SENSORD_DECODE_FRAGMENT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/crypto/siphash.h"
#include "common/net/ip_address.h"
#include "common/time/clock.h"

namespace tapline {

struct FragmentKey {
  IpAddress source;
  IpAddress destination;
  uint32_t id = 0;
  uint32_t context = 0;
  // IPv4 only (RFC 791); 0 for IPv6.
  uint8_t protocol = 0;
  uint8_t version = 0;

  friend bool operator==(const FragmentKey& a, const FragmentKey& b) {
    return a.source == b.source && a.destination == b.destination &&
           a.id == b.id && a.context == b.context && a.protocol == b.protocol &&
           a.version == b.version;
  }
};

// One fragment as it came.
struct Fragment {
  const uint8_t* data = nullptr;
  uint32_t captured = 0;
  uint32_t wire = 0;  // payload length by the IP header
  uint16_t offset = 0;
  bool more = false;
  uint8_t protocol = 0;
  uint8_t ttl = 0;
  // What it adds to the datagram's totals.
  uint32_t frame_bytes = 0;
  uint32_t ip_bytes = 0;
  uint32_t frames = 1;
  // Frames that wait with it: 0 inside a tunnel, whose outer packet was given.
  uint32_t held = 1;
  UnixNanos clock = 0;
  uint64_t ordinal = 0;
};

enum class FragmentVerdict : uint8_t {
  kHeld,
  kComplete,
  // The fragment is refused:
  kEmpty,
  kTooLong,
  kBadLength,
  kBadEnd,
  kOverlap6,  // and its datagram discarded
};

struct FragmentResult {
  FragmentVerdict verdict = FragmentVerdict::kHeld;
  bool overlap = false;
  bool differs = false;
  bool duplicate = false;
  // SipHash-1-3 with an all-zero key of the bytes that came twice, as they came
  // first and as they are here; set when they differ.
  uint64_t first_hash = 0;
  uint64_t other_hash = 0;
  // Frames held so far that are discarded with a kOverlap6 datagram.
  uint32_t discarded = 0;
};

// A complete datagram. Its bytes are copied out by Take.
struct JoinedDatagram {
  uint32_t bytes = 0;
  // From the start without a hole.
  uint32_t captured = 0;
  uint32_t frames = 0;
  uint32_t held = 0;
  uint32_t frame_bytes = 0;
  uint32_t ip_bytes = 0;
  // Of the fragment with offset 0.
  uint8_t protocol = 0;
  uint8_t ttl = 0;
  // Overlaps disagreed.
  bool ambiguous = false;
};

// A datagram given up.
struct LostDatagram {
  uint32_t held = 0;
  // When its first fragment came.
  UnixNanos clock = 0;
  uint64_t ordinal = 0;
  // Its loss was told before, by kOverlap6.
  bool discarded = false;
};

// Thread safety: single-threaded. Nothing here depends on the secret but where
// entries lie: results are the same for every secret.
class FragmentTable {
 public:
  // `bytes`: at most, of pages and entries together; at least 256 KiB is used.
  FragmentTable(size_t bytes, UnixNanos timeout, const SipKey& secret);

  // True, with the oldest datagram older than the timeout removed, while there
  // is one.
  bool PopExpired(UnixNanos clock, LostDatagram* lost);
  // The same for any datagram, oldest first.
  bool PopAny(LostDatagram* lost);
  // True, with a datagram removed, while there is not enough room for a
  // fragment of `wire` bytes.
  bool PopForRoom(uint32_t wire, LostDatagram* lost);

  // PopExpired and PopForRoom come first.
  FragmentResult Insert(const FragmentKey& key, const Fragment& fragment);
  // Of the datagram the last Insert completed: what it is, then its bytes (room
  // for JoinedDatagram::captured), which ends it.
  JoinedDatagram Complete() const;
  void Take(uint8_t* out);

  size_t datagrams() const { return datagrams_; }
  UnixNanos timeout() const { return timeout_; }

 private:
  static constexpr uint32_t kNone = 0xffffffff;
  static constexpr uint32_t kUnit = 8;
  static constexpr uint32_t kUnitsPerPage = 32;
  static constexpr uint32_t kPageBytes = kUnit * kUnitsPerPage;

  struct Page {
    uint8_t data[kPageBytes];
    uint32_t have;      // units that came
    uint32_t captured;  // of them, whole in the capture
    uint32_t starts;    // units where a fragment began
    uint32_t next;
    uint32_t number;  // offset / kPageBytes
  };
  struct Links {
    uint32_t previous = kNone;
    uint32_t next = kNone;
  };
  struct List {
    uint32_t head = kNone;
    uint32_t tail = kNone;
    uint32_t charge = 0;
  };
  struct Entry {
    FragmentKey key;
    UnixNanos clock = 0;
    uint64_t ordinal = 0;
    Links age;
    Links pool;
    uint32_t hash_next = kNone;
    uint32_t bucket = 0;
    uint32_t first_page = kNone;
    uint32_t last_page = kNone;
    uint32_t charge = 1;  // pages and the entry
    uint32_t units = 0;
    uint32_t total = kNone;
    uint32_t highest = 0;
    uint32_t fragments = 0;
    uint32_t frames = 0;
    uint32_t held = 0;
    uint32_t frame_bytes = 0;
    uint32_t ip_bytes = 0;
    uint8_t protocol = 0;
    uint8_t ttl = 0;
    bool in_progress = false;  // which pool
    bool ambiguous = false;
    bool discarded = false;  // refuses all until it times out
  };

  uint32_t Bucket(const FragmentKey& key) const;
  uint32_t Find(const FragmentKey& key, uint32_t bucket) const;
  uint32_t Create(const FragmentKey& key, uint32_t bucket,
                  const Fragment& fragment);
  void Remove(uint32_t index);
  void Lose(uint32_t index, LostDatagram* lost);
  void FreePages(Entry& entry);
  Page* FindPage(const Entry& entry, uint32_t number);
  Page& AddPage(Entry& entry, uint32_t number);
  bool EndFits(const Entry& entry, const Fragment& fragment) const;
  void FindOverlap(Entry& entry, const Fragment& fragment,
                   FragmentResult* result);
  void HashOverlap(const Entry& entry, const Fragment& fragment,
                   FragmentResult* result);
  void Store(Entry& entry, const Fragment& fragment);
  List& PoolOf(const Entry& entry) {
    return entry.in_progress ? progress_ : lone_;
  }
  void Append(List& list, Links Entry::*links, uint32_t index);
  void Unlink(List& list, Links Entry::*links, uint32_t index);

  const UnixNanos timeout_;
  const SipKey secret_;
  size_t max_entries_ = 0;
  size_t max_pages_ = 0;
  std::vector<Entry> entries_;
  std::vector<Page> pages_;
  std::vector<uint32_t> buckets_;
  uint32_t free_entry_ = kNone;
  uint32_t free_page_ = kNone;
  size_t free_pages_ = 0;
  size_t datagrams_ = 0;
  uint32_t complete_ = kNone;
  List age_;
  List lone_;
  List progress_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_FRAGMENT_TABLE_H_
