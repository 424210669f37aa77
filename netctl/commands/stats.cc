#include <memory>

#include "common/config/config.h"
#include "common/output/columns.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

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
  return session.PrintList<v1::Record>(RecordColumns(v1::RECORD_KIND_STATS),
                                       {response.record()});
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
  using v1::TopTalker;
  const std::vector<Column<TopTalker>> columns = {
      {"ADDRESS", 39, false, false,
       [](const TopTalker& t) { return TextCell(t.address()); }},
      {"PACKETS", 10, true, false,
       [](const TopTalker& t) { return NumberCell(t.packets()); }},
      {"BYTES", 10, true, false,
       [](const TopTalker& t) { return BytesCell(t.bytes()); }},
      {"ERROR", 10, true, false,
       [](const TopTalker& t) { return BytesCell(t.error_bytes()); }},
  };
  return session.PrintList(columns, Items(response.top_talkers()));
}

void AddStats(Command& root, Session& session) {
  auto window = std::make_shared<std::string>("1s");
  root.Sub("stats", "Show the newest traffic statistics",
           "netctl stats --window 60s")
      .Text("--window", *window, "1s, 10s or 60s", {"1s", "10s", "60s"})
      .Action([window, &session] { return PrintStats(session, *window); });
}

}  // namespace tapline
