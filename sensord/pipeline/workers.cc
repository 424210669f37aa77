#include "sensord/pipeline/workers.h"

#include <algorithm>
#include <utility>

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

namespace {

// Moves `from` behind `to`, which keeps its memory or takes over that of
// `from`. Where the first of `from` is now.
template <typename T>
uint32_t Append(std::vector<T>& from, std::vector<T>& to) {
  if (to.empty()) to.swap(from);
  const auto offset = static_cast<uint32_t>(to.size());
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
  return from.empty() ? 0 : offset;
}

}  // namespace

SignalMerger::Offsets SignalMerger::Adopt(SignalBatch& from, SignalBatch& to) {
  return {.flows = Append(from.flows, to.flows),
          .sessions = Append(from.sessions, to.sessions),
          .arps = Append(from.arps, to.arps),
          .dns = Append(from.dns, to.dns),
          .anomalies = Append(from.anomalies, to.anomalies),
          .traffic = Append(from.traffic, to.traffic)};
}

uint32_t SignalMerger::Offsets::Of(SignalKind kind) const {
  switch (kind) {
    case SignalKind::kFlowClosed:
    case SignalKind::kFlowUpdated:
      return flows;
    case SignalKind::kSessionEnded:
      return sessions;
    case SignalKind::kArp:
      return arps;
    case SignalKind::kDnsMessage:
    case SignalKind::kDnsTransaction:
      return dns;
    case SignalKind::kAnomaly:
      return anomalies;
    case SignalKind::kTraffic:
      return traffic;
    default:
      return 0;
  }
}

void SignalMerger::Merge(std::vector<SignalBatch>& parts, SignalBatch& out) {
  out.Clear();
  offsets_.clear();
  for (SignalBatch& part : parts) offsets_.push_back(Adopt(part, out));
  next_.assign(parts.size(), 0);
  while (true) {
    int least = -1;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (next_[i] == parts[i].signals.size()) continue;
      if (least < 0 ||
          parts[i].signals[next_[i]] < parts[least].signals[next_[least]]) {
        least = static_cast<int>(i);
      }
    }
    if (least < 0) break;
    out.signals.push_back(parts[least].signals[next_[least]++]);
    Signal& signal = out.signals.back();
    signal.detail += offsets_[least].Of(signal.kind);
  }
  out.watermark = parts.front().watermark;
  for (SignalBatch& part : parts) {
    out.watermark = std::min(out.watermark, part.watermark);
    part.Clear();
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
    snapshots_.Answer(index, engine);
    if (job->pending.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      MutexLock lock(done_mutex_);
      done_.notify_one();
    }
    if (last) return;
  }
}

void Workers::MergeLoop() {
  SignalMerger merger;
  SignalBatch merged;
  while (true) {
    Job* job = order_.Pop();
    if (job->pending.load(std::memory_order_acquire) != 0) {
      MutexLock lock(done_mutex_);
      while (job->pending.load(std::memory_order_acquire) != 0) {
        done_.wait(done_mutex_);
      }
    }
    merger.Merge(job->signals, merged);
    const bool last = job->last();
    judge_.TakePackets(job->decoded);
    in_flight_frames_.fetch_sub(job->frames.frames.size());
    free_.Push(job);
    judge_.Take(merged);
    if (last) return;
  }
}

}  // namespace tapline
