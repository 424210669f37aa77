#include "sensord/analyzers/http_analyzer.h"

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "sensord/analyzers/http2.h"
#include "sensord/analyzers/text_head.h"
#include "sensord/analyzers/websocket.h"

namespace tapline::http {
namespace {

// What 101 agreed on; null when it is to be recognized by its bytes.
const AnalyzerUnit* UnitOf(absl::string_view upgrade,
                           bool client_is_originator) {
  if (upgrade == "websocket") {
    return &websocket::UnitFor(client_is_originator);
  }
  if (upgrade == "h2c") return &http2::Unit();
  return nullptr;
}

}  // namespace

Next HttpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (!sided_) {
    sided_ = true;
    midstream_ = segment.midstream;
    client_is_originator_ =
        IsResponse(segment.text()) != segment.from_originator;
  }
  Side& side = SideOf(segment.from_originator);
  Bytes all = side.state == Side::kHead ? side.buffer.Add(segment.bytes)
                                        : segment.bytes;
  while (!all.empty()) {
    if (side.state == Side::kHead) {
      const size_t before = all.size();
      const Next next = OnHeadBytes(side, &all, segment.clock, out);
      if (next.want != Want::kMore) return next;
      if (all.size() == before && side.state == Side::kHead) break;
    } else if (side.state == Side::kBody) {
      OnBodyBytes(side, &all, segment.clock, out);
    } else {
      early_tunnel_ |= side.state == Side::kTunnel;
      HttpTransaction* message = MessageOf(side);
      if (message != nullptr) {
        (IsClient(side) ? message->request_bytes : message->response_bytes) +=
            all.size();
      }
      all = {};
    }
  }
  side.buffer.Keep(all);
  return Settled(out);
}

Next HttpAnalyzer::OnHeadBytes(Side& side, Bytes* all, UnixNanos clock,
                               AnalyzerOutput& out) {
  absl::string_view text = TextOf(*all);
  if (side.searched == 0) {
    // RFC 9112 2.2: empty lines before a message are nothing.
    size_t skipped = text.find_first_not_of("\r\n");
    if (skipped == absl::string_view::npos) skipped = text.size();
    all->remove_prefix(skipped);
    text.remove_prefix(skipped);
    if (text.empty()) return Want::kMore;
    if (!IsClient(side) && absl::StartsWith(text, "SSH-")) {
      // Asked at the wrong door: the server says what it is.
      pairs_.TellAll(out);
      Next next = Want::kOther;
      next.rest = all->size();
      return next;
    }
    side.begin = clock;
    if (side.closed) {
      out.Anomaly("http.data_after_close");
      Ambiguous(side, out);
      return Want::kMore;
    }
  }
  const size_t end = FindHeadEnd(text.substr(0, kMaxHeadBytes), side.searched);
  if (end != absl::string_view::npos) {
    side.searched = 0;
    Next next = OnHead(side, text.substr(0, end), true, clock, out);
    all->remove_prefix(end);
    next.rest = all->size();
    return next;
  }
  if (TakeSimple(side, text, out)) return Want::kMore;
  if (text.size() < kMaxHeadBytes) {
    side.searched = static_cast<uint32_t>(text.size());
    return Want::kMore;
  }
  out.Anomaly("http.head_too_large");
  const size_t lines = text.substr(0, kMaxHeadBytes).rfind('\n') + 1;
  const Next next = OnHead(side, text.substr(0, lines), false, clock, out);
  all->remove_prefix(lines);
  return next;
}

Next HttpAnalyzer::OnHead(Side& side, absl::string_view text, bool complete,
                          UnixNanos clock, AnalyzerOutput& out) {
  if (!IsClient(side)) return OnResponseHead(text, complete, out);
  OnRequestHead(text, complete, clock, out);
  return Want::kMore;
}

void HttpAnalyzer::OnCutHead(Side& side, AnalyzerOutput& out) {
  if (side.state == Side::kHead && side.searched > 0) {
    const absl::string_view text = TextOf(side.buffer.Add({}));
    const size_t lines = text.rfind('\n') + 1;
    if (lines > 0) OnHead(side, text.substr(0, lines), false, side.begin, out);
  }
  Stop(side);
}

