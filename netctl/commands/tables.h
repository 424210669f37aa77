// Lists that several commands print.

#ifndef TAPLINE_NETCTL_COMMANDS_TABLES_H_
#define TAPLINE_NETCTL_COMMANDS_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/output/cells.h"
#include "google/protobuf/repeated_field.h"
#include "netctl/commands/session.h"

namespace tapline {

template <typename T>
std::vector<T> Items(const google::protobuf::RepeatedPtrField<T>& items) {
  return {items.begin(), items.end()};
}

// Each prints one list; the exit code. Also reachable as `list ...`.
int ListInterfaces(Session& session);
int ListSuppressions(Session& session);
int ListFilters(Session& session);
int ListSettings(Session& session, const std::string& prefix);
int ListReplays(Session& session);
int ListTalkers(Session& session, uint32_t limit);

// "3 s ago", "2 d 4 h ago"; "" for an unset time.
std::string AgoText(const google::protobuf::Timestamp& time);

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_TABLES_H_
