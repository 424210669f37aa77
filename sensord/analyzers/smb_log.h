// What SMB 1 and SMB 2 have in common: shares, files, outcomes, and the events
// that tell of them.

#ifndef TAPLINE_SENSORD_ANALYZERS_SMB_LOG_H_
#define TAPLINE_SENSORD_ANALYZERS_SMB_LOG_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/gss_session.h"
#include "sensord/event/event_writer.h"

namespace tapline {

// Where and when a message was read.
struct SmbScene {
  AnalyzerOutput& out;
  UnixNanos clock = 0;
  // The end of the message is missing.
  bool cut = false;
};

struct SmbStatus {
  uint32_t code = 0;
  bool error = false;
  // No response was seen.
  bool none = false;
  // A DOS class and code ([MS-CIFS] 2.2.2.4).
  bool dos = false;

  std::string Name() const;
  bool success() const { return !none && !error; }
};

struct SmbNegotiation {
  std::string dialect;
  std::string cipher;
  bool deprecated = false;
  bool signing_enabled = false;
  bool signing_required = false;
};

// One logon.
struct SmbSetup {
  uint64_t session = 0;
  GssSession gss;
  std::string client_os;
  std::string server_os;
  bool guest = false;
  bool encryption_required = false;
  bool cleartext_password = false;
};

struct SmbFileKey {
  uint64_t high = 0;
  uint64_t low = 0;
  friend bool operator==(const SmbFileKey& a, const SmbFileKey& b) {
    return a.high == b.high && a.low == b.low;
  }
};

// A file or pipe, open or not opened.
struct SmbFile {
  SmbFileKey key;
  uint32_t tree = 0;
  UnixNanos opened = 0;
  // Masked.
  std::string name;
  // [MS-SMB2] 2.2.14 CreateAction.
  uint32_t create_action = 0;
  bool directory = false;
  bool deleted = false;
  bool renamed = false;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t file_bytes = 0;
};

// Holds at most kMaxTrees shares and kMaxOpen files; the oldest give way. Files
// beyond kMaxToldFiles, and beyond kMaxToldIdle of which nothing was read,
// written, deleted or renamed, are only counted.
// Thread safety: single-threaded.
class SmbLog {
 public:
  static constexpr size_t kMaxTrees = 32;
  static constexpr size_t kMaxOpen = 64;
  static constexpr int kMaxToldFiles = 256;
  static constexpr int kMaxToldIdle = 64;
  static constexpr size_t kMaxOffered = 16;

  // What the client offers; the answer may come in the other version.
  std::vector<std::string> offered;
  // SMB 3.1.1: the name in the client's negotiation.
  std::string server_name;
  uint64_t encrypted_messages = 0;

  // `version` 1 or 2.
  void CountRequest(int version, uint16_t command);
  void CountError(int version, uint16_t command);

  void TellNegotiation(const SmbNegotiation& chosen, SmbScene& scene);
  void TellSetup(const SmbSetup& setup, SmbStatus status, SmbScene& scene);
  // `share` masked; `type` "disk", "pipe", "printer" or empty.
  void TellTreeConnect(uint32_t tree, const std::string& share,
                       absl::string_view type, bool encryption_required,
                       SmbStatus status, SmbScene& scene);

  // What is opened there is a pipe.
  bool IsPipeTree(uint32_t tree) const;

  void Open(SmbFile file);
  // Of an open file; null when its opening was not seen.
  SmbFile* Find(const SmbFileKey& key);
  void Close(const SmbFileKey& key, SmbScene& scene);
  // One that was not opened, or was deleted by its name.
  void TellFile(const SmbFile& file, SmbStatus status, SmbScene& scene);
  // Tells what is still open, and the summary.
  void End(SmbScene& scene);

  size_t MemoryBytes() const;

 private:
  struct Tree {
    uint32_t id;
    std::string share;
    std::string type;
  };
  struct Count {
    int version;
    uint16_t command;
    uint64_t requests;
    uint64_t errors;
  };

  Count* Counter(int version, uint16_t command);
  const Tree* FindTree(uint32_t id) const;
  // Writes what each event has.
  void Begin(EventWriter& event, absl::string_view action) const;
  static void WriteStatus(EventWriter& event, SmbStatus status);

  SmbNegotiation chosen_;
  std::vector<Tree> trees_;
  std::vector<SmbFile> files_;
  std::vector<Count> counts_;
  int told_files_ = 0;
  int told_idle_ = 0;
  uint64_t untold_files_ = 0;
};

// A request that waits for its response.
struct SmbRequest {
  // What becomes of the file when it succeeds.
  enum Effect : uint8_t { kNothing, kRenames, kDeletes };
  uint64_t id = 0;
  uint16_t command = 0;
  uint32_t tree = 0;
  uint64_t session = 0;
  // Id of the request of the same chain that opens the file; 0 for none.
  uint64_t opened_by = 0;
  SmbFileKey file;
  // Masked share or file.
  std::string name;
  // Sent to a pipe with it.
  uint64_t bytes = 0;
  Effect effect = kNothing;
  UnixNanos clock = 0;
};

// At most kMax; the oldest give way.
class SmbRequests {
 public:
  static constexpr size_t kMax = 64;

  void Add(SmbRequest request);
  // False when there is none.
  bool Take(uint64_t id, uint16_t command, SmbRequest* request);
  // Null when there is none.
  SmbRequest* Find(uint64_t id, uint16_t command);
  // The file that request `id` opened is this one.
  void Resolve(uint64_t id, const SmbFileKey& file);
  size_t MemoryBytes() const;

 private:
  std::vector<SmbRequest> waiting_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SMB_LOG_H_
