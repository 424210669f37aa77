#include "sensord/dissect/message_places.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {
namespace {

// One DNS message, over UDP or, with its length before it, TCP.
class DnsPlaces {
 public:
  DnsPlaces(ByteCursor in, LayerWriter& out) : in_(in), out_(out) {}

  void Write() {
    const uint8_t* p = in_.Take(12);
    if (p == nullptr) return;
    out_.PlaceField("dns.id", 0, p, 2);
    for (const char* flag :
         {"dns.answered", "dns.truncated", "dns.flags.opcode",
          "dns.flags.authoritative", "dns.flags.recdesired"}) {
      out_.PlaceField(flag, 0, p + 2, 1);
    }
    for (const char* flag : {"dns.flags.recavail", "dns.flags.authenticated",
                             "dns.flags.checkdisable", "dns.rcode"}) {
      out_.PlaceField(flag, 0, p + 3, 1);
    }
    // What events leave out for being 0, and one packet cannot tell.
    if ((p[2] & 0x80) != 0 && !out_.HasField("dns.rcode")) {
      out_.Number("dns.rcode", 0, p + 3, 1);
    }
    out_.RemoveField("dns.unmatched");
    out_.PlaceField("dns.count.queries", 0, p + 4, 2);
    out_.PlaceField("dns.count.answers", 0, p + 6, 2);
    for (int i = 0; i < LoadBig16(p + 4); ++i) {
      if (!Question(i == 0)) return;
    }
    const int answers = LoadBig16(p + 6);
    const int records = answers + LoadBig16(p + 8) + LoadBig16(p + 10);
    for (int i = 0; i < records; ++i) {
      if (!Resource(i < answers ? i : -1)) return;
    }
  }

 private:
  // Bytes of a name as it stands, a pointer at its end included; 0 when it has
  // no end.
  size_t SkipName() {
    const uint8_t* begin = in_.position();
    while (in_.left() > 0) {
      const uint8_t size = in_.U8();
      if (size == 0) return static_cast<size_t>(in_.position() - begin);
      if (size >= 0xc0) {
        if (!in_.Skip(1)) return 0;
        return static_cast<size_t>(in_.position() - begin);
      }
      if (!in_.Skip(size)) return 0;
    }
    return 0;
  }

  bool Question(bool first) {
    const uint8_t* name = in_.position();
    const size_t size = SkipName();
    const uint8_t* p = size == 0 ? nullptr : in_.Take(4);
    if (p == nullptr) return false;
    if (!first) return true;
    out_.PlaceField("dns.qry.name", 0, name, size);
    out_.PlaceField("dns.qry.type", 0, p, 2);
    out_.PlaceField("dns.class", 0, p + 2, 2);
    return true;
  }

  // `answer`: which of them, -1 for another section's.
  bool Resource(int answer) {
    const uint8_t* name = in_.position();
    const size_t size = SkipName();
    const uint8_t* p = size == 0 ? nullptr : in_.Take(10);
    if (p == nullptr) return false;
    const size_t length = LoadBig16(p + 8);
    const uint8_t* data = in_.Take(length);
    if (data == nullptr) return false;
    constexpr uint16_t kOpt = 41;
    if (LoadBig16(p) == kOpt) {
      // RFC 6891 6.1.3.
      out_.PlaceField("dns.edns.payload_bytes", 0, p + 2, 2);
      out_.PlaceField("dns.edns.version", 0, p + 5, 1);
      out_.PlaceField("dns.edns.dnssec_ok", 0, p + 6, 1);
    } else if (answer >= 0) {
      out_.PlaceInGroup("dns.answers.name", answer, "dns.answers.name", name,
                        size);
      out_.PlaceInGroup("dns.answers.name", answer, "dns.answers.type", p, 2);
      out_.PlaceInGroup("dns.answers.name", answer, "dns.answers.ttl", p + 4,
                        4);
      out_.PlaceInGroup("dns.answers.name", answer, "dns.answers.data", data,
                        length);
    }
    return true;
  }

