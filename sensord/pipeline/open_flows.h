// What can be asked about open flows, and the answer.

#ifndef TAPLINE_SENSORD_PIPELINE_OPEN_FLOWS_H_
#define TAPLINE_SENSORD_PIPELINE_OPEN_FLOWS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tapline/v1/record.pb.h"

namespace tapline {

struct OpenFlowQuery {
  size_t limit = 0;
  // Only flows whose id begins with these hex digits; empty: all.
  std::string id_prefix;
  // The answer waits until the store has the flows that ended before it, for
  // who reads that next: no flow is in neither.
  bool settled = false;
};

struct OpenFlowList {
  std::vector<v1::Record> flows;
  // False: there are more, or not all that were asked answered in time.
  bool complete = true;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_OPEN_FLOWS_H_
