#include "sensord/store/compiled_selector.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/event/protocol.h"
#include "sensord/store/columns.h"

namespace tapline {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::RepeatedPtrField;

constexpr char kTransportPrefix[] = "TRANSPORT_";

absl::Status NoSuch(const char* what, absl::string_view value) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, " \"", value.substr(0, 64), "\" is not known"));
}

// Evidence has one arm per rule, named after it.
bool IsRule(const std::string& name) {
  return v1::Evidence::descriptor()->FindFieldByName(name) != nullptr;
}

bool IsProtocol(absl::string_view name) {
  for (int i = 0; i < static_cast<int>(Protocol::kCount); ++i) {
    if (ProtocolName(static_cast<Protocol>(i)) == name) return true;
  }
  return false;
}

absl::Status AddCidrs(const RepeatedPtrField<std::string>& texts,
                      std::vector<Cidr>& out) {
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const Cidr cidr, Cidr::Parse(text));
    out.push_back(cidr);
  }
  return absl::OkStatus();
}

// "tcp", "TRANSPORT_TCP", "dns".
absl::Status AddProtocol(const std::string& text, CompiledSelector& out) {
  const std::string lower = absl::AsciiStrToLower(text);
  std::string upper = absl::AsciiStrToUpper(text);
  if (upper.rfind(kTransportPrefix, 0) != 0) upper = kTransportPrefix + upper;
  v1::Transport transport = v1::TRANSPORT_UNSPECIFIED;
  const bool is_transport = v1::Transport_Parse(upper, &transport) &&
                            transport != v1::TRANSPORT_UNSPECIFIED;
  if (is_transport) out.transports.push_back(transport);
  const bool is_protocol = IsProtocol(lower);
  if (is_protocol) out.protocols.push_back(lower);
  return is_transport || is_protocol ? absl::OkStatus()
                                     : NoSuch("protocol", text);
}

std::string OneOf(absl::string_view column, size_t count) {
  std::string sql = absl::StrCat(column, " IN (");
  for (size_t i = 0; i < count; ++i) absl::StrAppend(&sql, i ? ",?" : "?");
  return sql + ")";
}

class FilterWriter {
 public:
  explicit FilterWriter(v1::RecordKind kind) : kind_(kind) {}

  SqlFilter Write(const CompiledSelector& s) {
    And(OneOf("source", s.source_ids.size()));
    for (const std::string& id : s.source_ids) Text(id);
    if (kind_ == v1::RECORD_KIND_ALERT) WriteAlert(s);
    // Stats have no sides: what asks for one matches none of them.
    if (kind_ == v1::RECORD_KIND_STATS) return std::move(filter_);
    if (!s.addresses.empty()) AndAddresses(s.addresses, {"a", "b"});
    if (!s.sources.empty()) AndAddresses(s.sources, {"a"});
    if (!s.targets.empty()) AndAddresses(s.targets, {"b"});
    if (!s.ports.empty()) WritePorts(s.ports);
    if (!s.protocols.empty() || !s.transports.empty()) WriteProtocols(s);
    return std::move(filter_);
  }

 private:
  void And(const std::string& condition) {
    absl::StrAppend(&filter_.where, filter_.where.empty() ? "" : " AND ",
                    condition);
  }
  void Int(int64_t value) {
    filter_.values.push_back({SqlFilter::Value::kInt, value, ""});
  }
  void Text(const std::string& value) {
    filter_.values.push_back({SqlFilter::Value::kText, 0, value});
  }
  void Blob(absl::string_view value) {
    filter_.values.push_back({SqlFilter::Value::kBlob, 0, std::string(value)});
  }

  void WriteAlert(const CompiledSelector& s) {
    if (s.min_severity > v1::SEVERITY_UNSPECIFIED) {
      And("severity>=?");
      Int(s.min_severity);
    }
    if (!s.rules.empty()) {
      And(OneOf("rule", s.rules.size()));
      for (const std::string& rule : s.rules) Text(rule);
    }
    if (s.unacknowledged) And("ack_at IS NULL");
  }

  void WritePorts(const std::vector<uint32_t>& ports) {
    And(absl::StrCat("(", OneOf("a_port", ports.size()), " OR ",
                     OneOf("b_port", ports.size()), ")"));
    for (int side = 0; side < 2; ++side) {
      for (uint32_t port : ports) Int(port);
    }
  }

  void WriteProtocols(const CompiledSelector& s) {
    And(absl::StrCat("(", OneOf("transport", s.transports.size()), " OR ",
                     OneOf("protocol", s.protocols.size()), ")"));
    for (v1::Transport transport : s.transports) Int(transport);
    for (const std::string& protocol : s.protocols) Text(protocol);
  }

  // IPv4 is stored as 4 bytes, so a wide IPv6 prefix over ::ffff:0:0/96 cannot
  // be a range of bytes: it stays with the matcher.
  void AndAddresses(const std::vector<Cidr>& cidrs,
                    const std::vector<const char*>& columns) {
    for (const Cidr& cidr : cidrs) {
      if (cidr.prefix_bits() < 96 &&
          cidr.Contains(IpAddress::FromV4(uint32_t{0}))) {
        return;
      }
    }
    std::string sql;
    for (const Cidr& cidr : cidrs) {
      for (const char* column : columns) {
        absl::StrAppend(&sql, sql.empty() ? "(" : " OR ", "(length(", column,
                        ")=? AND ", column, ">=? AND ", column, "<=?)");
        AddRange(cidr);
      }
    }
    And(sql + ")");
  }

  void AddRange(const Cidr& cidr) {
    uint8_t last[16];
    for (int i = 0; i < 16; ++i) last[i] = cidr.base().bytes()[i];
    for (int bit = cidr.prefix_bits(); bit < 128; ++bit) {
      last[bit / 8] |= static_cast<uint8_t>(0x80 >> bit % 8);
    }
    const IpAddress end = IpAddress::FromV6(last);
    Int(static_cast<int64_t>(AddressBytes(cidr.base()).size()));
    Blob(AddressBytes(cidr.base()));
    Blob(AddressBytes(end));
  }

  const v1::RecordKind kind_;
  SqlFilter filter_;
};

}  // namespace

absl::StatusOr<CompiledSelector> CompileSelector(const v1::Selector& selector) {
  CompiledSelector out;
  out.min_severity = selector.min_severity();
  for (const std::string& rule : selector.rules()) {
    if (!IsRule(rule)) return NoSuch("rule", rule);
    out.rules.push_back(rule);
  }
  RETURN_IF_ERROR(AddCidrs(selector.addresses(), out.addresses));
  RETURN_IF_ERROR(AddCidrs(selector.sources(), out.sources));
  RETURN_IF_ERROR(AddCidrs(selector.targets(), out.targets));
  for (uint32_t port : selector.ports()) {
    if (port > 65535) return NoSuch("port", absl::StrCat(port));
    out.ports.push_back(port);
  }
  for (const std::string& protocol : selector.protocols()) {
    RETURN_IF_ERROR(AddProtocol(protocol, out));
  }
  out.unacknowledged = selector.unacknowledged();
  for (const std::string& id : selector.source_ids()) {
    out.source_ids.emplace_back(StoredSource(id));
  }
  if (out.source_ids.empty()) out.source_ids.push_back("");
  return out;
}

SqlFilter PreFilter(const CompiledSelector& selector, v1::RecordKind kind) {
  return FilterWriter(kind).Write(selector);
}

}  // namespace tapline