bool HttpAnalyzer::TakeSimple(Side& side, absl::string_view text,
                              AnalyzerOutput& out) {
  HttpTransaction* waiting = pairs_.next();
  if (!IsClient(side)) {
    if (waiting == nullptr || waiting->version != absl::string_view("0.9") ||
        absl::StartsWith("HTTP/1.", text.substr(0, 7))) {
      return false;
    }
    pairs_.BeginResponse()->response_begin = side.begin;
    side.body.Begin(HttpBody::kUntilClose);
    side.state = Side::kBody;
    return true;
  }
  RequestLine line;
  if (waiting != nullptr || !absl::StrContains(text, '\n') ||
      !ParseRequestLine(HeadReader(text).StartLine(), &line) ||
      line.version != absl::string_view("0.9")) {
    return false;
  }
  auto request = std::make_unique<HttpTransaction>();
  request->version = line.version;
  request->SetMethod(line.method);
  request->SetTarget(line.target);
  request->request_begin = request->request_end = side.begin;
  pairs_.Begin(std::move(request), out);
  pairs_.EndRequest(out);
  Stop(side);
  return true;
}

void HttpAnalyzer::Identified(AnalyzerOutput& out) {
  if (!identified_) out.Identify(Protocol::kHttp, ProtocolBasis::kDecoded, 100);
  identified_ = true;
}

void HttpAnalyzer::OnRequestHead(absl::string_view text, bool complete,
                                 UnixNanos clock, AnalyzerOutput& out) {
  auto request = std::make_unique<HttpTransaction>();
  RequestLine line;
  const MessageHead head =
      ReadRequestHead(text, complete, &line, request.get(), out);
  if (!head.valid) {
    out.Anomaly("http.malformed");
    Stop(client_);
    return;
  }
  Identified(out);
  out.Host(request->Get(HttpTransaction::kHost));
  request->request_begin = client_.begin;
  request->request_end = clock;
  pairs_.Begin(std::move(request), out);
  client_.closed = head.close;
  if (head.ambiguous) return Ambiguous(client_, out);
  if (!complete) return Stop(client_);
  if (line.method == "CONNECT") {
    pairs_.EndRequest(out);
    client_.state = Side::kTunnel;
    return;
  }
  const bool has_length = head.framing.length() > 0;
  client_.body.Begin(head.framing.chunked() ? HttpBody::kChunked
                     : has_length           ? HttpBody::kLength
                                            : HttpBody::kNone,
                     head.framing.length());
  client_.state = Side::kBody;
  if (client_.body.done()) OnBodyEnd(client_, clock, out);
}

Next HttpAnalyzer::OnResponseHead(absl::string_view text, bool complete,
                                  AnalyzerOutput& out) {
  // A response that came before the end of its request is over now.
  pairs_.TellCurrent(out);
  StatusLine line;
  HttpTransaction unasked;
  unasked.unmatched = true;
  const bool asked = pairs_.next() != nullptr;
  const MessageHead head =
      ReadResponseHead(text, &line, asked ? pairs_.next() : &unasked, out);
  if (!head.valid) {
    out.Anomaly("http.malformed");
    Stop(server_);
    return Want::kMore;
  }
  Identified(out);
  if (line.status < 200 && line.status != 101) {
    if (head.ambiguous || head.framing.has_length() || head.framing.coded()) {
      Ambiguous(server_, out);
    }
    return Want::kMore;
  }
  // A server gives up on an idle client unasked (RFC 9110 15.5.9).
  if (!asked && !pairs_.gave_up() && !midstream_ &&
      client_.state != Side::kStopped && line.status != 408) {
    out.Anomaly("http.response_without_request");
  }
  HttpTransaction* answered = pairs_.BeginResponse();
  if (!asked) *answered = std::move(unasked);
  answered->response_begin = server_.begin;
  server_.closed = head.close;
  return BeginResponse(line, head, complete, out);
}

