#include "sensord/analyzers/netbios.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "common/net/mac_address.h"
#include "sensord/analyzers/netbios_message.h"
#include "sensord/event/fields/netbios.h"

namespace tapline::netbios {
namespace {

namespace field = fields::netbios;
namespace name_field = fields::netbios_name;

constexpr size_t kMaxPending = 32;
constexpr size_t kMaxDatagrams = 32;

constexpr UnitPort kPorts[] = {
    {UnitPort::kUdp, 137, Protocol::kNetbios},
    {UnitPort::kUdp, 138, Protocol::kNetbios},
};

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  return IsNetbiosNameMessage(first) || IsNetbiosDatagram(first) ? Match::kYes
                                                                 : Match::kNo;
}

absl::string_view ActionName(const NetbiosNameMessage& message) {
  switch (message.opcode) {
    case kNetbiosQuery:
      return message.type == kNetbiosTypeStatus ? "status" : "query";
    case kNetbiosRelease:
      return "release";
    case kNetbiosWait:
      return "wait";
    case kNetbiosRefresh:
    case kNetbiosRefreshAlternative:
      return "refresh";
    default:
      return "registration";
  }
}

class NetbiosAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    for (const Request& request : waiting_) Tell(&request, nullptr, 0, out);
  }
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this) + waiting_.capacity() * sizeof(Request) +
                   datagrams_.capacity() * sizeof(NetbiosDatagram);
    for (const Request& request : waiting_) {
      bytes += request.message.addresses.capacity() * sizeof(IpAddress) +
               request.message.names.capacity() * sizeof(NetbiosLabel);
    }
    for (const NetbiosDatagram& told : datagrams_) {
      bytes += told.mailslot.capacity();
    }
    return bytes;
  }

 private:
  struct Request {
    NetbiosNameMessage message;
    UnixNanos clock = 0;
    bool from_originator = true;
  };

  void OnNameMessage(const Segment& segment, NetbiosNameMessage message,
                     AnalyzerOutput& out);
  void OnDatagram(NetbiosDatagram datagram, AnalyzerOutput& out);
  // At least one of both.
  static void Tell(const Request* request, const NetbiosNameMessage* response,
                   uint64_t rtt_ns, AnalyzerOutput& out);

  std::vector<Request> waiting_;
  // Told already.
  std::vector<NetbiosDatagram> datagrams_;
};

Next NetbiosAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  NetbiosNameMessage message;
  NetbiosDatagram datagram;
  if (IsNetbiosDatagram(segment.bytes) &&
      datagram.Read(segment.bytes, segment.truncated)) {
    out.Identify(Protocol::kNetbios, ProtocolBasis::kDecoded, 100);
    OnDatagram(std::move(datagram), out);
  } else if (message.Read(segment.bytes, segment.truncated)) {
    out.Identify(Protocol::kNetbios, ProtocolBasis::kDecoded, 100);
    OnNameMessage(segment, std::move(message), out);
  } else if (!segment.truncated) {
    out.Anomaly("netbios.malformed");
  }
  return Want::kMore;
}

void NetbiosAnalyzer::OnNameMessage(const Segment& segment,
                                    NetbiosNameMessage message,
                                    AnalyzerOutput& out) {
  // "*" asks any machine.
  if (message.name.name != "*") out.Host(message.name.name);
  const auto same = [&](const Request& request) {
    return request.message.id == message.id &&
           request.message.name.name == message.name.name &&
           request.message.name.suffix == message.name.suffix;
  };
  if (!message.response) {
    // Sent again, as broadcasts are.
    if (std::any_of(waiting_.begin(), waiting_.end(), same)) return;
    if (waiting_.size() == kMaxPending) {
      Tell(&waiting_.front(), nullptr, 0, out);
      waiting_.erase(waiting_.begin());
    }
    waiting_.push_back(
        {std::move(message), segment.clock, segment.from_originator});
    return;
  }
  const auto found = std::find_if(
      waiting_.begin(), waiting_.end(), [&](const Request& request) {
        return same(request) &&
               request.from_originator != segment.from_originator;
      });
  if (found == waiting_.end()) {
    Tell(nullptr, &message, 0, out);
    return;
  }
  const UnixNanos rtt = segment.clock - found->clock;
  Tell(&*found, &message, rtt > 0 ? static_cast<uint64_t>(rtt) : 1, out);
  waiting_.erase(found);
}

void NetbiosAnalyzer::OnDatagram(NetbiosDatagram datagram,
                                 AnalyzerOutput& out) {
  const auto same = [&datagram](const NetbiosDatagram& told) {
    return told.source.name == datagram.source.name &&
           told.destination.name == datagram.destination.name &&
           told.mailslot == datagram.mailslot &&
           told.command == datagram.command;
  };
  if (std::any_of(datagrams_.begin(), datagrams_.end(), same)) return;
  if (datagrams_.size() == kMaxDatagrams) {
    out.Anomaly("netbios.too_many_datagrams");
    return;
  }
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kAction, "datagram");
  event.Set(field::kSource, datagram.source.name);
  event.Set(field::kName, datagram.destination.name);
  event.SetSafe(field::kService, NetbiosServiceName(datagram.destination));
  if (!datagram.mailslot.empty()) {
    event.Set(field::kMailslot, datagram.mailslot);
  }
  event.SetSafe(field::kCommand, NetbiosBrowserCommandName(datagram.command));
  event.SetSafe(field::kOsVersion, datagram.os_version);
  datagrams_.push_back(std::move(datagram));
}

void NetbiosAnalyzer::Tell(const Request* request,
                           const NetbiosNameMessage* response, uint64_t rtt_ns,
                           AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  const NetbiosNameMessage& first =
      request != nullptr ? request->message : *response;
  const NetbiosNameMessage& last = response != nullptr ? *response : first;
  event.SetSafe(field::kAction, ActionName(first));
  event.Set(field::kName, first.name.name);
  event.SetSafe(field::kService, NetbiosServiceName(first.name));
  if (first.broadcast) event.Set(field::kBroadcast, true);
  for (const IpAddress& address : last.addresses) {
    event.SetSafe(field::kAddresses, address.ToString());
  }
  for (const NetbiosLabel& label : last.names) {
    event.Open(field::kNames);
    event.Set(name_field::kName, label.name);
    event.SetSafe(name_field::kService, NetbiosServiceName(label));
    event.Set(name_field::kGroup, label.group);
    event.Close();
  }
  if (!last.mac.empty()) {
    MacAddress mac;
    std::memcpy(mac.bytes, last.mac.data(), sizeof mac.bytes);
    event.SetSafe(field::kMac, mac.ToString());
  }
  if (request == nullptr) event.Set(field::kUnmatched, true);
  if (response == nullptr) return;
  event.Set(field::kAnswered, true);
  event.Set(field::kRcode, response->rcode);
  if (rtt_ns != 0) event.Set(field::kRttNs, rtt_ns);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<NetbiosAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kNetbios,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::netbios
