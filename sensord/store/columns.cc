#include "sensord/store/columns.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sensord/event/protocol.h"

namespace tapline {
namespace {

constexpr char kLiveSource[] = "live";
constexpr uint64_t kTopBit = uint64_t{1} << 63;

Side SideOf(bool present, const v1::Endpoint& endpoint) {
  Side side;
  side.present = present;
  if (!present) return side;
  side.port = endpoint.port();
  if (endpoint.address().empty()) return side;
  if (auto address = IpAddress::Parse(endpoint.address()); address.ok()) {
    side.has_address = true;
    side.address = *address;
  }
  return side;
}

// What an alert is about, as far as its evidence says.
void FillAlertProtocol(const v1::Evidence& evidence, Columns& columns) {
  switch (evidence.rule_case()) {
    case v1::Evidence::kPortScan:
      columns.transport = evidence.port_scan().transport();
      return;
    case v1::Evidence::kHostSweep:
      columns.transport = evidence.host_sweep().transport();
      return;
    case v1::Evidence::kBruteForce:
      columns.transport = v1::TRANSPORT_TCP;
      columns.protocol = evidence.brute_force().service();
      return;
    case v1::Evidence::kStealthScan:
    case v1::Evidence::kSynFlood:
      columns.transport = v1::TRANSPORT_TCP;
      return;
    case v1::Evidence::kDnsTunnel:
      columns.protocol = "dns";
      return;
    case v1::Evidence::kArpSpoof:
      columns.transport = v1::TRANSPORT_ARP;
      return;
    default:
      return;
  }
}

void FillAlert(const v1::Alert& alert, Columns& columns) {
  columns.id = OrderedId(alert.id());
  columns.severity = alert.severity();
  columns.rule = alert.rule();
  columns.a = SideOf(alert.has_source(), alert.source());
  columns.b = SideOf(alert.has_target(), alert.target());
  FillAlertProtocol(alert.evidence(), columns);
}

void FillFlow(const v1::Flow& flow, Columns& columns) {
  columns.id = OrderedId(flow.id());
  columns.transport = flow.transport();
  columns.protocol = flow.application().protocol();
  columns.a = SideOf(flow.has_originator(), flow.originator());
  columns.b = SideOf(flow.has_responder(), flow.responder());
}

// By number of the arm; a store asks for every event.
absl::string_view ProtocolOf(const v1::Event& event) {
  static const auto protocols = [] {
    std::vector<absl::string_view> names;
    const auto& type = *v1::Event::descriptor();
    const auto& arms = *type.FindOneofByName("kind");
    for (int i = 0; i < arms.field_count(); ++i) {
      const size_t number = static_cast<size_t>(arms.field(i)->number());
      if (names.size() <= number) names.resize(number + 1);
      names[number] = ProtocolOfArm(arms.field(i)->name());
    }
    return names;
  }();
  const size_t number = static_cast<size_t>(event.kind_case());
  return number < protocols.size() ? protocols[number] : absl::string_view();
}

void FillEvent(const v1::Event& event, Columns& columns) {
  columns.id = OrderedId(event.id());
  columns.transport = event.transport();
  columns.protocol = std::string(ProtocolOf(event));
  columns.a = SideOf(event.has_originator(), event.originator());
  columns.b = SideOf(event.has_responder(), event.responder());
}

}  // namespace

Columns ColumnsOf(const v1::Record& record) {
  Columns columns;
  columns.received_at = NanosOf(record.received_at());
  columns.observed_at = NanosOf(record.observed_at());
  columns.source_id = std::string(StoredSource(record.source_id()));
  switch (record.record_case()) {
    case v1::Record::kAlert:
      FillAlert(record.alert(), columns);
      break;
    case v1::Record::kFlow:
      FillFlow(record.flow(), columns);
      break;
    case v1::Record::kEvent:
      FillEvent(record.event(), columns);
      break;
    case v1::Record::kPacket:
      columns.transport = record.packet().transport();
      columns.a =
          SideOf(record.packet().has_source(), record.packet().source());
      columns.b = SideOf(record.packet().has_destination(),
                         record.packet().destination());
      break;
    default:
      break;
  }
  return columns;
}

absl::string_view ProtocolOfArm(absl::string_view arm) {
  for (int i = 1; i < static_cast<int>(Protocol::kCount); ++i) {
    const absl::string_view name = ProtocolName(static_cast<Protocol>(i));
    if (name == arm) return name;
  }
  return "";
}

absl::string_view AddressBytes(const IpAddress& address) {
  if (address.IsV4()) {
    return {reinterpret_cast<const char*>(address.v4_bytes()), 4};
  }
  return {reinterpret_cast<const char*>(address.bytes()), 16};
}

absl::string_view StoredSource(absl::string_view source_id) {
  return source_id == kLiveSource ? "" : source_id;
}

absl::string_view SourceIdOf(absl::string_view stored) {
  return stored.empty() ? kLiveSource : stored;
}

int64_t OrderedId(absl::string_view hex) {
  uint64_t value = 0;
  if (!absl::SimpleHexAtoi(hex, &value)) return 0;
  return static_cast<int64_t>(value ^ kTopBit);
}

absl::StatusOr<IdRange> IdsWithPrefix(absl::string_view prefix) {
  bool hex = prefix.size() >= 4 && prefix.size() <= 16;
  for (char c : prefix) hex = hex && absl::ascii_isxdigit(c);
  if (!hex) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", prefix.substr(0, 32), "\": an id is 4 to 16 hexadecimal digits"));
  }
  std::string first(prefix), last(prefix);
  first.resize(16, '0');
  last.resize(16, 'f');
  return IdRange{OrderedId(first), OrderedId(last)};
}

std::string IdText(int64_t ordered) {
  return absl::StrFormat("%016x", static_cast<uint64_t>(ordered) ^ kTopBit);
}

TimeSpan::TimeSpan(const v1::TimeRange& range)
    : since(range.has_since() ? NanosOf(range.since()) : INT64_MIN),
      until(range.has_until() ? NanosOf(range.until()) : INT64_MAX) {}

}  // namespace tapline
