#include "sensord/capture/live_source.h"

#include <pcap/pcap.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/capture/capture_file.h"

namespace tapline {
namespace {

using std::chrono::milliseconds;

constexpr char kAnyInterface[] = "any";
constexpr char kLinkDown[] = "link_down";
constexpr char kInterfaceGone[] = "interface_gone";

constexpr size_t kStorageBytes = 2 << 20;
static_assert(kStorageBytes >= 2 * kMaxCapturedBytes);
constexpr milliseconds kMaxIdleWait(10);
constexpr milliseconds kGoneWait(100);
constexpr milliseconds kHousekeeping(100);
// How often the kernel is asked although no notification came.
constexpr milliseconds kRefresh(1000);
// Between attempts to open an interface that is there.
constexpr milliseconds kAttempt(250);

// Where the callback of one dispatch puts frames.
struct Sink {
  FrameBatch& batch;
  size_t used;
  uint16_t link_type;
  int64_t fraction_unit_nanos;
  const SelfFilter& self;
  uint64_t self_frames;
};

UnixNanos TimeOfHeader(const pcap_pkthdr& header, int64_t unit) {
  return header.ts.tv_sec * kSecondNanos + header.ts.tv_usec * unit;
}

void OnFrame(u_char* user, const pcap_pkthdr* header, const u_char* data) {
  Sink& sink = *reinterpret_cast<Sink*>(user);
  Frame frame;
  frame.data = data;
  frame.captured_bytes = std::min(header->caplen, kMaxCapturedBytes);
  frame.wire_bytes = std::max(header->len, frame.captured_bytes);
  frame.time = TimeOfHeader(*header, sink.fraction_unit_nanos);
  frame.link_type = sink.link_type;
  if (sink.self.IsOwn(frame)) {
    ++sink.self_frames;
    return;
  }
  uint8_t* const copy = sink.batch.storage.get() + sink.used;
  std::memcpy(copy, data, frame.captured_bytes);
  frame.data = copy;
  sink.used += frame.captured_bytes;
  sink.batch.frames.push_back(frame);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LiveSource>> LiveSource::Open(
    const LiveOptions& options, const Clock& clock) {
  auto source = absl::WrapUnique(new LiveSource(options, clock));
  RETURN_IF_ERROR(source->Init());
  return source;
}

LiveSource::~LiveSource() {
  if (stop_fd_ >= 0) close(stop_fd_);
}

absl::Status LiveSource::Init() {
  RETURN_IF_ERROR(CheckLiveOptions(options_));
  stop_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (stop_fd_ < 0) return absl::ErrnoToStatus(errno, "eventfd");
  if (options_.interface != kAnyInterface) {
    // Before the handle, so that no change in between is missed.
    ASSIGN_OR_RETURN(monitor_, LinkMonitor::Open(options_.interface));
  }
  {
    MutexLock lock(mutex_);
    filter_ = options_.filter;
  }
  absl::Status status = Attach();
  if (absl::IsUnavailable(status) && monitor_ != nullptr &&
      monitor_->state().index != 0 && !monitor_->state().up) {
    // The link type is not known yet; Ethernet's syntax will do for a check.
    status = CompileFilter(1, options_.snap_bytes, options_.filter).status();
  }
  RETURN_IF_ERROR(status);
  // A fresh link has its carrier a moment later.
  if (monitor_ != nullptr && !monitor_->state().up) {
    outages_.BeginBeforeFirst(kLinkDown, Now());
  }
  return absl::OkStatus();
}

absl::Status LiveSource::Attach() {
  ASSIGN_OR_RETURN(handle_, OpenLiveHandle(options_));
  link_type_.store(handle_.link_type);
  seen_drops_ = seen_interface_drops_ = 0;
  lost_ = false;
  {
    MutexLock lock(mutex_);
    filter_changed_ = !filter_.empty();
  }
  absl::Status status = ApplyFilter();
  if (!status.ok()) handle_ = {};
  return status;
}

void LiveSource::Detach() {
  if (handle_.device == nullptr) return;
  ReadDrops();
  handle_ = {};
}

absl::Status LiveSource::SetFilter(absl::string_view text) {
  RETURN_IF_ERROR(CompileFilter(static_cast<uint16_t>(link_type_.load()),
                                options_.snap_bytes, text)
                      .status());
  MutexLock lock(mutex_);
  filter_ = std::string(text);
  filter_changed_ = true;
  return absl::OkStatus();
}

std::string LiveSource::filter() const {
  MutexLock lock(mutex_);
  return filter_;
}

absl::Status LiveSource::ApplyFilter() {
  std::string text;
  {
    MutexLock lock(mutex_);
    if (!filter_changed_) return absl::OkStatus();
    filter_changed_ = false;
    text = filter_;
  }
  ASSIGN_OR_RETURN(auto filter,
                   CompileFilter(handle_.link_type, options_.snap_bytes, text));
  if (pcap_setfilter(handle_.device.get(), filter->program()) != 0) {
    return absl::UnavailableError(absl::StrCat(
        options_.interface, ": filter: ", pcap_geterr(handle_.device.get())));
  }
  return absl::OkStatus();
}

absl::StatusOr<ReadResult> LiveSource::Read(FrameBatch& batch) {
  batch.Clear();
  batch.clock = stamper_.clock();
  if (stopped_.load(std::memory_order_relaxed)) {
    Detach();
    return ReadResult::kEnd;
  }
  Housekeep(Steady::now());
  if (lost_) Detach();
  if (handle_.device == nullptr) return WhileGone(batch);
  RETURN_IF_ERROR(ApplyFilter());
  self_.Refresh();
  UnixNanos empty_at = Now();
  bool alive = Drain(batch);
  if (alive && batch.frames.empty()) {
    Wait(idle_wait_);
    empty_at = Now();
    alive = Drain(batch);
  }
  if (!alive) {
    lost_ = true;
    outages_.Begin(kInterfaceGone, Now());
  }
  if (batch.frames.empty()) return Idle(batch, empty_at);
  Finish(batch);
  return ReadResult::kFrames;
}

bool LiveSource::Drain(FrameBatch& batch) {
  if (batch.storage_bytes < kStorageBytes) {
    batch.storage = std::make_unique_for_overwrite<uint8_t[]>(kStorageBytes);
    batch.storage_bytes = kStorageBytes;
  }
  batch.frames.reserve(FrameBatch::kMaxFrames);
  Sink sink{batch, 0, handle_.link_type, handle_.fraction_unit_nanos, self_, 0};
  bool alive = true;
  while (true) {
    // No dispatch may be given more frames than surely fit.
    const size_t fit =
        std::min((batch.storage_bytes - sink.used) / options_.snap_bytes,
                 FrameBatch::kMaxFrames - batch.frames.size());
    if (fit == 0) break;
    const int n = pcap_dispatch(handle_.device.get(), static_cast<int>(fit),
                                &OnFrame, reinterpret_cast<u_char*>(&sink));
    alive = n >= 0;
    if (n < static_cast<int>(fit)) break;
  }
  self_frames_.Add(sink.self_frames);
  return alive;
}

void LiveSource::Finish(FrameBatch& batch) {
  uint64_t bytes = 0;
  for (Frame& frame : batch.frames) {
    stamper_.Stamp(frame);
    bytes += frame.wire_bytes;
  }
  batch.clock = stamper_.clock();
  frames_.Add(batch.frames.size());
  bytes_.Add(bytes);
  idle_wait_ = milliseconds(1);
}

ReadResult LiveSource::Idle(FrameBatch& batch, UnixNanos empty_at) {
  // Whatever was captured earlier has been handed over by now.
  stamper_.AdvanceIdle(empty_at -
                       absl::ToInt64Nanoseconds(options_.block_timeout));
  batch.clock = stamper_.clock();
  idle_wait_ = std::min(idle_wait_ * 2, kMaxIdleWait);
  return ReadResult::kIdle;
}

void LiveSource::Wait(milliseconds timeout) {
  pollfd fds[3] = {{stop_fd_, POLLIN, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}};
  if (handle_.device != nullptr) fds[1].fd = handle_.fd;
  if (monitor_ != nullptr) fds[2].fd = monitor_->fd();
  poll(fds, 3, static_cast<int>(timeout.count()));
  if ((fds[2].revents & POLLIN) != 0) next_housekeeping_ = {};
}

void LiveSource::Housekeep(Steady::time_point now) {
  if (now < next_housekeeping_) return;
  next_housekeeping_ = now + kHousekeeping;
  if (handle_.device != nullptr) ReadDrops();
  if (monitor_ == nullptr) return;
  const auto on_change = [this](const LinkState& state) { OnLink(state); };
  monitor_->Poll(on_change);
  if (now < next_refresh_) return;
  next_refresh_ = now + kRefresh;
  // Unanswered it is asked again.
  monitor_->Refresh(on_change).IgnoreError();
}

bool LiveSource::Present() {
  if (monitor_ == nullptr) return true;
  if (!monitor_->state().up) return false;
  // The handle can fail before the kernel's word of why has been read. Read
  // after attaching, it would be taken for an outage of the new handle.
  const absl::Status known =
      monitor_->Refresh([this](const LinkState& state) { OnLink(state); });
  return known.ok() && monitor_->state().up;
}

void LiveSource::OnLink(const LinkState& state) {
  next_attempt_ = {};
  if (handle_.device != nullptr && state.index != handle_.index) lost_ = true;
  if (lost_ || state.index == 0) {
    outages_.Begin(kInterfaceGone, Now());
  } else if (!state.up) {
    outages_.Begin(kLinkDown, Now());
  } else if (handle_.device != nullptr) {
    outages_.End(Now());
  }
}

void LiveSource::ReadDrops() {
  pcap_stat stats;
  if (pcap_stats(handle_.device.get(), &stats) != 0) return;
  // Differences of 32-bit counts, which wrap.
  kernel_drops_.Add(static_cast<uint32_t>(stats.ps_drop - seen_drops_));
  interface_drops_.Add(
      static_cast<uint32_t>(stats.ps_ifdrop - seen_interface_drops_));
  seen_drops_ = stats.ps_drop;
  seen_interface_drops_ = stats.ps_ifdrop;
}

absl::StatusOr<ReadResult> LiveSource::WhileGone(FrameBatch& batch) {
  const Steady::time_point now = Steady::now();
  if (now >= next_attempt_ && Present()) {
    next_attempt_ = now + kAttempt;
    const absl::Status status = Attach();
    if (status.ok()) {
      outages_.End(Now());
      return Idle(batch, Now());
    }
    // A later attempt may succeed where it is busy or gone again.
    if (!absl::IsUnavailable(status) && !absl::IsNotFound(status)) {
      return status;
    }
  }
  const UnixNanos empty_at = Now();
  Wait(kGoneWait);
  return Idle(batch, empty_at);
}

CaptureCounters LiveSource::counters() const {
  CaptureCounters c;
  c.frames = frames_.Get();
  c.bytes = bytes_.Get();
  c.kernel_drops = kernel_drops_.Get();
  c.interface_drops = interface_drops_.Get();
  c.self_frames = self_frames_.Get();
  c.steps_back = stamper_.steps_back();
  c.jumps_forward = stamper_.jumps_forward();
  c.outages = outages_.count();
  return c;
}

void LiveSource::Stop() {
  stopped_.store(true, std::memory_order_relaxed);
  const uint64_t one = 1;
  // Cannot fail: the counter of a fresh eventfd is far from full.
  [[maybe_unused]] const ssize_t n = write(stop_fd_, &one, sizeof one);
}

bool LiveSource::Waiting(std::string* reason) const {
  const char* current = outages_.current();
  if (current == nullptr) return false;
  if (reason != nullptr) *reason = current;
  return true;
}

}  // namespace tapline
