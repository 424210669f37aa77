#include <memory>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/output/columns.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::TopTalker;

constexpr size_t kShownTalkers = 10;
// A second of a quiet network is empty as often as not, and the newest minute
// may have ended a minute ago.
constexpr char kUsualWindow[] = "10s";
// What a capture that has just begun has.
constexpr char kFirstWindow[] = "1s";
constexpr char kLongestWindow[] = "60s";

std::vector<Column<TopTalker>> TalkerColumns() {
  return {
      {"ADDRESS", 39, false, false,
       [](const TopTalker& t) { return TextCell(t.address()); }},
      {"PACKETS", 10, true, false,
       [](const TopTalker& t) { return NumberCell(t.packets()); }},
      {"BYTES", 10, true, false,
       [](const TopTalker& t) { return BytesCell(t.bytes()); }},
      {"ERROR", 10, true, false,
       [](const TopTalker& t) { return BytesCell(t.error_bytes()); }},
  };
}

grpc::Status Read(Session& session, const std::string& window,
                  v1::GetStatsResponse& response) {
  v1::GetStatsRequest request;
  if (const auto duration = ParseDuration(window)) {
    *request.mutable_window() = ToDuration(*duration);
  }
  return session.client().Call(session.client().history(),
                               &v1::HistoryService::Stub::GetStats, request,
                               &response);
}

// The newest window and, for people, who sent most in it.
int PrintStats(Session& session, const std::string& asked) {
  std::string window = asked.empty() ? kUsualWindow : asked;
  v1::GetStatsResponse response;
  grpc::Status status = Read(session, window, response);
  if (status.ok() && asked.empty() && !response.record().stats().has_time()) {
    window = kFirstWindow;
    status = Read(session, window, response);
  }
  if (!status.ok()) return session.Fail(status);
  const v1::Stats& stats = response.record().stats();
  if (!stats.has_time()) {
    session.terminal().Say(absl::StrCat(
        "no window of ", window,
        " has ended yet; 'netctl status' says whether capture is running"));
    return kExitOk;
  }
  const int code = session.PrintList<v1::Record>(
      RecordColumns(v1::RECORD_KIND_STATS), {response.record()});
  if (code != kExitOk || !session.for_people()) return code;
  if (stats.packets() == 0 && window != kLongestWindow) {
    session.terminal().Say(absl::StrCat("no packet in these ", window,
                                        "; see --window ", kLongestWindow));
  }
  std::vector<TopTalker> talkers = Items(stats.top_talkers());
  if (talkers.size() > kShownTalkers) talkers.resize(kShownTalkers);
  if (talkers.empty()) return code;
  if (const int blank = session.Print("\n"); blank != kExitOk) return blank;
  return session.PrintList(TalkerColumns(), talkers);
}

}  // namespace

int ListTalkers(Session& session, uint32_t limit) {
  v1::ListTopTalkersRequest request;
  request.set_limit(limit);
  v1::ListTopTalkersResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &v1::HistoryService::Stub::ListTopTalkers,
      request, &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintList(TalkerColumns(), Items(response.top_talkers()));
}

void AddStats(Command& root, Session& session) {
  auto window = std::make_shared<std::string>();
  root.Sub("stats", "Show the newest traffic statistics",
           "netctl stats --window 60s")
      .Text("--window", *window,
            "The newest window of this length that has ended (10s, or 1s "
            "before the first 10s are over)",
            {kFirstWindow, kUsualWindow, kLongestWindow})
      .Action([window, &session] { return PrintStats(session, *window); });
}

}  // namespace tapline
