#include "sensord/service/errors.h"

#include "absl/strings/cord.h"
#include "absl/types/optional.h"
#include "common/filter/filter.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace tapline {
namespace {

// Where an absl::Status carries its serialized ErrorInfo.
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kDomain[] = "tapline";

struct ReasonRow {
  absl::string_view name;
  absl::StatusCode code;
};

constexpr absl::StatusCode PERMISSION_DENIED =
    absl::StatusCode::kPermissionDenied;
constexpr absl::StatusCode UNIMPLEMENTED = absl::StatusCode::kUnimplemented;
constexpr absl::StatusCode UNAUTHENTICATED = absl::StatusCode::kUnauthenticated;
constexpr absl::StatusCode RESOURCE_EXHAUSTED =
    absl::StatusCode::kResourceExhausted;
constexpr absl::StatusCode ABORTED = absl::StatusCode::kAborted;
constexpr absl::StatusCode UNAVAILABLE = absl::StatusCode::kUnavailable;
constexpr absl::StatusCode DEADLINE_EXCEEDED =
    absl::StatusCode::kDeadlineExceeded;
constexpr absl::StatusCode INVALID_ARGUMENT =
    absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode NOT_FOUND = absl::StatusCode::kNotFound;
constexpr absl::StatusCode FAILED_PRECONDITION =
    absl::StatusCode::kFailedPrecondition;
constexpr absl::StatusCode ALREADY_EXISTS = absl::StatusCode::kAlreadyExists;
constexpr absl::StatusCode DATA_LOSS = absl::StatusCode::kDataLoss;
constexpr absl::StatusCode CANCELLED = absl::StatusCode::kCancelled;
constexpr absl::StatusCode INTERNAL = absl::StatusCode::kInternal;

constexpr ReasonRow kReasons[] = {
#define REASON(name, code) {#name, code},
#include "sensord/service/reasons.def"
#undef REASON
};

Reason DefaultReason(const absl::Status& status) {
  if (IsTooCostly(status)) return Reason::kFILTER_TOO_COSTLY;
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Reason::kARGUMENT_INVALID;
    case absl::StatusCode::kNotFound:
      return Reason::kNOT_FOUND;
    case absl::StatusCode::kAlreadyExists:
      return Reason::kALREADY_EXISTS;
    case absl::StatusCode::kPermissionDenied:
      return Reason::kOS_PERMISSION;
    case absl::StatusCode::kResourceExhausted:
      return Reason::kLIMIT_REACHED;
    case absl::StatusCode::kFailedPrecondition:
      return Reason::kSTATE_INVALID;
    case absl::StatusCode::kUnavailable:
      return Reason::kUNAVAILABLE;
    case absl::StatusCode::kDataLoss:
      return Reason::kSTORE_DAMAGED;
    case absl::StatusCode::kDeadlineExceeded:
      return Reason::kDEADLINE_EXCEEDED;
    case absl::StatusCode::kCancelled:
      return Reason::kCANCELLED;
    default:
      return Reason::kINTERNAL;
  }
}

std::string SerializedInfo(Reason reason, const ErrorMetadata& metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(reason)));
  info.set_domain(kDomain);
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  return info.SerializeAsString();
}

}  // namespace

absl::string_view ReasonName(Reason reason) {
  return kReasons[static_cast<size_t>(reason)].name;
}

absl::StatusCode ReasonCode(Reason reason) {
  return kReasons[static_cast<size_t>(reason)].code;
}

absl::Status Refuse(Reason reason, absl::string_view message,
                    const ErrorMetadata& metadata) {
  absl::Status status(ReasonCode(reason), message);
  status.SetPayload(kErrorInfoUrl,
                    absl::Cord(SerializedInfo(reason, metadata)));
  return status;
}

absl::Status WithReason(absl::Status status, absl::StatusCode code,
                        Reason reason) {
  if (status.code() != code || status.GetPayload(kErrorInfoUrl).has_value()) {
    return status;
  }
  status.SetPayload(kErrorInfoUrl, absl::Cord(SerializedInfo(reason, {})));
  return status;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  absl::optional<absl::Cord> payload = status.GetPayload(kErrorInfoUrl);
  std::string info = payload.has_value()
                         ? std::string(*payload)
                         : SerializedInfo(DefaultReason(status), {});
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  google::protobuf::Any* any = details.add_details();
  any->set_type_url(kErrorInfoUrl);
  any->set_value(info);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()),
                      details.SerializeAsString());
}

}  // namespace tapline
