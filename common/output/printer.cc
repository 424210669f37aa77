#include "common/output/printer.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/net/wire_text.h"
#include "common/output/escape.h"

namespace tapline {
namespace {

// A list never widens a column beyond this; the last one takes what is left.
constexpr size_t kMaxColumnWidth = 60;
constexpr absl::string_view kGap = "  ";

std::string Joined(const std::vector<Cell>& cells) {
  std::string out;
  for (const Cell& cell : cells) {
    if (cell.text.empty()) continue;
    absl::StrAppend(&out, out.empty() ? "" : " ", PrintableText(cell.text));
  }
  return out;
}

std::string CsvRow(const std::vector<Cell>& cells) {
  std::string out;
  for (size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    absl::StrAppend(&out, i > 0 ? "," : "",
                    CsvField(cell.raw.empty() ? cell.text : cell.raw));
  }
  return out;
}

}  // namespace

std::optional<Format> ParseFormat(absl::string_view name) {
  struct Known {
    absl::string_view name;
    Format format;
  };
  constexpr std::array<Known, 8> kKnown = {{{"table", Format::kTable},
                                            {"wide", Format::kWide},
                                            {"json", Format::kJson},
                                            {"jsonl", Format::kJson},
                                            {"csv", Format::kCsv},
                                            {"yaml", Format::kYaml},
                                            {"compact", Format::kCompact},
                                            {"name", Format::kName}}};
  for (const Known& known : kKnown) {
    if (known.name == name) return known.format;
  }
  return std::nullopt;
}

std::string Paint(absl::string_view text, Color color) {
  constexpr absl::string_view kStart[] = {"",         "\x1b[31m", "\x1b[1;31m",
                                          "\x1b[33m", "\x1b[32m", "\x1b[36m",
                                          "\x1b[2m"};
  if (color == Color::kNone) return std::string(text);
  return absl::StrCat(kStart[static_cast<int>(color)], text, "\x1b[0m");
}

void TextTable::Fit(const std::vector<std::vector<Cell>>& rows) {
  for (size_t i = 0; i < headings_.size(); ++i) {
    size_t width = headings_[i].title.size();
    for (const std::vector<Cell>& row : rows) {
      width = std::max(width, DisplayWidth(PrintableText(row[i].text)));
    }
    headings_[i].width = std::min(width, kMaxColumnWidth);
  }
}

std::string TextTable::Header() const {
  if (!options_.headers) return "";
  std::vector<Cell> titles;
  for (const Heading& heading : headings_) {
    titles.push_back({heading.title, Color::kNone, ""});
  }
  switch (options_.format) {
    case Format::kCsv:
      return absl::StrCat(absl::AsciiStrToLower(absl::StrCat(CsvRow(titles))),
                          "\r\n");
    case Format::kTable:
    case Format::kWide:
      return TableRow(titles);
    default:
      return "";
  }
}

std::string TextTable::Row(const std::vector<Cell>& cells) const {
  switch (options_.format) {
    case Format::kCsv:
      return CsvRow(cells) + "\r\n";
    case Format::kCompact:
    case Format::kName:
      return Joined(cells) + "\n";
    default:
      return TableRow(cells);
  }
}

std::string TextTable::TableRow(const std::vector<Cell>& cells) const {
  std::string out;
  size_t used = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    const bool last = i + 1 == cells.size();
    const size_t gap = i > 0 ? kGap.size() : 0;
    size_t limit = headings_[i].width;
    // Without a terminal no line is cut to fit: scripts and files get it whole.
    if (options_.width == 0) limit = absl::string_view::npos;
    if (options_.width > 0 && last) limit = options_.width;
    if (options_.width > 0) {
      const size_t left =
          options_.width > used + gap ? options_.width - used - gap : 0;
      limit = std::min(limit, left);
      if (limit == 0) break;
    }
    const std::string text = FitWidth(cells[i].text, limit);
    const size_t width = DisplayWidth(text);
    const size_t column = std::min(headings_[i].width, limit);
    const size_t pad = column > width ? column - width : 0;
    if (i > 0) absl::StrAppend(&out, kGap);
    if (headings_[i].right) out.append(pad, ' ');
    absl::StrAppend(&out, options_.color ? Paint(text, cells[i].color) : text);
    if (!headings_[i].right && !last) out.append(pad, ' ');
    used += gap + std::max(width, column);
  }
  out += '\n';
  return out;
}

}  // namespace tapline
