// Protocols whose messages say their length: which of them may be shown, by
// their kind.

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "common/redact/guard_frame_grammar.h"

namespace tapline {
namespace {

using absl::string_view;

uint64_t Big(string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | ByteAt(bytes, at + i);
  return value;
}

uint64_t Little(string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  while (size-- > 0) value = value << 8 | ByteAt(bytes, at + size);
  return value;
}

constexpr FrameStart More() { return {}; }
constexpr FrameStart Bad() { return {FrameStart::kBad, 0, 0}; }
// `total` bytes of which `head` were looked at.
FrameStart Known(uint64_t total, size_t head, bool harmless) {
  if (total < head) return Bad();
  return {FrameStart::kKnown, total - head, harmless ? FrameStart::kAll : 0};
}

// Messages of the client after the first begin with a type (PostgreSQL
// documentation, 55.7).
class PostgresqlGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    constexpr uint64_t kMost = 16 << 20;
    if (!started_ && ByteAt(head, 0) == 0) {
      if (head.size() < 8) return More();
      // SSLRequest and GSSENCRequest are no beginning.
      const uint64_t code = Big(head, 4, 4);
      started_ = code != 80877103 && code != 80877104;
      return Known(Big(head, 0, 4), 8, true);
    }
    if (!absl::StrContains("BCdDEfFHpPQScX", head.substr(0, 1))) return Bad();
    if (head.size() < 5) return More();
    started_ = true;
    const uint64_t size = Big(head, 1, 4);
    if (size < 4 || size > kMost) return Bad();
    return Known(size + 1, 5, head[0] != 'p');
  }
  bool started_ = false;
};

// Commands of the client have number 0; what answers the server's questions
// (the login) has others. COM_CHANGE_USER is a login too.
class MysqlGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (head.size() < 4) return More();
    const uint64_t size = Little(head, 0, 3);
    if (size == 0) return Known(4, 4, true);
    if (head.size() < 5) return More();
    const bool command = ByteAt(head, 3) == 0 && ByteAt(head, 4) <= 0x1f;
    return Known(size + 4, 5, command && ByteAt(head, 4) != 0x11);
  }
};

// MS-TDS 2.2.3.1.1: batches, calls, attention, bulk data, transactions,
// pre-login may be shown.
class TdsGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (head.size() < 8) return More();
    const uint8_t type = ByteAt(head, 0);
    if (type == 0 || type > 0x12 || Big(head, 2, 2) < 8) return Bad();
    const bool harmless = type == 0x01 || type == 0x03 || type == 0x06 ||
                          type == 0x07 || type == 0x0e || type == 0x12;
    return Known(Big(head, 2, 2), 8, harmless);
  }
};

// OP_MSG whose first element is the name of a command that carries no login.
class MongodbGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (head.size() < 16) return More();
    const uint64_t size = Little(head, 0, 4);
    if (size < 16 || size > 64 << 20) return Bad();
    const uint64_t code = Little(head, 12, 4);
    constexpr size_t kName = 16 + 4 + 1 + 4 + 1;
    if (code != 2013 || size < kName + 2) return Known(size, 16, false);
    if (head.size() <= kName) return More();
    if (ByteAt(head, 20) != 0) return Known(size, head.size(), false);
    const size_t end = head.find('\0', kName);
    if (end == string_view::npos) {
      const bool more = head.size() < std::min<uint64_t>(size, kName + 32);
      return more ? More() : Known(size, head.size(), false);
    }
    const string_view name = head.substr(kName, end - kName);
    for (const string_view harmless : {"find",
                                       "insert",
                                       "update",
                                       "delete",
                                       "aggregate",
                                       "getMore",
                                       "count",
                                       "distinct",
                                       "findAndModify",
                                       "killCursors",
                                       "ping",
                                       "listCollections",
                                       "listDatabases",
                                       "listIndexes",
                                       "createIndexes",
                                       "endSessions",
                                       "serverStatus",
                                       "buildInfo",
                                       "commitTransaction",
                                       "abortTransaction"}) {
      if (name == harmless) return Known(size, head.size(), true);
    }
    return Known(size, head.size(), false);
  }
};

