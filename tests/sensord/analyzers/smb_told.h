// What a conversation over SMB told, for tests.

#ifndef TAPLINE_TESTS_SENSORD_ANALYZERS_SMB_TOLD_H_
#define TAPLINE_TESTS_SENSORD_ANALYZERS_SMB_TOLD_H_

#include <vector>

#include "tests/support/conversation.h"

namespace tapline::testing {

// By RPC over pipes.
inline std::vector<v1::Dcerpc> Calls(const Conversation& c) {
  std::vector<v1::Dcerpc> calls;
  for (const v1::Event& e : c.Events()) {
    if (e.has_dcerpc()) calls.push_back(e.dcerpc());
  }
  return calls;
}

inline std::vector<v1::Smb> Files(const Conversation& c) {
  std::vector<v1::Smb> files;
  for (const v1::Event& e : c.Events()) {
    if (e.smb().action() == "file") files.push_back(e.smb());
  }
  return files;
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_ANALYZERS_SMB_TOLD_H_
