#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/output/json.h"
#include "common/output/layer_text.h"
#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "sensord/analyze/analyze.h"
#include "sensord/capture/file_sequence.h"
#include "sensord/dissect/dissector.h"
#include "sensord/dissect/hex_view.h"
#include "sensord/inspect/packet_view.h"
#include "tapline/v1/history_service.pb.h"

namespace tapline {
namespace {

struct Shown {
  v1::GetPacketResponse packet;
  v1::GetPacketBytesResponse bytes;
};

Shown Show(const Frame& frame, bool hex) {
  Shown shown;
  KeptFrame kept;
  kept.frame = frame;
  kept.captured_bytes = frame.captured_bytes;
  Origin origin;
  origin.source_id = "analysis";
  PacketView view(std::move(origin));
  *shown.packet.mutable_record() = view.RecordOf(kept);
  *shown.packet.mutable_dissection() = Dissector().Dissect(frame);
  if (!hex) return shown;
  shown.bytes.set_captured_bytes(frame.captured_bytes);
  WriteHexView({frame.data, frame.captured_bytes}, view.HeadersOf(kept),
               *shown.bytes.mutable_lines());
  return shown;
}

// NotFound: the files have fewer packets.
absl::StatusOr<Shown> Find(FrameSource& source, uint64_t ordinal, bool hex) {
  FrameBatch batch;
  while (true) {
    ASSIGN_OR_RETURN(const ReadResult result, source.Read(batch));
    for (const Frame& frame : batch.frames) {
      if (frame.ordinal == ordinal) return Show(frame, hex);
    }
    if (result == ReadResult::kEnd) break;
  }
  return absl::NotFoundError(absl::StrCat("there is no packet ", ordinal, "; ",
                                          source.counters().frames,
                                          " were read"));
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
  FileSequence files(options.files);
  const absl::StatusOr<Shown> shown = Find(files, *options.packet, options.hex);
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
