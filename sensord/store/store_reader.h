// Reading the store on connections of their own.

#ifndef TAPLINE_SENSORD_STORE_STORE_READER_H_
#define TAPLINE_SENSORD_STORE_STORE_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/sqlite/database.h"
#include "common/sync/mutex.h"
#include "sensord/store/store.h"

namespace tapline {

// Thread safety: thread-safe; a call uses one connection of a small pool.
class StoreReader {
 public:
  explicit StoreReader(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<StorePage> List(const StoreQuery& query) const;
  absl::StatusOr<std::vector<v1::Record>> ReadSequences(v1::RecordKind kind,
                                                        uint64_t epoch,
                                                        uint64_t first,
                                                        uint64_t last,
                                                        size_t limit) const;
  absl::StatusOr<v1::Record> Get(v1::RecordKind kind, absl::string_view id,
                                 absl::string_view source_id) const;
  absl::StatusOr<GapPage> Gaps(const GapQuery& query) const;
  absl::StatusOr<std::vector<v1::Gap>> SequenceGaps(v1::RecordKind kind,
                                                    uint64_t epoch,
                                                    uint64_t first,
                                                    uint64_t last) const;
  // First column of the first row, 0 when there is none or it cannot be read.
  int64_t Number(const std::string& sql) const;

  const std::string& path() const { return path_; }
  // The file was replaced: connections to the old one are closed.
  void Forget();

 private:
  class Borrowed;

  absl::StatusOr<Borrowed> Borrow() const;
  void Return(std::unique_ptr<Database> database, uint64_t generation) const;

  const std::string path_;
  mutable Mutex mutex_;
  mutable std::vector<std::unique_ptr<Database>> idle_ ABSL_GUARDED_BY(mutex_);
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_STORE_READER_H_
