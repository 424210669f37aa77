// What all lists share: page size, order, and page tokens that belong to one
// request.

#ifndef TAPLINE_SENSORD_SERVICE_LIST_REQUEST_H_
#define TAPLINE_SENSORD_SERVICE_LIST_REQUEST_H_

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tapline/v1/observe_service.pb.h"
#include "tapline/v1/selector.pb.h"

namespace tapline {

inline constexpr uint32_t kDefaultPageSize = 100;
inline constexpr uint32_t kMaxPageSize = 1000;

// 0 is the default; over the maximum is the maximum.
size_t PageSize(uint32_t requested);
// "received_at" or "observed_at" with optional " desc"; empty is
// "received_at desc". InvalidArgument: ORDER_BY_INVALID, which also names
// `others` that the list knows besides.
absl::StatusOr<std::string> OrderBy(absl::string_view requested,
                                    absl::string_view others = "");
// InvalidArgument: RANGE_INVALID, a time out of range or since after until.
absl::Status CheckRange(const v1::TimeRange& range);
// The most records a watch gives by `last`.
inline constexpr uint32_t kMaxWatchLast = 10000;
// Whether the parts go together. InvalidArgument: RANGE_INVALID.
absl::Status CheckWatchRange(const v1::WatchRange& range);
// InvalidArgument: SELECTOR_INVALID.
absl::Status CheckSelector(const v1::Selector& selector);

// Makes and checks page tokens:
//
//   token    = base64url( mac(16) request(16) position )
//   mac      = HMAC-SHA256(key, request position), first 16 bytes
//   request  = SHA-256 of the request without page_token and page_size
//
// The key lives as long as the object: tokens do not survive a restart.
// Thread safety: constant after construction.
class PageTokens {
 public:
  // Fills with random bytes; 1 when it could (RAND_bytes).
  using RandomSource = int (*)(unsigned char* out, int size);
  // Unavailable: no random bytes, so no key that nobody can guess.
  static absl::StatusOr<PageTokens> Create(RandomSource random);
  static absl::StatusOr<PageTokens> Create();

  // `request` has string page_token and uint32 page_size fields.
  std::string Make(const google::protobuf::Message& request,
                   absl::string_view position) const;
  // The position in `token`; empty for an empty token. InvalidArgument:
  // PAGE_TOKEN_INVALID, PAGE_TOKEN_MISMATCH.
  absl::StatusOr<std::string> Open(const google::protobuf::Message& request,
                                   absl::string_view token) const;

 private:
  explicit PageTokens(std::string key) : key_(std::move(key)) {}
  std::string Mac(absl::string_view text) const;

  std::string key_;
};

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_LIST_REQUEST_H_
