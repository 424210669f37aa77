// How code deep below a call hears that nobody wants its result any more, and
// lets others have the processor. Whoever runs a long job puts a WorkScope
// around it; loops inside ask WorkGoesOn.

#ifndef TAPLINE_COMMON_SYNC_WORK_H_
#define TAPLINE_COMMON_SYNC_WORK_H_

#include "absl/status/status.h"

namespace tapline {

class Work {
 public:
  virtual ~Work() = default;
  // May wait for the job's turn. Not OK: why it must end; its result is not
  // used. Costs nanoseconds as a rule: ask for each record.
  virtual absl::Status GoesOn() = 0;
};

// While it lives, `work` is what this thread does. Scopes nest.
class WorkScope {
 public:
  explicit WorkScope(Work& work);
  ~WorkScope();
  WorkScope(const WorkScope&) = delete;
  WorkScope& operator=(const WorkScope&) = delete;

 private:
  Work* const before_;
};

// Work::GoesOn of what this thread does; OK outside any scope. Not to be called
// with a lock held.
absl::Status WorkGoesOn();

}  // namespace tapline

#endif  // TAPLINE_COMMON_SYNC_WORK_H_
