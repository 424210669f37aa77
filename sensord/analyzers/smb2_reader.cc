#include "sensord/analyzers/smb2_reader.h"

#include <algorithm>
#include <utility>

#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/smb_names.h"
#include "sensord/analyzers/utf16.h"

namespace tapline {
namespace {

// [MS-SMB2] 2.2.1.
constexpr uint16_t kNegotiate = 0;
constexpr uint16_t kSessionSetup = 1;
constexpr uint16_t kTreeConnect = 3;
constexpr uint16_t kCreate = 5;
constexpr uint16_t kClose = 6;
constexpr uint16_t kRead = 8;
constexpr uint16_t kWrite = 9;
constexpr uint16_t kSetInfo = 17;
constexpr uint16_t kLastCommand = 19;
constexpr uint32_t kFlagResponse = 0x1;
constexpr uint32_t kFlagAsync = 0x2;
constexpr uint32_t kFlagRelated = 0x4;

constexpr uint16_t kAnyDialect = 0x02ff;
constexpr uint16_t kDialect311 = 0x0311;
// 2.2.3.1 and 2.2.4.1.
constexpr uint16_t kContextEncryption = 2;
constexpr uint16_t kContextServerName = 5;

constexpr size_t kMaxSetups = 4;
constexpr SmbFileKey kPrevious = {~uint64_t{0}, ~uint64_t{0}};

// The fixed part of a command behind its header.
LittleCursor BodyOf(Bytes command) {
  return LittleCursor(command.subspan(Smb2Reader::kHeaderBytes));
}

SmbFileKey ReadKey(LittleCursor& cursor) {
  SmbFileKey key;
  key.high = cursor.U64();
  key.low = cursor.U64();
  return key;
}

// The bytes a body points to; those that were cut off are not missed.
bool Pointed(Bytes command, size_t offset, size_t size, bool cut, Bytes* part) {
  if (size == 0) {
    *part = Bytes();
    return true;
  }
  if (PartOf(command, offset, size, part)) return true;
  if (cut && offset < command.size()) *part = command.subspan(offset);
  return cut;
}

// NegotiateContextList: visits type and data.
template <typename Visit>
bool ForEachContext(Bytes command, size_t at, int count, const Visit& visit) {
  constexpr int kMaxContexts = 16;
  for (int i = 0; i < std::min(count, kMaxContexts); ++i) {
    if (at > command.size()) return false;
    LittleCursor cursor(command.subspan(at));
    const uint16_t type = cursor.U16();
    const uint16_t size = cursor.U16();
    cursor.Skip(4);
    const Bytes data = cursor.Take(size);
    if (!cursor.ok()) return false;
    visit(type, data);
    at += 8 + (size_t{size} + 7) / 8 * 8;
  }
  return true;
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
  if (!cursor.ok() || size != kHeaderBytes || header.command > kLastCommand) {
    return false;
  }
  return (header.flags & kFlagResponse) != 0
             ? ReadResponse(header, command, scene)
             : ReadRequest(header, command, scene);
}

bool Smb2Reader::ReadRequest(const Header& header, Bytes command,
                             SmbScene& scene) {
  log_->CountRequest(2, header.command);
  if ((header.flags & kFlagRelated) == 0) opening_ = 0;
  SmbRequest request;
  request.id = header.message;
  request.command = header.command;
  request.tree = header.tree;
  request.session = header.session;
  request.clock = scene.clock;
  bool good = true;
  switch (header.command) {
    case kNegotiate:
      return NegotiateRequest(command);
    case kSessionSetup:
      good = SetupRequest(header, command, scene);
      break;
    case kTreeConnect:
      good = TreeRequest(command, scene, &request);
      break;
    case kCreate:
      good = CreateRequest(command, scene, &request);
      break;
    case kClose:
      good = FileRequest(command, 8, &request);
      break;
    case kRead:
    case kWrite:
      good = FileRequest(command, 16, &request);
      break;
    case kSetInfo:
      good = SetInfoRequest(command, &request);
      break;
    default:
      return true;
  }
  if (good) requests_.Add(std::move(request));
  return good;
}

bool Smb2Reader::ReadResponse(const Header& header, Bytes command,
                              SmbScene& scene) {
  // The final response is still to come.
  if (header.status == kStatusPending && (header.flags & kFlagAsync) != 0) {
    return true;
  }
  const bool error =
      IsNtError(header.status) && header.status != kStatusMoreProcessing;
  if (error) log_->CountError(2, header.command);
  if (header.command == kNegotiate) {
    return error || NegotiateResponse(command, scene);
  }
  SmbRequest request;
  if (!requests_.Take(header.message, header.command, &request)) return true;
  switch (header.command) {
    case kSessionSetup:
      return SetupResponse(header, request, command, scene);
    case kTreeConnect:
      return TreeResponse(header, request, command, scene);
    case kCreate:
      return CreateResponse(header, request, command, scene);
    default:
      if (!error) OnFileDone(header, request, command, scene);
      return true;
  }
}

bool Smb2Reader::NegotiateRequest(Bytes command) {
  LittleCursor body = BodyOf(command);
  body.Skip(2);
  const int count = body.U16();
  body.Skip(8 + 16);
  const uint32_t contexts_at = body.U32();
  const int contexts = body.U16();
  body.Skip(2);
  log_->offered.clear();
  bool has_contexts = false;
  for (int i = 0; i < count; ++i) {
    const uint16_t dialect = body.U16();
    if (!body.ok()) return false;
    has_contexts |= dialect == kDialect311;
    if (log_->offered.size() < SmbLog::kMaxOffered) {
      log_->offered.push_back(Smb2DialectName(dialect));
    }
  }
  if (!has_contexts) return body.ok();
  return ForEachContext(command, contexts_at, contexts,
                        [this](uint16_t type, Bytes data) {
                          if (type == kContextServerName) {
                            log_->server_name = Utf16Text(data);
                          }
                        });
}

bool Smb2Reader::NegotiateResponse(Bytes command, SmbScene& scene) {
  LittleCursor body = BodyOf(command);
  body.Skip(2);
  const uint16_t security = body.U16();
  const uint16_t dialect = body.U16();
  const int contexts = body.U16();
  body.Skip(16 + 4 + 4 + 4 + 4 + 8 + 8);
  body.Skip(4);
  const uint32_t contexts_at = body.U32();
  if (!body.ok()) return false;
  // Another negotiation of SMB 2 follows (3.3.5.3.1).
  if (dialect == kAnyDialect) return true;
  SmbNegotiation chosen;
  chosen.dialect = Smb2DialectName(dialect);
  chosen.signing_enabled = (security & 1) != 0;
  chosen.signing_required = (security & 2) != 0;
  bool good = true;
  if (dialect == kDialect311) {
    good = ForEachContext(
        command, contexts_at, contexts, [&chosen](uint16_t type, Bytes data) {
          if (type == kContextEncryption && data.size() >= 4) {
            chosen.cipher = SmbCipherName(LoadLittle16(&data[2]));
          }
        });
  }
  log_->TellNegotiation(chosen, scene);
  return good;
}

SmbSetup& Smb2Reader::SetupOf(uint64_t session) {
  for (SmbSetup& setup : setups_) {
    if (setup.session == session) return setup;
  }
  if (setups_.size() == kMaxSetups) setups_.erase(setups_.begin());
  SmbSetup& setup = setups_.emplace_back();
  setup.session = session;
  return setup;
}

bool Smb2Reader::SetupRequest(const Header& header, Bytes command,
                              SmbScene& scene) {
  LittleCursor body = BodyOf(command);
  body.Skip(12);
  const uint16_t offset = body.U16();
  const uint16_t size = body.U16();
  Bytes token;
  if (!body.ok() || !Pointed(command, offset, size, scene.cut, &token)) {
    return false;
  }
  // One without a session begins a new logon.
  SmbSetup& setup = SetupOf(header.session);
  if (header.session == 0) setup = SmbSetup();
  if (!token.empty()) setup.gss.OnToken(token, scene.cut);
  return true;
}

bool Smb2Reader::SetupResponse(const Header& header, const SmbRequest& request,
                               Bytes command, SmbScene& scene) {
  SmbSetup& setup = SetupOf(request.session);
  setup.session = header.session;
  LittleCursor body = BodyOf(command);
  body.Skip(2);
  const uint16_t flags = body.U16();
  const uint16_t offset = body.U16();
  const uint16_t size = body.U16();
  Bytes token;
  const bool more = header.status == kStatusMoreProcessing;
  const SmbStatus status{.code = header.status,
                         .error = IsNtError(header.status)};
  bool good = true;
  if (more || status.success()) {
    good = body.ok() && Pointed(command, offset, size, scene.cut, &token);
    if (!token.empty()) setup.gss.OnToken(token, scene.cut);
    setup.guest = (flags & 1) != 0;
    setup.encryption_required = (flags & 4) != 0;
  }
  if (more) return good;
  log_->TellSetup(setup, status, scene);
  setups_.erase(setups_.begin() + (&setup - setups_.data()));
  return good;
}

bool Smb2Reader::TreeRequest(Bytes command, const SmbScene& scene,
                             SmbRequest* request) {
  LittleCursor body = BodyOf(command);
  body.Skip(4);
  const uint16_t offset = body.U16();
  const uint16_t size = body.U16();
  Bytes path;
  if (!body.ok() || !Pointed(command, offset, size, scene.cut, &path)) {
    return false;
  }
  request->name = MaskedFilePath(Utf16Text(path));
  return true;
}

bool Smb2Reader::TreeResponse(const Header& header, const SmbRequest& request,
                              Bytes command, SmbScene& scene) {
  constexpr uint32_t kEncryptData = 0x8000;
  const SmbStatus status{.code = header.status,
                         .error = IsNtError(header.status)};
  LittleCursor body = BodyOf(command);
  body.Skip(2);
  const uint8_t type = body.U8();
  body.Skip(1);
  const uint32_t flags = body.U32();
  const bool good = status.error || body.ok();
  absl::string_view name;
  if (!status.error) {
    name = type == 1 ? "disk" : type == 2 ? "pipe" : type == 3 ? "printer" : "";
  }
  const bool encrypt = !status.error && (flags & kEncryptData) != 0;
  log_->TellTreeConnect(header.tree, request.name, name, encrypt, status,
                        scene);
  return good;
}

bool Smb2Reader::CreateRequest(Bytes command, const SmbScene& scene,
                               SmbRequest* request) {
  constexpr uint32_t kDeleteOnClose = 0x1000;
  LittleCursor body = BodyOf(command);
  body.Skip(40);
  const uint32_t options = body.U32();
  const uint16_t offset = body.U16();
  const uint16_t size = body.U16();
  Bytes name;
  if (!body.ok() || !Pointed(command, offset, size, scene.cut, &name)) {
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
  LittleCursor body = BodyOf(command);
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
  log_->Open(std::move(file));
  return true;
}

bool Smb2Reader::FileRequest(Bytes command, size_t file_at,
                             SmbRequest* request) {
  LittleCursor body = BodyOf(command);
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
  LittleCursor body = BodyOf(command);
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
  if (header.command == kClose) {
    log_->Close(request.file, scene);
    return;
  }
  SmbFile* file = log_->Find(request.file);
  if (file == nullptr) return;
  LittleCursor body = BodyOf(command);
  body.Skip(4);
  const uint32_t count = body.U32();
  if (header.command == kRead) file->bytes_read += count;
  if (header.command == kWrite) file->bytes_written += count;
  if (header.command == kSetInfo) {
    file->renamed |= request.effect == SmbRequest::kRenames;
    file->deleted |= request.effect == SmbRequest::kDeletes;
  }
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
