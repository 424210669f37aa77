#include "sensord/analyzers/tftp.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sensord/analyzers/masked_path.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/tftp.h"

namespace tapline::tftp {
namespace {

namespace field = fields::tftp;

// RFC 1350 5, RFC 2347.
constexpr uint16_t kRead = 1;
constexpr uint16_t kWrite = 2;
constexpr uint16_t kData = 3;
constexpr uint16_t kAck = 4;
constexpr uint16_t kError = 5;
constexpr uint16_t kOptionAck = 6;
constexpr size_t kHeadBytes = 4;
constexpr uint32_t kDefaultBlock = 512;
// RFC 2348.
constexpr uint32_t kMaxBlock = 65464;

constexpr UnitPort kPorts[] = {{UnitPort::kUdp, 69, Protocol::kTftp}};

struct Options {
  uint32_t block_bytes = 0;
  uint64_t file_bytes = 0;
  int known = 0;
};

// Up to a NUL, which goes too. False when there is none.
bool TakeText(absl::string_view* left, absl::string_view* text) {
  const size_t end = left->find('\0');
  if (end == absl::string_view::npos) return false;
  *text = left->substr(0, end);
  left->remove_prefix(end + 1);
  return true;
}

bool ReadOptions(absl::string_view left, Options* options) {
  constexpr int kMaxOptions = 16;
  for (int i = 0; i < kMaxOptions && !left.empty(); ++i) {
    absl::string_view name;
    absl::string_view value;
    if (!TakeText(&left, &name) || !TakeText(&left, &value) || name.empty()) {
      return false;
    }
    uint32_t block;
    if (absl::EqualsIgnoreCase(name, "blksize")) {
      if (!absl::SimpleAtoi(value, &block) || block > kMaxBlock) return false;
      options->block_bytes = block;
    } else if (absl::EqualsIgnoreCase(name, "tsize")) {
      if (!absl::SimpleAtoi(value, &options->file_bytes)) return false;
    } else if (!absl::EqualsIgnoreCase(name, "timeout") &&
               !absl::EqualsIgnoreCase(name, "windowsize") &&
               !absl::EqualsIgnoreCase(name, "multicast")) {
      continue;
    }
    ++options->known;
  }
  return left.empty();
}

// RFC 1350 5: file, mode, options.
struct Request {
  absl::string_view file;
  absl::string_view mode;
  Options options;

  bool Read(Bytes bytes) {
    constexpr absl::string_view kModes[] = {"octet", "netascii", "mail"};
    absl::string_view left = TextOf(bytes.subspan(2));
    if (!TakeText(&left, &file) || !TakeText(&left, &mode) || file.empty()) {
      return false;
    }
    const bool known = std::any_of(std::begin(kModes), std::end(kModes),
                                   [this](absl::string_view name) {
                                     return absl::EqualsIgnoreCase(mode, name);
                                   });
    return known && ReadOptions(left, &options);
  }
};

uint16_t OpcodeOf(Bytes bytes) {
  return bytes.size() < kHeadBytes ? uint16_t{0} : LoadBig16(bytes.data());
}

Match Probe(const Opening& opening) {
  const Bytes first = opening.first();
  Request request;
  Options options;
  switch (OpcodeOf(first)) {
    case kRead:
    case kWrite:
      return request.Read(first) ? Match::kYes : Match::kNo;
    case kData:
      // The first block, full: the port is nobody's.
      return LoadBig16(&first[2]) == 1 &&
                     first.size() == kHeadBytes + kDefaultBlock
                 ? Match::kYes
                 : Match::kNo;
    case kOptionAck:
      return ReadOptions(TextOf(first.subspan(2)), &options) &&
                     options.known > 0
                 ? Match::kYes
                 : Match::kNo;
    case kError:
      return first.back() == 0 && LoadBig16(&first[2]) <= 8 ? Match::kWeak
                                                            : Match::kNo;
    default:
      return Match::kNo;
  }
}

std::string ErrorName(uint16_t code) {
  // RFC 1350 5, RFC 2347.
  constexpr const char* kNames[] = {
      "not_defined", "file_not_found",    "access_violation",
      "disk_full",   "illegal_operation", "unknown_transfer_id",
      "file_exists", "no_such_user",      "option_refused"};
  if (code < std::size(kNames)) return kNames[code];
  return absl::StrCat("error ", code);
}

class TftpAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  void OnEnd(AnalyzerOutput& out) override {
    if (transfers_) TellTransfer("", out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + told_.capacity();
  }

