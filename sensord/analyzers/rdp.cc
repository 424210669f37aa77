#include "sensord/analyzers/rdp.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/framed_stream.h"
#include "sensord/analyzers/rdp_message.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/rdp.h"

namespace tapline::rdp {
namespace {

namespace field = fields::rdp;

constexpr size_t kMaxHead = 8 << 10;
constexpr uint8_t kTpktVersion = 3;

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 3389, Protocol::kRdp},
    {UnitPort::kUdp, 3389, Protocol::kRdp},
};

uint64_t Measure(Bytes begin) {
  if (begin[0] != kTpktVersion) return FramedStream::kBroken;
  if (begin.size() < kTpktBytes) return FramedStream::kNeedsMore;
  const size_t size = LoadBig16(&begin[2]);
  return size <= kTpktBytes ? FramedStream::kBroken : size;
}

// [MS-RDPEUDP] 2.2.2.1: the first datagram acknowledges nothing, says SYN, and
// how large datagrams may be; it is as large.
Match ProbeDatagram(Bytes bytes) {
  constexpr size_t kHead = 16;
  constexpr uint16_t kSyn = 0x0001;
  constexpr uint16_t kKnownFlags = 0x3fff;
  constexpr uint16_t kMinMtu = 1132;
  constexpr uint16_t kMaxMtu = 1232;
  const auto is_mtu = [](uint16_t mtu) {
    return mtu >= kMinMtu && mtu <= kMaxMtu;
  };
  if (bytes.size() < kHead || LoadBig32(bytes.data()) != 0xffffffff) {
    return Match::kNo;
  }
  const uint16_t flags = LoadBig16(&bytes[6]);
  return (flags & kSyn) != 0 && (flags & ~kKnownFlags) == 0 &&
                 is_mtu(LoadBig16(&bytes[12])) && is_mtu(LoadBig16(&bytes[14]))
             ? Match::kYes
             : Match::kNo;
}

// Others begin with a connection request too (S7, H.245): what it carries
// decides.
Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  if (opening.datagram) return ProbeDatagram(first);
  if (first.empty()) return Match::kMore;
  const uint64_t size = Measure(first);
  if (size == FramedStream::kBroken || size > kMaxHead) return Match::kNo;
  if (size == FramedStream::kNeedsMore || first.size() < size) {
    return first.size() > kTpktBytes + 1 && KindOfTpkt(first) == RdpKind::kData
               ? Match::kNo
               : Match::kMore;
  }
  const Bytes tpkt = first.first(static_cast<size_t>(size));
  RdpRequest request;
  RdpConfirm confirm;
  switch (KindOfTpkt(tpkt)) {
    case RdpKind::kRequest:
      if (!ReadRdpRequest(tpkt, &request)) return Match::kNo;
      return request.has_protocols || !request.user.empty() ? Match::kYes
                                                            : Match::kWeak;
    case RdpKind::kConfirm:
      if (!ReadRdpConfirm(tpkt, &confirm)) return Match::kNo;
      return confirm.failed || confirm.protocol != 0 ? Match::kYes
                                                     : Match::kWeak;
    case RdpKind::kData:
    case RdpKind::kNone:
      return Match::kNo;
  }
  return Match::kNo;
}

absl::string_view SecurityName(uint32_t protocol) {
  switch (protocol) {
    case 0:
      return "rdp";
    case kRdpTls:
      return "tls";
    case kRdpCredSsp:
      return "credssp";
    case kRdpRdsTls:
      return "rdstls";
    case kRdpCredSspEarly:
      return "credssp_early";
    case kRdpAad:
      return "aad";
    default:
      return "unknown";
  }
}

absl::string_view MethodName(uint32_t method) {
  switch (method) {
    case 0:
      return "none";
    case 1:
      return "40bit";
    case 2:
      return "128bit";
    case 8:
      return "56bit";
    case 16:
      return "fips";
    default:
      return "unknown";
  }
}

absl::string_view LevelName(uint32_t level) {
  constexpr absl::string_view kNames[] = {"none", "low", "client_compatible",
                                          "high", "fips"};
  return level < std::size(kNames) ? kNames[level] : "unknown";
}

// [MS-RDPBCGR] 2.2.1.3.2: 0x00080001 is 4.0, 0x00080004 all of 5.0 to 8.1,
// from 0x00080005 on 10.0 and its successors.
std::string VersionName(uint32_t version) {
  if (version == 0x00080001) return "4.0";
  if (version == 0x00080004) return "5.0";
  if (version >= 0x00080005 && version <= 0x00080011) {
    return absl::StrCat("10.", version - 0x00080005);
  }
  return absl::StrCat("0x", absl::Hex(version, absl::kZeroPad8));
}

class RdpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override { Tell(out); }
  size_t MemoryBytes() const override {
    return sizeof(*this) + streams_[0].MemoryBytes() +
           streams_[1].MemoryBytes() + request_.user.capacity() +
           client_.name.capacity();
  }

 private:
  Want OnTpkt(Bytes tpkt, AnalyzerOutput& out);
  Want OnConfirm(Bytes tpkt, AnalyzerOutput& out);
  Want OnConnect(Bytes tpkt, AnalyzerOutput& out);
  void Tell(AnalyzerOutput& out);

  // [0] from the originator.
  FramedStream streams_[2] = {FramedStream(kMaxHead), FramedStream(kMaxHead)};
  RdpRequest request_;
  RdpConfirm confirm_;
  RdpClientData client_;
  RdpServerData server_;
  bool has_confirm_ = false;
  bool has_client_ = false;
  bool has_server_ = false;
};

Next RdpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  if (segment.datagram) {
    out.Identify(Protocol::kRdp, ProtocolBasis::kDecoded, 100);
    return Want::kDone;
  }
  FramedStream& stream = streams_[segment.from_originator ? 0 : 1];
  Want want = Want::kMore;
  const FramedStream::Result result =
      stream.Add(segment.bytes, Measure, [&](Bytes head, uint64_t size) {
        if (size > head.size()) {
          want = Want::kDone;
        } else {
          want = OnTpkt(head, out);
        }
        return want == Want::kMore;
      });
  if (result == FramedStream::Result::kBroken) {
    out.Anomaly("rdp.framing");
    want = Want::kDone;
  }
  if (want == Want::kMore) return want;
  Tell(out);
  return {want, stream.rest()};
}

Want RdpAnalyzer::OnTpkt(Bytes tpkt, AnalyzerOutput& out) {
  switch (KindOfTpkt(tpkt)) {
    case RdpKind::kRequest:
      if (!ReadRdpRequest(tpkt, &request_)) break;
      out.Identify(Protocol::kRdp, ProtocolBasis::kDecoded, 100);
      return Want::kMore;
    case RdpKind::kConfirm:
      return OnConfirm(tpkt, out);
    case RdpKind::kData:
      return OnConnect(tpkt, out);
    case RdpKind::kNone:
      break;
  }
  out.Anomaly("rdp.malformed");
  return Want::kDone;
}

Want RdpAnalyzer::OnConfirm(Bytes tpkt, AnalyzerOutput& out) {
  if (!ReadRdpConfirm(tpkt, &confirm_)) {
    out.Anomaly("rdp.malformed");
    return Want::kDone;
  }
  out.Identify(Protocol::kRdp, ProtocolBasis::kDecoded, 100);
  has_confirm_ = true;
  if (confirm_.failed) return Want::kDone;
  return confirm_.protocol != 0 ? Want::kOther : Want::kMore;
}

// Connect-Initial of the client, Connect-Response of the server (T.125).
Want RdpAnalyzer::OnConnect(Bytes tpkt, AnalyzerOutput& out) {
  constexpr size_t kCode = 8;
  const bool response = tpkt.size() > kCode && tpkt[kCode] == 0x66;
  if (!response) {
    has_client_ = ReadRdpClientData(tpkt, &client_);
    if (has_client_) return Want::kMore;
  } else {
    has_server_ = ReadRdpServerData(tpkt, &server_);
    if (has_server_) out.Encrypted(server_.method != 0);
  }
  if (!has_client_ && !has_server_) out.Anomaly("rdp.malformed");
  return Want::kDone;
}

void RdpAnalyzer::Tell(AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kUser, request_.user);
  for (uint32_t bit = 1; bit <= kRdpAad; bit <<= 1) {
    if ((request_.protocols & bit) != 0) {
      event.Set(field::kSecurityOffered, SecurityName(bit));
    }
  }
  if (request_.restricted_admin) event.Set(field::kRestrictedAdmin, true);
  if (has_confirm_ && !confirm_.failed) {
    event.SetSafe(field::kSecurity, SecurityName(confirm_.protocol));
  }
  if (confirm_.failed) {
    event.SetSafe(field::kFailure, RdpFailureName(confirm_.failure));
  }
  if (has_client_) {
    event.SetSafe(field::kClientVersion, VersionName(client_.version));
    event.Set(field::kClientBuild, client_.build);
    event.Set(field::kClientName, client_.name);
    event.Set(field::kDesktopWidth, client_.width);
    event.Set(field::kDesktopHeight, client_.height);
    event.Set(field::kKeyboardLayout, client_.keyboard);
  }
  if (has_server_) {
    event.SetSafe(field::kEncryptionMethod, MethodName(server_.method));
    event.SetSafe(field::kEncryptionLevel, LevelName(server_.level));
  }
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<RdpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kRdp,
                                         .tcp = true,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::rdp
