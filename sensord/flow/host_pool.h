// Host names of open flows, outside the entries: few flows have one.

#ifndef TAPLINE_SENSORD_FLOW_HOST_POOL_H_
#define TAPLINE_SENSORD_FLOW_HOST_POOL_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace tapline {

// Handles are numbers from 1. Thread safety: single-threaded.
class HostPool {
 public:
  uint32_t Add(const std::string& host) {
    auto text = std::make_unique<char[]>(host.size() + 1);
    std::memcpy(text.get(), host.c_str(), host.size() + 1);
    if (free_.empty()) {
      texts_.push_back(std::move(text));
      return static_cast<uint32_t>(texts_.size());
    }
    const uint32_t handle = free_.back();
    free_.pop_back();
    texts_[handle - 1] = std::move(text);
    return handle;
  }
  const char* Get(uint32_t handle) const { return texts_[handle - 1].get(); }
  void Remove(uint32_t handle) {
    texts_[handle - 1].reset();
    free_.push_back(handle);
  }

 private:
  // Ends at the first NUL: names hold none, they are escaped.
  std::vector<std::unique_ptr<char[]>> texts_;
  std::vector<uint32_t> free_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_FLOW_HOST_POOL_H_
