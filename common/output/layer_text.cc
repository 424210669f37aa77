#include "common/output/layer_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/net/wire_text.h"
#include "common/output/escape.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace {

constexpr size_t kPlaceColumn = 56;

// "14-33", "22" for one byte, "" for none.
std::string Bytes(uint32_t offset, uint32_t size) {
  if (size == 0) return "";
  if (size == 1) return absl::StrCat(offset);
  return absl::StrCat(offset, "-", uint64_t{offset} + size - 1);
}

void AppendField(const v1::LayerField& field, std::string& out) {
  std::string line =
      absl::StrCat("  ", field.name(), ": ", field.value(),
                   field.units().empty() ? "" : " ", field.units());
  line = PrintableText(line);
  const std::string place = Bytes(field.offset(), field.size());
  if (!place.empty()) {
    const size_t width = DisplayWidth(line);
    line.append(width < kPlaceColumn ? kPlaceColumn - width : 1, ' ');
    absl::StrAppend(&line, "[", place, "]");
  }
  absl::StrAppend(&out, line, "\n");
  if (field.remark().empty()) return;
  absl::StrAppend(&out, "    ", FindingSeverityText(field.severity()), ": ",
                  PrintableText(field.remark()), "\n");
}

void AppendLayer(const v1::Layer& layer, std::string& out) {
  const std::string place = Bytes(layer.offset(), layer.size());
  absl::StrAppend(&out, PrintableText(layer.title()), " (",
                  PrintableText(layer.name()), ")",
                  place.empty() ? "" : ", bytes ", place, "\n");
  for (const std::string& remark : layer.remarks()) {
    absl::StrAppend(&out, "  ", FindingSeverityText(layer.severity()), ": ",
                    PrintableText(remark), "\n");
  }
  for (const v1::LayerField& field : layer.fields()) AppendField(field, out);
}

}  // namespace

std::string FindingSeverityText(v1::FindingSeverity severity) {
  return LowerEnumName(*v1::FindingSeverity_descriptor(), severity);
}

std::string DissectionText(const Redacted<v1::Dissection>& dissection) {
  std::string out;
  for (const v1::Layer& layer : dissection.get().layers()) {
    AppendLayer(layer, out);
  }
  if (dissection.get().truncated()) {
    out += "There is more than can be shown.\n";
  }
  return out;
}

std::string HexText(
    const google::protobuf::RepeatedPtrField<v1::HexLine>& lines) {
  std::string out;
  for (const v1::HexLine& line : lines) {
    if (line.hex().empty()) continue;
    absl::StrAppendFormat(&out, "%04x  %-47s  %s\n", line.offset(),
                          PrintableText(line.hex()),
                          PrintableText(line.ascii()));
  }
  return out;
}

}  // namespace tapline
