#include <functional>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/config/config.h"
#include "common/status/macros.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/feed.h"
#include "netctl/commands/filter_options.h"
#include "netctl/commands/selectors.h"

namespace tapline {
namespace {

constexpr std::chrono::milliseconds kFirstWait{200};
constexpr std::chrono::milliseconds kLongestWait{2000};

struct WatchOptions {
  SelectorOptions selector;
  FilterOptions filter;
  RangeOptions range;
  uint32_t last = 0;
  // Says what is the default.
  bool follow_flag = false;
  bool no_follow = false;
  bool updates = false;
  bool fail_on_loss = false;
  bool no_checkpoints = false;
  std::string cursor;
  std::string window;
  std::string snapshots;

  bool follow() const { return !no_follow && !range.has_until(); }

  absl::StatusOr<v1::WatchRange> BuildRange() const {
    v1::WatchRange watch;
    ASSIGN_OR_RETURN(*watch.mutable_range(), range.Build(absl::Now()));
    watch.set_last(last);
    watch.set_follow(follow());
    watch.set_cursor(cursor);
    return watch;
  }
};

void AddRange(Command& command, WatchOptions& options) {
  options.filter.AddTo(command);
  options.range.AddTo(command);
  command.Number("--last", options.last, "Begin with the newest N records");
  command.Flag("--follow,-f", options.follow_flag,
               "Go on with what happens (the default)");
  command.Flag("--no-follow", options.no_follow,
               "End after what is there already");
  command.Text("--cursor", options.cursor,
               "Go on after this checkpoint of an earlier watch");
  command.Flag("--fail-on-loss", options.fail_on_loss,
               "Exit with 7 if records were lost");
  command.Flag("--no-checkpoints", options.no_checkpoints,
               "Leave checkpoints out of JSON");
}

// Opens a stream of one kind and reads it to its end. Answers have the arms
// record, gap and checkpoint whatever their type.
template <typename Request, typename Response>
class Watcher {
 public:
  using Open = std::unique_ptr<grpc::ClientReader<Response>> (
      v1::ObserveService::Stub::*)(grpc::ClientContext*, const Request&);

  Watcher(Session& session, const WatchOptions& options, v1::RecordKind kind,
          Open open)
      : session_(session),
        options_(options),
        open_(open),
        feed_(session, {kind, !options.no_checkpoints}) {}

  int Run(Request request) {
    std::chrono::milliseconds wait = kFirstWait;
    for (;;) {
      heard_ = false;
      const grpc::Status status = ReadStream(request);
      if (session_.interrupt().IsSet()) return kExitInterrupted;
      if (reader_gone_) return kExitOk;
      if (status.ok()) return End();
      if (!MayRetry(status)) return options_.filter.Fail(session_, status);
      if (heard_) wait = kFirstWait;
      if (session_.interrupt().WaitFor(wait)) return kExitInterrupted;
      wait = std::min(2 * wait, kLongestWait);
      feed_.Resume(*request.mutable_range());
    }
  }

 private:
  int End() const {
    return options_.fail_on_loss && feed_.lost() ? kExitDataLoss : kExitOk;
  }

  grpc::Status ReadStream(const Request& request) {
    grpc::ClientContext context;
    const InterruptScope scope(session_.interrupt(), context);
    const auto reader = (session_.client().observe().*open_)(&context, request);
    Response response;
    while (reader->Read(&response)) {
      if (!heard_ && broken_) session_.terminal().Say("connected again");
      heard_ = connected_ = true;
      broken_ = false;
      if (Handle(response)) continue;
      reader_gone_ = true;
      context.TryCancel();
      break;
    }
    return reader->Finish();
  }

  bool Handle(const Response& response) {
    switch (response.answer_case()) {
      case Response::kRecord:
        return feed_.OnRecord(response.record());
      case Response::kGap:
        return feed_.OnGap(response.gap());
      case Response::kCheckpoint:
        return feed_.OnCheckpoint(response.checkpoint());
      default:
        return true;
    }
  }

  // A stream that was open is opened again when the sensor went away; says so
  // once. A sensor that was never there is an error.
  bool MayRetry(const grpc::Status& status) {
    if (!options_.follow() || !connected_) return false;
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
      if (!broken_) {
        session_.terminal().Say("connection lost; trying again until ^C");
      }
      broken_ = true;
      return true;
    }
    if (ReasonOf(status) == "STALLED") {
      session_.terminal().Say(
          "the sensor ended the watch, because nothing was taken from it for "
          "too long; going on from there");
      return true;
    }
    const bool cursor_refused =
        status.error_code() == grpc::StatusCode::INVALID_ARGUMENT && broken_ &&
        feed_.has_cursor();
    if (!cursor_refused) return false;
    session_.terminal().Say(
        "the sensor does not know where this watch was; going on by time, "
        "records in between may be missing");
    feed_.DropCursor();
    feed_.OnUncounted();
    return true;
  }

