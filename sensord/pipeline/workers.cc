#include "sensord/pipeline/workers.h"

#include <algorithm>

#include "absl/container/inlined_vector.h"

namespace tapline {

void JobQueue::Push(Job* job) {
  bool wake;
  {
    MutexLock lock(mutex_);
    wake = jobs_.empty();
    jobs_.push_back(job);
  }
  if (wake) ready_.notify_one();
}

Job* JobQueue::Pop() {
  MutexLock lock(mutex_);
  while (jobs_.empty()) ready_.wait(mutex_);
  Job* job = jobs_.front();
  jobs_.pop_front();
  return job;
}

Job* JobQueue::PopNewest() {
  MutexLock lock(mutex_);
  while (jobs_.empty()) ready_.wait(mutex_);
  Job* job = jobs_.back();
  jobs_.pop_back();
  return job;
}

void MergeSignals(std::vector<SignalBatch>& parts, SignalBatch& out) {
  out.Clear();
  struct Rest {
    const Signal* next;
    const Signal* end;
  };
  absl::InlinedVector<Rest, 16> rests;
  out.watermark = parts.front().watermark;
  for (SignalBatch& part : parts) {
    out.parts.push_back(&part);
    out.watermark = std::min(out.watermark, part.watermark);
    const Signal* begin = part.signals.data();
    rests.push_back({begin, begin + part.signals.size()});
  }
  while (true) {
    Rest* least = nullptr;
    for (Rest& rest : rests) {
      if (rest.next == rest.end) continue;
      if (least == nullptr || *rest.next < *least->next) least = &rest;
    }
    if (least == nullptr) return;
    out.signals.push_back(*least->next++);
    out.signals.back().part = static_cast<uint8_t>(least - rests.data());
  }
}

Workers::Workers(std::vector<std::unique_ptr<FlowEngine>>& engines,
                 Judge& judge, Snapshots& snapshots)
    : engines_(engines), judge_(judge), snapshots_(snapshots) {
  for (int i = 0; i < kJobs; ++i) {
    jobs_.push_back(std::make_unique<Job>());
    jobs_.back()->signals.resize(engines.size());
    free_.Push(jobs_.back().get());
  }
  for (size_t i = 0; i < engines.size(); ++i) {
    inputs_.push_back(std::make_unique<JobQueue>());
  }
  for (size_t i = 0; i < engines.size(); ++i) {
    threads_.emplace_back([this, i] { Work(i); });
  }
  threads_.emplace_back([this] { MergeLoop(); });
}

Workers::~Workers() {
  for (std::thread& thread : threads_) thread.join();
}

Job* Workers::Acquire() { return free_.PopNewest(); }

void Workers::Submit(Job* job) {
  job->decoded.FillShards();
  job->number = ++submitted_;
  job->pending.store(static_cast<int>(engines_.size()),
                     std::memory_order_relaxed);
  in_flight_frames_.fetch_add(job->frames.frames.size());
  for (auto& input : inputs_) input->Push(job);
  order_.Push(job);
}

void Workers::Finish(Job* last) {
  Submit(last);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Workers::Work(size_t index) {
  FlowEngine& engine = *engines_[index];
  while (true) {
    Job* job = inputs_[index]->Pop();
    const bool last = job->last();
    SignalBatch& signals = job->signals[index];
    // The reader left the decoder's anomalies with the first worker.
    const bool mixed = !signals.signals.empty();
    if (job->finish_slice < 0) {
      engine.Process(job->decoded, signals);
    } else {
      engine.Finish(FlowEnd::kEndOfInput, job->finish_slice, signals);
    }
    if (mixed) std::sort(signals.signals.begin(), signals.signals.end());
    snapshots_.Answer(index, engine, job->frames.frames.size(), job->number);
    if (job->pending.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      MutexLock lock(done_mutex_);
      done_.notify_one();
    }
    if (last) return;
  }
}

void Workers::MergeLoop() {
  SignalBatch merged;
  while (true) {
    Job* job = order_.Pop();
    if (job->pending.load(std::memory_order_acquire) != 0) {
      MutexLock lock(done_mutex_);
      while (job->pending.load(std::memory_order_acquire) != 0) {
        done_.wait(done_mutex_);
      }
    }
    MergeSignals(job->signals, merged);
    const bool last = job->last();
    judge_.TakePackets(job->decoded);
    judge_.Take(merged);
    snapshots_.Judged(job->number);
    for (SignalBatch& part : job->signals) part.Clear();
    in_flight_frames_.fetch_sub(job->frames.frames.size());
    free_.Push(job);
    if (last) return;
  }
}

}  // namespace tapline
