// SMB 1 messages ([MS-CIFS] 2.2, [MS-SMB] 2.2), AndX chains included.

#ifndef TAPLINE_SENSORD_ANALYZERS_SMB1_READER_H_
#define TAPLINE_SENSORD_ANALYZERS_SMB1_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sensord/analyzers/smb_log.h"
#include "sensord/analyzers/smb_pipes.h"

namespace tapline {

// Thread safety: single-threaded.
class Smb1Reader {
 public:
  static constexpr size_t kHeaderBytes = 32;

  // `log` and `pipes` outlive it.
  Smb1Reader(SmbLog* log, SmbPipes* pipes) : log_(log), pipes_(pipes) {}

  // One message, from its "\xffSMB" on. False when it breaks [MS-CIFS].
  bool Read(Bytes message, SmbScene& scene);
  // Tells a logon that has no outcome.
  void End(SmbScene& scene);
  // On the heap.
  size_t MemoryBytes() const;

 private:
  struct Header {
    SmbStatus status;
    bool response = false;
    bool unicode = false;
    uint16_t tree = 0;
    uint16_t user = 0;
    // Process and multiplex id: which response belongs to which request.
    uint64_t id = 0;
  };
  // One command of a message: its parameter words and its bytes.
  struct Block {
    uint8_t command = 0;
    Bytes words;
    Bytes bytes;
    // Of `bytes` in the message: text is aligned to that.
    size_t bytes_at = 0;
  };

  bool ReadBlock(Bytes message, size_t at, uint8_t command, bool cut,
                 Block* block) const;
  bool OnRequest(const Header& header, const Block& block, SmbScene& scene);
  bool OnResponse(const Header& header, const Block& block, SmbScene& scene);

  // smb1_logon.cc
  bool NegotiateRequest(const Block& block);
  bool NegotiateResponse(const Block& block, SmbScene& scene);
  bool SetupRequest(const Header& header, const Block& block, SmbScene& scene);
  bool SetupResponse(const Header& header, const Block& block, SmbScene& scene);
  bool TreeResponse(const Header& header, const SmbRequest& request,
                    const Block& block, SmbScene& scene);

  // smb1_reader.cc
  bool OpenResponse(const Header& header, const SmbRequest& request,
                    const Block& block, SmbScene& scene);
  void OnFileDone(const SmbRequest& request, const Block& block,
                  SmbScene& scene);

  // smb1_pipe.cc: what is written to pipes and read from them.
  void OnPipeWrite(const Block& block, SmbScene& scene);
  void OnPipeRead(const SmbRequest& request, const Block& block,
                  SmbScene& scene);
  // *wanted: the request asks a pipe and waits for what it says.
  bool TransactionRequest(const Block& block, SmbRequest* request,
                          SmbScene& scene, bool* wanted);
  void OnMoreOfTransaction(const Header& header, const Block& block,
                           SmbScene& scene);
  void OnTransaction(SmbRequest request, const Block& block, SmbScene& scene);

  SmbLog* const log_;
  SmbPipes* const pipes_;
  SmbRequests requests_;
  SmbSetup setup_;
  bool setup_waits_ = false;
  // The server wants passwords as they are.
  bool plain_passwords_ = false;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SMB1_READER_H_