// RFC 4511: of the client's operations those that carry no password; not bind,
// add, modify, compare, extended.
class LdapGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (ByteAt(head, 0) != 0x30) return Bad();
    if (head.size() < 2) return More();
    size_t at = 2;
    uint64_t size = ByteAt(head, 1);
    if (size >= 0x80) {
      const size_t octets = size & 0x7f;
      if (octets == 0 || octets > 4) return Bad();
      at += octets;
      if (head.size() < at) return More();
      size = Big(head, 2, octets);
    }
    if (head.size() < at + 2) return More();
    const size_t id = ByteAt(head, at + 1);
    if (ByteAt(head, at) != 2 || id == 0 || id > 4) return Bad();
    const size_t operation = at + 2 + id;
    if (head.size() <= operation) return More();
    const uint8_t tag = ByteAt(head, operation);
    const bool harmless =
        tag == 0x63 || tag == 0x42 || tag == 0x50 || tag == 0x4a || tag == 0x6c;
    return Known(at + size, head.size(), harmless);
  }
};

// MQTT 3.1.1 and 5: CONNECT and AUTH log in.
class MqttGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (head.size() < 2) return More();
    uint64_t size = 0;
    size_t at = 1;
    for (;; ++at) {
      if (at == 5) return Bad();
      if (at == head.size()) return More();
      size |= uint64_t{ByteAt(head, at)} % 0x80 << (7 * (at - 1));
      if (ByteAt(head, at) < 0x80) break;
    }
    const int type = ByteAt(head, 0) >> 4;
    if (type == 0) return Bad();
    return Known(at + 1 + size, head.size(), type != 1 && type != 15);
  }
};

// AMQP 0-9-1: methods of channel 0 are those of the connection, its login among
// them. AMQP 1.0: frames of type 1 are of SASL.
class AmqpGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (head[0] == 'A') {
      if (head.size() < 8) return More();
      if (!absl::StartsWith(head, "AMQP")) return Bad();
      one_ = ByteAt(head, 5) == 1;
      return Known(8, 8, true);
    }
    if (one_) {
      if (head.size() < 8) return More();
      return Known(Big(head, 0, 4), 8, ByteAt(head, 5) == 0);
    }
    if (head.size() < 7) return More();
    if (ByteAt(head, 0) > 8) return Bad();
    const bool method = ByteAt(head, 0) == 1 && Big(head, 1, 2) == 0;
    return Known(Big(head, 3, 4) + 8, 7, !method);
  }
  bool stateless() const override { return false; }
  bool one_ = false;
};

// Requests that set passwords or carry SASL; after a handshake of version 0 its
// tokens come without a header.
class KafkaGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (head.size() < 8) return More();
    const uint64_t size = Big(head, 0, 4);
    const uint64_t key = Big(head, 4, 2);
    if (size < 4 || size > 256 << 20) return Bad();
    if (key > 100 || raw_) {
      raw_ = raw_ && key > 100;
      return Known(size + 4, 8, false);
    }
    raw_ = key == 17 && Big(head, 6, 2) == 0;
    const bool secret = key == 36 || key == 51 || key == 38;
    return Known(size + 4, 8, !secret);
  }
  bool stateless() const override { return false; }
  bool raw_ = false;
};