  Session& session_;
  const WatchOptions& options_;
  const Open open_;
  Feed feed_;
  bool heard_ = false;
  bool connected_ = false;
  bool broken_ = false;
  bool reader_gone_ = false;
};

// Sets what all watches share, then runs.
template <typename Request, typename Response>
int RunWatch(Session& session, const WatchOptions& options, v1::RecordKind kind,
             std::unique_ptr<grpc::ClientReader<Response>> (
                 v1::ObserveService::Stub::*open)(grpc::ClientContext*,
                                                  const Request&),
             Request request) {
  const std::optional<int> explained = options.filter.Explain(session, kind);
  if (explained.has_value()) return *explained;
  request.set_filter(options.filter.Text());
  auto range = options.BuildRange();
  if (!range.ok()) return session.FailUsage(range.status().message());
  *request.mutable_range() = *std::move(range);
  return Watcher<Request, Response>(session, options, kind, open)
      .Run(std::move(request));
}

// The same with a selector.
template <typename Request, typename Response>
int RunSelected(Session& session, const WatchOptions& options,
                v1::RecordKind kind,
                std::unique_ptr<grpc::ClientReader<Response>> (
                    v1::ObserveService::Stub::*open)(grpc::ClientContext*,
                                                     const Request&),
                Request request) {
  auto selector = options.selector.Build();
  if (!selector.ok()) return session.FailUsage(selector.status().message());
  *request.mutable_selector() = *std::move(selector);
  return RunWatch(session, options, kind, open, std::move(request));
}

using Stub = v1::ObserveService::Stub;

void AddAlerts(Command& watch, Session& session) {
  auto options = std::make_shared<WatchOptions>();
  Command command = watch.Sub("alerts", "Alerts as they are raised",
                              "netctl watch alerts --severity high\n"
                              "netctl watch alerts --since 24h -o json");
  options->selector.AddTo(command, true);
  AddRange(command, *options);
  command.Flag("--updates", options->updates,
               "Also later revisions of an alert");
  command.Action([options, &session] {
    v1::WatchAlertsRequest request;
    request.set_include_updates(options->updates);
    return RunSelected(session, *options, v1::RECORD_KIND_ALERT,
                       &Stub::WatchAlerts, std::move(request));
  });
}

void AddFlows(Command& watch, Session& session) {
  auto options = std::make_shared<WatchOptions>();
  Command command = watch.Sub("flows", "Flows as they end",
                              "netctl watch flows --port 443 --snapshots 5s");
  options->selector.AddTo(command, false);
  AddRange(command, *options);
  command.Text("--snapshots", options->snapshots,
               "Also open flows, this often (1s or more)");
  command.Action([options, &session] {
    v1::WatchFlowsRequest request;
    if (!options->snapshots.empty()) {
      const auto interval = ParseDuration(options->snapshots);
      if (!interval.has_value()) {
        return session.FailUsage("--snapshots must be like 5s");
      }
      *request.mutable_snapshot_interval() = ToDuration(*interval);
    }
    return RunSelected(session, *options, v1::RECORD_KIND_FLOW,
                       &Stub::WatchFlows, std::move(request));
  });
}

void AddEvents(Command& watch, Session& session) {
  auto options = std::make_shared<WatchOptions>();
  Command command = watch.Sub("events", "DNS, anomalies and other events",
                              "netctl watch events --protocol dns\n"
                              "netctl watch events 'dns.qry.name contains "
                              "\"example\"'");
  options->selector.AddTo(command, false);
  AddRange(command, *options);
  command.Action([options, &session] {
    return RunSelected(session, *options, v1::RECORD_KIND_EVENT,
                       &Stub::WatchEvents, v1::WatchEventsRequest());
  });
}

void AddPackets(Command& watch, Session& session) {
  auto options = std::make_shared<WatchOptions>();
  Command command = watch.Sub("packets", "Metadata of packets",
                              "netctl watch packets --ip 192.0.2.7");
  options->selector.AddTo(command, false);
  AddRange(command, *options);
  command.Action([options, &session] {
    return RunSelected(session, *options, v1::RECORD_KIND_PACKET,
                       &Stub::WatchPackets, v1::WatchPacketsRequest());
  });
}

void AddStatsFeed(Command& watch, Session& session) {
  auto options = std::make_shared<WatchOptions>();
  Command command = watch.Sub("stats", "Traffic statistics",
                              "netctl watch stats --window 10s");
  AddRange(command, *options);
  command.Text("--window", options->window, "1s, 10s or 60s",
               {"1s", "10s", "60s"});
  command.Action([options, &session] {
    v1::WatchStatsRequest request;
    if (const auto window = ParseDuration(options->window)) {
      *request.mutable_window() = ToDuration(*window);
    }
    return RunWatch(session, *options, v1::RECORD_KIND_STATS, &Stub::WatchStats,
                    std::move(request));
  });
}

}  // namespace

void AddWatch(Command& root, Session& session) {
  Command watch = root.Sub("watch", "Follow a live feed",
                           "netctl watch alerts\nnetctl watch flows --last 20");
  AddAlerts(watch, session);
  AddFlows(watch, session);
  AddEvents(watch, session);
  AddPackets(watch, session);
  AddStatsFeed(watch, session);
}

}  // namespace tapline
