// The table of methods.def in code: who may call what, and its limits.

#ifndef TAPLINE_SENSORD_SERVICE_METHODS_H_
#define TAPLINE_SENSORD_SERVICE_METHODS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tapline/v1/config.pb.h"

namespace tapline {

enum class Method {
#define METHOD(service, name, role, audit, kind, limit) k##service##name,
#include "sensord/service/methods.def"
#undef METHOD
};

struct MethodRow {
  // Path of the call: "/tapline.v1.SensorService/GetStatus".
  absl::string_view path;
  // The least role that may call it.
  v1::Role role;
  // The call is written to the audit trail.
  bool audited;
  bool streaming;
  // Longest duration of a unary call; zero for streams.
  absl::Duration limit;
};

// The row of a method; constant.
const MethodRow& RowOf(Method method);
// Null when no row has the path.
const MethodRow* FindMethod(absl::string_view path);
const std::vector<MethodRow>& AllMethods();
// Whether the path is one of the standard services, open to every local user.
bool IsOpenMethod(absl::string_view path);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_METHODS_H_
