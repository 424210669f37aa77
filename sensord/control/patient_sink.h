// A file can wait for the disk: what a replay gives out does not push records
// out of the rings, neither its own nor those of the live source.

#ifndef TAPLINE_SENSORD_CONTROL_PATIENT_SINK_H_
#define TAPLINE_SENSORD_CONTROL_PATIENT_SINK_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>

#include "absl/time/time.h"
#include "sensord/journal/record_sink.h"

namespace tapline {

// Thread safety: HurryUp from any thread, the rest as RecordSink.
class PatientSink final : public RecordSink {
 public:
  // `sink` must outlive it.
  explicit PatientSink(RecordSink& sink) : sink_(sink) {}

  // As many at a time as there is room for.
  void Accept(absl::Span<v1::Record* const> records) override {
    const size_t most = sink_.room_records();
    for (; !records.empty();
         records.remove_prefix(std::min(most, records.size()))) {
      AwaitRoomForSome();
      sink_.Accept(records.first(std::min(most, records.size())));
    }
  }
  bool Wants(v1::RecordKind kind) const override { return sink_.Wants(kind); }
  bool AwaitRoom(absl::Duration wait) override { return sink_.AwaitRoom(wait); }
  size_t room_records() const override { return sink_.room_records(); }
  // Gives up with the look at which it is hurried.
  bool AwaitStored(absl::Duration wait) override {
    const auto deadline =
        std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(wait);
    for (;;) {
      const absl::Duration left =
          absl::FromChrono(deadline - std::chrono::steady_clock::now());
      if (sink_.AwaitStored(std::min(left, kLook))) return true;
      if (hurried_.load() || left <= kLook) return false;
    }
  }

  // Ends the waiting for good: the replay is to stop.
  void HurryUp() { hurried_.store(true); }

 private:
  // 10 s in all.
  static constexpr absl::Duration kLook = absl::Milliseconds(100);
  static constexpr int kLooks = 100;

  // Waits for room, but not for ever when nothing moves: then the rings count
  // what they lose, as for everyone, until there is room again.
  void AwaitRoomForSome() {
    bool room = sink_.AwaitRoom(absl::ZeroDuration());
    for (int i = 0; !room && i < looks_ && !hurried_.load(); ++i) {
      room = sink_.AwaitRoom(kLook);
    }
    looks_ = room ? kLooks : 0;
  }

  RecordSink& sink_;
  std::atomic<bool> hurried_{false};
  int looks_ = kLooks;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CONTROL_PATIENT_SINK_H_
