// What every command works with: where to connect and how to print.

#ifndef TAPLINE_NETCTL_COMMANDS_SESSION_H_
#define TAPLINE_NETCTL_COMMANDS_SESSION_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/output/printer.h"
#include "common/redact/redactor.h"
#include "netctl/client/client.h"
#include "netctl/client/failure.h"
#include "netctl/output/terminal.h"

namespace tapline {

// Options that stand before or after every verb.
struct Globals {
  std::string address = kDefaultAddress;
  std::string output = "table";
  std::string color = "auto";
  std::string timeout = "12s";
  bool no_headers = false;
};

class Session {
 public:
  // Both must outlive the session.
  Session(Terminal& terminal, Interrupt& interrupt)
      : terminal_(terminal), interrupt_(interrupt) {}

  Globals& globals() { return globals_; }
  Terminal& terminal() { return terminal_; }
  Interrupt& interrupt() { return interrupt_; }
  const Redactor& redactor() const { return redactor_; }
  Client& client() { return *client_; }

  // Makes the client and the format from the globals. InvalidArgument: one of
  // them is wrong.
  absl::Status Prepare();

  Format format() const { return format_; }
  bool json() const { return format_ == Format::kJson; }
  // A table, to which a second one may be added.
  bool for_people() const {
    return format_ == Format::kTable || format_ == Format::kWide;
  }
  PrintOptions print_options() const {
    return terminal_.Options(format_, !globals_.no_headers);
  }

  // Prints a list of messages of one type; the exit code.
  template <typename T>
  int PrintList(std::vector<Column<T>> columns, const std::vector<T>& items,
                size_t name_column = 0) {
    std::vector<Redacted<T>> redacted;
    for (const T& item : items) redacted.push_back(redactor_.Apply(item));
    Printer<T> printer(std::move(columns), print_options(), name_column);
    return Print(printer.List(redacted));
  }

  // Prints a message as JSON or YAML, or else `text`; the exit code.
  template <typename T>
  int PrintMessage(const T& message, const std::string& text) {
    if (json()) return Print(MessageJson(redactor_.Apply(message)) + "\n");
    if (format_ == Format::kYaml) {
      return Print(MessageYaml(redactor_.Apply(message)));
    }
    return Print(text);
  }

  // To stdout; the exit code.
  int Print(const std::string& text);

  // Says what went wrong; the exit code.
  int Fail(const grpc::Status& status);
  int FailUsage(absl::string_view what);

 private:
  Globals globals_;
  Terminal& terminal_;
  Interrupt& interrupt_;
  const Redactor redactor_;
  Format format_ = Format::kTable;
  std::unique_ptr<Client> client_;
};

}  // namespace tapline

#endif  // TAPLINE_NETCTL_COMMANDS_SESSION_H_
