// How requests name one record: by id or its beginning, and a source.

#ifndef TAPLINE_SENSORD_SERVICE_RECORD_NAME_H_
#define TAPLINE_SENSORD_SERVICE_RECORD_NAME_H_

#include <string>

#include "absl/status/status.h"
#include "tapline/v1/selector.pb.h"

namespace tapline {

// InvalidArgument: ARGUMENT_INVALID, with the field's name.
absl::Status CheckName(const std::string& id, const std::string& source_id);

// Says which records fit `id`, also to programs: ID_AMBIGUOUS. Other statuses
// stay.
absl::Status IdError(const absl::Status& status, const std::string& id);

// The live source unless others are asked for.
v1::Selector WithLiveSource(v1::Selector selector);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_RECORD_NAME_H_
