#include "sensord/analyzers/smb_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "sensord/analyzers/login.h"
#include "sensord/analyzers/smb_names.h"
#include "sensord/event/fields/smb.h"

namespace tapline {
namespace {

namespace field = fields::smb;
namespace command_field = fields::smb_command;

constexpr size_t kMaxCommands = 32;

// [MS-SMB2] 2.2.14.
absl::string_view DispositionName(uint32_t create_action) {
  switch (create_action) {
    case 0:
      return "superseded";
    case 1:
      return "opened";
    case 2:
      return "created";
    case 3:
      return "overwritten";
    default:
      return "";
  }
}

void SetText(EventWriter& event, TextField to, absl::string_view text) {
  if (!text.empty()) event.Set(to, text);
}
void SetFlag(EventWriter& event, BoolField to, bool flag) {
  if (flag) event.Set(to, true);
}
void SetNumber(EventWriter& event, UintField to, uint64_t number) {
  if (number != 0) event.Set(to, number);
}

}  // namespace

std::string SmbStatus::Name() const {
  if (none) return {};
  return dos ? DosStatusName(code) : NtStatusName(code);
}

SmbLog::Count* SmbLog::Counter(int version, uint16_t command) {
  for (Count& count : counts_) {
    if (count.command == command && count.version == version) return &count;
  }
  if (counts_.size() == kMaxCommands) return nullptr;
  counts_.push_back({version, command, 0, 0});
  return &counts_.back();
}

void SmbLog::CountRequest(int version, uint16_t command) {
  Count* count = Counter(version, command);
  if (count != nullptr) ++count->requests;
}

void SmbLog::CountError(int version, uint16_t command) {
  Count* count = Counter(version, command);
  if (count != nullptr) ++count->errors;
}

const SmbLog::Tree* SmbLog::FindTree(uint32_t id) const {
  for (const Tree& tree : trees_) {
    if (tree.id == id) return &tree;
  }
  return nullptr;
}

void SmbLog::Begin(EventWriter& event, absl::string_view action) const {
  event.SetSafe(field::kAction, action);
  SetText(event, field::kDialect, chosen_.dialect);
  SetFlag(event, field::kDeprecated, chosen_.deprecated);
}

void SmbLog::WriteStatus(EventWriter& event, SmbStatus status) {
  SetText(event, field::kStatus, status.Name());
  SetFlag(event, field::kSuccess, status.success());
}

void SmbLog::TellNegotiation(const SmbNegotiation& chosen, SmbScene& scene) {
  chosen_ = chosen;
  EventWriter event = scene.out.NewEvent(field::kEvent);
  Begin(event, "negotiate");
  for (const std::string& name : offered) {
    event.Set(field::kDialectsOffered, name);
  }
  SetFlag(event, field::kSigningEnabled, chosen.signing_enabled);
  SetFlag(event, field::kSigningRequired, chosen.signing_required);
  SetText(event, field::kCipher, chosen.cipher);
  SetText(event, field::kServerName, server_name);
  SetFlag(event, field::kSuccess, !chosen.dialect.empty());
}

void SmbLog::TellSetup(const SmbSetup& setup, SmbStatus status,
                       SmbScene& scene) {
  EventWriter event = scene.out.NewEvent(field::kEvent);
  Begin(event, "session_setup");
  WriteStatus(event, status);
  setup.gss.Tell(event, field::kAuthentication);
  // Nobody logs on by an anonymous session.
  if (!status.none && !setup.gss.ntlm().anonymous) {
    event.Set(field::kLogin,
              static_cast<uint64_t>(status.success() ? Login::kSucceeded
                                                     : Login::kFailed));
  }
  SetFlag(event, field::kCleartextPassword, setup.cleartext_password);
  SetFlag(event, field::kGuest, setup.guest);
  SetFlag(event, field::kEncryptionRequired, setup.encryption_required);
  SetText(event, field::kClientOs, setup.client_os);
  SetText(event, field::kServerOs, setup.server_os);
}

void SmbLog::TellTreeConnect(uint32_t tree, const std::string& share,
                             absl::string_view type, bool encryption_required,
                             SmbStatus status, SmbScene& scene) {
  EventWriter event = scene.out.NewEvent(field::kEvent);
  Begin(event, "tree_connect");
  WriteStatus(event, status);
  SetText(event, field::kShare, share);
  SetText(event, field::kShareType, type);
  SetFlag(event, field::kEncryptionRequired, encryption_required);
  if (!status.success()) return;
  trees_.erase(std::remove_if(trees_.begin(), trees_.end(),
                              [tree](const Tree& t) { return t.id == tree; }),
               trees_.end());
  if (trees_.size() == kMaxTrees) trees_.erase(trees_.begin());
  trees_.push_back({tree, share, std::string(type.data(), type.size())});
}

bool SmbLog::IsPipeTree(uint32_t id) const {
  const Tree* tree = FindTree(id);
  if (tree == nullptr) return false;
  return tree->type == "pipe" ||
         (tree->type.empty() && absl::EndsWithIgnoreCase(tree->share, "IPC$"));
}

void SmbLog::Open(SmbFile file) {
  if (files_.size() == kMaxOpen) {
    // Its end will not be told: too many are open at once.
    files_.erase(files_.begin());
    ++untold_files_;
  }
  files_.push_back(std::move(file));
}

SmbFile* SmbLog::Find(const SmbFileKey& key) {
  for (SmbFile& file : files_) {
    if (file.key == key) return &file;
  }
  return nullptr;
}

void SmbLog::Close(const SmbFileKey& key, SmbScene& scene) {
  for (size_t i = 0; i < files_.size(); ++i) {
    if (!(files_[i].key == key)) continue;
    const SmbFile file = std::move(files_[i]);
    files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
    TellFile(file, SmbStatus(), scene);
    return;
  }
}

void SmbLog::TellFile(const SmbFile& file, SmbStatus status, SmbScene& scene) {
  const bool idle = file.bytes_read == 0 && file.bytes_written == 0 &&
                    !file.deleted && !file.renamed;
  if (told_files_ == kMaxToldFiles || (idle && told_idle_ == kMaxToldIdle)) {
    ++untold_files_;
    return;
  }
  ++told_files_;
  told_idle_ += idle;
  EventWriter event = scene.out.NewEvent(field::kEvent);
  Begin(event, "file");
  WriteStatus(event, status);
  const Tree* tree = FindTree(file.tree);
  if (tree != nullptr) {
    SetText(event, field::kShare, tree->share);
    SetText(event, field::kShareType, tree->type);
  }
  SetText(event, field::kFile, file.name);
  if (status.success()) {
    SetText(event, field::kDisposition, DispositionName(file.create_action));
  }
  SetFlag(event, field::kDirectory, file.directory);
  SetFlag(event, field::kDeleted, file.deleted);
  SetFlag(event, field::kRenamed, file.renamed);
  SetNumber(event, field::kBytesRead, file.bytes_read);
  SetNumber(event, field::kBytesWritten, file.bytes_written);
  SetNumber(event, field::kFileBytes, file.file_bytes);
  if (file.opened != 0 && scene.clock > file.opened) {
    event.Set(field::kDurationNs,
              static_cast<uint64_t>(scene.clock - file.opened));
  }
}

void SmbLog::End(SmbScene& scene) {
  for (const SmbFile& file : files_) TellFile(file, SmbStatus(), scene);
  files_.clear();
  if (counts_.empty() && encrypted_messages == 0) return;
  EventWriter event = scene.out.NewEvent(field::kEvent);
  Begin(event, "summary");
  for (const Count& count : counts_) {
    event.Open(field::kCommands);
    event.Set(command_field::kCommand,
              count.version == 1
                  ? Smb1CommandName(static_cast<uint8_t>(count.command))
                  : Smb2CommandName(count.command));
    event.Set(command_field::kRequests, count.requests);
    event.Set(command_field::kErrors, count.errors);
    event.Close();
  }
  SetNumber(event, field::kEncryptedMessages, encrypted_messages);
  SetNumber(event, field::kFilesNotTold, untold_files_);
}

size_t SmbLog::MemoryBytes() const {
  size_t bytes =
      counts_.capacity() * sizeof(Count) + trees_.capacity() * sizeof(Tree) +
      files_.capacity() * sizeof(SmbFile) +
      offered.capacity() * sizeof(std::string) + server_name.capacity();
  for (const std::string& name : offered) bytes += name.capacity();
  for (const Tree& tree : trees_) bytes += tree.share.capacity();
  for (const SmbFile& file : files_) bytes += file.name.capacity();
  return bytes;
}

void SmbRequests::Add(SmbRequest request) {
  if (waiting_.size() == kMax) waiting_.erase(waiting_.begin());
  waiting_.push_back(std::move(request));
}

bool SmbRequests::Take(uint64_t id, uint16_t command, SmbRequest* request) {
  for (size_t i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i].id != id || waiting_[i].command != command) continue;
    *request = std::move(waiting_[i]);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

SmbRequest* SmbRequests::Find(uint64_t id, uint16_t command) {
  for (SmbRequest& request : waiting_) {
    if (request.id == id && request.command == command) return &request;
  }
  return nullptr;
}

void SmbRequests::Resolve(uint64_t id, const SmbFileKey& file) {
  for (SmbRequest& request : waiting_) {
    if (request.opened_by != id) continue;
    request.file = file;
    request.opened_by = 0;
  }
}

size_t SmbRequests::MemoryBytes() const {
  size_t bytes = waiting_.capacity() * sizeof(SmbRequest);
  for (const SmbRequest& request : waiting_) bytes += request.name.capacity();
  return bytes;
}

}  // namespace tapline