// NetBIOS session messages (RFC 1002 4.3.1): session setup in SMB 1 to 3, and
// the tree connect of SMB 1, which may carry a password.
class SmbGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (head.size() < 4) return More();
    const uint64_t size = Big(head, 1, 3) + 4;
    if (ByteAt(head, 0) == 0x85) return Known(4, 4, true);
    if (ByteAt(head, 0) != 0) return Known(size, 4, true);
    constexpr size_t kHead = 18;
    if (size < kHead) return Known(size, 4, false);
    if (head.size() < kHead) return More();
    if (head.substr(4, 4) == "\xfeSMB") {
      return Known(size, kHead, Little(head, 16, 2) != 1);
    }
    if (head.substr(4, 4) == "\xffSMB") {
      return Known(size, kHead,
                   ByteAt(head, 8) != 0x73 && ByteAt(head, 8) != 0x75);
    }
    // Encrypted, or compressed.
    return Known(size, kHead, head.substr(5, 3) == "SMB");
  }
};

// C706 12.6: the verifier at the end of what binds.
class DcerpcGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (head.size() < 16) return More();
    if (ByteAt(head, 0) != 5) return Bad();
    const bool little = (ByteAt(head, 4) & 0x10) != 0;
    const uint64_t size = little ? Little(head, 8, 2) : Big(head, 8, 2);
    const uint64_t auth = little ? Little(head, 10, 2) : Big(head, 10, 2);
    const uint8_t type = ByteAt(head, 2);
    if (size < 16 + auth) return Bad();
    FrameStart message = Known(size, 16, true);
    const bool binds = type == 11 || type == 14 || type == 16;
    if (binds && auth > 0) message.shown = message.left - auth;
    return message;
  }
};

// TPKT (RFC 1006): after the connection request everything may be the client's
// name and password, or what is typed.
class RdpGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (ByteAt(head, 0) != 3) return Bad();
    if (head.size() < 6) return More();
    return Known(Big(head, 2, 2), 6, ByteAt(head, 5) == 0xe0);
  }
};

// RFC 9113 4.1: blocks of header fields, of both sides.
class Http2Grammar final : public FrameGrammar {
  bool Reads(bool) const override { return true; }
  FrameStart Parse(bool client, string_view head) override {
    constexpr string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (client && head[0] == 'P') {
      if (head.size() < kPreface.size()) {
        return absl::StartsWith(kPreface, head) ? More() : Bad();
      }
      return head == kPreface ? Known(head.size(), head.size(), true) : Bad();
    }
    if (head.size() < 9) return More();
    const uint8_t type = ByteAt(head, 3);
    const bool fields = type == 1 || type == 5 || type == 9;
    return Known(Big(head, 0, 3) + 9, 9, !fields);
  }
};

// RFC 6143 7.1: the version is the only thing of the client's that is no login
// and no key pressed.
class VncGrammar final : public FrameGrammar {
  FrameStart Parse(bool, string_view head) override {
    if (!absl::StartsWith("RFB 003.", head.substr(0, 8))) return Bad();
    return head.size() < 12 ? More() : Known(12, 12, true);
  }
  bool stateless() const override { return false; }
};

}  // namespace

GrammarPtr NewFrameGrammar(string_view protocol) {
  if (protocol == "postgresql") return std::make_unique<PostgresqlGrammar>();
  if (protocol == "mysql") return std::make_unique<MysqlGrammar>();
  if (protocol == "tds") return std::make_unique<TdsGrammar>();
  if (protocol == "mongodb") return std::make_unique<MongodbGrammar>();
  if (protocol == "ldap") return std::make_unique<LdapGrammar>();
  if (protocol == "mqtt") return std::make_unique<MqttGrammar>();
  if (protocol == "amqp") return std::make_unique<AmqpGrammar>();
  if (protocol == "kafka") return std::make_unique<KafkaGrammar>();
  if (protocol == "smb") return std::make_unique<SmbGrammar>();
  if (protocol == "dcerpc") return std::make_unique<DcerpcGrammar>();
  if (protocol == "rdp") return std::make_unique<RdpGrammar>();
  if (protocol == "vnc") return std::make_unique<VncGrammar>();
  if (protocol == "http2" || protocol == "grpc") {
    return std::make_unique<Http2Grammar>();
  }
  return nullptr;
}

}  // namespace tapline
