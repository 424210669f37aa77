// The event of protocols that tell little else than how a session began.

#ifndef TAPLINE_SENSORD_ANALYZERS_GREETING_H_
#define TAPLINE_SENSORD_ANALYZERS_GREETING_H_

#include <cstddef>
#include <string>

#include "sensord/analyzers/login.h"
#include "sensord/event/protocol.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline {

// The fields of tapline.v1.Greeting.
struct Greeting {
  static constexpr size_t kMaxText = 255;

  std::string server_software;
  std::string server_version;
  std::string client_software;
  std::string host;
  std::string request;
  bool starttls = false;
  std::string auth_mechanism;
  Login login = Login::kUnknown;
  bool cleartext_password = false;

  // On the heap.
  size_t MemoryBytes() const;
};

void TellGreeting(Protocol protocol, const Greeting& greeting,
                  AnalyzerOutput& out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_GREETING_H_
