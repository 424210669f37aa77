// What protocols of lines have in common. Internal to redact.

#ifndef TAPLINE_COMMON_REDACT_GUARD_LINE_GRAMMAR_H_
#define TAPLINE_COMMON_REDACT_GUARD_LINE_GRAMMAR_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/redact/guard_grammar.h"

namespace tapline {

class LineGrammar : public GuardGrammar {
 public:
  void Next(bool client, absl::string_view bytes, char* flags) final;
  void Gap(bool client, uint64_t bytes) final;
  void Boundary(bool client) final;

 protected:
  // How many bytes of a line (its beginning, unless complete) may be shown;
  // npos for all. Of a long line the first kMaxLine bytes are asked about.
  virtual size_t ShownOf(bool client, absl::string_view line,
                         bool complete) = 0;
  virtual void LineDone(bool /*client*/, absl::string_view /*line*/) {}
  // Whether bytes whose place in a line is not known surely begin one.
  virtual bool BeginsLine(absl::string_view /*bytes*/) const { return false; }
  // A side's line was not seen, or not from its beginning: LineDone is not
  // called for it.
  virtual void LineLost(bool /*client*/) {}
  // The next bytes of the client are no line.
  void Literal(uint64_t bytes, bool secret);

 private:
  static constexpr size_t kMaxLine = 1024;

  struct Side {
    std::string line;
    // Of the line, also beyond kMaxLine.
    uint64_t seen = 0;
    // Its beginning was not seen.
    bool lost = false;
    uint64_t literal = 0;
    bool literal_secret = false;
  };

  void Fragment(bool client, Side& side, absl::string_view part, char* flags);

  // [1] of the client.
  Side sides_[2];
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_GUARD_LINE_GRAMMAR_H_
