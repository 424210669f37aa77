#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/config/config.h"
#include "common/net/wire_text.h"
#include "common/output/value_text.h"
#include "common/schema/field_info.h"
#include "common/schema/proto_time.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/selectors.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::Suppression;

// As for the ids of records.
constexpr size_t kMinIdDigits = 4;
constexpr size_t kMaxIdsTold = 20;

struct AddOptions {
  std::string cidr;
  uint32_t port = 0;
  std::string rule;
  std::string filter;
  std::string direction = "any";
  std::string expires;
  std::string comment;
  bool dry_run = false;
};

std::vector<Column<Suppression>> SuppressionColumns() {
  return {
      {"ID", 16, false, false,
       [](const Suppression& s) { return TextCell(s.id()); }},
      {"CIDR", 18, false, false,
       [](const Suppression& s) {
         return TextCell(s.cidr().empty() ? "any" : s.cidr());
       }},
      {"DIRECTION", 9, false, false,
       [](const Suppression& s) {
         return TextCell(
             LowerEnumName(*v1::Direction_descriptor(), s.direction()));
       }},
      {"PORT", 5, true, false,
       [](const Suppression& s) {
         return TextCell(s.port() == 0 ? "any" : absl::StrCat(s.port()));
       }},
      {"RULE", 13, false, false,
       [](const Suppression& s) {
         return TextCell(s.rule().empty() ? "any" : s.rule());
       }},
      {"FILTER", 6, false, false,
       [](const Suppression& s) {
         return TextCell(s.filter().empty() ? "any" : s.filter());
       }},
      {"HITS", 6, true, false,
       [](const Suppression& s) { return NumberCell(s.hits()); }},
      {"EXPIRES", 20, false, false,
       [](const Suppression& s) {
         return TextCell(s.has_expires_at() ? TimestampText(s.expires_at())
                                            : "never");
       }},
      {"ORIGIN", 6, false, false,
       [](const Suppression& s) { return TextCell(s.origin()); }},
      {"BY", 8, false, true,
       [](const Suppression& s) { return TextCell(s.created_by()); }},
      {"COMMENT", 20, false, false,
       [](const Suppression& s) { return TextCell(s.comment()); }},
  };
}

int Add(Session& session, const AddOptions& options) {
  v1::CreateSuppressionRequest request;
  request.set_validate_only(options.dry_run);
  Suppression& wanted = *request.mutable_suppression();
  wanted.set_cidr(options.cidr);
  wanted.set_port(options.port);
  wanted.set_rule(options.rule);
  wanted.set_filter(options.filter);
  wanted.set_comment(options.comment);
  wanted.set_direction(static_cast<v1::Direction>(
      ParseEnumName(*v1::Direction_descriptor(), options.direction)
          .value_or(v1::DIRECTION_ANY)));
  if (!options.expires.empty()) {
    // A span lies ahead here, not behind as for --since.
    absl::Time expires;
    if (const auto span = ParseDuration(options.expires)) {
      expires = absl::Now() + *span;
    } else {
      const auto moment = ParseMoment(options.expires, absl::Now());
      if (!moment.ok()) return session.FailUsage(moment.status().message());
      expires = *moment;
    }
    FillTime(expires, *wanted.mutable_expires_at());
  }
  v1::CreateSuppressionResponse response;
  const grpc::Status status = session.client().Call(
      session.client().policy(), &v1::PolicyService::Stub::CreateSuppression,
      request, &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintList<Suppression>(SuppressionColumns(),
                                        {response.suppression()});
}

grpc::Status Read(Session& session, v1::ListSuppressionsResponse& response) {
  return session.client().Call(session.client().policy(),
                               &v1::PolicyService::Stub::ListSuppressions,
                               v1::ListSuppressionsRequest(), &response);
}

// Ids that `id` names: itself, or those it begins.
std::vector<std::string> NamedBy(
    const std::string& id, const v1::ListSuppressionsResponse& suppressions) {
  std::vector<std::string> ids;
  for (const Suppression& one : suppressions.suppressions()) {
    if (one.id() == id) return {id};
    if (absl::StartsWith(one.id(), id)) ids.push_back(one.id());
  }
  return ids;
}

int FailAmbiguous(Session& session, const std::string& id,
                  const std::vector<std::string>& ids) {
  const size_t told = std::min(ids.size(), kMaxIdsTold);
  session.terminal().Say(absl::StrCat(
      "several suppressions fit \"", id, "\": ",
      absl::StrJoin(ids.begin(), ids.begin() + static_cast<ptrdiff_t>(told),
                    ", "),
      told < ids.size() ? absl::StrCat(" and ", ids.size() - told, " more")
                        : "",
      "; give more digits"));
  return kExitRefused;
}

// The sensor is asked for one by its whole id only: what a prefix means can
// change between looking and removing.
int Remove(Session& session, const std::string& given) {
  const std::string id = absl::AsciiStrToLower(given);
  if (id.size() < kMinIdDigits) {
    return session.FailUsage(
        absl::StrCat("ID: at least ", kMinIdDigits, " digits"));
  }
  v1::ListSuppressionsResponse suppressions;
  grpc::Status status = Read(session, suppressions);
  if (!status.ok()) return session.Fail(status);
  const std::vector<std::string> ids = NamedBy(id, suppressions);
  if (ids.size() > 1) return FailAmbiguous(session, id, ids);
  v1::DeleteSuppressionRequest request;
  request.set_id(ids.empty() ? id : ids.front());
  v1::DeleteSuppressionResponse response;
  status = session.client().Call(session.client().policy(),
                                 &v1::PolicyService::Stub::DeleteSuppression,
                                 request, &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintMessage(
      response,
      absl::StrCat("suppression ", PrintableText(request.id()), " removed\n"));
}

}  // namespace

int ListSuppressions(Session& session) {
  v1::ListSuppressionsResponse response;
  const grpc::Status status = Read(session, response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintList(SuppressionColumns(),
                           Items(response.suppressions()));
}

void AddSuppress(Command& root, Session& session) {
  Command suppress =
      root.Sub("suppress", "Keep alerts from being raised",
               "netctl suppress add --cidr 192.0.2.7 --rule port_scan "
               "--expires 7d --comment 'our scanner'");
  auto options = std::make_shared<AddOptions>();
  suppress.Sub("add", "Add a suppression; every option given must match")
      .Text("--cidr", options->cidr, "Address or CIDR")
      .Number("--port", options->port, "Target port")
      .Text("--rule", options->rule, "Rule")
      .Text("--filter", options->filter, "Expression over the alert")
      .Text("--direction", options->direction, "Side the CIDR is on",
            {"any", "source", "target"})
      .Text("--expires", options->expires, "After 7d, 12h, ... or at a time")
      .Text("--comment", options->comment, "Why")
      .Flag("--dry-run", options->dry_run, "Only check")
      .Action([options, &session] { return Add(session, *options); });
  suppress.Sub("list", "List suppressions with their hits").Action([&session] {
    return ListSuppressions(session);
  });
  auto id = std::make_shared<std::string>();
  suppress.Sub("remove", "Remove a suppression", "netctl suppress remove 4f0c")
      .Argument("ID", *id,
                "Its id, or the first 4 digits or more; see 'netctl suppress "
                "list'")
      .Action([id, &session] { return Remove(session, *id); });
}

}  // namespace tapline
