#include "sensord/analyzers/smb_pipes.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "sensord/analyzers/dcerpc_session.h"
#include "sensord/analyzers/framed_stream.h"

namespace tapline {
namespace {

// Names the protocols of Windows' own services give them ([MS-SRVS] 2.1 and
// alike).
constexpr absl::string_view kWellKnown[] = {
    "atsvc",    "browser",  "dnsserver",   "efsrpc",
    "epmapper", "eventlog", "fssagentrpc", "initshutdown",
    "keysvc",   "llsrpc",   "lsarpc",      "lsass",
    "netdfs",   "netlogon", "ntsvcs",      "protected_storage",
    "samr",     "scerpc",   "spoolss",     "srvsvc",
    "svcctl",   "tapsrv",   "trkwks",      "w32time",
    "winreg",   "wkssvc"};

absl::string_view Stripped(absl::string_view path) {
  constexpr absl::string_view kFolder = "pipe\\";
  while (absl::StartsWith(path, "\\")) path.remove_prefix(1);
  if (absl::StartsWithIgnoreCase(path, kFolder)) {
    path.remove_prefix(kFolder.size());
  }
  return path;
}

bool IsOneOfWindows(absl::string_view lower) {
  return std::binary_search(std::begin(kWellKnown), std::end(kWellKnown),
                            lower);
}

}  // namespace

std::string SmbPipeName(absl::string_view path) {
  const absl::string_view name = Stripped(path);
  std::string lower = absl::AsciiStrToLower(name);
  if (IsOneOfWindows(lower)) return lower;
  return {name.data(), name.size()};
}

bool IsWellKnownPipe(absl::string_view path) {
  return IsOneOfWindows(absl::AsciiStrToLower(Stripped(path)));
}

struct SmbPipes::Pipe {
  Pipe(const SmbFileKey& k, absl::string_view path)
      : key(k), session(std::make_unique<DcerpcSession>(SmbPipeName(path))) {
    for (auto& stream : streams) stream.emplace(kMaxHead);
  }

  void GiveUp(SmbScene& scene) {
    if (session == nullptr) return;
    session->End(scene.out);
    session.reset();
    for (auto& stream : streams) stream.reset();
  }
  size_t MemoryBytes() const {
    if (session == nullptr) return sizeof(*this);
    return sizeof(*this) + sizeof(*session) + session->MemoryBytes() +
           streams[0]->MemoryBytes() + streams[1]->MemoryBytes();
  }

  const SmbFileKey key;
  // Null when it carries something else.
  std::unique_ptr<DcerpcSession> session;
  // [0] to the server.
  std::optional<FramedStream> streams[2];
  // A PDU came.
  bool proven = false;
};

SmbPipes::SmbPipes(bool enabled) : enabled_(enabled) {}
SmbPipes::~SmbPipes() = default;

SmbPipes::Pipe* SmbPipes::Find(const SmbFileKey& key) const {
  for (const std::unique_ptr<Pipe>& pipe : pipes_) {
    if (pipe->key == key) return pipe.get();
  }
  return nullptr;
}

bool SmbPipes::IsOpen(const SmbFileKey& key) const {
  return Find(key) != nullptr;
}

void SmbPipes::Open(const SmbFileKey& key, absl::string_view path,
                    SmbScene& scene) {
  if (!enabled_) return;
  Close(key, scene);
  if (pipes_.size() == kMaxPipes) {
    pipes_.front()->GiveUp(scene);
    pipes_.erase(pipes_.begin());
  }
  pipes_.push_back(std::make_unique<Pipe>(key, path));
}

void SmbPipes::Add(const SmbFileKey& key, bool to_server, Bytes data,
                   uint64_t size, SmbScene& scene) {
  Pipe* pipe = Find(key);
  if (pipe == nullptr || pipe->session == nullptr) return;
  std::optional<FramedStream>& stream = pipe->streams[to_server ? 0 : 1];
  const FramedStream::Result result =
      stream->Add(data, MeasureDcerpcPdu, [&](Bytes head, uint64_t pdu) {
        const bool cut = pdu > head.size();
        if (!pipe->session->OnPdu(head, cut, scene.out)) {
          scene.out.Anomaly("dcerpc.malformed");
        }
        pipe->proven = true;
        return true;
      });
  if (result != FramedStream::Result::kTaken) {
    if (pipe->proven) scene.out.Anomaly("dcerpc.framing");
    pipe->GiveUp(scene);
    return;
  }
  // What is missing of a PDU: the next message begins with a new one.
  if (size > data.size() && !stream->Gap(size - data.size())) {
    stream.emplace(kMaxHead);
  }
}

void SmbPipes::Close(const SmbFileKey& key, SmbScene& scene) {
  for (size_t i = 0; i < pipes_.size(); ++i) {
    if (!(pipes_[i]->key == key)) continue;
    pipes_[i]->GiveUp(scene);
    pipes_.erase(pipes_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

void SmbPipes::End(SmbScene& scene) {
  for (const std::unique_ptr<Pipe>& pipe : pipes_) pipe->GiveUp(scene);
  pipes_.clear();
}

size_t SmbPipes::MemoryBytes() const {
  size_t bytes = pipes_.capacity() * sizeof(pipes_[0]);
  for (const std::unique_ptr<Pipe>& pipe : pipes_) bytes += pipe->MemoryBytes();
  return bytes;
}

}  // namespace tapline
