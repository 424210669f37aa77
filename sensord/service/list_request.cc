#include "sensord/service/list_request.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/time_util.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "sensord/service/errors.h"
#include "sensord/store/selector_match.h"

namespace tapline {
namespace {

constexpr size_t kPartBytes = 16;
constexpr size_t kMaxTokenBytes = 4096;
constexpr absl::string_view kOrders[] = {"received_at", "received_at desc",
                                         "observed_at", "observed_at desc"};

// Same request, same bytes.
std::string RequestDigest(const google::protobuf::Message& request) {
  std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  const auto* descriptor = copy->GetDescriptor();
  for (const char* name : {"page_token", "page_size"}) {
    const auto* field = descriptor->FindFieldByName(name);
    if (field != nullptr) copy->GetReflection()->ClearField(copy.get(), field);
  }
  std::string text = absl::StrCat(descriptor->full_name(), "\n");
  {
    google::protobuf::io::StringOutputStream stream(&text);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    copy->SerializeToCodedStream(&coded);
  }
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest);
  return std::string(reinterpret_cast<char*>(digest), kPartBytes);
}

bool InRange(const google::protobuf::Timestamp& time) {
  using google::protobuf::util::TimeUtil;
  return time.seconds() >= TimeUtil::kTimestampMinSeconds &&
         time.seconds() <= TimeUtil::kTimestampMaxSeconds &&
         time.nanos() >= 0 && time.nanos() < 1'000'000'000;
}

absl::Status RangeError(absl::string_view why) {
  return Refuse(Reason::kRANGE_INVALID, why, {{"field", "range"}});
}

}  // namespace

size_t PageSize(uint32_t requested) {
  if (requested == 0) return kDefaultPageSize;
  return std::min(requested, kMaxPageSize);
}

absl::StatusOr<std::string> OrderBy(absl::string_view requested,
                                    absl::string_view others) {
  if (requested.empty()) return std::string("received_at desc");
  for (absl::string_view order : kOrders) {
    if (requested == order) return std::string(order);
  }
  return Refuse(Reason::kORDER_BY_INVALID,
                absl::StrCat("order_by '", requested, "': must be ", others,
                             others.empty() ? "" : ", ",
                             "received_at or observed_at, with optional "
                             "' desc'"),
                {{"field", "order_by"}, {"value", std::string(requested)}});
}

absl::Status CheckRange(const v1::TimeRange& range) {
  if ((range.has_since() && !InRange(range.since())) ||
      (range.has_until() && !InRange(range.until()))) {
    return Refuse(Reason::kRANGE_INVALID,
                  "range: times must be within years 1 to 9999",
                  {{"field", "range"}});
  }
  if (range.has_since() && range.has_until() && range.until() < range.since()) {
    return Refuse(Reason::kRANGE_INVALID, "range: since is after until",
                  {{"field", "range"}});
  }
  return absl::OkStatus();
}

absl::Status CheckWatchRange(const v1::WatchRange& range) {
  RETURN_IF_ERROR(CheckRange(range.range()));
  if (!range.cursor().empty() &&
      (range.range().has_since() || range.last() > 0)) {
    return RangeError("range: cursor cannot be used with since or last");
  }
  if (range.follow() && range.range().has_until()) {
    return RangeError("range: until cannot be used with follow");
  }
  if (range.last() > kMaxWatchLast) {
    return RangeError(absl::StrCat("range.last: at most ", kMaxWatchLast));
  }
  return absl::OkStatus();
}

absl::Status CheckSelector(const v1::Selector& selector) {
  absl::Status status = SelectorMatcher::Compile(selector).status();
  return WithReason(std::move(status), absl::StatusCode::kInvalidArgument,
                    Reason::kSELECTOR_INVALID);
}

absl::StatusOr<PageTokens> PageTokens::Create(RandomSource random) {
  std::string key(32, '\0');
  if (random(reinterpret_cast<unsigned char*>(key.data()),
             static_cast<int>(key.size())) != 1) {
    return absl::UnavailableError(
        "page tokens: no random bytes from the system");
  }
  return PageTokens(std::move(key));
}

absl::StatusOr<PageTokens> PageTokens::Create() { return Create(&RAND_bytes); }

std::string PageTokens::Mac(absl::string_view text) const {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac,
       &size);
  return std::string(reinterpret_cast<char*>(mac), kPartBytes);
}

std::string PageTokens::Make(const google::protobuf::Message& request,
                             absl::string_view position) const {
  if (position.empty()) return "";
  std::string text = absl::StrCat(RequestDigest(request), position);
  std::string token;
  absl::WebSafeBase64Escape(absl::StrCat(Mac(text), text), &token);
  return token;
}

absl::StatusOr<std::string> PageTokens::Open(
    const google::protobuf::Message& request, absl::string_view token) const {
  if (token.empty()) return std::string();
  std::string raw;
  bool decoded = token.size() <= kMaxTokenBytes &&
                 absl::WebSafeBase64Unescape(token, &raw) &&
                 raw.size() > 2 * kPartBytes;
  std::string mac = decoded ? Mac(raw.substr(kPartBytes)) : std::string();
  if (!decoded || CRYPTO_memcmp(mac.data(), raw.data(), kPartBytes) != 0) {
    return Refuse(Reason::kPAGE_TOKEN_INVALID,
                  "page_token was not given by this server since it started; "
                  "begin again without one",
                  {{"field", "page_token"}});
  }
  if (raw.compare(kPartBytes, kPartBytes, RequestDigest(request)) != 0) {
    return Refuse(Reason::kPAGE_TOKEN_MISMATCH,
                  "page_token belongs to another request; only page_size may "
                  "change between pages",
                  {{"field", "page_token"}});
  }
  return raw.substr(2 * kPartBytes);
}

}  // namespace tapline
