// input = filter [ NUL record ]
//
// Any text as a filter: one that compiles prints itself, means the same when it
// is compiled again, and looks at any record and at what the store knows of it
// within its bounds.

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "common/filter/filter.h"
#include "tests/support/random_records.h"

namespace {

constexpr tapline::v1::RecordKind kKinds[] = {
    tapline::v1::RECORD_KIND_ALERT, tapline::v1::RECORD_KIND_FLOW,
    tapline::v1::RECORD_KIND_EVENT, tapline::v1::RECORD_KIND_PACKET,
    tapline::v1::RECORD_KIND_STATS};

std::vector<tapline::v1::Record> MakeRecords() {
  tapline::testing::RandomRecords dice(1);
  std::vector<tapline::v1::Record> records(1);
  for (uint64_t id = 1; id <= 4; ++id) {
    for (const auto kind : kKinds) records.push_back(dice.Make(kind, id));
  }
  return records;
}

tapline::Filter::Options MakeOptions() {
  tapline::Filter::Options options;
  options.now = absl::FromUnixSeconds(1'700'000'000);
  options.saved = [](absl::string_view name) -> std::optional<std::string> {
    if (name == "web") return "tcp.port in {80, 443}";
    if (name == "loop") return "@loop or @web";
    return std::nullopt;
  };
  return options;
}

void Require(bool condition) {
  if (!condition) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<tapline::v1::Record> records = MakeRecords();
  static const tapline::Filter::Options options = MakeOptions();
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const absl::string_view text = input.substr(0, input.find('\0'));
  const auto filter = tapline::Filter::Compile(text, options);
  if (!filter.ok()) {
    Require(filter.status().code() == absl::StatusCode::kInvalidArgument);
    const size_t column = tapline::FilterErrorOf(filter.status()).column;
    Require(column >= 1 && column <= text.size() + 1);
    return 0;
  }
  const auto again = tapline::Filter::Compile((*filter)->canonical(), options);
  // What is printed may be longer than what may be written.
  if (!again.ok()) Require((*filter)->canonical().size() > 2048);
  const auto look = [&](const tapline::v1::Record& record) {
    const bool taken = (*filter)->Matches(record);
    if (again.ok() && (*filter)->given_up() == 0) {
      Require((*again)->canonical() == (*filter)->canonical());
      Require((*again)->Matches(record) == taken);
    }
  };
  for (const tapline::v1::Record& record : records) look(record);
  if (text.size() < input.size()) {
    tapline::v1::Record record;
    const absl::string_view wire = input.substr(text.size() + 1);
    if (record.ParseFromArray(wire.data(), static_cast<int>(wire.size()))) {
      look(record);
    }
  }
  for (const auto kind : kKinds) BoundText((*filter)->BoundOf(kind));
  Require(!tapline::ExplainFilter(**filter).empty());
  return 0;
}
