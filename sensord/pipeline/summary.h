// Totals of a pipeline as the record that ends an analysis.

#ifndef TAPLINE_SENSORD_PIPELINE_SUMMARY_H_
#define TAPLINE_SENSORD_PIPELINE_SUMMARY_H_

#include "absl/time/time.h"
#include "sensord/pipeline/pipeline.h"
#include "tapline/v1/record.pb.h"

namespace tapline {

v1::Summary SummaryOf(const Pipeline& pipeline, absl::Duration wall);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_PIPELINE_SUMMARY_H_
