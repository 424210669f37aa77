#include "sensord/analyzers/smb2_reader.h"

#include <algorithm>
#include <utility>

#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/smb2_message.h"
#include "sensord/analyzers/smb_names.h"
#include "sensord/analyzers/utf16.h"

namespace tapline {
namespace {

constexpr SmbFileKey kPrevious = {~uint64_t{0}, ~uint64_t{0}};

// [MS-FSCC] 2.3.51: what is written to a pipe and what it answers, in one.
constexpr uint32_t kPipeTransceive = 0x0011c017;

// What is there of the `size` bytes at `offset`.
Bytes Available(Bytes command, size_t offset, size_t size) {
  if (offset >= command.size()) return {};
  return command.subspan(offset, size);
}

SmbFileKey ReadKey(LittleCursor& cursor) {
  SmbFileKey key;
  key.high = cursor.U64();
  key.low = cursor.U64();
  return key;
}

}  // namespace

uint32_t Smb2Reader::NextCommand(Bytes header) {
  return LoadLittle32(&header[20]);
}

bool Smb2Reader::Read(Bytes command, SmbScene& scene) {
  LittleCursor cursor(command);
  cursor.Skip(4);
  const uint16_t size = cursor.U16();
  cursor.Skip(2);
  Header header;
  header.status = cursor.U32();
  header.command = cursor.U16();
  cursor.Skip(2);
  header.flags = cursor.U32();
  cursor.Skip(4);
  header.message = cursor.U64();
  cursor.Skip(4);
  header.tree = cursor.U32();
  header.session = cursor.U64();
  cursor.Skip(16);
  if (!cursor.ok() || size != kHeaderBytes ||
      header.command > smb2::kLastCommand) {
    return false;
  }
  return (header.flags & smb2::kFlagResponse) != 0
             ? ReadResponse(header, command, scene)
             : ReadRequest(header, command, scene);
}

bool Smb2Reader::ReadRequest(const Header& header, Bytes command,
                             SmbScene& scene) {
  log_->CountRequest(2, header.command);
  if ((header.flags & smb2::kFlagRelated) == 0) opening_ = 0;
  SmbRequest request;
  request.id = header.message;
  request.command = header.command;
  request.tree = header.tree;
  request.session = header.session;
  request.clock = scene.clock;
  bool good = true;
  bool wanted = true;
  switch (header.command) {
    case smb2::kNegotiate:
      return NegotiateRequest(command);
    case smb2::kSessionSetup:
      good = SetupRequest(header, command, scene);
      break;
    case smb2::kTreeConnect:
      good = TreeRequest(command, scene, &request);
      break;
    case smb2::kCreate:
      good = CreateRequest(command, scene, &request);
      break;
    case smb2::kClose:
      good = FileRequest(command, 8, &request);
      break;
    case smb2::kRead:
      good = FileRequest(command, 16, &request);
      break;
    case smb2::kWrite:
      good = WriteRequest(command, &request, scene);
      break;
    case smb2::kIoctl:
      good = IoctlRequest(command, &request, scene, &wanted);
      break;
    case smb2::kSetInfo:
      good = SetInfoRequest(command, &request);
      break;
    default:
      return true;
  }
  if (good && wanted) requests_.Add(std::move(request));
  return good;
}

bool Smb2Reader::ReadResponse(const Header& header, Bytes command,
                              SmbScene& scene) {
  // The final response is still to come.
  if (header.status == kStatusPending &&
      (header.flags & smb2::kFlagAsync) != 0) {
    return true;
  }
  const bool error =
      IsNtError(header.status) && header.status != kStatusMoreProcessing;
  if (error) log_->CountError(2, header.command);
  if (header.command == smb2::kNegotiate) {
    return error || NegotiateResponse(command, scene);
  }
  SmbRequest request;
  if (!requests_.Take(header.message, header.command, &request)) return true;
  switch (header.command) {
    case smb2::kSessionSetup:
      return SetupResponse(header, request, command, scene);
    case smb2::kTreeConnect:
      return TreeResponse(header, request, command, scene);
    case smb2::kCreate:
      return CreateResponse(header, request, command, scene);
    default:
      if (!error) OnFileDone(header, request, command, scene);
      return true;
  }
}

bool Smb2Reader::CreateRequest(Bytes command, const SmbScene& scene,
                               SmbRequest* request) {
  constexpr uint32_t kDeleteOnClose = 0x1000;
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(40);
  const uint32_t options = body.U32();
  const uint16_t offset = body.U16();
  const uint16_t size = body.U16();
  Bytes name;
  if (!body.ok() || !smb2::Pointed(command, offset, size, scene.cut, &name)) {
    return false;
  }
  if ((options & kDeleteOnClose) != 0) {
    request->effect = SmbRequest::kDeletes;
  }
  request->name = MaskedFilePath(Utf16Text(name));
  opening_ = request->id;
  return true;
}

bool Smb2Reader::CreateResponse(const Header& header, const SmbRequest& request,
                                Bytes command, SmbScene& scene) {
  constexpr uint32_t kDirectory = 0x10;
  SmbFile file;
  file.tree = request.tree;
  file.name = request.name;
  file.opened = request.clock;
  if (IsNtError(header.status)) {
    log_->TellFile(file, {.code = header.status, .error = true}, scene);
    return true;
  }
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(4);
  file.create_action = body.U32();
  body.Skip(32 + 8);
  file.file_bytes = body.U64();
  file.directory = (body.U32() & kDirectory) != 0;
  body.Skip(4);
  file.key = ReadKey(body);
  file.deleted = request.effect == SmbRequest::kDeletes;
  if (!body.ok()) return false;
  requests_.Resolve(request.id, file.key);
  if (log_->IsPipeTree(request.tree) || IsWellKnownPipe(request.name)) {
    pipes_->Open(file.key, file.name, scene);
  }
  log_->Open(std::move(file));
  return true;
}

bool Smb2Reader::FileRequest(Bytes command, size_t file_at,
                             SmbRequest* request) {
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(file_at);
  request->file = ReadKey(body);
  if (request->file == kPrevious) request->opened_by = opening_;
  return body.ok();
}

bool Smb2Reader::SetInfoRequest(Bytes command, SmbRequest* request) {
  // [MS-FSCC] 2.4: rename, disposition and its later form.
  constexpr uint8_t kFileInfo = 1;
  constexpr uint8_t kRename = 10;
  constexpr uint8_t kDisposition = 13;
  constexpr uint8_t kDispositionEx = 64;
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(2);
  const uint8_t type = body.U8();
  const uint8_t info = body.U8();
  const uint32_t size = body.U32();
  const uint16_t offset = body.U16();
  if (!FileRequest(command, 16, request)) return false;
  if (type != kFileInfo) return true;
  Bytes data;
  if (info == kRename) request->effect = SmbRequest::kRenames;
  if ((info == kDisposition || info == kDispositionEx) && size > 0 &&
      PartOf(command, offset, 1, &data) && (data[0] & 1) != 0) {
    request->effect = SmbRequest::kDeletes;
  }
  return true;
}

void Smb2Reader::OnFileDone(const Header& header, const SmbRequest& request,
                            Bytes command, SmbScene& scene) {
  if (header.command == smb2::kClose) {
    pipes_->Close(request.file, scene);
    log_->Close(request.file, scene);
    return;
  }
  if (header.command == smb2::kRead) OnRead(request, command, scene);
  if (header.command == smb2::kIoctl) OnIoctl(request, command, scene);
  SmbFile* file = log_->Find(request.file);
  if (file == nullptr) return;
  if (header.command == smb2::kWrite) {
    LittleCursor body = smb2::BodyOf(command);
    body.Skip(4);
    file->bytes_written += body.U32();
  }
  if (header.command == smb2::kSetInfo) {
    file->renamed |= request.effect == SmbRequest::kRenames;
    file->deleted |= request.effect == SmbRequest::kDeletes;
  }
}

bool Smb2Reader::WriteRequest(Bytes command, SmbRequest* request,
                              SmbScene& scene) {
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(2);
  const uint16_t offset = body.U16();
  const uint32_t size = body.U32();
  if (!FileRequest(command, 16, request)) return false;
  pipes_->Add(request->file, true, Available(command, offset, size), size,
              scene);
  return true;
}

bool Smb2Reader::IoctlRequest(Bytes command, SmbRequest* request,
                              SmbScene& scene, bool* wanted) {
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(4);
  const uint32_t code = body.U32();
  *wanted = code == kPipeTransceive;
  if (!*wanted) return true;
  if (!FileRequest(command, 8, request)) return false;
  body.Skip(16);
  const uint32_t offset = body.U32();
  const uint32_t size = body.U32();
  if (!body.ok()) return false;
  // A pipe whose opening was not seen.
  if (request->opened_by == 0 && !pipes_->IsOpen(request->file)) {
    pipes_->Open(request->file, "", scene);
  }
  pipes_->Add(request->file, true, Available(command, offset, size), size,
              scene);
  request->bytes = size;
  return true;
}

void Smb2Reader::OnRead(const SmbRequest& request, Bytes command,
                        SmbScene& scene) {
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(2);
  const uint8_t offset = body.U8();
  body.Skip(1);
  const uint32_t size = body.U32();
  SmbFile* file = log_->Find(request.file);
  if (file != nullptr) file->bytes_read += size;
  pipes_->Add(request.file, false, Available(command, offset, size), size,
              scene);
}

void Smb2Reader::OnIoctl(const SmbRequest& request, Bytes command,
                         SmbScene& scene) {
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(32);
  const uint32_t offset = body.U32();
  const uint32_t size = body.U32();
  SmbFile* file = log_->Find(request.file);
  if (file != nullptr) {
    file->bytes_written += request.bytes;
    file->bytes_read += size;
  }
  pipes_->Add(request.file, false, Available(command, offset, size), size,
              scene);
}

void Smb2Reader::End(SmbScene& scene) {
  for (const SmbSetup& setup : setups_) {
    if (!setup.gss.empty()) log_->TellSetup(setup, {.none = true}, scene);
  }
  setups_.clear();
}

size_t Smb2Reader::MemoryBytes() const {
  size_t bytes =
      requests_.MemoryBytes() + setups_.capacity() * sizeof(SmbSetup);
  for (const SmbSetup& setup : setups_) {
    bytes += setup.gss.MemoryBytes() + setup.client_os.capacity() +
             setup.server_os.capacity();
  }
  return bytes;
}

}  // namespace tapline
