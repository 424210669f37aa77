#include "common/redact/guard_line_grammar.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tapline {

void LineGrammar::Next(bool client, absl::string_view bytes, char* flags) {
  Side& side = sides_[client ? 1 : 0];
  if (side.lost && BeginsLine(bytes)) side = Side();
  for (size_t at = 0; at < bytes.size();) {
    if (side.literal > 0) {
      const size_t size =
          std::min<uint64_t>(side.literal, uint64_t{bytes.size() - at});
      if (side.literal_secret) std::fill_n(flags + at, size, 1);
      side.literal -= size;
      at += size;
      continue;
    }
    const size_t end = bytes.find('\n', at);
    const size_t size =
        end == absl::string_view::npos ? bytes.size() - at : end + 1 - at;
    Fragment(client, side, bytes.substr(at, size), flags + at);
    at += size;
  }
}

void LineGrammar::Fragment(bool client, Side& side, absl::string_view part,
                           char* flags) {
  const bool complete = absl::EndsWith(part, "\n");
  const size_t room = kMaxLine - side.line.size();
  absl::StrAppend(&side.line, part.substr(0, room));
  absl::string_view line = side.line;
  if (complete && absl::ConsumeSuffix(&line, "\n")) {
    absl::ConsumeSuffix(&line, "\r");
  }
  const bool withheld = side.lost && Withholds(client);
  const size_t shown = withheld ? 0 : ShownOf(client, line, complete);
  for (size_t i = 0; i < part.size(); ++i) {
    const bool end = part[i] == '\r' || part[i] == '\n';
    if (side.seen + i >= shown && !end) flags[i] = 1;
  }
  side.seen += part.size();
  if (!complete) return;
  if (!side.lost) LineDone(client, line);
  side.line.clear();
  side.seen = 0;
  side.lost = false;
}

void LineGrammar::Gap(bool client, uint64_t bytes) {
  Side& side = sides_[client ? 1 : 0];
  if (bytes > 0 && side.literal >= bytes) {
    side.literal -= bytes;
    return;
  }
  side.literal = 0;
  side.line.clear();
  side.seen = 0;
  side.lost = true;
  LineLost(client);
}

void LineGrammar::Boundary(bool client) { sides_[client ? 1 : 0] = Side(); }

void LineGrammar::Literal(uint64_t bytes, bool secret) {
  sides_[1].literal = bytes;
  sides_[1].literal_secret = secret;
}

}  // namespace tapline
