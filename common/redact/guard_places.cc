// Protocols whose credentials have a place in each datagram, or that are
// withheld as a whole.

#include <algorithm>

#include "common/redact/guard_grammar.h"

namespace tapline {
namespace {

using absl::string_view;

// Datagrams and protocols that are read alike whoever sends.
class PlaceGrammar final : public GuardGrammar {
 public:
  // Flags what of a datagram is secret; false: all of it may be.
  using Find = bool (*)(string_view bytes, char* flags);
  PlaceGrammar(Find find, bool both) : find_(find), both_(both) {}

  void Next(bool client, string_view bytes, char* flags) override {
    if (!client && !both_) return;
    if (!find_(bytes, flags)) std::fill_n(flags, bytes.size(), 1);
  }
  void Gap(bool, uint64_t) override {}
  bool Withholds(bool client) const override { return client || both_; }
  bool binary() const override { return true; }

 private:
  const Find find_;
  const bool both_;
};

void Flag(size_t begin, size_t size, string_view bytes, char* flags) {
  if (begin >= bytes.size()) return;
  std::fill_n(flags + begin, std::min(size, bytes.size() - begin), 1);
}

// The community of versions 1 and 2c (RFC 1157 4, 1901 3).
bool FindCommunity(string_view bytes, char* flags) {
  if (bytes.size() < 2 || ByteAt(bytes, 0) != 0x30) return false;
  const size_t octets = ByteAt(bytes, 1) >= 0x80 ? ByteAt(bytes, 1) & 0x7f : 0;
  const size_t at = 2 + octets;
  if (octets > 4 || bytes.size() < at + 3 || ByteAt(bytes, at) != 2 ||
      ByteAt(bytes, at + 1) != 1) {
    return false;
  }
  if (ByteAt(bytes, at + 2) == 3) return true;
  if (bytes.size() < at + 5 || ByteAt(bytes, at + 3) != 4 ||
      ByteAt(bytes, at + 4) >= 0x80) {
    return false;
  }
  Flag(at + 5, ByteAt(bytes, at + 4), bytes, flags);
  return true;
}

// Attributes of RFC 2865 and 2866 but those that may carry a password.
bool FindRadiusSecrets(string_view bytes, char* flags) {
  constexpr size_t kHeader = 20;
  if (bytes.size() < kHeader) return false;
  for (size_t at = kHeader; at + 2 <= bytes.size();) {
    const uint8_t type = ByteAt(bytes, at);
    const size_t size = ByteAt(bytes, at + 1);
    if (size < 2) return false;
    const bool harmless = type == 1 || (type >= 4 && type <= 16) ||
                          (type >= 27 && type <= 34) ||
                          (type >= 40 && type <= 55) || type == 61 ||
                          type == 77 || type == 87 || type == 95;
    if (!harmless) Flag(at + 2, size - 2, bytes, flags);
    at += size;
  }
  return true;
}

// Simple passwords of routing protocols: RFC 2328 D.3, 2338 5.3.10, 2281 5.1.
bool FindOspfPassword(string_view bytes, char* flags) {
  if (bytes.size() < 16 || (ByteAt(bytes, 0) == 2 && ByteAt(bytes, 15) == 1)) {
    Flag(16, 8, bytes, flags);
  }
  return true;
}

bool FindVrrpPassword(string_view bytes, char* flags) {
  if (bytes.size() < 16) return true;
  if (ByteAt(bytes, 0) >> 4 == 2 && ByteAt(bytes, 4) != 0) {
    Flag(8 + size_t{ByteAt(bytes, 3)} * 4, 8, bytes, flags);
  }
  return true;
}

bool FindHsrpPassword(string_view bytes, char* flags) {
  if (bytes.size() >= 16 && ByteAt(bytes, 0) == 0) Flag(8, 8, bytes, flags);
  return true;
}

// Errors quote a datagram (RFC 792, 4443 3): of it the headers up to its ports.
bool FindQuoted(string_view bytes, char* flags) {
  if (bytes.empty()) return true;
  constexpr size_t kPorts = 8;
  const int version = ByteAt(bytes, 0) >> 4;
  const size_t header = version == 4   ? (ByteAt(bytes, 0) & 15) * size_t{4}
                        : version == 6 ? 40
                                       : bytes.size();
  Flag(header + kPorts, bytes.size(), bytes, flags);
  return true;
}

bool FindNothing(string_view, char*) { return false; }

}  // namespace

GrammarPtr NewPlaceGrammar(string_view protocol) {
  struct Place {
    string_view protocol;
    PlaceGrammar::Find find;
    bool both;
  };
  static constexpr Place kPlaces[] = {
      {"snmp", &FindCommunity, true},
      {"radius", &FindRadiusSecrets, true},
      {"ospf", &FindOspfPassword, true},
      {"vrrp", &FindVrrpPassword, true},
      {"hsrp", &FindHsrpPassword, true},
      {"icmp", &FindQuoted, true},
      {"icmpv6", &FindQuoted, true},
      // Tickets can be used, and tried out at leisure.
      {"kerberos", &FindNothing, true},
      // Keys of streams are among its calls.
      {"rtmp", &FindNothing, false},
  };
  for (const Place& place : kPlaces) {
    if (place.protocol == protocol) {
      return std::make_unique<PlaceGrammar>(place.find, place.both);
    }
  }
  return nullptr;
}

}  // namespace tapline
