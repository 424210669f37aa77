#include "sensord/analyzers/modbus.h"

#include <algorithm>

#include "sensord/analyzers/message_reader.h"
#include "sensord/analyzers/usage_table.h"
#include "sensord/decode/byte_cursor.h"
#include "sensord/event/fields/modbus.h"

namespace tapline::modbus {
namespace {

namespace field = fields::modbus;

// Transaction, protocol (0), length of the rest, unit, function.
constexpr size_t kHead = 8;
// Up to and with the length.
constexpr size_t kBeforeLength = 6;
constexpr size_t kMinLength = 2;
constexpr size_t kMaxLength = 254;
constexpr uint8_t kException = 0x80;

struct Function {
  uint8_t code;
  const char* name;
  bool write;
  // Bytes of a request behind the function; -1 when they vary.
  int request_bytes;
};

constexpr Function kFunctions[] = {
    {1, "read_coils", false, 4},
    {2, "read_discrete_inputs", false, 4},
    {3, "read_holding_registers", false, 4},
    {4, "read_input_registers", false, 4},
    {5, "write_single_coil", true, 4},
    {6, "write_single_register", true, 4},
    {7, "read_exception_status", false, 0},
    {8, "diagnostics", false, -1},
    {11, "get_comm_event_counter", false, 0},
    {12, "get_comm_event_log", false, 0},
    {15, "write_multiple_coils", true, -1},
    {16, "write_multiple_registers", true, -1},
    {17, "report_server_id", false, 0},
    {20, "read_file_record", false, -1},
    {21, "write_file_record", true, -1},
    {22, "mask_write_register", true, 6},
    {23, "read_write_multiple_registers", true, -1},
    {24, "read_fifo_queue", false, 2},
    {43, "encapsulated_interface", false, -1},
};

constexpr UnitPort kPorts[] = {{UnitPort::kTcp, 502, Protocol::kModbus}};

const Function* FunctionOf(uint8_t code) {
  const auto* row =
      std::find_if(std::begin(kFunctions), std::end(kFunctions),
                   [code](const Function& f) { return f.code == code; });
  return row == std::end(kFunctions) ? nullptr : row;
}

bool HasHead(Bytes b) {
  const size_t length = LoadBig16(&b[4]);
  return LoadBig16(&b[2]) == 0 && length >= kMinLength &&
         length <= kMaxLength && (b[7] & 0x7f) != 0;
}

Match Probe(const Opening& opening) {
  const Bytes b = opening.first();
  if (b.size() > 3 && LoadBig16(&b[2]) != 0) return Match::kNo;
  if (b.size() < kHead) return Match::kMore;
  if (!HasHead(b)) return Match::kNo;
  const size_t whole = kBeforeLength + LoadBig16(&b[4]);
  if (b.size() < whole) return Match::kMore;
  const Function* function = FunctionOf(b[7]);
  if (function == nullptr || !opening.originator_first) return Match::kWeak;
  // A request whose length is its function's, and nothing behind it but more
  // such heads.
  const bool fits =
      function->request_bytes < 0
          ? function->write
          : whole == kHead + static_cast<size_t>(function->request_bytes);
  const Bytes rest = b.subspan(whole);
  const bool goes_on = rest.empty() || (rest.size() >= kHead && HasHead(rest));
  return fits && function->request_bytes != 0 && goes_on ? Match::kYes
                                                         : Match::kWeak;
}

class ModbusAnalyzer final : public Analyzer {
 public:
  Next OnData(const Segment& segment, AnalyzerOutput& out) override;
  Next OnGap(bool, uint64_t, AnalyzerOutput& out) override {
    OnEnd(out);
    return Want::kDone;
  }
  void OnEnd(AnalyzerOutput& out) override {
    for (const Usage& row : usage_.rows()) Tell(row, true, out);
  }
  size_t MemoryBytes() const override {
    return sizeof(*this) + in_[0].MemoryBytes() + in_[1].MemoryBytes() +
           usage_.MemoryBytes();
  }

 private:
  static void Tell(const Usage& row, bool ended, AnalyzerOutput& out);

  MessageReader in_[2] = {MessageReader(kBeforeLength + kMaxLength),
                          MessageReader(kBeforeLength + kMaxLength)};
  // By unit and function.
  UsageTable usage_;
};

Next ModbusAnalyzer::OnData(const Segment& segment, AnalyzerOutput& out) {
  MessageReader& in = in_[segment.from_originator ? 0 : 1];
  in.Add(segment.bytes);
  Bytes b;
  while (in.Peek(kHead, &b)) {
    if (!HasHead(b)) {
      out.Anomaly("modbus.malformed");
      OnEnd(out);
      return Want::kDone;
    }
    const size_t whole = kBeforeLength + LoadBig16(&b[4]);
    if (!in.Peek(whole, &b)) break;
    in.Pass(whole);
    out.Identify(Protocol::kModbus, ProtocolBasis::kDecoded, 100);
    const uint8_t function = b[7] & ~kException;
    Usage* row = usage_.Find(static_cast<uint64_t>(b[6]) << 8 | function);
    if (row == nullptr) {
      out.Anomaly("modbus.too_many_uses");
      continue;
    }
    if (segment.from_originator) {
      ++row->requests;
      continue;
    }
    ++row->responses;
    if ((b[7] & kException) != 0 && whole > kHead) {
      ++row->errors;
      row->error_code = b[8];
    }
    if (!row->told) Tell(*row, false, out);
    row->told = true;
  }
  return Want::kMore;
}

void ModbusAnalyzer::Tell(const Usage& row, bool ended, AnalyzerOutput& out) {
  const Function* function = FunctionOf(row.key & 0xff);
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetNonzero(field::kUnit, row.key >> 8);
  event.Set(field::kFunction, row.key & 0xff);
  if (function != nullptr) {
    event.SetSafe(field::kName, function->name);
    event.SetTrue(field::kWrite, function->write);
  }
  event.SetTrue(field::kEnded, ended);
  event.SetNonzero(field::kRequests, row.requests);
  event.SetNonzero(field::kResponses, row.responses);
  event.SetNonzero(field::kExceptions, row.errors);
  event.SetNonzero(field::kExceptionCode, row.error_code);
}

std::unique_ptr<Analyzer> Open(const FlowIdentity&) {
  return std::make_unique<ModbusAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kModbus,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = Probe,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::modbus
