// What one protocol's unit offers, and how to add one.
//
// A protocol is a folderless unit analyzers/<name>.{h,cc} with a function
// Unit() in namespace tapline::<name>, its message
// proto/tapline/v1/<name>.proto with an arm in event.proto (none when the
// protocol is only named; its numbers come as sensord/event/fields/<name>.h),
// its test tests/sensord/analyzers/<name>_test.cc, and one line in
// common/net/protocols.def. Nothing else names it.

#ifndef TAPLINE_SENSORD_ANALYZERS_ANALYZER_H_
#define TAPLINE_SENSORD_ANALYZERS_ANALYZER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sensord/event/protocol.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

using Bytes = absl::Span<const uint8_t>;

inline absl::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What an analyzer wants after it took bytes.
enum class Want : uint8_t {
  kMore,
  // Everything there is to know is known.
  kDone,
  // Another protocol begins here (STARTTLS, CONNECT, Upgrade): the last `rest`
  // bytes of the segment and all later ones are identified anew, or read by
  // `unit`.
  kOther,
  // This is not the protocol after all; what was told of it so far stands.
  kWrong,
};

struct AnalyzerUnit;

struct Next {
  Want want = Want::kMore;
  // With kOther.
  size_t rest = 0;
  // With kOther: what was agreed on; null when the bytes have to tell.
  const AnalyzerUnit* unit = nullptr;

  Next() = default;
  Next(Want w, size_t r = 0) : want(w), rest(r) {}  // NOLINT: meant to convert
};

// Understands one protocol on one flow. Holds at most about 64 KiB.
// Thread safety: single-threaded.
class Analyzer {
 public:
  virtual ~Analyzer() = default;
  // The next bytes of a direction, or one datagram. The bytes that led to the
  // identification come first, in the order they were seen.
  virtual Next OnData(const Segment& segment, AnalyzerOutput& out) = 0;
  // `bytes` of a direction are missing here. Only framing that proves where the
  // next message begins lets an analyzer go on.
  virtual Next OnGap(bool /*from_originator*/, uint64_t /*bytes*/,
                     AnalyzerOutput& /*out*/) {
    return Want::kDone;
  }
  // The flow is over; not called after kDone, kOther or kWrong.
  virtual void OnEnd(AnalyzerOutput& /*out*/) {}
  // What it holds, itself included.
  virtual size_t MemoryBytes() const = 0;
};

// How sure a look at the first bytes can be.
enum class Match : uint8_t {
  kNo,
  // Not decided; more bytes of either direction may.
  kMore,
  // As it should look, but chance or another protocol could bring that too: the
  // port decides.
  kWeak,
  // Datagrams: as it may look, and only several of them tell. When nobody else
  // claims the flow the analyzer is opened; it identifies the flow itself, or
  // says kWrong, and the others are asked about the datagram at hand.
  kTry,
  kYes,
};

// The first bytes of a flow, as far as they came; or one datagram, in the place
// of its direction.
struct Opening {
  Bytes from_originator;
  Bytes from_responder;
  bool datagram = false;
  // Datagram: who sent it. Stream: who spoke first.
  bool originator_first = true;
  // Stream: the beginning was not seen.
  bool midstream = false;
  // Datagram: the snap length cut it short.
  bool truncated = false;
  uint16_t originator_port = 0;
  uint16_t responder_port = 0;

  // What was sent first; of a datagram all there is.
  Bytes first() const {
    return originator_first ? from_originator : from_responder;
  }
};

struct UnitPort {
  enum Transport : uint8_t { kTcp = 6, kUdp = 17 };
  Transport transport;
  uint16_t port;
  // Where a unit knows several protocols (DNS: mDNS, LLMNR).
  Protocol protocol;
};

// What all flows of one engine share within a unit: a limit over them, what is
// dear to set up. Thread safety: single-threaded.
class UnitState {
 public:
  virtual ~UnitState() = default;
};

// One protocol, or a family read by one parser. Static storage.
struct AnalyzerUnit {
  // What it is told as unless the analyzer says otherwise.
  Protocol protocol = Protocol::kUnknown;
  bool tcp = false;
  bool udp = false;
  // Not TCP or UDP but this IP protocol; 0 for none.
  uint8_t ip_protocol = 0;
  // Usual ports, responder's side (IANA registry, or common use).
  absl::Span<const UnitPort> ports = {};
  // Looks at the first bytes: no state, any bytes, bounded time.
  Match (*probe)(const Opening& opening) = nullptr;
  // Both null: the protocol is only named.
  std::unique_ptr<Analyzer> (*open)(const FlowIdentity& flow) = nullptr;
  // In place of `open`, with what new_state made for this engine's flows of
  // the same transport; `state` outlives the analyzer.
  std::unique_ptr<Analyzer> (*open_shared)(const FlowIdentity& flow,
                                           UnitState& state) = nullptr;
  // `units`: those switched on for the transport, this one among them.
  std::unique_ptr<UnitState> (*new_state)(
      absl::Span<const AnalyzerUnit* const> units) = nullptr;

  bool IsRead() const { return open != nullptr || open_shared != nullptr; }
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_ANALYZER_H_
