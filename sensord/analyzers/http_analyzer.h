// One HTTP/1 connection: its messages, one direction each.

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP_ANALYZER_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP_ANALYZER_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/http_framing.h"
#include "sensord/analyzers/http_head.h"
#include "sensord/analyzers/http_pairing.h"
#include "sensord/analyzers/stream_buffer.h"

namespace tapline::http {

// http.h says what it tells.
class HttpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool from_originator, uint64_t bytes,
             AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override;
  size_t MemoryBytes() const override {
    return sizeof(*this) + client_.buffer.MemoryBytes() +
           server_.buffer.MemoryBytes() + pairs_.MemoryBytes();
  }

 private:
  struct Side {
    enum State : uint8_t {
      kHead,
      kBody,
      // After CONNECT, until its response.
      kTunnel,
      // Only counted.
      kStopped,
    };
    StreamBuffer buffer{kMaxHeadBytes};
    // Of the head in the buffer, known to hold no end.
    uint32_t searched = 0;
    State state = kHead;
    // The last message said that it is the last.
    bool closed = false;
    // When the head at hand began.
    UnixNanos begin = 0;
    HttpBody body;
  };

  Side& SideOf(bool from_originator) {
    return from_originator == client_is_originator_ ? client_ : server_;
  }
  bool IsClient(const Side& side) const { return &side == &client_; }
  // The message of that side that is coming; null for none.
  HttpTransaction* MessageOf(const Side& side) {
    return IsClient(side) ? pairs_.request() : pairs_.response();
  }
  // Takes what it can from the front of *all.
  Next OnHeadBytes(Side& side, Bytes* all, UnixNanos clock,
                   AnalyzerOutput& out);
  Next OnHead(Side& side, absl::string_view text, bool complete,
              UnixNanos clock, AnalyzerOutput& out);
  // Nothing more comes of the head in the buffer.
  void OnCutHead(Side& side, AnalyzerOutput& out);
  void OnRequestHead(absl::string_view text, bool complete, UnixNanos clock,
                     AnalyzerOutput& out);
  Next OnResponseHead(absl::string_view text, bool complete,
                      AnalyzerOutput& out);
  // What comes after a final response's head.
  Next BeginResponse(const StatusLine& line, const MessageHead& head,
                     bool complete, AnalyzerOutput& out);
  void OnBodyBytes(Side& side, Bytes* all, UnixNanos clock,
                   AnalyzerOutput& out);
  void OnBodyEnd(Side& side, UnixNanos clock, AnalyzerOutput& out);
  // HTTP/0.9: a line of the client, then whatever the server says.
  bool TakeSimple(Side& side, absl::string_view text, AnalyzerOutput& out);
  void Identified(AnalyzerOutput& out);
  // From here on the direction is only counted; its message has no end.
  void Stop(Side& side);
  void Ambiguous(Side& side, AnalyzerOutput& out);
  Next Settled(AnalyzerOutput& out);

  Side client_;
  Side server_;
  HttpPairing pairs_;
  bool sided_ = false;
  bool client_is_originator_ = true;
  bool midstream_ = false;
  bool identified_ = false;
  // Bytes of the client came while its CONNECT waits.
  bool early_tunnel_ = false;
};

}  // namespace tapline::http

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP_ANALYZER_H_
