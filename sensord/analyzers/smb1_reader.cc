#include "sensord/analyzers/smb1_reader.h"

#include <algorithm>
#include <utility>

#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/smb1_message.h"
#include "sensord/analyzers/smb_names.h"

namespace tapline {
namespace {

constexpr int kMaxChain = 8;

bool IsAndX(uint8_t command) {
  switch (command) {
    case smb1::kLocking:
    case smb1::kOpenAndX:
    case smb1::kReadAndX:
    case smb1::kWriteAndX:
    case smb1::kSessionSetup:
    case smb1::kLogoff:
    case smb1::kTreeConnectAndX:
    case smb1::kNtCreate:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Smb1Reader::Read(Bytes message, SmbScene& scene) {
  LittleCursor cursor(message);
  cursor.Skip(4);
  uint8_t command = cursor.U8();
  Header header;
  header.status.code = cursor.U32();
  header.response = (cursor.U8() & smb1::kFlagResponse) != 0;
  const uint16_t flags = cursor.U16();
  header.unicode = (flags & smb1::kFlagUnicode) != 0;
  header.status.dos = (flags & smb1::kFlagNtStatus) == 0;
  header.status.error = header.status.dos
                            ? header.status.code != 0
                            : IsNtError(header.status.code) &&
                                  header.status.code != kStatusMoreProcessing;
  const uint16_t process_high = cursor.U16();
  cursor.Skip(10);
  header.tree = cursor.U16();
  const uint16_t process = cursor.U16();
  header.user = cursor.U16();
  header.id = uint64_t{process_high} << 32 | uint64_t{process} << 16;
  header.id |= cursor.U16();
  if (!cursor.ok()) return false;
  size_t at = kHeaderBytes;
  for (int i = 0; i < kMaxChain; ++i) {
    Block block;
    if (!ReadBlock(message, at, command, scene.cut, &block)) return false;
    const bool good = header.response ? OnResponse(header, block, scene)
                                      : OnRequest(header, block, scene);
    if (!good) return false;
    if (!IsAndX(command) || block.words.size() < 4) return true;
    command = block.words[0];
    const size_t next = LoadLittle16(&block.words[2]);
    if (command == smb1::kNoMore || next == 0) return true;
    // A chain goes forwards (2.2.3.4); what was cut off is not read.
    if (next <= at) return false;
    if (next >= message.size()) return scene.cut;
    at = next;
  }
  return false;
}

bool Smb1Reader::ReadBlock(Bytes message, size_t at, uint8_t command, bool cut,
                           Block* block) const {
  LittleCursor cursor(message.subspan(at));
  block->command = command;
  block->words = cursor.Take(size_t{cursor.U8()} * 2);
  if (!cursor.ok()) return false;
  // Some responses with an error leave out the count of bytes.
  if (cursor.left() < 2) return true;
  const size_t count = cursor.U16();
  // Large reads and writes count modulo 65,536 ([MS-SMB] 2.2.4.2): what is
  // there is taken.
  const bool large = command == smb1::kReadAndX || command == smb1::kWriteAndX;
  if (count > cursor.left() && !cut && !large) return false;
  block->bytes = cursor.rest().first(std::min(count, cursor.left()));
  block->bytes_at = static_cast<size_t>(block->bytes.data() - message.data());
  return true;
}

bool Smb1Reader::OnRequest(const Header& header, const Block& block,
                           SmbScene& scene) {
  log_->CountRequest(1, block.command);
  SmbRequest request;
  request.id = header.id;
  request.command = block.command;
  request.tree = header.tree;
  request.clock = scene.clock;
  smb1::TextReader text(block.bytes, block.bytes_at, header.unicode);
  LittleCursor words(block.words);
  switch (block.command) {
    case smb1::kNegotiate:
      return NegotiateRequest(block);
    case smb1::kSessionSetup:
      return SetupRequest(header, block, scene);
    case smb1::kTreeConnectAndX:
      words.Skip(6);
      text.Skip(words.U16());
      request.name = MaskedFilePath(text.Next());
      break;
    case smb1::kTreeConnect:
      // Each text has a byte 4 before it (2.2.4.50.1).
      text.Skip(1);
      request.name = MaskedFilePath(text.Next());
      break;
    case smb1::kNtCreate:
      request.name = MaskedFilePath(text.Next());
      break;
    case smb1::kOpenAndX:
      request.name = MaskedFilePath(text.Next());
      break;
    case smb1::kDelete:
      text.Skip(1);
      request.name = MaskedFilePath(text.Next());
      break;
    case smb1::kClose:
      request.file = smb1::KeyOf(words.U16());
      break;
    case smb1::kReadAndX:
    case smb1::kWriteAndX:
      words.Skip(4);
      request.file = smb1::KeyOf(words.U16());
      if (block.command == smb1::kWriteAndX) OnPipeWrite(block, scene);
      break;
    case smb1::kTransaction: {
      bool wanted = false;
      if (!TransactionRequest(block, &request, scene, &wanted)) return false;
      if (!wanted) return true;
      break;
    }
    case smb1::kTransactionSecondary:
      OnMoreOfTransaction(header, block, scene);
      return true;
    default:
      return true;
  }
  if (!words.ok()) return false;
  requests_.Add(std::move(request));
  return true;
}

bool Smb1Reader::OnResponse(const Header& header, const Block& block,
                            SmbScene& scene) {
  if (header.status.error) log_->CountError(1, block.command);
  if (block.command == smb1::kNegotiate) {
    return header.status.error || NegotiateResponse(block, scene);
  }
  if (block.command == smb1::kSessionSetup) {
    return SetupResponse(header, block, scene);
  }
  SmbRequest request;
  if (!requests_.Take(header.id, block.command, &request)) return true;
  switch (block.command) {
    case smb1::kTreeConnect:
    case smb1::kTreeConnectAndX:
      return TreeResponse(header, request, block, scene);
    case smb1::kNtCreate:
    case smb1::kOpenAndX:
      return OpenResponse(header, request, block, scene);
    case smb1::kDelete: {
      SmbFile file;
      file.tree = request.tree;
      file.name = request.name;
      file.deleted = !header.status.error;
      file.create_action = ~0u;
      log_->TellFile(file, header.status, scene);
      return true;
    }
    case smb1::kTransaction:
      if (!header.status.error) {
        OnTransaction(std::move(request), block, scene);
      }
      return true;
    default:
      if (!header.status.error) OnFileDone(request, block, scene);
      return true;
  }
}

bool Smb1Reader::OpenResponse(const Header& header, const SmbRequest& request,
                              const Block& block, SmbScene& scene) {
  SmbFile file;
  file.tree = request.tree;
  file.name = request.name;
  file.opened = request.clock;
  if (header.status.error) {
    log_->TellFile(file, header.status, scene);
    return true;
  }
  bool pipe = log_->IsPipeTree(request.tree) || IsWellKnownPipe(request.name);
  LittleCursor words(block.words);
  words.Skip(4);
  if (block.command == smb1::kNtCreate) {
    words.Skip(1);
    file.key = smb1::KeyOf(words.U16());
    file.create_action = words.U32();
    words.Skip(32 + 4 + 8);
    file.file_bytes = words.U64();
    // 2.2.4.64.2: 1 and 2 are pipes.
    const uint16_t type = words.U16();
    pipe |= type == 1 || type == 2;
    words.Skip(2);
    file.directory = words.U8() != 0;
  } else {
    file.key = smb1::KeyOf(words.U16());
    words.Skip(6);
    file.file_bytes = words.U32();
    words.Skip(6);
    // 2.2.4.41.2: 1 existed, 2 created, 3 truncated, as in the later form.
    file.create_action = words.U16() & 3u;
  }
  if (!words.ok()) return false;
  if (pipe) pipes_->Open(file.key, file.name, scene);
  log_->Open(std::move(file));
  return true;
}

void Smb1Reader::OnFileDone(const SmbRequest& request, const Block& block,
                            SmbScene& scene) {
  if (block.command == smb1::kClose) {
    pipes_->Close(request.file, scene);
    log_->Close(request.file, scene);
    return;
  }
  if (block.command == smb1::kReadAndX) OnPipeRead(request, block, scene);
  SmbFile* file = log_->Find(request.file);
  if (file == nullptr) return;
  LittleCursor words(block.words);
  if (block.command == smb1::kReadAndX) {
    words.Skip(10);
    const uint16_t low = words.U16();
    words.Skip(2);
    file->bytes_read += low + (uint64_t{words.U16()} << 16);
  } else if (block.command == smb1::kWriteAndX) {
    words.Skip(4);
    const uint16_t low = words.U16();
    words.Skip(2);
    file->bytes_written += low + (uint64_t{words.U16()} << 16);
  }
}

void Smb1Reader::End(SmbScene& scene) {
  if (setup_waits_) log_->TellSetup(setup_, {.none = true}, scene);
  setup_waits_ = false;
}

size_t Smb1Reader::MemoryBytes() const {
  return requests_.MemoryBytes() + setup_.gss.MemoryBytes() +
         setup_.client_os.capacity() + setup_.server_os.capacity();
}

}  // namespace tapline
