// The schema as sorted lines of text, and what may not change between two.

#ifndef TAPLINE_TESTS_COMMON_SCHEMA_SCHEMA_LISTING_H_
#define TAPLINE_TESTS_COMMON_SCHEMA_SCHEMA_LISTING_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace tapline {

// Every file of package tapline.v1; loads them into the generated pool.
std::vector<const google::protobuf::FileDescriptor*> SchemaFiles();

// One line each, sorted:
//   field Alert 6 count optional uint64
//   reserved Alert 30
//   value Severity 3 SEVERITY_HIGH
//   method SensorService GetStatus GetStatusRequest GetStatusResponse
std::vector<std::string> SchemaListing();

// Changes from `locked` to `current` that break clients or stored records: a
// field, value, message or method gone (unless its number is reserved now),
// renumbered, renamed or retyped.
std::vector<std::string> BreakingChanges(
    const std::vector<std::string>& locked,
    const std::vector<std::string>& current);

}  // namespace tapline

#endif  // TAPLINE_TESTS_COMMON_SCHEMA_SCHEMA_LISTING_H_