 private:
  bool OnRequest(Bytes bytes, AnalyzerOutput& out);
  void OnBlock(Bytes bytes);
  void TellTransfer(absl::string_view error, AnalyzerOutput& out);

  // The last request, which may be sent again.
  std::string told_;
  Options options_;
  bool transfers_ = false;
  bool complete_ = false;
  uint16_t last_block_ = 0;
  uint64_t bytes_ = 0;
};

Next TftpAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  const Bytes bytes = segment.bytes;
  bool good = true;
  switch (OpcodeOf(bytes)) {
    case kRead:
    case kWrite:
      good = OnRequest(bytes, out);
      break;
    case kData:
      if (!segment.truncated) OnBlock(bytes);
      break;
    case kAck:
      good = bytes.size() == kHeadBytes || segment.truncated;
      if (!complete_ || LoadBig16(&bytes[2]) != last_block_) break;
      TellTransfer("", out);
      return Want::kDone;
    case kError:
      TellTransfer(ErrorName(LoadBig16(&bytes[2])), out);
      return Want::kDone;
    case kOptionAck:
      transfers_ = true;
      options_ = Options();
      good = ReadOptions(TextOf(bytes.subspan(2)), &options_);
      break;
    default:
      good = false;
  }
  if (good) {
    out.Identify(Protocol::kTftp, ProtocolBasis::kDecoded, 100);
  } else if (!segment.truncated) {
    out.Anomaly("tftp.malformed");
  }
  return Want::kMore;
}

bool TftpAnalyzer::OnRequest(Bytes bytes, AnalyzerOutput& out) {
  constexpr size_t kMaxHeld = 1024;
  Request request;
  if (!request.Read(bytes)) return false;
  const absl::string_view text = TextOf(bytes).substr(0, kMaxHeld);
  if (told_ == text) return true;
  told_.assign(text.data(), text.size());
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kAction, OpcodeOf(bytes) == kRead ? "read" : "write");
  event.Set(field::kFile, MaskedFilePath(request.file));
  event.Set(field::kMode, absl::AsciiStrToLower(request.mode));
  if (request.options.block_bytes != 0) {
    event.Set(field::kBlockBytes, request.options.block_bytes);
  }
  if (request.options.file_bytes != 0) {
    event.Set(field::kFileBytes, request.options.file_bytes);
  }
  return true;
}

void TftpAnalyzer::OnBlock(Bytes bytes) {
  transfers_ = true;
  const uint16_t block = LoadBig16(&bytes[2]);
  // The next one; numbers begin anew after 65,535.
  if (block != static_cast<uint16_t>(last_block_ + 1)) return;
  last_block_ = block;
  const size_t size = bytes.size() - kHeadBytes;
  bytes_ += size;
  complete_ =
      size < (options_.block_bytes != 0 ? options_.block_bytes : kDefaultBlock);
}

void TftpAnalyzer::TellTransfer(absl::string_view error, AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kAction, "transfer");
  if (options_.block_bytes != 0) {
    event.Set(field::kBlockBytes, options_.block_bytes);
  }
  if (options_.file_bytes != 0) {
    event.Set(field::kFileBytes, options_.file_bytes);
  }
  event.Set(field::kTransferredBytes, bytes_);
  event.Set(field::kComplete, complete_ && error.empty());
  event.SetSafe(field::kError, error);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<TftpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kTftp,
                                         .udp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::tftp
