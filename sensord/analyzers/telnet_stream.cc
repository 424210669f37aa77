#include "sensord/analyzers/telnet_stream.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tapline::telnet {

Seen TelnetStream::Take(uint8_t byte) {
  switch (state_) {
    case State::kData:
      if (byte != kIac) return Seen::kData;
      state_ = State::kIac;
      return Seen::kNothing;
    case State::kIac:
      state_ = State::kData;
      if (byte == kIac) return Seen::kData;
      if (byte == kSe) return Seen::kMalformed;
      if (byte == kSb) {
        subnegotiation_.clear();
        state_ = State::kSub;
      } else if (byte >= kWill) {
        command_ = byte;
        state_ = State::kOption;
      }
      return Seen::kNothing;
    case State::kOption:
      state_ = State::kData;
      negotiates_ = true;
      if (command_ == kWill) will_.set(byte);
      if (command_ == kWill + 1) will_.reset(byte);
      return Seen::kNothing;
    case State::kSub:
      if (byte == kIac) {
        state_ = State::kSubIac;
        return Seen::kNothing;
      }
      break;
    case State::kSubIac:
      if (byte == kSe) {
        state_ = State::kData;
        negotiates_ = true;
        return Seen::kSubnegotiation;
      }
      state_ = State::kSub;
      break;
  }
  if (subnegotiation_.size() == kMaxSubnegotiation) {
    state_ = State::kData;
    return Seen::kMalformed;
  }
  subnegotiation_ += static_cast<char>(byte);
  return Seen::kNothing;
}

std::string OptionName(uint8_t option) {
  struct Row {
    uint8_t option;
    absl::string_view name;
  };
  static constexpr Row kNames[] = {
      {0, "binary"},
      {1, "echo"},
      {3, "suppress-go-ahead"},
      {5, "status"},
      {6, "timing-mark"},
      {17, "extended-ascii"},
      {18, "logout"},
      {24, "terminal-type"},
      {25, "end-of-record"},
      {31, "window-size"},
      {32, "terminal-speed"},
      {33, "remote-flow-control"},
      {34, "linemode"},
      {35, "x-display-location"},
      {36, "environment"},
      {37, "authentication"},
      {38, "encryption"},
      {39, "new-environment"},
      {40, "tn3270e"},
      {42, "charset"},
      {44, "com-port"},
      {46, "start-tls"},
      {47, "kermit"},
  };
  for (const Row& row : kNames) {
    if (row.option == option) return std::string(row.name);
  }
  return absl::StrCat(option);
}

std::string UserOf(absl::string_view subnegotiation) {
  // IS or INFO; VAR and USERVAR name, VALUE.
  constexpr char kValue = 1, kEscape = 2, kUserVar = 3;
  if (subnegotiation.size() < 2 || subnegotiation[1] == 1) return "";
  subnegotiation.remove_prefix(2);
  for (const char kind : {char{0}, kUserVar}) {
    const std::string name =
        absl::StrCat(std::string(1, kind), "USER", std::string(1, kValue));
    const size_t at = subnegotiation.find(name);
    if (at == absl::string_view::npos) continue;
    std::string user;
    for (const char c : subnegotiation.substr(at + name.size())) {
      if (c >= 0 && c <= kUserVar && c != kEscape) break;
      user += c;
    }
    return user;
  }
  return "";
}

}  // namespace tapline::telnet
