// Terminals: prompts for passwords, Telnet.

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/redact/guard_grammar.h"

namespace tapline {
namespace {

using absl::string_view;

// The last text of a side that no line's end follows.
class Tail {
 public:
  void Add(char c) {
    if (c == '\n' || c == '\r') {
      text_.clear();
    } else {
      if (text_.size() == kMost) text_.erase(0, kMost / 2);
      text_ += c;
    }
    known_ = false;
  }
  bool AsksForPassword() {
    if (!known_) asks_ = tapline::AsksForPassword(text_);
    known_ = true;
    return asks_;
  }

 private:
  static constexpr size_t kMost = 256;
  std::string text_;
  // What is known of it.
  bool known_ = true;
  bool asks_ = false;
};

// What answers a prompt, and what is sent back of it, until the line ends.
class PromptGrammar final : public GuardGrammar {
 public:
  void Next(bool client, string_view bytes, char* flags) override {
    Side& side = sides_[client ? 1 : 0];
    Side& other = sides_[client ? 0 : 1];
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (!side.secret && other.tail.AsksForPassword()) {
        side.secret = other.secret = true;
        other.tail = Tail();
      }
      const bool end = bytes[i] == '\n' || bytes[i] == '\r';
      if (side.secret && !end) flags[i] = 1;
      if (end) side.secret = false;
      if (!side.secret) side.tail.Add(bytes[i]);
    }
  }
  void Gap(bool client, uint64_t) override { sides_[client ? 1 : 0] = Side(); }
  bool Withholds(bool) const override { return false; }

 private:
  struct Side {
    Tail tail;
    bool secret = false;
  };
  Side sides_[2];
};

// RFC 854, 855. What the client types is withheld: the server sends back what
// it lets be seen, and of a password nothing.
class TelnetGrammar final : public GuardGrammar {
 public:
  void Next(bool client, string_view bytes, char* flags) override {
    Side& side = sides_[client ? 1 : 0];
    for (size_t i = 0; i < bytes.size(); ++i) {
      const auto byte = static_cast<uint8_t>(bytes[i]);
      if (side.state == State::kData && byte != kIac) {
        flags[i] = client ? Typed(bytes[i]) : Printed(bytes[i]);
      } else if (side.state == State::kOption) {
        flags[i] = byte == kIac ? 0 : side.secret_option;
      }
      Step(byte, side);
    }
  }
  void Gap(bool client, uint64_t) override { sides_[client ? 1 : 0] = Side(); }

 private:
  static constexpr uint8_t kIac = 255;
  static constexpr uint8_t kSb = 250;
  static constexpr uint8_t kSe = 240;

  enum class State { kData, kIac, kVerb, kSb, kOption, kOptionIac };
  struct Side {
    State state = State::kData;
    bool secret_option = false;
  };

  char Typed(char c) {
    if (printed_.AsksForPassword()) {
      hidden_ = true;
      printed_ = Tail();
    }
    return c == '\r' || c == '\n' ? 0 : 1;
  }
  char Printed(char c) {
    const bool end = c == '\r' || c == '\n';
    if (end) hidden_ = false;
    if (!hidden_) printed_.Add(c);
    return hidden_ ? 1 : 0;
  }
  static void Step(uint8_t byte, Side& side) {
    switch (side.state) {
      case State::kData:
        if (byte == kIac) side.state = State::kIac;
        return;
      case State::kIac:
        side.state = byte == kSb                  ? State::kSb
                     : byte >= 251 && byte <= 254 ? State::kVerb
                                                  : State::kData;
        return;
      case State::kVerb:
        side.state = State::kData;
        return;
      case State::kSb:
        // Environment, authentication, encryption (IANA).
        side.secret_option = byte >= 36 && byte <= 39;
        side.state = State::kOption;
        return;
      case State::kOption:
        if (byte == kIac) side.state = State::kOptionIac;
        return;
      case State::kOptionIac:
        side.state = byte == kSe ? State::kData : State::kOption;
        return;
    }
  }

  Side sides_[2];
  Tail printed_;
  // What the server prints is an answer to its question for a password.
  bool hidden_ = false;
};

}  // namespace

bool AsksForPassword(string_view line) {
  const std::string lower = absl::AsciiStrToLower(line);
  for (const string_view word :
       {"password", "passwd", "passphrase", "passcode", "passwort", "kennwort",
        "mot de passe", "contrase", "senha", "secret", "verification code",
        "one-time", "otp:", "pin:", "pin code", "token:", "challenge"}) {
    if (absl::StrContains(lower, word)) return true;
  }
  return false;
}

GrammarPtr NewPromptGrammar() { return std::make_unique<PromptGrammar>(); }

GrammarPtr NewTelnetGrammar() { return std::make_unique<TelnetGrammar>(); }

}  // namespace tapline
