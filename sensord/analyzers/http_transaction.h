// A request and its response, as far as they may be kept; how HTTP/1 and
// HTTP/2 tell them.

#ifndef TAPLINE_SENSORD_ANALYZERS_HTTP_TRANSACTION_H_
#define TAPLINE_SENSORD_ANALYZERS_HTTP_TRANSACTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "sensord/analyzers/masked_url.h"
#include "sensord/flow/payload_analyzer.h"

namespace tapline::http {

// Compact: texts stand behind one another in one string, masked as they come
// in. Thread safety: single-threaded.
class HttpTransaction {
 public:
  enum Text : uint8_t {
    kMethod,
    kHost,
    kPath,
    kUserAgent,
    kReferer,
    kRequestType,
    // Names, '\n' between them.
    kCookies,
    kAuth,
    kProxyAuth,
    kServer,
    kResponseType,
    kSetCookies,
    kChallenge,
    kUpgrade,
    kGrpcService,
    kGrpcMethod,
    kTexts,
  };

  // What is kept of a header field's value.
  enum class Keep : uint8_t {
    kProduct,
    kMediaType,
    kUrlHost,
    kScheme,
    // Names alone.
    kCookie,
    kSetCookie,
    kToken,
    kGrpcStatus,
  };

  // What came first stays; long texts are cut.
  void Set(Text which, absl::string_view text);
  absl::string_view Get(Text which) const {
    return absl::string_view(texts_).substr(at_[which].begin, at_[which].size);
  }

  // Any method; what is no token is left out.
  void SetMethod(absl::string_view method);
  // An authority "host:port".
  void SetHost(absl::string_view authority) {
    SetHost(SplitAuthority(authority));
  }
  void SetHost(const Authority& authority);
  // A path with its query.
  void SetTarget(absl::string_view target);
  // Header fields as they came, names in any case; others than those kept are
  // ignored. The Host field is not among them: who it is for is the caller's
  // to say.
  void AddRequestField(absl::string_view name, absl::string_view value);
  void AddResponseField(absl::string_view name, absl::string_view value);

  bool IsGrpc() const;
  // "/package.Service/Method" of a gRPC request is not masked; a path that is
  // none, with a query or more segments, gives neither name.
  void SetGrpcPath(absl::string_view path);

  void Tell(AnalyzerOutput& out) const;
  // On the heap.
  size_t MemoryBytes() const { return texts_.capacity(); }

  // Zero or false until known; as in http.proto.
  const char* version = "";
  // Static storage.
  const char* reset = "";
  int grpc_status = -1;
  uint16_t status = 0;
  uint16_t host_port = 0;
  uint32_t stream_id = 0;
  bool proxy = false;
  bool unmatched = false;
  bool request_incomplete = false;
  bool response_incomplete = false;
  uint8_t path_hints = 0;
  uint64_t request_bytes = 0;
  uint64_t response_bytes = 0;
  uint64_t request_declared = 0;
  uint64_t response_declared = 0;
  UnixNanos request_begin = 0;
  UnixNanos request_end = 0;
  UnixNanos response_begin = 0;

 private:
  struct Place {
    uint16_t begin = 0;
    uint16_t size = 0;
  };

  void Add(Text which, Keep keep, absl::string_view value);
  void AddCookies(Text which, absl::string_view value);

  std::string texts_;
  std::array<Place, kTexts> at_ = {};
};

// The same name in static storage when AddRequestField or AddResponseField uses
// it; else empty.
absl::string_view KnownField(absl::string_view name);

// Lower-case registered name of the scheme that credentials or a challenge
// begin with, "other" for one that is not registered.
absl::string_view AuthScheme(absl::string_view value);

// The media type alone, lower case.
std::string MediaType(absl::string_view value);

}  // namespace tapline::http

#endif  // TAPLINE_SENSORD_ANALYZERS_HTTP_TRANSACTION_H_
