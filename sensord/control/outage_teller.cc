#include "sensord/control/outage_teller.h"

#include <chrono>
#include <optional>

#include "common/redact/redactor.h"

namespace tapline {
namespace {

using Steady = std::chrono::steady_clock;

class Teller {
 public:
  Teller(const std::string& interface, Log& log)
      : interface_(Redactor().Text(interface)), log_(log) {}

  void operator()(const char* reason) {
    if (reason == nullptr) {
      Back();
    } else if (since_.has_value()) {
      log_.Info("interface_still_away", {{"interface", interface_},
                                         {"reason", Redactor().Text(reason)}});
    } else {
      since_ = Steady::now();
      log_.Warn("interface_away",
                {{"interface", interface_},
                 {"reason", Redactor().Text(reason)},
                 {"capture", "waits until the name is there and up"}});
    }
  }

 private:
  void Back() {
    if (!since_.has_value()) return;
    const auto away = std::chrono::duration_cast<std::chrono::seconds>(
        Steady::now() - *since_);
    since_.reset();
    log_.Info("interface_back",
              {{"interface", interface_},
               {"after_seconds", away.count()},
               {"capture", "goes on; the time between is a gap"}});
  }

  const Redacted<std::string> interface_;
  Log& log_;
  std::optional<Steady::time_point> since_;
};

}  // namespace

std::function<void(const char* reason)> OutageTeller(
    const std::string& interface, Log* log) {
  if (log == nullptr) return nullptr;
  return Teller(interface, *log);
}

}  // namespace tapline
