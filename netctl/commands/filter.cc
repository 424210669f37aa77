#include "common/filter/filter.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/net/wire_text.h"
#include "common/output/value_text.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::SavedFilter;

struct SaveOptions {
  std::string name;
  std::vector<std::string> words;
  std::string comment;
  bool dry_run = false;
};

std::vector<Column<SavedFilter>> FilterColumns() {
  return {
      {"NAME", 12, false, false,
       [](const SavedFilter& f) { return TextCell(f.name()); }},
      {"BY", 8, false, true,
       [](const SavedFilter& f) { return TextCell(f.created_by()); }},
      {"SAVED", 20, false, true,
       [](const SavedFilter& f) {
         return TextCell(TimestampText(f.created_at()));
       }},
      {"FILTER", 20, false, false,
       [](const SavedFilter& f) { return TextCell(f.filter()); }},
      {"COMMENT", 10, false, false,
       [](const SavedFilter& f) { return TextCell(f.comment()); }},
  };
}

int Save(Session& session, const SaveOptions& options) {
  v1::SaveFilterRequest request;
  request.set_validate_only(options.dry_run);
  SavedFilter& wanted = *request.mutable_filter();
  wanted.set_name(options.name);
  wanted.set_filter(absl::StrJoin(options.words, " "));
  wanted.set_comment(options.comment);
  v1::SaveFilterResponse response;
  const grpc::Status status = session.client().Call(
      session.client().policy(), &v1::PolicyService::Stub::SaveFilter, request,
      &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintList<SavedFilter>(FilterColumns(), {response.filter()});
}

int Remove(Session& session, const std::string& name) {
  v1::DeleteFilterRequest request;
  request.set_name(name);
  v1::DeleteFilterResponse response;
  const grpc::Status status = session.client().Call(
      session.client().policy(), &v1::PolicyService::Stub::DeleteFilter,
      request, &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintMessage(
      response, absl::StrCat("filter ", PrintableText(name), " removed\n"));
}

}  // namespace

int ListFilters(Session& session) {
  v1::ListFiltersResponse response;
  const grpc::Status status = session.client().Call(
      session.client().policy(), &v1::PolicyService::Stub::ListFilters,
      v1::ListFiltersRequest(), &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintList(FilterColumns(), Items(response.filters()));
}

void AddFilter(Command& root, Session& session) {
  Command filter = root.Sub(
      "filter", "Filters with a name, used as @name",
      "netctl filter save web 'tcp.port in {80, 443}'\n"
      "netctl watch flows --filter '@web and not ip.dst == 10.0.0.0/8'");
  auto options = std::make_shared<SaveOptions>();
  filter.Sub("save", "Save a filter, or replace the one of that name")
      .Argument("NAME", options->name, "Letters, digits, - and _")
      .Arguments("EXPRESSION", options->words, "The filter")
      .Text("--comment", options->comment, "What it is for")
      .Flag("--dry-run", options->dry_run, "Only check")
      .Action([options, &session] { return Save(session, *options); });
  filter.Sub("list", "List saved filters").Action([&session] {
    return ListFilters(session);
  });
  auto name = std::make_shared<std::string>();
  filter.Sub("remove", "Remove a saved filter")
      .Argument("NAME", *name, "Its name")
      .Action([name, &session] { return Remove(session, *name); });
}

}  // namespace tapline
