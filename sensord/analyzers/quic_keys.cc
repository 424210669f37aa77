// The keys of Initials, which anyone can derive (RFC 9001 5.2).

#include <algorithm>

#include "sensord/analyzers/quic_connection.h"

namespace tapline {

bool QuicConnection::Derive(uint32_t version, Bytes id, bool client,
                            const Segment& segment, AnalyzerOutput& out,
                            SideKeys* keys) {
  if (++derivations_ > kMaxDerivations) return false;
  if (!shared_.limit.Take(originator_, segment.clock)) {
    out.Anomaly("quic.sampled");
    sampled_ = true;
    return false;
  }
  keys->known = true;
  keys->version = version;
  keys->keys =
      shared_.protection.Derive(QuicVersionOf(version).salt, id, client);
  return true;
}

bool QuicConnection::OpenClients(const QuicLongPacket& packet,
                                 const Segment& segment, AnalyzerOutput& out,
                                 Bytes* payload) {
  SideKeys& known = keys_[0];
  if (known.known) {
    // A server may choose another version; the id stays (RFC 9369 4.1).
    const bool same_version = known.version == packet.version;
    if (!same_version &&
        !Derive(packet.version, key_id_.view(), true, segment, out, &known)) {
      return false;
    }
    if (Unseal(packet, known.keys, payload)) return true;
    if (key_id_ == packet.destination) return false;
  }
  // The first one, the first after a Retry, or another connection.
  SideKeys keys;
  if (!Derive(packet.version, packet.destination, true, segment, out, &keys) ||
      !Unseal(packet, keys.keys, payload)) {
    return false;
  }
  if (known.known && !retry_ && hello_done_[0]) StartOver(out);
  if (!known.known && original_id_.size == 0) {
    original_id_ = QuicId(packet.destination);
  }
  key_id_ = QuicId(packet.destination);
  keys_[0] = keys;
  keys_[1] = SideKeys();
  crypto_[0].Clear();
  return true;
}

bool QuicConnection::OpenServers(const QuicLongPacket& packet,
                                 const Segment& segment, AnalyzerOutput& out,
                                 Bytes* payload) {
  if (!keys_[0].known) return false;
  SideKeys& known = keys_[1];
  if ((!known.known || known.version != packet.version) &&
      !Derive(packet.version, key_id_.view(), false, segment, out, &known)) {
    return false;
  }
  return Unseal(packet, known.keys, payload);
}

// RFC 9001 5.3 and 5.4.
bool QuicConnection::Unseal(const QuicLongPacket& packet, const QuicKeys& keys,
                            Bytes* payload) {
  ++openings_;
  const size_t at = packet.number_at;
  uint8_t sample[QuicProtection::kSampleBytes];
  std::copy_n(packet.whole.data() + at + kMaxNumberBytes, sizeof sample,
              sample);
  const auto mask = shared_.protection.HeaderMask(keys, sample);
  std::vector<uint8_t>& header = shared_.header;
  header.assign(packet.whole.begin(),
                packet.whole.begin() + at + kMaxNumberBytes);
  header[0] = static_cast<uint8_t>(header[0] ^ (mask[0] & 0x0f));
  const size_t number_bytes = (header[0] & 3) + size_t{1};
  uint64_t number = 0;
  for (size_t i = 0; i < number_bytes; ++i) {
    header[at + i] = static_cast<uint8_t>(header[at + i] ^ mask[1 + i]);
    number = number << 8 | header[at + i];
  }
  header.resize(at + number_bytes);
  const Bytes sealed = packet.whole.subspan(at + number_bytes);
  if (sealed.size() < QuicProtection::kTagBytes) return false;
  std::vector<uint8_t>& text = shared_.text;
  text.resize(sealed.size() - QuicProtection::kTagBytes);
  // The number as sent is the whole number: nobody sends 256 Initials.
  if (!shared_.protection.Open(keys, number, header, sealed, text.data())) {
    return false;
  }
  *payload = text;
  return true;
}

}  // namespace tapline
