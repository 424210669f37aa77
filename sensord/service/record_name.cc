#include "sensord/service/record_name.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "sensord/service/errors.h"
#include "sensord/store/store.h"

namespace tapline {
namespace {

constexpr size_t kMinIdDigits = 4;
constexpr size_t kMaxIdDigits = 16;
constexpr size_t kMaxSourceIdBytes = 64;

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

absl::Status CheckName(const std::string& id, const std::string& source_id) {
  if (id.size() < kMinIdDigits || id.size() > kMaxIdDigits ||
      !std::all_of(id.begin(), id.end(), IsHex)) {
    return Refuse(Reason::kARGUMENT_INVALID,
                  absl::StrCat("id: must be ", kMinIdDigits, " to ",
                               kMaxIdDigits, " lower-case hex digits"),
                  {{"field", "id"}});
  }
  if (source_id.size() > kMaxSourceIdBytes) {
    return Refuse(
        Reason::kARGUMENT_INVALID,
        absl::StrCat("source_id: at most ", kMaxSourceIdBytes, " bytes"),
        {{"field", "source_id"}});
  }
  return absl::OkStatus();
}

absl::Status IdError(const absl::Status& status, const std::string& id) {
  const absl::optional<absl::Cord> names = status.GetPayload(kCandidatesUrl);
  if (!names.has_value()) return status;
  return Refuse(Reason::kID_AMBIGUOUS, status.message(),
                {{"id", id}, {"candidates", std::string(*names)}});
}

v1::Selector WithLiveSource(v1::Selector selector) {
  if (selector.source_ids().empty()) selector.add_source_ids("live");
  return selector;
}

}  // namespace tapline
