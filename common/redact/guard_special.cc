// Protocols with a reading of their own: Redis, XMPP, SOCKS.

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "common/redact/guard_grammar.h"

namespace tapline {
namespace {

using absl::string_view;

// RESP: arguments of the commands that log in or set passwords.
class RedisGrammar final : public GuardGrammar {
 public:
  void Next(bool client, string_view bytes, char* flags) override {
    if (!client) return;
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bulk_ > 0) {
        if (Secret() && bulk_ > 2) flags[i] = 1;
        if (argument_ == 0 && word_.size() < kMaxWord) word_ += bytes[i];
        if (--bulk_ == 0) ++argument_;
        continue;
      }
      if (bytes[i] == '\n') {
        LineDone();
        continue;
      }
      if (line_.size() < kMaxLine && bytes[i] != '\r') line_ += bytes[i];
      if (bytes[i] != '\r' && !Framing()) flags[i] = Inline() ? 1 : 0;
    }
  }
  void Gap(bool client, uint64_t bytes) override {
    if (!client) return;
    if (bytes > 0 && bulk_ > bytes) {
      bulk_ -= bytes;
      return;
    }
    bulk_ = 0;
    line_.clear();
    lost_ = true;
  }

 private:
  static constexpr size_t kMaxWord = 16;
  static constexpr size_t kMaxLine = 64;

  static bool LogsIn(string_view word) {
    for (const string_view one :
         {"AUTH", "HELLO", "CONFIG", "ACL", "MIGRATE", "EVAL", "SENTINEL"}) {
      if (absl::EqualsIgnoreCase(word, one)) return true;
    }
    return false;
  }
  bool Framing() const {
    return !line_.empty() && (line_[0] == '*' || line_[0] == '$');
  }
  bool Secret() const {
    return lost_ ||
           (argument_ > 0 && LogsIn(absl::StripAsciiWhitespace(word_)));
  }
  // Whether the byte just taken of an inline command may be a login.
  bool Inline() const {
    const size_t space = line_.find(' ');
    return lost_ || (space != string_view::npos &&
                     LogsIn(string_view(line_).substr(0, space)));
  }
  void LineDone() {
    uint64_t number = 0;
    const bool counted =
        Framing() && absl::SimpleAtoi(string_view(line_).substr(1), &number);
    if (counted && line_[0] == '*') {
      argument_ = 0;
      word_.clear();
      lost_ = false;
    } else if (counted) {
      bulk_ = number + 2;
    }
    line_.clear();
  }

  std::string line_;
  // Of the argument at hand, with its end of line.
  uint64_t bulk_ = 0;
  uint64_t argument_ = 0;
  // The first one.
  std::string word_;
  bool lost_ = false;
};

// RFC 6120 6, XEP-0078, XEP-0388: text of elements that log in.
class XmppGrammar final : public GuardGrammar {
 public:
  void Next(bool client, string_view bytes, char* flags) override {
    Side& side = sides_[client ? 1 : 0];
    for (size_t i = 0; i < bytes.size(); ++i) {
      const char c = bytes[i];
      if (c == '<') {
        side.tag.clear();
        side.within = true;
        side.secret = false;
      } else if (!side.within) {
        flags[i] = side.secret ? 1 : 0;
      } else if (c == '>') {
        side.within = false;
        side.secret = IsLogin(side.tag);
      } else if (side.tag.size() < kMaxTag) {
        side.tag += c;
      }
    }
  }
  void Gap(bool client, uint64_t) override {
    Side& side = sides_[client ? 1 : 0];
    side = Side();
    side.secret = true;
  }

 private:
  static constexpr size_t kMaxTag = 64;

  struct Side {
    std::string tag;
    bool within = false;
    bool secret = false;
  };
  static bool IsLogin(string_view tag) {
    const string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    for (const string_view one :
         {"auth", "response", "password", "digest", "initial-response",
          "challenge", "success", "additional-data", "token", "authenticate"}) {
      if (name == one) return true;
    }
    return false;
  }
  Side sides_[2];
};

// RFC 1928, 1929, and SOCKS 4; then what it carries.
class SocksGrammar final : public GuardGrammar {
 public:
  explicit SocksGrammar(GrammarPtr inner) : inner_(std::move(inner)) {}

  void Next(bool client, string_view bytes, char* flags) override {
    size_t i = 0;
    for (; client && !through_ && i < bytes.size(); ++i) {
      flags[i] = Step(bytes[i]) ? 1 : 0;
    }
    if (inner_ != nullptr && i < bytes.size()) {
      inner_->Next(client, bytes.substr(i), flags + i);
    }
  }
  void Gap(bool client, uint64_t bytes) override {
    if (client && !through_) lost_ = true;
    if (inner_ != nullptr) inner_->Gap(client, bytes);
  }

 private:
  // Whether the byte is to be withheld.
  bool Step(char c) {
    if (lost_) return true;
    message_ += c;
    const size_t size = message_.size();
    const uint8_t first = ByteAt(message_, 0);
    if (first == 4) {
      through_ = size > 8 && c == 0;
      lost_ = size > kMaxMessage;
    } else if (first == 5 && !greeted_) {
      greeted_ = size >= 2 && size == size_t{2} + ByteAt(message_, 1);
      if (greeted_) message_.clear();
    } else if (first == 5) {
      through_ = size >= 5 && size == RequestSize();
    } else if (first == 1 && greeted_) {
      return Login(size);
    } else {
      lost_ = true;
    }
    return lost_;
  }
  // Version, name and password, each with its length.
  bool Login(size_t size) {
    if (size < 2) return false;
    const size_t password = size_t{3} + ByteAt(message_, 1);
    if (size < password) return false;
    if (size == password + ByteAt(message_, password - 1)) message_.clear();
    return size > password;
  }
  size_t RequestSize() const {
    switch (ByteAt(message_, 3)) {
      case 1:
        return 10;
      case 3:
        return size_t{7} + ByteAt(message_, 4);
      default:
        return 22;
    }
  }

  GrammarPtr inner_;
  static constexpr size_t kMaxMessage = 600;

  // What came of the client's message at hand.
  std::string message_;
  bool greeted_ = false;
  // Its messages are over.
  bool through_ = false;
  bool lost_ = false;
};

}  // namespace

GrammarPtr NewSocksGrammar(GrammarPtr inner) {
  return std::make_unique<SocksGrammar>(std::move(inner));
}

GrammarPtr NewSpecialGrammar(string_view protocol) {
  if (protocol == "telnet") return NewTelnetGrammar();
  if (protocol == "redis") return std::make_unique<RedisGrammar>();
  if (protocol == "xmpp") return std::make_unique<XmppGrammar>();
  return NewPlaceGrammar(protocol);
}

}  // namespace tapline
