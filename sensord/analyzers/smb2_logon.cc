// What SMB 2 agrees on before files: dialects, logons, shares.

#include <algorithm>

#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/smb2_message.h"
#include "sensord/analyzers/smb2_reader.h"
#include "sensord/analyzers/smb_names.h"
#include "sensord/analyzers/utf16.h"

namespace tapline {
namespace {

constexpr uint16_t kAnyDialect = 0x02ff;
constexpr uint16_t kDialect311 = 0x0311;
// 2.2.3.1 and 2.2.4.1.
constexpr uint16_t kContextEncryption = 2;
constexpr uint16_t kContextServerName = 5;

constexpr size_t kMaxSetups = 4;

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

bool Smb2Reader::NegotiateRequest(Bytes command) {
  LittleCursor body = smb2::BodyOf(command);
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
  LittleCursor body = smb2::BodyOf(command);
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
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(12);
  const uint16_t offset = body.U16();
  const uint16_t size = body.U16();
  Bytes token;
  if (!body.ok() || !smb2::Pointed(command, offset, size, scene.cut, &token)) {
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
  LittleCursor body = smb2::BodyOf(command);
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
    good = body.ok() && smb2::Pointed(command, offset, size, scene.cut, &token);
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
  LittleCursor body = smb2::BodyOf(command);
  body.Skip(4);
  const uint16_t offset = body.U16();
  const uint16_t size = body.U16();
  Bytes path;
  if (!body.ok() || !smb2::Pointed(command, offset, size, scene.cut, &path)) {
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
  LittleCursor body = smb2::BodyOf(command);
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

}  // namespace tapline
