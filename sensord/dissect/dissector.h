// One frame taken apart (D17): layers, fields, values, places, remarks.
//
// Header fields are read here; what is broken about them is what the decoder
// says of the frame, and the application layer is what the analyzers tell of
// its payload. So a new protocol or a new anomaly shows without a line here.

#ifndef TAPLINE_SENSORD_DISSECT_DISSECTOR_H_
#define TAPLINE_SENSORD_DISSECT_DISSECTOR_H_

#include <memory>

#include "sensord/analyzers/analyzer_set.h"
#include "sensord/capture/frame.h"
#include "tapline/v1/layer.pb.h"

namespace tapline {

// Total: any bytes of any link type. By itself: no flow, no reassembly.
// Thread safety: single-threaded.
class Dissector {
 public:
  // `analyzers`: which protocols are read (D16); of others the ports tell.
  explicit Dissector(AnalyzerOptions analyzers = {});
  ~Dissector();

  // `headers_only`: the payload was not kept; it is said so.
  v1::Dissection Dissect(const Frame& frame, bool headers_only = false);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DISSECT_DISSECTOR_H_