  ByteCursor in_;
  LayerWriter& out_;
};

void PlaceText(absl::string_view name, absl::string_view text,
               LayerWriter& out) {
  if (text.empty()) return;
  out.PlaceField(name, 0, reinterpret_cast<const uint8_t*>(text.data()),
                 text.size());
}

// The start line, and the lengths that fields declare.
void PlaceHttp(absl::string_view head, LayerWriter& out) {
  const size_t end = std::min(head.find("\r\n"), head.size());
  const absl::string_view line = head.substr(0, end);
  const size_t first = line.find(' ');
  if (first == absl::string_view::npos) return;
  const absl::string_view rest = line.substr(first + 1);
  const size_t second = std::min(rest.find(' '), rest.size());
  const bool answer = absl::StartsWith(line, "HTTP/");
  if (answer) {
    PlaceText("http.request.version", line.substr(5, first - 5), out);
    PlaceText("http.response.code", rest.substr(0, second), out);
  } else {
    PlaceText("http.request.method", line.substr(0, first), out);
    PlaceText("http.request.uri", rest.substr(0, second), out);
    const size_t version = rest.rfind("HTTP/");
    if (version != absl::string_view::npos) {
      PlaceText("http.request.version", rest.substr(version + 5), out);
    }
  }
  for (size_t at = end; at + 2 < head.size();) {
    at += 2;
    const size_t stop = std::min(head.find("\r\n", at), head.size());
    const absl::string_view field = head.substr(at, stop - at);
    if (field.empty()) return;
    constexpr absl::string_view kLength = "content-length:";
    if (absl::StartsWithIgnoreCase(field, kLength)) {
      absl::string_view value = field.substr(kLength.size());
      value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
      PlaceText(answer ? "http.content_length" : "http.request_declared_bytes",
                value, out);
    }
    at = stop;
  }
}

// Extensions of a hello (RFC 8446 4.2).
void PlaceExtensions(ByteCursor in, bool client, LayerWriter& out) {
  constexpr uint16_t kGroups = 10;
  constexpr uint16_t kVersions = 43;
  constexpr uint16_t kKeyShare = 51;
  ByteCursor list = in;
  const uint8_t* total = list.Take(2);
  if (total == nullptr) return;
  while (list.left() >= 4) {
    const uint8_t* p = list.Take(4);
    const size_t size = LoadBig16(p + 2);
    const uint8_t* body = list.Take(size);
    if (body == nullptr) return;
    const uint16_t type = LoadBig16(p);
    if (type == kVersions && client) {
      for (size_t i = 0; 1 + 2 * i + 2 <= size; ++i) {
        out.PlaceField("tls.versions_offered", static_cast<int>(i),
                       body + 1 + 2 * i, 2);
      }
    } else if (type == kVersions && size == 2) {
      out.PlaceField("tls.version", 0, body, 2);
    } else if (type == kKeyShare && !client && size >= 2) {
      out.PlaceField("tls.group", 0, body, 2);
    } else if (type == kGroups) {
      out.PlaceField("tls.groups_offered", 0, body, size);
    }
  }
}

// A hello that begins the packet, in one record.
void PlaceTls(ByteCursor in, LayerWriter& out) {
  const uint8_t* record = in.Take(5);
  if (record == nullptr) return;
  if (record[0] == 21 && in.left() >= 2 && LoadBig16(record + 3) == 2) {
    const uint8_t* alert = in.Take(2);
    out.PlaceField("tls.alerts.fatal", 0, alert, 1);
    out.PlaceField("tls.alerts.description", 0, alert + 1, 1);
    return;
  }
  const uint8_t* hello = in.Take(4 + 2 + 32 + 1);
  if (record[0] != 22 || hello == nullptr || hello[0] < 1 || hello[0] > 2) {
    return;
  }
  const bool client = hello[0] == 1;
  if (!in.Skip(hello[38])) return;
  if (client) {
    const uint8_t* size = in.Take(2);
    const uint8_t* ciphers =
        size == nullptr ? nullptr : in.Take(LoadBig16(size));
    if (ciphers == nullptr) return;
    out.PlaceField("tls.ciphers_offered", 0, ciphers, LoadBig16(size));
    const uint8_t* methods = in.Take(1);
    if (methods == nullptr || !in.Skip(*methods)) return;
  } else {
    const uint8_t* cipher = in.Take(3);
    if (cipher == nullptr) return;
    out.PlaceField("tls.cipher", 0, cipher, 2);
    out.PlaceField("tls.cipher_number", 0, cipher, 2);
  }
  PlaceExtensions(in, client, out);
  // Where no extension says otherwise; fields that have a place keep it.
  out.PlaceField(client ? "tls.versions_offered" : "tls.version", 0, hello + 4,
                 2);
}

}  // namespace

void PlaceMessageFields(const Packet& packet, LayerWriter& out) {
  ByteCursor in(packet.payload, packet.payload_captured);
  const bool stream = packet.ip_protocol == kIpProtoTcp;
  const absl::string_view layer = out.layer();
  if (layer == "dns") {
    if (stream && !in.Skip(2)) return;
    DnsPlaces(in, out).Write();
  } else if (layer == "http" && stream) {
    PlaceHttp({reinterpret_cast<const char*>(packet.payload),
               packet.payload_captured},
              out);
  } else if (layer == "tls" && stream) {
    PlaceTls(in, out);
  }
}

}  // namespace tapline
