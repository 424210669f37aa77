// What protocols have in common whose messages say their length. Internal to
// redact.

#ifndef TAPLINE_COMMON_REDACT_GUARD_FRAME_GRAMMAR_H_
#define TAPLINE_COMMON_REDACT_GUARD_FRAME_GRAMMAR_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/redact/guard_grammar.h"

namespace tapline {

// What the beginning of a message says.
struct FrameStart {
  static constexpr uint64_t kAll = UINT64_MAX;
  enum Kind : uint8_t { kMore, kKnown, kBad };
  Kind kind = kMore;
  // Bytes behind those that were looked at, and how many of them may be shown.
  uint64_t left = 0;
  uint64_t shown = 0;
};

class FrameGrammar : public GuardGrammar {
 public:
  void Next(bool client, absl::string_view bytes, char* flags) final;
  void Gap(bool client, uint64_t bytes) final;
  void Boundary(bool client) final { sides_[client ? 1 : 0] = Side(); }
  bool Withholds(bool client) const final { return Reads(client); }
  bool binary() const final { return true; }

 protected:
  virtual bool Reads(bool client) const { return client; }
  // `head` grows by a byte each time until it is known what it begins.
  virtual FrameStart Parse(bool client, absl::string_view head) = 0;
  // Parse depends on nothing but `head`: lost framing can be found again.
  virtual bool stateless() const { return true; }

 private:
  static constexpr size_t kMaxHead = 96;

  struct Side {
    std::string head;
    uint64_t left = 0;
    uint64_t shown = 0;
    bool lost = false;
  };

  static size_t Body(Side& side, size_t available, char* flags);
  // Whether the bytes are whole messages.
  bool Fits(bool client, absl::string_view bytes);

  // [1] of the client.
  Side sides_[2];
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_GUARD_FRAME_GRAMMAR_H_
