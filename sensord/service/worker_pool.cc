#include "sensord/service/worker_pool.h"

#include <sys/resource.h>

#include <utility>

namespace tapline {

WorkerPool::~WorkerPool() { Stop(); }

bool WorkerPool::Submit(int64_t caller, std::function<void()> job) {
  {
    MutexLock lock(mutex_);
    if (stopped_ || waiting_ >= options_.max_waiting) return false;
    Caller& of = callers_[caller];
    if (of.waiting.empty()) turns_.push_back(caller);
    of.waiting.push_back(std::move(job));
    ++waiting_;
    if (idle_ < waiting_ && threads_.size() < options_.threads) {
      threads_.emplace_back([this] { Run(); });
    }
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::Stop() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

bool WorkerPool::TakeNext(Job& job) {
  for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
    Caller& caller = callers_[*turn];
    if (caller.running >= options_.per_caller) continue;
    job.caller = *turn;
    job.work = std::move(caller.waiting.front());
    caller.waiting.pop_front();
    --waiting_;
    ++caller.running;
    turns_.erase(turn);
    if (!caller.waiting.empty()) turns_.push_back(job.caller);
    return true;
  }
  return false;
}

bool WorkerPool::Take(Job& job) {
  MutexLock lock(mutex_);
  while (!TakeNext(job)) {
    if (stopped_ && waiting_ == 0) return false;
    ++idle_;
    changed_.wait(mutex_);
    --idle_;
  }
  return true;
}

void WorkerPool::Done(int64_t caller) {
  {
    MutexLock lock(mutex_);
    const auto of = callers_.find(caller);
    --of->second.running;
    if (of->second.running == 0 && of->second.waiting.empty()) {
      callers_.erase(of);
    }
  }
  // A job of this caller may have waited for its bound, and threads for Stop.
  changed_.notify_all();
}

void WorkerPool::Run() {
  // Of this thread only (setpriority(2), "C library/kernel differences").
  if (options_.nice != 0) setpriority(PRIO_PROCESS, 0, options_.nice);
  Job job;
  while (Take(job)) {
    job.work();
    // What it holds goes before others may run.
    job.work = nullptr;
    Done(job.caller);
  }
}

}  // namespace tapline
