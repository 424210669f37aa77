#include "sensord/decode/fragment_table.h"

#include <algorithm>
#include <cstring>

namespace tapline {
namespace {

constexpr size_t kMinBytes = 256 << 10;
// A datagram of 65,535 bytes has 256 pages.
constexpr uint32_t kMaxDatagram = 65535;

// Lengths on the wire are claims: their sum may not wrap.
uint32_t AddCapped(uint32_t a, uint32_t b) {
  return b > 0xffffffff - a ? 0xffffffff : a + b;
}

}  // namespace

FragmentTable::FragmentTable(size_t bytes, UnixNanos timeout,
                             const SipKey& secret)
    : timeout_(timeout), secret_(secret) {
  bytes = std::max(bytes, kMinBytes);
  // Two pages' worth of room per entry: lone small fragments need one.
  max_entries_ = bytes / (sizeof(Entry) + 8 + 2 * sizeof(Page));
  max_pages_ = max_entries_ * 2;
}

uint32_t FragmentTable::Bucket(const FragmentKey& key) const {
  SipHash13 sip(secret_);
  sip.Absorb(key.source.high());
  sip.Absorb(key.source.low());
  sip.Absorb(key.destination.high());
  sip.Absorb(key.destination.low());
  sip.Absorb(static_cast<uint64_t>(key.id) << 32 | key.context);
  const uint64_t tail = key.protocol | static_cast<uint64_t>(key.version) << 8;
  return static_cast<uint32_t>(sip.Finish(tail, 42) & (buckets_.size() - 1));
}

uint32_t FragmentTable::Find(const FragmentKey& key, uint32_t bucket) const {
  uint32_t index = buckets_[bucket];
  while (index != kNone && !(entries_[index].key == key)) {
    index = entries_[index].hash_next;
  }
  return index;
}

void FragmentTable::Append(List& list, Links Entry::*links, uint32_t index) {
  Entry& entry = entries_[index];
  (entry.*links) = {list.tail, kNone};
  if (list.tail == kNone) {
    list.head = index;
  } else {
    (entries_[list.tail].*links).next = index;
  }
  list.tail = index;
  list.charge += entry.charge;
}

void FragmentTable::Unlink(List& list, Links Entry::*links, uint32_t index) {
  Entry& entry = entries_[index];
  const Links at = entry.*links;
  if (at.previous == kNone) {
    list.head = at.next;
  } else {
    (entries_[at.previous].*links).next = at.next;
  }
  if (at.next == kNone) {
    list.tail = at.previous;
  } else {
    (entries_[at.next].*links).previous = at.previous;
  }
  list.charge -= entry.charge;
}

uint32_t FragmentTable::Create(const FragmentKey& key, uint32_t bucket,
                               const Fragment& fragment) {
  uint32_t index = free_entry_;
  if (index == kNone) {
    index = static_cast<uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    free_entry_ = entries_[index].hash_next;
  }
  Entry& entry = entries_[index];
  entry = Entry();
  entry.key = key;
  entry.clock = fragment.clock;
  entry.ordinal = fragment.ordinal;
  entry.protocol = fragment.protocol;
  entry.ttl = fragment.ttl;
  entry.bucket = bucket;
  entry.hash_next = buckets_[bucket];
  buckets_[bucket] = index;
  Append(age_, &Entry::age, index);
  Append(lone_, &Entry::pool, index);
  ++datagrams_;
  return index;
}

void FragmentTable::FreePages(Entry& entry) {
  List& pool = PoolOf(entry);
  uint32_t index = entry.first_page;
  while (index != kNone) {
    const uint32_t next = pages_[index].next;
    pages_[index].next = free_page_;
    free_page_ = index;
    ++free_pages_;
    --entry.charge;
    --pool.charge;
    --age_.charge;
    index = next;
  }
  entry.first_page = entry.last_page = kNone;
}

void FragmentTable::Remove(uint32_t index) {
  Entry& entry = entries_[index];
  FreePages(entry);
  Unlink(age_, &Entry::age, index);
  Unlink(PoolOf(entry), &Entry::pool, index);
  uint32_t* link = &buckets_[entry.bucket];
  while (*link != index) link = &entries_[*link].hash_next;
  *link = entry.hash_next;
  entry.hash_next = free_entry_;
  free_entry_ = index;
  --datagrams_;
}

void FragmentTable::Lose(uint32_t index, LostDatagram* lost) {
  const Entry& entry = entries_[index];
  *lost = {entry.held, entry.clock, entry.ordinal, entry.discarded};
  Remove(index);
}

bool FragmentTable::PopExpired(UnixNanos clock, LostDatagram* lost) {
  if (age_.head == kNone) return false;
  if (clock - entries_[age_.head].clock < timeout_) return false;
  Lose(age_.head, lost);
  return true;
}

bool FragmentTable::PopAny(LostDatagram* lost) {
  if (age_.head == kNone) return false;
  Lose(age_.head, lost);
  return true;
}

bool FragmentTable::PopForRoom(uint32_t wire, LostDatagram* lost) {
  const size_t wanted = std::min(wire, kMaxDatagram) / kPageBytes + 2;
  const size_t free = max_pages_ - pages_.size() + free_pages_;
  if (datagrams_ < max_entries_ && free >= wanted) return false;
  const List& pool = lone_.charge >= progress_.charge ? lone_ : progress_;
  if (pool.head == kNone) return false;
  Lose(pool.head, lost);
  return true;
}

FragmentTable::Page* FragmentTable::FindPage(const Entry& entry,
                                             uint32_t number) {
  if (entry.last_page == kNone) return nullptr;
  Page& last = pages_[entry.last_page];
  if (number >= last.number) return number == last.number ? &last : nullptr;
  for (uint32_t i = entry.first_page; i != kNone; i = pages_[i].next) {
    if (pages_[i].number == number) return &pages_[i];
    if (pages_[i].number > number) break;
  }
  return nullptr;
}

FragmentTable::Page& FragmentTable::AddPage(Entry& entry, uint32_t number) {
  uint32_t index = free_page_;
  if (index == kNone) {
    index = static_cast<uint32_t>(pages_.size());
    pages_.emplace_back();
  } else {
    free_page_ = pages_[index].next;
    --free_pages_;
  }
  ++entry.charge;
  ++PoolOf(entry).charge;
  ++age_.charge;
  Page& page = pages_[index];
  page.have = page.captured = page.starts = 0;
  page.number = number;
  uint32_t before = kNone;
  if (entry.last_page != kNone && pages_[entry.last_page].number < number) {
    before = entry.last_page;
  } else {
    uint32_t i = entry.first_page;
    for (; i != kNone && pages_[i].number < number; i = pages_[i].next) {
      before = i;
    }
  }
  uint32_t& link = before == kNone ? entry.first_page : pages_[before].next;
  page.next = link;
  link = index;
  if (page.next == kNone) entry.last_page = index;
  return page;
}

bool FragmentTable::EndFits(const Entry& entry,
                            const Fragment& fragment) const {
  const uint32_t end = fragment.offset + fragment.wire;
  if (!fragment.more) {
    return entry.total == kNone ? end >= entry.highest : end == entry.total;
  }
  return entry.total == kNone || end < entry.total;
}

void FragmentTable::Store(Entry& entry, const Fragment& fragment) {
  const uint32_t first = fragment.offset / kUnit;
  const uint32_t end = (fragment.offset + fragment.wire + kUnit - 1) / kUnit;
  for (uint32_t unit = first; unit < end; ++unit) {
    const uint32_t number = unit / kUnitsPerPage;
    Page* page = FindPage(entry, number);
    if (page == nullptr) page = &AddPage(entry, number);
    const uint32_t u = unit % kUnitsPerPage;
    if ((page->have >> u & 1) != 0) continue;
    page->have |= 1u << u;
    ++entry.units;
    if (unit == first) page->starts |= 1u << u;
    const uint32_t at = unit * kUnit - fragment.offset;
    const uint32_t size = std::min(kUnit, fragment.wire - at);
    if (at + size > fragment.captured) continue;
    page->captured |= 1u << u;
    std::memcpy(page->data + u * kUnit, fragment.data + at, size);
  }
}

FragmentResult FragmentTable::Insert(const FragmentKey& key,
                                     const Fragment& fragment) {
  FragmentResult result;
  complete_ = kNone;
  const auto refuse = [&result](FragmentVerdict verdict) {
    result.verdict = verdict;
    return result;
  };
  if (fragment.wire == 0) return refuse(FragmentVerdict::kEmpty);
  if (fragment.more && fragment.wire % kUnit != 0) {
    return refuse(FragmentVerdict::kBadLength);
  }
  if (fragment.wire > kMaxDatagram - fragment.offset) {
    return refuse(FragmentVerdict::kTooLong);
  }
  if (buckets_.empty()) {
    entries_.reserve(max_entries_);
    pages_.reserve(max_pages_);
    size_t size = 1;
    while (size < max_entries_) size *= 2;
    buckets_.assign(size, kNone);
  }
  const uint32_t bucket = Bucket(key);
  uint32_t index = Find(key, bucket);
  if (index == kNone) index = Create(key, bucket, fragment);
  Entry& entry = entries_[index];
  if (entry.discarded) return refuse(FragmentVerdict::kOverlap6);
  if (!EndFits(entry, fragment)) return refuse(FragmentVerdict::kBadEnd);
  FindOverlap(entry, fragment, &result);
  if (key.version == 6 && result.overlap && !result.duplicate) {
    result.discarded = entry.held;
    entry.held = 0;
    entry.discarded = true;
    FreePages(entry);
    return refuse(FragmentVerdict::kOverlap6);
  }
  if (++entry.fragments == 2) {
    Unlink(lone_, &Entry::pool, index);
    entry.in_progress = true;
    Append(progress_, &Entry::pool, index);
  }
  entry.ambiguous |= result.differs;
  if (!result.duplicate) Store(entry, fragment);
  if (!fragment.more) entry.total = fragment.offset + fragment.wire;
  entry.highest = std::max(entry.highest, fragment.offset + fragment.wire);
  if (fragment.offset == 0) {
    entry.protocol = fragment.protocol;
    entry.ttl = fragment.ttl;
  }
  entry.frames += fragment.frames;
  entry.held += fragment.held;
  entry.frame_bytes = AddCapped(entry.frame_bytes, fragment.frame_bytes);
  entry.ip_bytes = AddCapped(entry.ip_bytes, fragment.ip_bytes);
  if (entry.total != kNone && entry.units == (entry.total + 7) / kUnit) {
    result.verdict = FragmentVerdict::kComplete;
    complete_ = index;
  }
  return result;
}

JoinedDatagram FragmentTable::Complete() const {
  const Entry& entry = entries_[complete_];
  JoinedDatagram joined;
  joined.bytes = entry.total;
  joined.frames = entry.frames;
  joined.held = entry.held;
  joined.frame_bytes = entry.frame_bytes;
  joined.ip_bytes = entry.ip_bytes;
  joined.protocol = entry.protocol;
  joined.ttl = entry.ttl;
  joined.ambiguous = entry.ambiguous;
  uint32_t units = 0;
  for (uint32_t i = entry.first_page; i != kNone; i = pages_[i].next) {
    const uint32_t captured = pages_[i].captured;
    if (captured != 0xffffffff) {
      units += static_cast<uint32_t>(__builtin_ctz(~captured));
      break;
    }
    units += kUnitsPerPage;
  }
  joined.captured = std::min(units * kUnit, entry.total);
  return joined;
}

void FragmentTable::Take(uint8_t* out) {
  uint32_t left = Complete().captured;
  for (uint32_t i = entries_[complete_].first_page; left > 0;
       i = pages_[i].next) {
    const uint32_t size = std::min(left, kPageBytes);
    std::memcpy(out, pages_[i].data, size);
    out += size;
    left -= size;
  }
  Remove(complete_);
  complete_ = kNone;
}

}  // namespace tapline
