// What is in the file, counted while it is made.
#ifndef TAPLINE_TESTS_BENCH_TRAFFIC_TRUTH_H_
#define TAPLINE_TESTS_BENCH_TRAFFIC_TRUTH_H_

#include <cstdint>
#include <cstdio>
#include <map>
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

enum Fact : uint8_t {
#define FACT(name) kf_##name,
#include "tests/bench/traffic/facts.def"
#undef FACT
  kFacts,
};

class Truth {
 public:
  ~Truth();
  // Also writes one line per flow (SYN floods left out); false on failure.
  bool OpenFlows(const std::string& path);

  // A flow has sent its last packet.
  void Finished(const Flow& flow);
  // One more flow carries `value`; call once a flow and value.
  void Carries(Fact fact, const std::string& value) { ++facts_[fact][value]; }
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
  // Value -> flows.
  std::map<std::string, uint64_t> facts_[kFacts];
  FILE* flows_ = nullptr;
  bool ok_ = true;
};

}  // namespace tapline::bench

#endif  // TAPLINE_TESTS_BENCH_TRAFFIC_TRUTH_H_
