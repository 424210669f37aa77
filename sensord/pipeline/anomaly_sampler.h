// Which occurrences of an anomaly become events: the first 25 of a name, then
// one in 1,000 (reliability.md 1.1, Zeek weirds). The counts are exact.

#ifndef TAPLINE_SENSORD_PIPELINE_ANOMALY_SAMPLER_H_
#define TAPLINE_SENSORD_PIPELINE_ANOMALY_SAMPLER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/sync/mutex.h"

namespace tapline {

// Thread safety: thread-safe.
class AnomalySampler {
 public:
  // Counts one occurrence; the count so far when it becomes an event, else 0.
  uint64_t Take(const char* name) {
    MutexLock lock(mutex_);
    for (auto& [known, count] : counts_) {
      if (known == name || std::string(known) == name) {
        ++count;
        return count <= 25 || count % 1000 == 0 ? count : 0;
      }
    }
    counts_.emplace_back(name, 1);
    return 1;
  }

  std::vector<std::pair<const char*, uint64_t>> Counts() const {
    MutexLock lock(mutex_);
    return counts_;
  }

 private:
  mutable Mutex mutex_;
  // A few dozen names at most: they are literals of the code.
  std::vector<std::pair<const char*, uint64_t>> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_ANOMALY_SAMPLER_H_
