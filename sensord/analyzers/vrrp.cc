#include "sensord/analyzers/vrrp.h"

#include <algorithm>

#include "sensord/analyzers/told_set.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/vrrp.h"

namespace tapline::vrrp {
namespace {

namespace field = fields::vrrp;

constexpr uint8_t kIpProtocol = 112;
// Version and type, group, priority, count, authentication or interval,
// checksum; addresses; version 2: eight bytes of password.
constexpr size_t kHead = 8;
constexpr uint8_t kAdvertisement2 = 0x21;
constexpr uint8_t kAdvertisement3 = 0x31;
constexpr size_t kMaxAddresses = 16;

class VrrpAnalyzer final : public Analyzer {
 public:
  explicit VrrpAnalyzer(bool v6) : address_bytes_(v6 ? 16 : 4) {}
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  size_t MemoryBytes() const override { return sizeof(*this); }

 private:
  const size_t address_bytes_;
  ToldSet<8> told_;
};

Next VrrpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  constexpr uint8_t kPassword = 1;
  const Bytes b = segment.bytes;
  if (b.size() < kHead ||
      (b[0] != kAdvertisement2 && b[0] != kAdvertisement3)) {
    return Want::kMore;
  }
  // CARP says 7 words of authentication where VRRP counts addresses, and sends
  // a counter and a digest: 36 bytes in all.
  const bool carp = b[0] == kAdvertisement2 && b[3] == 7 && b.size() == 36;
  if (carp) return Want::kMore;
  const size_t count = b[3];
  if (b.size() < kHead + count * address_bytes_) {
    if (!segment.truncated) out.Anomaly("vrrp.malformed");
    return Want::kMore;
  }
  if (!told_.Add(b)) return Want::kMore;
  EventWriter event = out.NewEvent(field::kEvent);
  event.Set(field::kVersion, b[0] >> 4);
  event.Set(field::kGroup, b[1]);
  event.SetNonzero(field::kPriority, b[2]);
  for (size_t i = 0; i < std::min(count, kMaxAddresses); ++i) {
    const uint8_t* address = &b[kHead + i * address_bytes_];
    event.SetSafe(field::kAddresses,
                  (address_bytes_ == 4 ? IpAddress::FromV4(address)
                                       : IpAddress::FromV6(address))
                      .ToString());
  }
  event.SetTrue(field::kPlainPassword,
                b[0] == kAdvertisement2 && b[4] == kPassword);
  return Want::kMore;
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& flow) {
  return std::make_unique<VrrpAnalyzer>(!flow.responder.IsV4());
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {
      .protocol = Protocol::kVrrp, .ip_protocol = kIpProtocol, .open = Open};
  return kUnit;
}

}  // namespace tapline::vrrp
