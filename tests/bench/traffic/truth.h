// What is in the file, counted while it is made.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_TRUTH_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_TRUTH_H_

#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "tests/bench/traffic/flow.h"
#include "tests/bench/traffic/kinds.h"

namespace tapline::bench {

// An alert that must be raised. Empty source or target: many.
struct ExpectedAlert {
  std::string rule;
  std::string severity;
  std::string source;
  std::string target;
  uint16_t port = 0;
};

class Truth {
 public:
  ~Truth();
  // Also writes one line per flow (SYN floods left out); false on failure.
  bool OpenFlows(const std::string& path);

  // A flow has sent its last packet.
  void Finished(const Flow& flow);
  void DnsQueried(const std::string& name, bool answered);
  void Expect(ExpectedAlert alert) { alerts_.push_back(std::move(alert)); }
  bool CloseFlows();

  // The JSON object, with a line feed. `head` are members of the caller:
  // "\"seed\":1,".
  std::string ToJson(const std::string& head) const;

 private:
  struct Count {
    uint64_t flows = 0;
    uint64_t packets = 0;
    uint64_t bytes = 0;
  };
  Count kinds_[kKinds];
  std::vector<ExpectedAlert> alerts_;
  std::set<std::string> names_;
  uint64_t dns_queries_ = 0;
  uint64_t dns_responses_ = 0;
  FILE* flows_ = nullptr;
  bool ok_ = true;
};

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_TRUTH_H_