Next HttpAnalyzer::BeginResponse(const StatusLine& line,
                                 const MessageHead& head, bool complete,
                                 AnalyzerOutput& out) {
  const HttpTransaction& answered = *pairs_.response();
  const absl::string_view method = answered.Get(HttpTransaction::kMethod);
  const bool tunnel =
      line.status / 100 == 2 &&
      (method == "CONNECT" ||
       (answered.unmatched &&
        absl::EqualsIgnoreCase(line.reason, "connection established")));
  if (complete && (tunnel || line.status == 101)) {
    if (early_tunnel_) out.Anomaly("http.data_before_tunnel");
    Next next = Want::kOther;
    next.unit =
        UnitOf(answered.Get(HttpTransaction::kUpgrade), client_is_originator_);
    pairs_.TellAll(out);
    return next;
  }
  if (client_.state == Side::kTunnel && method == "CONNECT") {
    client_.state = early_tunnel_ ? Side::kStopped : Side::kHead;
  }
  // RFC 9112 6.3: some responses have no body, whatever their fields say.
  const bool bodiless =
      method == "HEAD" || line.status == 204 || line.status == 304;
  const bool odd =
      line.status == 204 && (head.framing.length() > 0 || head.framing.coded());
  const bool old_coded =
      head.framing.coded() && line.version == absl::string_view("1.0");
  if (head.ambiguous || odd || (old_coded && !bodiless)) {
    Ambiguous(server_, out);
    return Want::kMore;
  }
  if (!complete) {
    Stop(server_);
    return Want::kMore;
  }
  HttpBody::Kind kind = HttpBody::kUntilClose;
  if (bodiless) {
    kind = HttpBody::kNone;
  } else if (head.framing.chunked()) {
    kind = HttpBody::kChunked;
  } else if (head.framing.has_length() && !head.framing.coded()) {
    kind = HttpBody::kLength;
  }
  server_.body.Begin(kind, head.framing.length());
  server_.state = Side::kBody;
  if (server_.body.done()) OnBodyEnd(server_, server_.begin, out);
  return Want::kMore;
}

void HttpAnalyzer::OnBodyBytes(Side& side, Bytes* all, UnixNanos clock,
                               AnalyzerOutput& out) {
  all->remove_prefix(side.body.Take(TextOf(*all)));
  HttpTransaction* message = MessageOf(side);
  if (message != nullptr) {
    (IsClient(side) ? message->request_bytes : message->response_bytes) =
        side.body.seen();
  }
  if (side.body.broken()) {
    Ambiguous(side, out);
  } else if (side.body.done()) {
    OnBodyEnd(side, clock, out);
  }
}

void HttpAnalyzer::OnBodyEnd(Side& side, UnixNanos clock, AnalyzerOutput& out) {
  HttpTransaction* message = MessageOf(side);
  side.state = Side::kHead;
  // Null: the response was over before, and the next one came.
  if (message == nullptr) return;
  if (IsClient(side)) {
    message->request_end = clock;
    message->request_incomplete = side.body.missing() > 0;
    pairs_.EndRequest(out);
  } else {
    message->response_incomplete = side.body.missing() > 0;
    pairs_.EndResponse(out);
  }
}

void HttpAnalyzer::Stop(Side& side) {
  side.state = Side::kStopped;
  side.searched = 0;
  if (IsClient(side)) {
    pairs_.CutRequest();
  } else if (pairs_.response() != nullptr) {
    pairs_.response()->response_incomplete = true;
  }
}

void HttpAnalyzer::Ambiguous(Side& side, AnalyzerOutput& out) {
  out.Anomaly(kFramingAmbiguous);
  out.Ambiguous();
  Stop(side);
}

Next HttpAnalyzer::Settled(AnalyzerOutput& out) {
  if (client_.state != Side::kStopped || server_.state != Side::kStopped) {
    return Want::kMore;
  }
  pairs_.TellAll(out);
  return Want::kDone;
}

Next HttpAnalyzer::OnGap(bool from_originator, uint64_t bytes,
                         AnalyzerOutput& out) {
  if (!sided_) return Want::kDone;
  Side& side = SideOf(from_originator);
  if (side.state == Side::kHead) {
    OnCutHead(side, out);
  } else if (side.state == Side::kBody) {
    if (!side.body.Skip(bytes)) {
      Stop(side);
    } else if (side.body.done()) {
      OnBodyEnd(side, side.begin, out);
    }
  }
  return Settled(out);
}

void HttpAnalyzer::OnEnd(AnalyzerOutput& out) {
  OnCutHead(client_, out);
  const bool until_close = server_.state == Side::kBody &&
                           server_.body.kind() == HttpBody::kUntilClose &&
                           server_.body.missing() == 0;
  if (!until_close) OnCutHead(server_, out);
  pairs_.TellAll(out);
}

}  // namespace tapline::http
