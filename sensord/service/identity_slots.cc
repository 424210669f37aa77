#include "sensord/service/identity_slots.h"

namespace tapline {

IdentitySlots::IdentitySlots(size_t count) : count_(count), slots_(count) {}

absl::optional<size_t> IdentitySlots::Acquire(const Peer& peer,
                                              absl::Time now) {
  MutexLock lock(mutex_);
  absl::optional<size_t> oldest;
  for (size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.assigned && slot.peer == peer) {
      ++slot.connections;
      slot.last_used = now;
      return i;
    }
    bool free = !slot.assigned ||
                (slot.connections == 0 && now - slot.last_used >= kQuiet);
    if (free &&
        (!oldest.has_value() || slot.last_used < slots_[*oldest].last_used)) {
      oldest = i;
    }
  }
  if (!oldest.has_value()) return absl::nullopt;
  slots_[*oldest] = Slot{true, peer, PeerToText(peer), 1, now};
  return oldest;
}

void IdentitySlots::Release(size_t slot, absl::Time now) {
  MutexLock lock(mutex_);
  --slots_[slot].connections;
  slots_[slot].last_used = now;
}

std::string IdentitySlots::TextOf(size_t slot) const {
  MutexLock lock(mutex_);
  return slots_[slot].text;
}

}  // namespace tapline
