// Errors as clients see them: a status code, a sentence, and a
// google.rpc.Status in `grpc-status-details-bin` with one ErrorInfo whose
// reason is one of reasons.def (proto/ERRORS.md).

#ifndef TAPLINE_SENSORD_SERVICE_ERRORS_H_
#define TAPLINE_SENSORD_SERVICE_ERRORS_H_

#include <grpcpp/support/status.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tapline {

enum class Reason {
#define REASON(name, code) k##name,
#include "sensord/service/reasons.def"
#undef REASON
};

// "ROLE_REQUIRED".
absl::string_view ReasonName(Reason reason);
absl::StatusCode ReasonCode(Reason reason);

using ErrorMetadata = std::vector<std::pair<std::string, std::string>>;

// A refusal with its reason; every variable part of `message` belongs in
// `metadata` too.
absl::Status Refuse(Reason reason, absl::string_view message,
                    const ErrorMetadata& metadata = {});
// `status` as it is, with `reason` for its code `code`; a reason it has
// already, or another code, stays.
absl::Status WithReason(absl::Status status, absl::StatusCode code,
                        Reason reason);

// The one mapping to gRPC. A status without a reason gets that of its code.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_ERRORS_H_
