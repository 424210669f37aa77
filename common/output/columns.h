// The columns of each kind of record, and what a person reads of a gap.

#ifndef TAPLINE_COMMON_OUTPUT_COLUMNS_H_
#define TAPLINE_COMMON_OUTPUT_COLUMNS_H_

#include <string>
#include <vector>

#include "common/output/printer.h"
#include "common/redact/redacted.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// Index of the id column in each of these, for Printer's `name_column`.
inline constexpr size_t kIdColumn = 1;

// Columns of records whose arm is of `kind`; of other records they are empty.
std::vector<Column<v1::Record>> RecordColumns(v1::RecordKind kind);

// "192.0.2.1:443", "[2001:db8::1]:443", "192.0.2.1" for port 0, "" for none.
std::string EndpointText(const v1::Endpoint& endpoint);

// "S", "SA", ...: one letter a flag, "-" for none.
std::string TcpFlagsText(uint32_t flags);

Color SeverityColor(v1::Severity severity);

// "gap: 12 flow records lost (slow_reader), sequence 5..16".
std::string GapText(const Redacted<v1::Gap>& gap);

}  // namespace tapline

#endif  // TAPLINE_COMMON_OUTPUT_COLUMNS_H_
