// What SMB 1 writes to named pipes and reads from them ([MS-CIFS] 2.2.4.33,
// 2.2.4.42, 2.2.4.43, 2.2.5.6).

#include <algorithm>
#include <utility>

#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/smb1_message.h"
#include "sensord/analyzers/smb1_reader.h"

namespace tapline {
namespace {

// What is there of the `size` bytes at `offset` of the message. `bytes` are the
// block's, which begin at `bytes_at`.
Bytes Available(Bytes bytes, size_t bytes_at, size_t offset, size_t size) {
  if (offset < bytes_at || offset - bytes_at >= bytes.size()) return {};
  return bytes.subspan(offset - bytes_at, size);
}

}  // namespace

void Smb1Reader::OnPipeWrite(const Block& block, SmbScene& scene) {
  // RAW_MODE and MSG_START: the message's length comes before it.
  constexpr uint16_t kRawStart = 0x0c;
  constexpr size_t kLengthBytes = 2;
  LittleCursor words(block.words);
  words.Skip(4);
  const SmbFileKey file = smb1::KeyOf(words.U16());
  if (!pipes_->IsOpen(file)) return;
  words.Skip(8);
  const uint16_t mode = words.U16();
  words.Skip(4);
  size_t size = words.U16();
  size_t offset = words.U16();
  if (!words.ok()) return;
  if ((mode & kRawStart) == kRawStart && size >= kLengthBytes) {
    offset += kLengthBytes;
    size -= kLengthBytes;
  }
  pipes_->Add(file, true, Available(block.bytes, block.bytes_at, offset, size),
              size, scene);
}

void Smb1Reader::OnPipeRead(const SmbRequest& request, const Block& block,
                            SmbScene& scene) {
  LittleCursor words(block.words);
  words.Skip(10);
  const uint16_t size = words.U16();
  const uint16_t offset = words.U16();
  if (!words.ok()) return;
  pipes_->Add(request.file, false,
              Available(block.bytes, block.bytes_at, offset, size), size,
              scene);
}

bool Smb1Reader::TransactionRequest(const Block& block, SmbRequest* request,
                                    SmbScene& scene, bool* wanted) {
  // TRANS_TRANSACT_NMPIPE: its setup words are this and the pipe's FID. Others
  // have none, or others.
  constexpr uint16_t kTransactPipe = 0x26;
  LittleCursor words(block.words);
  words.Skip(22);
  const uint16_t size = words.U16();
  const uint16_t offset = words.U16();
  const uint8_t setup = words.U8();
  words.Skip(1);
  if (!words.ok()) return false;
  if (setup < 2) return true;
  const uint16_t function = words.U16();
  const uint16_t fid = words.U16();
  if (!words.ok()) return false;
  *wanted = function == kTransactPipe;
  if (!*wanted) return true;
  request->file = smb1::KeyOf(fid);
  request->bytes = size;
  // A pipe whose opening was not seen.
  if (!pipes_->IsOpen(request->file)) pipes_->Open(request->file, "", scene);
  pipes_->Add(request->file, true,
              Available(block.bytes, block.bytes_at, offset, size), size,
              scene);
  return true;
}

void Smb1Reader::OnMoreOfTransaction(const Header& header, const Block& block,
                                     SmbScene& scene) {
  SmbRequest* request = requests_.Find(header.id, smb1::kTransaction);
  if (request == nullptr) return;
  LittleCursor words(block.words);
  words.Skip(10);
  const uint16_t size = words.U16();
  const uint16_t offset = words.U16();
  if (!words.ok()) return;
  request->bytes += size;
  pipes_->Add(request->file, true,
              Available(block.bytes, block.bytes_at, offset, size), size,
              scene);
}

void Smb1Reader::OnTransaction(SmbRequest request, const Block& block,
                               SmbScene& scene) {
  // Without words: the server asks for the rest of the request.
  if (block.words.empty()) {
    requests_.Add(std::move(request));
    return;
  }
  LittleCursor words(block.words);
  words.Skip(2);
  const size_t total = words.U16();
  words.Skip(8);
  const size_t size = words.U16();
  const uint16_t offset = words.U16();
  const size_t displacement = words.U16();
  if (!words.ok()) return;
  SmbFile* file = log_->Find(request.file);
  if (file != nullptr) {
    file->bytes_written += std::exchange(request.bytes, 0);
    file->bytes_read += size;
  }
  pipes_->Add(request.file, false,
              Available(block.bytes, block.bytes_at, offset, size), size,
              scene);
  // The rest comes with the next response.
  if (size > 0 && displacement + size < total) {
    requests_.Add(std::move(request));
  }
}

}  // namespace tapline
