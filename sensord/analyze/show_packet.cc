#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/output/json.h"
#include "common/output/layer_text.h"
#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "sensord/analyze/analyze.h"
#include "sensord/capture/file_sequence.h"
#include "sensord/dissect/dissector.h"
#include "sensord/inspect/packet_hex.h"
#include "sensord/inspect/packet_view.h"
#include "sensord/pipeline/options.h"
#include "tapline/v1/history_service.pb.h"

namespace tapline {
namespace {

struct Shown {
  v1::GetPacketResponse packet;
  v1::GetPacketBytesResponse bytes;
};

KeptFrame Copy(const Frame& frame) {
  KeptFrame kept;
  kept.frame = frame;
  kept.captured_bytes = frame.captured_bytes;
  kept.bytes = std::make_unique<uint8_t[]>(frame.captured_bytes);
  std::copy_n(frame.data, frame.captured_bytes, kept.bytes.get());
  kept.frame.data = kept.bytes.get();
  return kept;
}

// NotFound: the files have fewer packets.
absl::StatusOr<KeptFrame> Find(FrameSource& source, uint64_t ordinal) {
  FrameBatch batch;
  while (true) {
    ASSIGN_OR_RETURN(const ReadResult result, source.Read(batch));
    for (const Frame& frame : batch.frames) {
      if (frame.ordinal == ordinal) return Copy(frame);
    }
    if (result == ReadResult::kEnd) break;
  }
  return absl::NotFoundError(absl::StrCat("there is no packet ", ordinal, "; ",
                                          source.counters().frames,
                                          " were read"));
}

// Tells what came before the packet. Standard input is read only once: then
// nothing is known of that, and more is withheld.
absl::Status ReadBefore(const std::vector<std::string>& files, uint64_t ordinal,
                        PacketHex& hex) {
  if (std::count(files.begin(), files.end(), "-")) return absl::OkStatus();
  FileSequence source(files);
  FrameBatch batch;
  while (true) {
    ASSIGN_OR_RETURN(const ReadResult result, source.Read(batch));
    for (const Frame& frame : batch.frames) {
      if (frame.ordinal >= ordinal) return absl::OkStatus();
      KeptFrame kept;
      kept.frame = frame;
      kept.captured_bytes = frame.captured_bytes;
      hex.Before(kept);
    }
    if (result == ReadResult::kEnd) return absl::OkStatus();
  }
}

absl::StatusOr<Shown> Show(const AnalyzeOptions& options) {
  FileSequence files(options.files);
  ASSIGN_OR_RETURN(const KeptFrame kept, Find(files, *options.packet));
  Shown shown;
  Origin origin;
  origin.source_id = "analysis";
  *shown.packet.mutable_record() = PacketView(std::move(origin)).RecordOf(kept);
  *shown.packet.mutable_dissection() =
      Dissector(AnalyzerOptionsOf(options.policy->config.flow()))
          .Dissect(kept.frame);
  if (!options.hex) return shown;
  shown.bytes.set_captured_bytes(kept.captured_bytes);
  PacketHex hex(kept);
  RETURN_IF_ERROR(ReadBefore(options.files, *options.packet, hex));
  hex.Write(*shown.bytes.mutable_lines());
  return shown;
}

std::string TextOf(const Shown& shown, Format format) {
  const Redactor redactor;
  // Who may read the file may see its bytes.
  const auto bytes = Redactor(v1::CAPTURE_MODE_FULL).Apply(shown.bytes);
  const auto packet = redactor.Apply(shown.packet);
  const bool has_bytes = shown.bytes.lines_size() > 0;
  if (format == Format::kJson) {
    return absl::StrCat(MessageJson(packet), "\n",
                        has_bytes ? MessageJson(bytes) + "\n" : "");
  }
  if (format == Format::kYaml) {
    return MessageYaml(packet) + (has_bytes ? MessageYaml(bytes) : "");
  }
  return DissectionText(redactor.Apply(shown.packet.dissection())) +
         HexText(bytes.get().lines());
}

}  // namespace

int ShowPacket(const AnalyzeOptions& options, std::FILE* out, std::FILE* err) {
  const absl::StatusOr<Shown> shown = Show(options);
  if (!shown.ok()) {
    std::fprintf(err, "sensord: %s\n",
                 std::string(shown.status().message()).c_str());
    return 1;
  }
  const std::string text = TextOf(*shown, options.print.format);
  const bool written =
      std::fwrite(text.data(), 1, text.size(), out) == text.size() &&
      std::fflush(out) == 0;
  return written ? 0 : 1;
}

}  // namespace tapline
