#include "sensord/analyzers/radius.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sensord/analyzers/login.h"
#include "sensord/analyzers/radius_message.h"
#include "sensord/event/fields/radius.h"

namespace tapline::radius {
namespace {

namespace field = fields::radius;

constexpr size_t kMaxPending = 32;

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 1812, Protocol::kRadius},
    {UnitPort::kUdp, 1813, Protocol::kRadius},
    {UnitPort::kUdp, 1645, Protocol::kRadius},
    {UnitPort::kUdp, 1646, Protocol::kRadius},
    {UnitPort::kUdp, 3799, Protocol::kRadius},
};

bool IsUsualPort(const Opening& opening) {
  for (const UnitPort& row : kPorts) {
    if (row.port == opening.responder_port ||
        row.port == opening.originator_port) {
      return true;
    }
  }
  return false;
}

// Elsewhere a response has too little in it to be sure, and a request must say
// who asks.
Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  RadiusMessage message;
  if (!message.Read(first, opening.truncated)) return Match::kNo;
  const bool padded = first.size() > (size_t{first[2]} << 8 | size_t{first[3]});
  if (IsUsualPort(opening)) return padded ? Match::kWeak : Match::kYes;
  const bool asks = message.has_nas_address || !message.nas_identifier.empty();
  return !padded && IsRadiusRequest(message.code) && asks &&
                 message.attributes >= 2
             ? Match::kYes
             : Match::kWeak;
}

class RadiusAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const Request& request : waiting_) Tell(&request, nullptr, 0, out);
  }
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this) + waiting_.capacity() * sizeof(Request);
    for (const Request& request : waiting_) {
      bytes += request.message.user.capacity() +
               request.message.nas_identifier.capacity() +
               request.message.called_station.capacity() +
               request.message.calling_station.capacity();
    }
    return bytes;
  }

 private:
  struct Request {
    RadiusMessage message;
    UnixNanos clock = 0;
    bool from_originator = true;
  };

  static bool Answers(const Request& request, const RadiusMessage& response);
  static void WriteRequest(const RadiusMessage& asked, EventWriter& event);
  // At least one of both.
  static void Tell(const Request* request, const RadiusMessage* response,
                   uint64_t rtt_ns, AnalyzerOutput& out);

  std::vector<Request> waiting_;
};

bool RadiusAnalyzer::Answers(const Request& request,
                             const RadiusMessage& response) {
  const uint8_t asked = request.message.code;
  switch (response.code) {
    case kRadiusAccountingResponse:
      return asked == kRadiusAccountingRequest || asked == kRadiusStatusServer;
    case kRadiusAccessAccept:
    case kRadiusAccessReject:
    case kRadiusAccessChallenge:
      return asked == kRadiusAccessRequest || asked == kRadiusStatusServer;
    case kRadiusDisconnectAck:
    case kRadiusDisconnectNak:
      return asked == kRadiusDisconnectRequest;
    default:
      return asked == kRadiusCoaRequest;
  }
}

Next RadiusAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  RadiusMessage message;
  if (!message.Read(segment.bytes, segment.truncated)) {
    if (!segment.truncated) out.Anomaly("radius.malformed");
    return Want::kMore;
  }
  out.Identify(Protocol::kRadius, ProtocolBasis::kDecoded, 100);
  const auto same_id = [&](const Request& request) {
    return request.message.id == message.id;
  };
  if (IsRadiusRequest(message.code)) {
    const auto again = [&](const Request& request) {
      return same_id(request) && request.message.code == message.code &&
             request.from_originator == segment.from_originator;
    };
    if (std::any_of(waiting_.begin(), waiting_.end(), again)) {
      return Want::kMore;
    }
    if (waiting_.size() == kMaxPending) {
      Tell(&waiting_.front(), nullptr, 0, out);
      waiting_.erase(waiting_.begin());
    }
    waiting_.push_back(
        {std::move(message), segment.clock, segment.from_originator});
    return Want::kMore;
  }
  const auto found = std::find_if(
      waiting_.begin(), waiting_.end(), [&](const Request& request) {
        return same_id(request) && Answers(request, message) &&
               request.from_originator != segment.from_originator;
      });
  if (found == waiting_.end()) {
    Tell(nullptr, &message, 0, out);
    return Want::kMore;
  }
  const UnixNanos rtt = segment.clock - found->clock;
  Tell(&*found, &message, rtt > 0 ? static_cast<uint64_t>(rtt) : 1, out);
  waiting_.erase(found);
  return Want::kMore;
}

void RadiusAnalyzer::WriteRequest(const RadiusMessage& asked,
                                  EventWriter& event) {
  const auto text = [&event](TextField to, absl::string_view value) {
    if (!value.empty()) event.Set(to, value);
  };
  event.SetSafe(field::kRequest, RadiusCodeName(asked.code));
  if (asked.has_nas_address) {
    event.SetSafe(field::kNasAddress, asked.nas_address.ToString());
  }
  text(field::kNasIdentifier, asked.nas_identifier);
  if (asked.nas_port != 0) event.Set(field::kNasPort, asked.nas_port);
  if (asked.nas_port_type != ~0u) {
    text(field::kNasPortType, RadiusPortTypeName(asked.nas_port_type));
  }
  text(field::kCalledStation, asked.called_station);
  text(field::kCallingStation, asked.calling_station);
  if (asked.service_type != 0) {
    text(field::kServiceType, RadiusServiceName(asked.service_type));
  }
  if (asked.accounting_status != 0) {
    text(field::kAccountingStatus, RadiusStatusName(asked.accounting_status));
    event.Set(field::kSessionSeconds, asked.session_seconds);
    event.Set(field::kSessionBytesIn, asked.bytes_in);
    event.Set(field::kSessionBytesOut, asked.bytes_out);
  }
}

void RadiusAnalyzer::Tell(const Request* request, const RadiusMessage* response,
                          uint64_t rtt_ns, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  const RadiusMessage& first =
      request != nullptr ? request->message : *response;
  const RadiusMessage& last = response != nullptr ? *response : first;
  if (!first.user.empty()) event.Set(field::kUser, first.user);
  if (first.method != nullptr) event.SetSafe(field::kMethod, first.method);
  if (first.eap_type != 0) {
    event.SetSafe(field::kEapType, EapTypeName(first.eap_type));
  }
  const RadiusMessage& framed = last.has_framed_address ? last : first;
  if (framed.has_framed_address) {
    event.SetSafe(field::kFramedAddress, framed.framed_address.ToString());
  }
  if (request != nullptr) {
    WriteRequest(first, event);
  } else {
    event.Set(field::kUnmatched, true);
  }
  if (response == nullptr) return;
  event.Set(field::kAnswered, true);
  event.SetSafe(field::kResponse, RadiusCodeName(response->code));
  event.Set(field::kSuccess, response->code == kRadiusAccessAccept ||
                                 response->code == kRadiusAccountingResponse ||
                                 response->code == kRadiusDisconnectAck ||
                                 response->code == kRadiusCoaAck);
  // Status-Server is answered by the same.
  const bool login =
      request == nullptr || request->message.code == kRadiusAccessRequest;
  if (login && (response->code == kRadiusAccessAccept ||
                response->code == kRadiusAccessReject)) {
    const bool accepted = response->code == kRadiusAccessAccept;
    event.Set(field::kLogin, static_cast<uint64_t>(accepted ? Login::kSucceeded
                                                            : Login::kFailed));
  }
  if (rtt_ns != 0) event.Set(field::kRttNs, rtt_ns);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<RadiusAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kRadius,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::radius
