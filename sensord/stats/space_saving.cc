#include "sensord/stats/space_saving.h"

#include <algorithm>
#include <utility>

namespace tapline {

void SpaceSaving::Add(const Talker& talker) {
  const auto [it, inserted] = index_.try_emplace(talker.address, heap_.size());
  if (!inserted) {
    Talker& held = heap_[it->second];
    held.bytes += talker.bytes;
    held.error_bytes += talker.error_bytes;
    held.packets += talker.packets;
    SiftDown(it->second);
    return;
  }
  if (heap_.size() < capacity_) {
    heap_.push_back(talker);
    SiftUp(heap_.size() - 1);
    return;
  }
  it->second = 0;
  Talker& lightest = heap_[0];
  const uint64_t inherited = lightest.bytes;
  index_.erase(lightest.address);
  lightest = talker;
  lightest.bytes += inherited;
  lightest.error_bytes += inherited;
  SiftDown(0);
}

void SpaceSaving::Merge(const SpaceSaving& other) {
  for (const Talker& talker : other.heap_) Add(talker);
}

void SpaceSaving::Clear() {
  heap_.clear();
  index_.clear();
}

std::vector<Talker> SpaceSaving::Top(size_t limit) const {
  std::vector<Talker> top = heap_;
  std::sort(top.begin(), top.end(), [](const Talker& a, const Talker& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.address < b.address;
  });
  if (top.size() > limit) top.resize(limit);
  return top;
}

void SpaceSaving::Swap(size_t a, size_t b) {
  std::swap(heap_[a], heap_[b]);
  index_[heap_[a].address] = a;
  index_[heap_[b].address] = b;
}

void SpaceSaving::SiftUp(size_t i) {
  while (i > 0 && Lighter(i, (i - 1) / 2)) {
    Swap(i, (i - 1) / 2);
    i = (i - 1) / 2;
  }
}

void SpaceSaving::SiftDown(size_t i) {
  while (true) {
    size_t least = i;
    for (size_t child : {2 * i + 1, 2 * i + 2}) {
      if (child < heap_.size() && Lighter(child, least)) least = child;
    }
    if (least == i) return;
    Swap(i, least);
    i = least;
  }
}

}  // namespace tapline
