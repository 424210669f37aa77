// The tables of both files.

#ifndef TAPLINE_SENSORD_STORE_SCHEMA_H_
#define TAPLINE_SENSORD_STORE_SCHEMA_H_

#include <vector>

#include "absl/types/span.h"
#include "common/sqlite/migration.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

// alerts.db: meta, gaps, alerts.
absl::Span<const Migration> AlertMigrations();
// flows.db: counts, meta, gaps, flows, events, stats.
absl::Span<const Migration> FlowMigrations();

// Sequences of one block of the index flows_by_id, as a power of 2.
inline constexpr int kIdBlockBits = 14;

// "alerts", "flows", "events" or "stats"; null for a kind that is not stored.
const char* TableOf(v1::RecordKind kind);
bool InAlertFile(v1::RecordKind kind);
// Stored in flows.db.
const std::vector<v1::RecordKind>& BulkKinds();

}  // namespace tapline

#endif  // TAPLINE_SENSORD_STORE_SCHEMA_H_
