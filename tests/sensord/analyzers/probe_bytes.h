// Asking one unit about first bytes.

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_PROBE_BYTES_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_PROBE_BYTES_H_

#include <string>
#include <vector>

#include "sensord/analyzers/analyzer.h"

namespace tapline::testing {

// A stream's first bytes, the client's first.
inline Match ProbeStream(const AnalyzerUnit& unit, const std::string& client,
                         const std::string& server = "") {
  // Copies of their own size, so that sanitizers see a read past their ends.
  const std::vector<uint8_t> from_client(client.begin(), client.end());
  const std::vector<uint8_t> from_server(server.begin(), server.end());
  Opening opening;
  opening.from_originator = from_client;
  opening.from_responder = from_server;
  return unit.probe(opening);
}

inline Match ProbeDatagram(const AnalyzerUnit& unit, const std::string& bytes,
                           bool truncated = false) {
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  Opening opening;
  opening.datagram = true;
  opening.truncated = truncated;
  opening.from_originator = copy;
  return unit.probe(opening);
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_PROBE_BYTES_H_
