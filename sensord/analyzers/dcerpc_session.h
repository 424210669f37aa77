// A conversation in DCE/RPC, whatever carries it: TCP, a named pipe, datagrams.

#ifndef TAPLINE_SENSORD_ANALYZERS_DCERPC_SESSION_H_
#define TAPLINE_SENSORD_ANALYZERS_DCERPC_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sensord/analyzers/analyzer.h"
#include "sensord/analyzers/gss_session.h"
#include "sensord/event/event_writer.h"

namespace tapline {

// C706 12.6.3.1: head of each PDU of a connection.
inline constexpr size_t kDcerpcHeadBytes = 16;

// Size of the PDU of a connection that begins with these kDcerpcHeadBytes or
// more; 0 when none does.
size_t DcerpcPduSize(Bytes head);
// The same as FramedStream measures.
uint64_t MeasureDcerpcPdu(Bytes begin);
// A PDU by which a client begins.
bool IsDcerpcBind(Bytes head);

// Head and size of a PDU in a datagram (C706 12.5.1.1) agree.
bool IsDcerpcDatagram(Bytes datagram);

// Thread safety: single-threaded.
class DcerpcSession {
 public:
  static constexpr size_t kMaxInterfaces = 16;
  static constexpr size_t kMaxOperations = 64;
  static constexpr size_t kMaxCalls = 32;

  DcerpcSession() = default;
  // Over a named pipe of SMB; `pipe` is masked, empty when it is not known.
  explicit DcerpcSession(std::string pipe)
      : on_pipe_(true), pipe_(std::move(pipe)) {}

  // One PDU of a connection, whole or its first bytes (`cut`). False when it
  // breaks C706.
  bool OnPdu(Bytes pdu, bool cut, AnalyzerOutput& out);
  // One PDU of a datagram.
  bool OnDatagram(Bytes datagram, AnalyzerOutput& out);
  // Tells a bind that waits, and the summary.
  void End(AnalyzerOutput& out);
  // On the heap.
  size_t MemoryBytes() const;

 private:
  struct Interface {
    uint16_t context;
    uint16_t version;
    std::string uuid;
    bool accepted;
  };
  struct Operation {
    std::string interface;
    uint16_t opnum;
    uint64_t requests;
    uint64_t faults;
    uint32_t fault;
  };
  struct Call {
    uint32_t id;
    size_t operation;
  };
  class Cursor;

  bool OnBind(Cursor& cursor, bool first);
  bool OnBindAnswer(Cursor& cursor);
  void OnRequest(uint32_t call, const std::string& interface, uint16_t opnum,
                 bool first_fragment, AnalyzerOutput& out);
  void OnFault(uint32_t call, uint32_t status);
  bool ReadAuthentication(Bytes pdu, bool cut, size_t auth_bytes);
  void TellBind(AnalyzerOutput& out);
  void Begin(EventWriter& event, absl::string_view action) const;
  static void WriteOperation(const Operation& operation, EventWriter& event);
  std::string InterfaceOf(uint16_t context) const;

  const bool on_pipe_ = false;
  const std::string pipe_;
  std::vector<Interface> interfaces_;
  std::vector<Operation> operations_;
  std::vector<Call> calls_;
  GssSession gss_;
  uint8_t auth_type_ = 0;
  uint8_t auth_level_ = 0;
  // A bind is to be told; it was answered; it was refused.
  bool bind_waits_ = false;
  bool answered_ = false;
  std::string refusal_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_DCERPC_SESSION_H_
