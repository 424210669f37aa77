// Proof that a value passed the redactor: sinks accept nothing else.

#ifndef TAPLINE_COMMON_REDACT_REDACTED_H_
#define TAPLINE_COMMON_REDACT_REDACTED_H_

#include <utility>

namespace tapline {

class Redactor;

// Only a Redactor makes one. T is a protobuf message or std::string.
template <typename T>
class Redacted {
 public:
  const T& get() const { return value_; }
  T Take() && { return std::move(value_); }

 private:
  friend class Redactor;
  explicit Redacted(T value) : value_(std::move(value)) {}
  T value_;
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_REDACT_REDACTED_H_
