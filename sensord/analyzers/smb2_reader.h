// SMB 2 and 3 messages ([MS-SMB2] 2.2), one command at a time.

#ifndef TAPLINE_SENSORD_ANALYZERS_SMB2_READER_H_
#define TAPLINE_SENSORD_ANALYZERS_SMB2_READER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sensord/analyzers/smb_log.h"
#include "sensord/analyzers/smb_pipes.h"

namespace tapline {

// Thread safety: single-threaded.
class Smb2Reader {
 public:
  static constexpr size_t kHeaderBytes = 64;

  // `log` and `pipes` outlive it.
  Smb2Reader(SmbLog* log, SmbPipes* pipes) : log_(log), pipes_(pipes) {}

  // One command, from its "\xfeSMB" on. False when it breaks [MS-SMB2].
  bool Read(Bytes command, SmbScene& scene);
  // Tells logons that have no outcome.
  void End(SmbScene& scene);
  // On the heap.
  size_t MemoryBytes() const;

  // Size of the command that begins there, by its NextCommand: 0 for the last
  // one of its chain. `header` holds 24 bytes at least.
  static uint32_t NextCommand(Bytes header);

 private:
  struct Header {
    uint16_t command = 0;
    uint32_t status = 0;
    uint32_t flags = 0;
    uint64_t message = 0;
    uint32_t tree = 0;
    uint64_t session = 0;
  };

  bool ReadRequest(const Header& header, Bytes command, SmbScene& scene);
  bool ReadResponse(const Header& header, Bytes command, SmbScene& scene);

  // smb2_logon.cc
  bool NegotiateRequest(Bytes command);
  bool NegotiateResponse(Bytes command, SmbScene& scene);
  bool SetupRequest(const Header& header, Bytes command, SmbScene& scene);
  bool SetupResponse(const Header& header, const SmbRequest& request,
                     Bytes command, SmbScene& scene);
  static bool TreeRequest(Bytes command, const SmbScene& scene,
                          SmbRequest* request);
  bool TreeResponse(const Header& header, const SmbRequest& request,
                    Bytes command, SmbScene& scene);
  SmbSetup& SetupOf(uint64_t session);

  // smb2_reader.cc
  bool CreateRequest(Bytes command, const SmbScene& scene, SmbRequest* request);
  bool CreateResponse(const Header& header, const SmbRequest& request,
                      Bytes command, SmbScene& scene);
  bool FileRequest(Bytes command, size_t file_at, SmbRequest* request);
  bool SetInfoRequest(Bytes command, SmbRequest* request);
  void OnFileDone(const Header& header, const SmbRequest& request,
                  Bytes command, SmbScene& scene);
  bool WriteRequest(Bytes command, SmbRequest* request, SmbScene& scene);
  // *wanted: the request asks a pipe and waits for what it says.
  bool IoctlRequest(Bytes command, SmbRequest* request, SmbScene& scene,
                    bool* wanted);
  void OnRead(const SmbRequest& request, Bytes command, SmbScene& scene);
  void OnIoctl(const SmbRequest& request, Bytes command, SmbScene& scene);

  SmbLog* const log_;
  SmbPipes* const pipes_;
  SmbRequests requests_;
  std::vector<SmbSetup> setups_;
  // Of the chain at hand: the request that opens a file.
  uint64_t opening_ = 0;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SMB2_READER_H_
