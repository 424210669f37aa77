#include "sensord/stats/space_saving.h"

#include <algorithm>

namespace tapline {

void SpaceSaving::Add(const Talker& talker) {
  const auto [it, inserted] = index_.try_emplace(
      talker.address, static_cast<uint32_t>(entries_.size()));
  if (!inserted) {
    Entry& held = entries_[it->second];
    held.error_bytes += talker.error_bytes;
    held.packets += talker.packets;
    heap_[held.place].bytes += talker.bytes;
    SiftDown(held.place);
    return;
  }
  if (entries_.size() < capacity_) {
    heap_.push_back({talker.bytes, it->second});
    entries_.push_back(
        {talker.address, talker.error_bytes, talker.packets, it->second});
    SiftUp(heap_.size() - 1);
    return;
  }
  Node& lightest = heap_[0];
  it->second = lightest.entry;
  Entry& entry = entries_[lightest.entry];
  index_.erase(entry.address);
  entry.address = talker.address;
  entry.error_bytes = lightest.bytes + talker.error_bytes;
  entry.packets = talker.packets;
  lightest.bytes += talker.bytes;
  SiftDown(0);
}

void SpaceSaving::Merge(const SpaceSaving& other) {
  for (const Node& node : other.heap_) {
    const Entry& e = other.entries_[node.entry];
    Add({e.address, node.bytes, e.error_bytes, e.packets});
  }
}

void SpaceSaving::Clear() {
  heap_.clear();
  entries_.clear();
  index_.clear();
}

std::vector<Talker> SpaceSaving::Top(size_t limit) const {
  std::vector<Talker> top;
  top.reserve(heap_.size());
  for (const Node& node : heap_) {
    const Entry& e = entries_[node.entry];
    top.push_back({e.address, node.bytes, e.error_bytes, e.packets});
  }
  const size_t listed = std::min(limit, top.size());
  std::partial_sort(top.begin(), top.begin() + listed, top.end(),
                    [](const Talker& a, const Talker& b) {
                      return a.bytes != b.bytes ? a.bytes > b.bytes
                                                : a.address < b.address;
                    });
  top.resize(listed);
  return top;
}

void SpaceSaving::SiftUp(size_t i) {
  const Node node = heap_[i];
  while (i > 0 && node.bytes < heap_[(i - 1) / 2].bytes) {
    Place(i, heap_[(i - 1) / 2]);
    i = (i - 1) / 2;
  }
  Place(i, node);
}

void SpaceSaving::SiftDown(size_t i) {
  const Node node = heap_[i];
  for (size_t child = 2 * i + 1; child < heap_.size(); child = 2 * i + 1) {
    if (child + 1 < heap_.size() &&
        heap_[child + 1].bytes < heap_[child].bytes) {
      ++child;
    }
    if (node.bytes <= heap_[child].bytes) break;
    Place(i, heap_[child]);
    i = child;
  }
  Place(i, node);
}

}  // namespace tapline
