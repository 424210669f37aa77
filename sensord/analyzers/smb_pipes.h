// DCE/RPC over the named pipes of SMB ([MS-RPCE] 2.1.1.2): what is written to
// an open pipe and read from it is a conversation of its own.
//
// Anomalies: those of dcerpc.h.

#ifndef TAPLINE_SENSORD_ANALYZERS_SMB_PIPES_H_
#define TAPLINE_SENSORD_ANALYZERS_SMB_PIPES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sensord/analyzers/smb_log.h"

namespace tapline {

// The pipe that a path names: "\PIPE\svcctl" is "svcctl". `path` is masked as
// those of files are; well-known pipes are written in lower case.
std::string SmbPipeName(absl::string_view path);
// Of Windows itself, whoever opens it.
bool IsWellKnownPipe(absl::string_view path);

// The pipes of one connection, kMaxPipes at most: the oldest give way. Of each
// PDU the first kMaxHead bytes are looked at. A pipe that carries something
// else is not read further. Thread safety: single-threaded.
class SmbPipes {
 public:
  static constexpr size_t kMaxPipes = 6;
  static constexpr size_t kMaxHead = 2 << 10;

  // Unless `enabled` nothing is held or told.
  explicit SmbPipes(bool enabled);
  ~SmbPipes();

  // `path` is masked; empty when it was not seen.
  void Open(const SmbFileKey& key, absl::string_view path, SmbScene& scene);
  bool IsOpen(const SmbFileKey& key) const;
  // The next `size` bytes to the server, or from it; `data` are those of them
  // that are at hand. Of any file: those that are no open pipe are ignored.
  void Add(const SmbFileKey& key, bool to_server, Bytes data, uint64_t size,
           SmbScene& scene);
  // Tells what the conversation was.
  void Close(const SmbFileKey& key, SmbScene& scene);
  void End(SmbScene& scene);
  // On the heap.
  size_t MemoryBytes() const;

 private:
  struct Pipe;

  Pipe* Find(const SmbFileKey& key) const;

  const bool enabled_;
  // The oldest first.
  std::vector<std::unique_ptr<Pipe>> pipes_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SMB_PIPES_H_
