#include "common/sync/work.h"

#include <utility>

namespace tapline {
namespace {

// Of a thread, not of the program: what it does at the moment.
thread_local Work* work_of_thread = nullptr;

}  // namespace

WorkScope::WorkScope(Work& work)
    : before_(std::exchange(work_of_thread, &work)) {}

WorkScope::~WorkScope() { work_of_thread = before_; }

absl::Status WorkGoesOn() {
  return work_of_thread == nullptr ? absl::OkStatus()
                                   : work_of_thread->GoesOn();
}

}  // namespace tapline
