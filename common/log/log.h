// State changes and failures an operator can act on, as one line each:
//
//   2026-01-31T12:00:00.123Z info capture_started interface=eth0 workers=2
//
// Never on the packet path. What is not a literal, a number or a truth value
// must have passed the redactor.

#ifndef TAPLINE_COMMON_LOG_LOG_H_
#define TAPLINE_COMMON_LOG_LOG_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"

namespace tapline {

template <typename T>
class Redacted;

// Text that stands in the program: anything else does not compile.
class LogLiteral {
 public:
  template <size_t N>
  consteval LogLiteral(const char (&text)[N]) : text_(text) {}  // NOLINT
  absl::string_view text() const { return text_; }

 private:
  const char* text_;
};

// key=value. Values with spaces, quotes or controls are quoted and escaped.
class LogField {
 public:
  LogField(LogLiteral key, LogLiteral value)
      : key_(key), value_(value.text()) {}
  template <typename T>
  requires std::integral<T> || std::floating_point<T> LogField(LogLiteral key,
                                                               T value)
      : key_(key), value_(Number(value)) {}
  template <typename T>
  requires std::same_as<T, Redacted<std::string>> LogField(LogLiteral key,
                                                           const T& value)
      : key_(key), value_(value.get()) {}

  absl::string_view key() const { return key_.text(); }
  const std::string& value() const { return value_; }

 private:
  template <typename T>
  static std::string Number(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      return value ? "true" : "false";
    } else {
      return std::to_string(value);
    }
  }

  LogLiteral key_;
  std::string value_;
};

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };

// "trace", "debug", "info", "warn", "error"; kInfo for any other text.
LogLevel ParseLogLevel(absl::string_view name);

// Thread safety: thread-safe.
class Log {
 public:
  using Fields = std::initializer_list<LogField>;

  // Writes to the descriptor, which must outlive the log; stderr by default.
  explicit Log(int descriptor = 2);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void SetLevel(LogLevel level);

  void Debug(LogLiteral event, Fields fields = {});
  void Info(LogLiteral event, Fields fields = {});
  void Warn(LogLiteral event, Fields fields = {});
  void Error(LogLiteral event, Fields fields = {});

  // At most one line a minute for each event; the next one says how many were
  // held back (`repeated=`).
  void WarnRarely(LogLiteral event, Fields fields = {});
  void InfoRarely(LogLiteral event, Fields fields = {});

 private:
  struct Sink;
  struct Rare {
    int64_t last_ns = 0;
    uint64_t held = 0;
  };

  void WriteRarely(LogLevel level, LogLiteral event, Fields fields);
  void Write(LogLevel level, LogLiteral event, Fields fields,
             uint64_t repeated = 0);

  const std::unique_ptr<Sink> sink_;
  Mutex mutex_;
  std::map<std::string, Rare> rare_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tapline

#endif  // TAPLINE_COMMON_LOG_LOG_H_
