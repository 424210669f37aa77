#include "sensord/analyzers/smb1_reader.h"

#include <algorithm>
#include <utility>

#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/analyzers/smb_names.h"
#include "sensord/analyzers/utf16.h"

namespace tapline {
namespace {

// [MS-CIFS] 2.2.2.1.
constexpr uint8_t kClose = 0x04;
constexpr uint8_t kDelete = 0x06;
constexpr uint8_t kLocking = 0x24;
constexpr uint8_t kOpenAndX = 0x2d;
constexpr uint8_t kReadAndX = 0x2e;
constexpr uint8_t kWriteAndX = 0x2f;
constexpr uint8_t kTreeConnect = 0x70;
constexpr uint8_t kNegotiate = 0x72;
constexpr uint8_t kSessionSetup = 0x73;
constexpr uint8_t kLogoff = 0x74;
constexpr uint8_t kTreeConnectAndX = 0x75;
constexpr uint8_t kNtCreate = 0xa2;
constexpr uint8_t kNoMore = 0xff;
// 2.2.3.1.
constexpr uint8_t kFlagResponse = 0x80;
constexpr uint16_t kFlagNtStatus = 0x4000;
constexpr uint16_t kFlagUnicode = 0x8000;

constexpr int kMaxChain = 8;
constexpr size_t kMaxText = 512;
constexpr uint32_t kExtendedSecurity = 0x80000000;

bool IsAndX(uint8_t command) {
  switch (command) {
    case kLocking:
    case kOpenAndX:
    case kReadAndX:
    case kWriteAndX:
    case kSessionSetup:
    case kLogoff:
    case kTreeConnectAndX:
    case kNtCreate:
      return true;
    default:
      return false;
  }
}

// The texts among a block's bytes, one after the other.
class TextReader {
 public:
  // `at`: of `bytes` in the message.
  TextReader(Bytes bytes, size_t at, bool unicode)
      : bytes_(bytes), at_(at), unicode_(unicode) {}

  void Skip(size_t n) {
    n = std::min(n, bytes_.size());
    bytes_.remove_prefix(n);
    at_ += n;
  }
  // Up to its NUL, or the end.
  std::string Next() { return unicode_ ? NextUnicode() : NextPlain(); }
  std::string NextPlain() {
    const absl::string_view all = TextOf(bytes_);
    const size_t end = std::min(all.find('\0'), all.size());
    const absl::string_view text = all.substr(0, std::min(end, kMaxText));
    Skip(end + 1);
    return {text.data(), text.size()};
  }

 private:
  std::string NextUnicode() {
    if (at_ % 2 != 0) Skip(1);
    size_t end = 0;
    while (end + 2 <= bytes_.size() &&
           (bytes_[end] != 0 || bytes_[end + 1] != 0)) {
      end += 2;
    }
    std::string text =
        Utf16Text(bytes_.first(std::min(end, bytes_.size())), kMaxText);
    Skip(end + 2);
    return text;
  }

