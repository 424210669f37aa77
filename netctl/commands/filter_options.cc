#include "netctl/commands/filter_options.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/filter/filter.h"
#include "common/schema/field_info.h"

namespace tapline {
namespace {

// The saved filters of the sensor, asked for when one is named.
Filter::Options OptionsOf(Session& session) {
  Filter::Options options;
  options.now = absl::Now();
  options.saved =
      [&session](absl::string_view name) -> std::optional<std::string> {
    v1::ListFiltersResponse response;
    const grpc::Status status = session.client().Call(
        session.client().policy(), &v1::PolicyService::Stub::ListFilters,
        v1::ListFiltersRequest(), &response);
    if (!status.ok()) session.Fail(status);
    for (const v1::SavedFilter& filter : response.filters()) {
      if (filter.name() == name) return filter.filter();
    }
    return std::nullopt;
  };
  return options;
}

}  // namespace

void FilterOptions::AddTo(Command& command) {
  command.Text("--filter", filter_,
               "Only records that fulfil this expression; see 'netctl fields'");
  command.Flag("--explain-filter", explain_,
               "Say what the filter means instead");
  command.OptionalArguments("EXPRESSION", words_, "The same as --filter");
}

std::string FilterOptions::Text() const {
  const std::string words = absl::StrJoin(words_, " ");
  if (filter_.empty()) return words;
  return words.empty() ? filter_
                       : absl::StrCat("(", filter_, ") and (", words, ")");
}

std::optional<int> FilterOptions::Explain(Session& session,
                                          v1::RecordKind kind) const {
  const std::string text = Text();
  if (text.empty()) {
    if (!explain_) return std::nullopt;
    return session.FailUsage("--explain-filter needs a filter");
  }
  // Without it the sensor judges: it may know other fields.
  const bool names = text.find('@') != std::string::npos;
  if (!explain_ && names) return std::nullopt;
  const absl::StatusOr<FilterPtr> filter =
      Filter::Compile(text, OptionsOf(session));
  if (explain_ && !filter.ok()) {
    session.terminal().Say(absl::StrCat("filter: ", filter.status().message()));
    session.terminal().Err(PointAt(text, filter.status()));
    return kExitUsage;
  }
  if (explain_) return session.Print(ExplainFilter(**filter));
  if (filter.ok() && !(*filter)->CanMatch(kind)) {
    session.terminal().Say(absl::StrCat(
        "no ", LowerEnumName(*v1::RecordKind_descriptor(), kind),
        " has the fields this filter asks for; see --explain-filter"));
  }
  return std::nullopt;
}

int FilterOptions::Fail(Session& session, const grpc::Status& status) const {
  const int code = session.Fail(status);
  FilterError error;
  if (ReasonOf(status) == "FILTER_INVALID" &&
      absl::SimpleAtoi(MetadataOf(status, "column"), &error.column)) {
    session.terminal().Err(PointAt(Text(), error.column));
  }
  return code;
}

}  // namespace tapline
