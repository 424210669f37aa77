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

// The newest window and, for people, who sent most in it.
int PrintStats(Session& session, const std::string& window) {
  v1::GetStatsRequest request;
  if (const auto duration = ParseDuration(window)) {
    *request.mutable_window() = ToDuration(*duration);
  }
  v1::GetStatsResponse response;
  const grpc::Status status = session.client().Call(
      session.client().history(), &v1::HistoryService::Stub::GetStats, request,
      &response);
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
  auto window = std::make_shared<std::string>("1s");
  root.Sub("stats", "Show the newest traffic statistics",
           "netctl stats --window 60s")
      .Text("--window", *window, "1s, 10s or 60s", {"1s", "10s", "60s"})
      .Action([window, &session] { return PrintStats(session, *window); });
}

}  // namespace tapline
