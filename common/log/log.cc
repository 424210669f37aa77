#include "common/log/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <ctime>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

constexpr int64_t kMinuteNs = 60'000'000'000;

// The log's own clock: a line a minute must not follow the wall clock.
int64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

bool IsBare(absl::string_view value) {
  for (const char c : value) {
    if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') {
      return false;
    }
  }
  return !value.empty();
}

// Quoted, every byte that is not printable ASCII as \xHH: one line stays one.
void AppendValue(absl::string_view value, std::string& line) {
  if (IsBare(value)) {
    absl::StrAppend(&line, value);
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c < ' ' || c >= 0x7F) {
      absl::StrAppend(&line, "\\x",
                      absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2));
    } else {
      line += c;
    }
  }
  line += '"';
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Whole lines by one write; a log that cannot be written must not stop the
// program.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    [[maybe_unused]] const ssize_t put =
        write(descriptor_, line.data(), line.size());
  }
  void flush_() override {}

 private:
  const int descriptor_;
};

}  // namespace

struct Log::Sink {
  explicit Sink(int descriptor)
      : logger("tapline", std::make_shared<DescriptorSink>(descriptor)) {
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
    logger.set_error_handler([](const std::string&) {});
  }
  spdlog::logger logger;
};

LogLevel ParseLogLevel(absl::string_view name) {
  if (name == "trace") return LogLevel::kTrace;
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

Log::Log(int descriptor) : sink_(std::make_unique<Sink>(descriptor)) {}
Log::~Log() = default;

void Log::SetLevel(LogLevel level) { sink_->logger.set_level(ToSpdlog(level)); }

void Log::Debug(LogLiteral event, Fields fields) {
  Write(LogLevel::kDebug, event, fields);
}
void Log::Info(LogLiteral event, Fields fields) {
  Write(LogLevel::kInfo, event, fields);
}
void Log::Warn(LogLiteral event, Fields fields) {
  Write(LogLevel::kWarn, event, fields);
}
void Log::Error(LogLiteral event, Fields fields) {
  Write(LogLevel::kError, event, fields);
}

void Log::WarnRarely(LogLiteral event, Fields fields) {
  WriteRarely(LogLevel::kWarn, event, fields);
}
void Log::InfoRarely(LogLiteral event, Fields fields) {
  WriteRarely(LogLevel::kInfo, event, fields);
}

void Log::WriteRarely(LogLevel level, LogLiteral event, Fields fields) {
  uint64_t repeated = 0;
  {
    const MutexLock lock(mutex_);
    // Events are literals: there are as many as the program has.
    const auto [it, first] = rare_.try_emplace(std::string(event.text()));
    Rare& rare = it->second;
    const int64_t now = MonotonicNs();
    if (!first && now - rare.last_ns < kMinuteNs) {
      ++rare.held;
      return;
    }
    rare.last_ns = now;
    repeated = std::exchange(rare.held, 0);
  }
  Write(level, event, fields, repeated);
}

void Log::Write(LogLevel level, LogLiteral event, Fields fields,
                uint64_t repeated) {
  if (!sink_->logger.should_log(ToSpdlog(level))) return;
  std::string line(event.text());
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", field.key(), "=");
    AppendValue(field.value(), line);
  }
  if (repeated > 0) absl::StrAppend(&line, " repeated=", repeated);
  sink_->logger.log(ToSpdlog(level), line);
}

}  // namespace tapline
