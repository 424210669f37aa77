// Every record table: row = epoch << 42 | sequence (of an alert: of its first
// revision), so rows are appended in the order of receipt and (epoch, sequence)
// needs no index. Times are Unix nanoseconds; source is '' for "live"; id is
// the hex id as a number in the order of its text (columns.h); a and b are 4 or
// 16 address bytes; record is a serialized tapline.v1.Record.
//
// Indexes on random keys would set the rate (every insert another page), so
// flows have only the one on received_at, which is appended to.
//
// flows_by_id finds a flow by its id all the same: within blocks of 16,384
// sequences, so that inserts stay on the few pages of the newest block; Get
// asks block by block (store_reader.cc).
//
// counts: rows of a table, kept by the transactions that change them.
// gaps: sequences that are not there, 'storage' (never written), 'retention' or
// 'unclean_stop' (not known how many).
// runs: run_marks.h.

#include "sensord/store/schema.h"

namespace tapline {
namespace {

#define TAPLINE_COLUMNS                                   \
  "row INTEGER PRIMARY KEY,received_at INTEGER NOT NULL," \
  "observed_at INTEGER NOT NULL,source TEXT NOT NULL,"    \
  "id INTEGER NOT NULL,transport INTEGER NOT NULL,"       \
  "protocol TEXT NOT NULL,a BLOB,b BLOB,a_port INTEGER,"  \
  "b_port INTEGER"
#define TAPLINE_TABLE(name)                 \
  "CREATE TABLE " name "(" TAPLINE_COLUMNS  \
  ",record BLOB NOT NULL);"                 \
  "CREATE INDEX " name "_received ON " name \
  "(received_at);"                          \
  "INSERT INTO counts VALUES('" name "',0);"
#define TAPLINE_GAPS                                                 \
  "CREATE TABLE gaps(row INTEGER PRIMARY KEY,kind INTEGER NOT NULL," \
  "epoch INTEGER NOT NULL,first INTEGER NOT NULL,"                   \
  "last INTEGER NOT NULL,count INTEGER NOT NULL,"                    \
  "reason TEXT NOT NULL,first_at INTEGER NOT NULL,"                  \
  "last_at INTEGER NOT NULL);"                                       \
  "CREATE UNIQUE INDEX gaps_range ON gaps(kind,epoch,reason,first);"

#define TAPLINE_RUNS                         \
  "CREATE TABLE runs(epoch INTEGER PRIMARY " \
  "KEY,complete_until INTEGER NOT NULL);"

constexpr Migration kAlertMigrations[] = {
    {1,
     "CREATE TABLE meta(key TEXT PRIMARY KEY,value) WITHOUT ROWID;" TAPLINE_GAPS
     "CREATE TABLE alerts(" TAPLINE_COLUMNS
     ",epoch INTEGER NOT NULL,sequence INTEGER NOT NULL,"
     "severity INTEGER NOT NULL,rule TEXT NOT NULL,"
     "ack_at INTEGER,ack_by TEXT,note TEXT,"
     // The newest revision, and the first one when there are more.
     "record BLOB NOT NULL,first_record BLOB);"
     "CREATE UNIQUE INDEX alerts_id ON alerts(id,source);"
     "CREATE INDEX alerts_received ON alerts(received_at);"
     "CREATE INDEX alerts_observed ON alerts(observed_at);"
     "CREATE INDEX alerts_sequence ON alerts(epoch,sequence);"
     "CREATE INDEX alerts_open ON alerts(source) WHERE ack_at IS NULL;"},
    {2, TAPLINE_RUNS},
};

constexpr Migration kFlowMigrations[] = {
    {1,
     "CREATE TABLE counts(name TEXT PRIMARY KEY,rows INTEGER NOT NULL)"
     " WITHOUT ROWID;" TAPLINE_GAPS TAPLINE_TABLE("flows")
         TAPLINE_TABLE("events") TAPLINE_TABLE("stats")},
    {2,
     "CREATE TABLE meta(key TEXT PRIMARY KEY,value) WITHOUT ROWID;"
     "CREATE INDEX flows_by_id ON flows(row>>14,id);"},
    {3, TAPLINE_RUNS
     "INSERT INTO runs SELECT value,ifnull((SELECT value FROM meta "
     "WHERE key='complete_until'),0) FROM meta WHERE key='open_epoch';"
     "DELETE FROM meta WHERE key IN('open_epoch','complete_until');"},
};

}  // namespace

absl::Span<const Migration> AlertMigrations() { return kAlertMigrations; }
absl::Span<const Migration> FlowMigrations() { return kFlowMigrations; }

const char* TableOf(v1::RecordKind kind) {
  switch (kind) {
    case v1::RECORD_KIND_ALERT:
      return "alerts";
    case v1::RECORD_KIND_FLOW:
      return "flows";
    case v1::RECORD_KIND_EVENT:
      return "events";
    case v1::RECORD_KIND_STATS:
      return "stats";
    default:
      return nullptr;
  }
}

bool InAlertFile(v1::RecordKind kind) { return kind == v1::RECORD_KIND_ALERT; }

const std::vector<v1::RecordKind>& BulkKinds() {
  static const std::vector<v1::RecordKind> kinds = {
      v1::RECORD_KIND_FLOW, v1::RECORD_KIND_EVENT, v1::RECORD_KIND_STATS};
  return kinds;
}

}  // namespace tapline
