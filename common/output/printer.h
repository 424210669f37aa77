// Prints items of one type in the format the user chose.

#ifndef TAPLINE_COMMON_OUTPUT_PRINTER_H_
#define TAPLINE_COMMON_OUTPUT_PRINTER_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/net/wire_text.h"
#include "common/output/escape.h"
#include "common/output/json.h"
#include "common/redact/redacted.h"

namespace tapline {

enum class Format { kTable, kWide, kJson, kCsv, kYaml, kCompact, kName };

// "table", "wide", "json" (also "jsonl"), "csv", "yaml", "compact", "name".
std::optional<Format> ParseFormat(absl::string_view name);

enum class Color { kNone, kRed, kBrightRed, kYellow, kGreen, kCyan, kDim };

struct Cell {
  std::string text;
  Color color = Color::kNone;
  // What CSV gets when it differs from the text for people.
  std::string raw;
};

// One column of items of type T.
template <typename T>
struct Column {
  const char* title;
  // Least width; a list widens it to its contents, a stream cannot.
  size_t width;
  bool right;
  // Only in wide tables and CSV.
  bool wide;
  Cell (*get)(const T& item);
  // Characters shown in "table" and "compact" of what is still a name with
  // those alone; 0: all.
  size_t brief = 0;
  // Characters at which "table" and "compact" cut, so that it shows; 0: none.
  size_t most = 0;
};

struct PrintOptions {
  Format format = Format::kTable;
  bool headers = true;
  bool color = false;
  // Columns of the terminal; 0: do not cut lines.
  size_t width = 0;
};

// Layout of rows of cells; knows nothing of what they mean.
class TextTable {
 public:
  struct Heading {
    std::string title;
    size_t width;
    bool right;
  };
  TextTable(std::vector<Heading> headings, const PrintOptions& options)
      : headings_(std::move(headings)), options_(options) {}

  // Widens the columns to these rows.
  void Fit(const std::vector<std::vector<Cell>>& rows);
  // Each with its LF. Titles are lower case in CSV; empty for other formats and
  // without headers.
  std::string Header() const;
  std::string Row(const std::vector<Cell>& cells) const;

 private:
  std::string TableRow(const std::vector<Cell>& cells) const;

  std::vector<Heading> headings_;
  const PrintOptions options_;
};

// `cell` in its colour, by ANSI sequences.
std::string Paint(absl::string_view text, Color color);

template <typename T>
class Printer {
 public:
  // The first column is the one `-o name` prints unless `name_column` says
  // otherwise.
  Printer(std::vector<Column<T>> columns, const PrintOptions& options,
          size_t name_column = 0)
      : name_(columns[name_column]),
        columns_(Shown(std::move(columns), options.format)),
        options_(options),
        table_(Headings(columns_, options.format), options) {}

  std::string Header() const { return table_.Header(); }

  // One item, complete with its line end.
  std::string Item(const Redacted<T>& item) const {
    if (options_.format == Format::kJson) return MessageJson(item) + "\n";
    if (options_.format == Format::kYaml) return MessageYaml(item);
    return table_.Row(Cells(item.get()));
  }

  // A whole list with its header, columns fitted to it.
  std::string List(const std::vector<Redacted<T>>& items) {
    if (options_.format == Format::kTable || options_.format == Format::kWide) {
      std::vector<std::vector<Cell>> rows;
      for (const Redacted<T>& item : items) rows.push_back(Cells(item.get()));
      table_.Fit(rows);
    }
    std::string out = Header();
    for (const Redacted<T>& item : items) out += Item(item);
    return out;
  }

 private:
  static std::vector<Column<T>> Shown(std::vector<Column<T>> columns,
                                      Format format) {
    if (format == Format::kWide || format == Format::kCsv) return columns;
    std::vector<Column<T>> shown;
    for (const Column<T>& column : columns) {
      if (!column.wide) shown.push_back(column);
    }
    return shown;
  }

  static std::vector<TextTable::Heading> Headings(
      const std::vector<Column<T>>& columns, Format format) {
    std::vector<TextTable::Heading> headings;
    for (const Column<T>& column : columns) {
      const bool brief = format == Format::kTable && column.brief > 0;
      headings.push_back(
          {column.title, brief ? column.brief : column.width, column.right});
    }
    return headings;
  }

  std::vector<Cell> Cells(const T& item) const {
    if (options_.format == Format::kName) return {name_.get(item)};
    const bool brief = options_.format == Format::kTable ||
                       options_.format == Format::kCompact;
    std::vector<Cell> cells;
    for (const Column<T>& column : columns_) {
      cells.push_back(column.get(item));
      if (!brief) continue;
      std::string& text = cells.back().text;
      if (column.brief > 0) text.resize(std::min(text.size(), column.brief));
      if (column.most > 0) text = FitWidth(PrintableText(text), column.most);
    }
    return cells;
  }

  const Column<T> name_;
  const std::vector<Column<T>> columns_;
  const PrintOptions options_;
  TextTable table_;
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_PRINTER_H_