  Bytes bytes_;
  size_t at_;
  const bool unicode_;
};

SmbFileKey KeyOf(uint16_t fid) { return {0, fid}; }

}  // namespace

bool Smb1Reader::Read(Bytes message, SmbScene& scene) {
  LittleCursor cursor(message);
  cursor.Skip(4);
  uint8_t command = cursor.U8();
  Header header;
  header.status.code = cursor.U32();
  header.response = (cursor.U8() & kFlagResponse) != 0;
  const uint16_t flags = cursor.U16();
  header.unicode = (flags & kFlagUnicode) != 0;
  header.status.dos = (flags & kFlagNtStatus) == 0;
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
    if (command == kNoMore || next == 0) return true;
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
  const bool large = command == kReadAndX || command == kWriteAndX;
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
  TextReader text(block.bytes, block.bytes_at, header.unicode);
  LittleCursor words(block.words);
  switch (block.command) {
    case kNegotiate:
      return NegotiateRequest(block);
    case kSessionSetup:
      return SetupRequest(header, block, scene);
    case kTreeConnectAndX:
      words.Skip(6);
      text.Skip(words.U16());
      request.name = MaskedFilePath(text.Next());
      break;
    case kTreeConnect:
      // Each text has a byte 4 before it (2.2.4.50.1).
      text.Skip(1);
      request.name = MaskedFilePath(text.Next());
      break;
    case kNtCreate:
      request.name = MaskedFilePath(text.Next());
      break;
    case kOpenAndX:
      request.name = MaskedFilePath(text.Next());
      break;
    case kDelete:
      text.Skip(1);
      request.name = MaskedFilePath(text.Next());
      break;
    case kClose:
      request.file = KeyOf(words.U16());
      break;
    case kReadAndX:
    case kWriteAndX:
      words.Skip(4);
      request.file = KeyOf(words.U16());
      break;
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
  if (block.command == kNegotiate) {
    return header.status.error || NegotiateResponse(block, scene);
  }
  if (block.command == kSessionSetup) {
    return SetupResponse(header, block, scene);
  }
  SmbRequest request;
  if (!requests_.Take(header.id, block.command, &request)) return true;
  switch (block.command) {
    case kTreeConnect:
    case kTreeConnectAndX:
      return TreeResponse(header, request, block, scene);
    case kNtCreate:
    case kOpenAndX:
      return OpenResponse(header, request, block, scene);
    case kDelete: {
      SmbFile file;
      file.tree = request.tree;
      file.name = request.name;
      file.deleted = !header.status.error;
      file.create_action = ~0u;
      log_->TellFile(file, header.status, scene);
      return true;
    }
    default:
      if (!header.status.error) OnFileDone(request, block, scene);
      return true;
  }
}

bool Smb1Reader::NegotiateRequest(const Block& block) {
  log_->offered.clear();
  TextReader text(block.bytes, block.bytes_at, false);
  size_t left = block.bytes.size();
  // Dialects are OEM strings behind a byte 2 (2.2.4.52.1).
  while (left > 0 && log_->offered.size() < SmbLog::kMaxOffered) {
    if (block.bytes[block.bytes.size() - left] != 2) return false;
    text.Skip(1);
    std::string name = text.NextPlain();
    left -= std::min(left, name.size() + 2);
    log_->offered.push_back(std::move(name));
    if (log_->offered.back().size() == kMaxText) return false;
  }
  return true;
}

bool Smb1Reader::NegotiateResponse(const Block& block, SmbScene& scene) {
  // 13 words from LAN Manager on, 17 with "NT LM 0.12", 1 before.
  constexpr size_t kNtWords = 17 * 2;
  constexpr uint16_t kNone = 0xffff;
  LittleCursor words(block.words);
  const uint16_t index = words.U16();
  const uint8_t security = words.U8();
  if (block.words.size() < 2) return false;
  SmbNegotiation chosen;
  chosen.deprecated = true;
  if (index != kNone) {
    chosen.dialect = index < log_->offered.size()     ? log_->offered[index]
                     : block.words.size() == kNtWords ? "NT LM 0.12"
                                                      : "unknown";
  }
  chosen.signing_enabled = (security & 4) != 0;
  chosen.signing_required = (security & 8) != 0;
  log_->TellNegotiation(chosen, scene);
  return true;
}

bool Smb1Reader::SetupRequest(const Header& header, const Block& block,
                              SmbScene& scene) {
  constexpr size_t kLanman = 10 * 2;
  constexpr size_t kExtended = 12 * 2;
  constexpr size_t kNtLm = 13 * 2;
  LittleCursor words(block.words);
  words.Skip(14);
  const uint16_t first = words.U16();
  TextReader text(block.bytes, block.bytes_at, header.unicode);
  if (block.words.size() == kExtended) {
    const Bytes token =
        block.bytes.first(std::min<size_t>(first, block.bytes.size()));
    if (token.size() < first && !scene.cut) return false;
    // A user id says that it goes on.
    if (!setup_waits_ || header.user == 0) setup_ = SmbSetup();
    setup_.gss.OnToken(token, scene.cut);
    text.Skip(first);
    setup_.client_os = text.Next();
  } else if (block.words.size() == kNtLm || block.words.size() == kLanman) {
    setup_ = SmbSetup();
    const uint16_t second = block.words.size() == kNtLm ? words.U16() : 0;
    text.Skip(size_t{first} + second);
    const std::string account = text.Next();
    const std::string domain = text.Next();
    setup_.client_os = text.Next();
    // NTLMv2 responses are longer than 24 bytes.
    constexpr int kVersion1Bytes = 24;
    setup_.gss.OnPlainLogon(account, domain, account.empty(),
                            second > kVersion1Bytes ? 2 : 1);
  } else {
    return false;
  }
  setup_waits_ = true;
  return true;
}

bool Smb1Reader::SetupResponse(const Header& header, const Block& block,
                               SmbScene& scene) {
  constexpr size_t kExtended = 4 * 2;
  if (!setup_waits_) return true;
  const bool more =
      !header.status.dos && header.status.code == kStatusMoreProcessing;
  if (more || !header.status.error) {
    LittleCursor words(block.words);
    words.Skip(4);
    setup_.guest = (words.U16() & 1) != 0;
    TextReader text(block.bytes, block.bytes_at, header.unicode);
    if (block.words.size() == kExtended) {
      const uint16_t size = words.U16();
      const Bytes token =
          block.bytes.first(std::min<size_t>(size, block.bytes.size()));
      setup_.gss.OnToken(token, scene.cut || token.size() < size);
      text.Skip(size);
    }
    setup_.server_os = text.Next();
  }
  if (more) return true;
  log_->TellSetup(setup_, header.status, scene);
  setup_ = SmbSetup();
  setup_waits_ = false;
  return true;
}

bool Smb1Reader::TreeResponse(const Header& header, const SmbRequest& request,
                              const Block& block, SmbScene& scene) {
  absl::string_view type;
  if (!header.status.error && block.command == kTreeConnectAndX) {
    // 2.2.4.55.2: always an OEM string.
    TextReader text(block.bytes, block.bytes_at, false);
    const std::string service = text.NextPlain();
    type = service == "IPC"     ? "pipe"
           : service == "A:"    ? "disk"
           : service == "LPT1:" ? "printer"
                                : "";
  }
  log_->TellTreeConnect(header.tree, request.name, type, false, header.status,
                        scene);
  return true;
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
  LittleCursor words(block.words);
  words.Skip(4);
  if (block.command == kNtCreate) {
    words.Skip(1);
    file.key = KeyOf(words.U16());
    file.create_action = words.U32();
    words.Skip(32 + 4 + 8);
    file.file_bytes = words.U64();
    words.Skip(4);
    file.directory = words.U8() != 0;
  } else {
    file.key = KeyOf(words.U16());
    words.Skip(6);
    file.file_bytes = words.U32();
    words.Skip(6);
    // 2.2.4.41.2: 1 existed, 2 created, 3 truncated, as in the later form.
    file.create_action = words.U16() & 3u;
  }
  if (!words.ok()) return false;
  log_->Open(std::move(file));
  return true;
}

void Smb1Reader::OnFileDone(const SmbRequest& request, const Block& block,
                            SmbScene& scene) {
  if (block.command == kClose) {
    log_->Close(request.file, scene);
    return;
  }
  SmbFile* file = log_->Find(request.file);
  if (file == nullptr) return;
  LittleCursor words(block.words);
  if (block.command == kReadAndX) {
    words.Skip(10);
    const uint16_t low = words.U16();
    words.Skip(2);
    file->bytes_read += low + (uint64_t{words.U16()} << 16);
  } else if (block.command == kWriteAndX) {
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
