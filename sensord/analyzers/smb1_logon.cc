// What SMB 1 agrees on before files: dialects, logons, shares.

#include <algorithm>
#include <utility>

#include "sensord/analyzers/little_endian.h"
#include "sensord/analyzers/smb1_message.h"
#include "sensord/analyzers/smb1_reader.h"
#include "sensord/analyzers/smb_names.h"

namespace tapline {

bool Smb1Reader::NegotiateRequest(const Block& block) {
  log_->offered.clear();
  smb1::TextReader text(block.bytes, block.bytes_at, false);
  size_t left = block.bytes.size();
  // Dialects are OEM strings behind a byte 2 (2.2.4.52.1).
  while (left > 0 && log_->offered.size() < SmbLog::kMaxOffered) {
    if (block.bytes[block.bytes.size() - left] != 2) return false;
    text.Skip(1);
    std::string name = text.NextPlain();
    left -= std::min(left, name.size() + 2);
    log_->offered.push_back(std::move(name));
    if (log_->offered.back().size() == smb1::kMaxText) return false;
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
  // Of user-level security without challenges: passwords come as they are.
  plain_passwords_ = block.words.size() > 2 && (security & 2) == 0;
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
  smb1::TextReader text(block.bytes, block.bytes_at, header.unicode);
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
    // An empty one may have its NUL.
    setup_.cleartext_password =
        plain_passwords_ && !account.empty() && (first > 1 || second > 2);
    // NTLMv2 responses are longer than 24 bytes.
    constexpr int kVersion1Bytes = 24;
    const int version = second > kVersion1Bytes ? 2 : 1;
    setup_.gss.OnPlainLogon(account, domain, account.empty(),
                            setup_.cleartext_password ? 0 : version);
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
    smb1::TextReader text(block.bytes, block.bytes_at, header.unicode);
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
  if (!header.status.error && block.command == smb1::kTreeConnectAndX) {
    // 2.2.4.55.2: always an OEM string.
    smb1::TextReader text(block.bytes, block.bytes_at, false);
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

}  // namespace tapline
