#include "sensord/analyzers/http_head.h"

#include "absl/strings/match.h"
#include "sensord/analyzers/masked_url.h"
#include "sensord/analyzers/text_head.h"

namespace tapline::http {
namespace {

// The fields of a head, one by one, and what is wrong with them.
class FieldWalk {
 public:
  FieldWalk(HeadReader* reader, MessageHead* head, AnalyzerOutput& out)
      : reader_(reader), head_(head), out_(out) {}

  bool Next(HeadField* field) {
    if (!reader_->Next(field)) {
      Finish();
      return false;
    }
    if (++fields_ > kMaxHeaders) {
      // What the rest says of the body is not known.
      out_.Anomaly("http.too_many_headers");
      head_->ambiguous = true;
      Finish();
      return false;
    }
    head_->framing.Add(*field);
    if (field->odd || field->spaced) out_.Anomaly("http.malformed_header");
    if (field->folded) {
      out_.Anomaly("http.obs_fold");
      head_->ambiguous = true;
    }
    // A line that begins with white space goes on with nothing.
    if (fields_ == 1 && field->odd && field->name.empty()) {
      head_->ambiguous = true;
    }
    if (absl::EqualsIgnoreCase(field->name, "connection")) {
      absl::string_view list = field->value;
      absl::string_view option;
      while (NextElement(&list, &option)) {
        head_->close |= absl::EqualsIgnoreCase(option, "close");
      }
    }
    return true;
  }

 private:
  void Finish() {
    if (reader_->bare_lf()) out_.Anomaly("http.bare_lf");
    if (reader_->bare_cr()) out_.Anomaly("http.bare_cr");
    if (reader_->nul()) out_.Anomaly("http.nul");
    if (head_->framing.length_repeated()) {
      out_.Anomaly("http.length_repeated");
    }
    head_->ambiguous |= reader_->bare_lf() || reader_->bare_cr() ||
                        reader_->nul() || head_->framing.ambiguous();
  }

  HeadReader* const reader_;
  MessageHead* const head_;
  AnalyzerOutput& out_;
  size_t fields_ = 0;
};

// Host fields of one request.
class HostFields {
 public:
  void Add(absl::string_view value) {
    ambiguous_ |= count_ > 0 && !absl::EqualsIgnoreCase(value, first_);
    if (count_++ == 0) first_ = value;
  }
  int count() const { return count_; }
  bool ambiguous() const { return ambiguous_; }
  absl::string_view first() const { return first_; }

 private:
  absl::string_view first_;
  int count_ = 0;
  bool ambiguous_ = false;
};

// Whom the request is for, and the resource (RFC 9112 3.2 and 3.3).
void SetTarget(const RequestLine& line, const HostFields& hosts,
               HttpTransaction* transaction, AnalyzerOutput& out) {
  AbsoluteUrl url;
  if (line.method == "CONNECT") {
    transaction->proxy = true;
    transaction->SetHost(line.target);
  } else if (SplitUrl(line.target, &url)) {
    transaction->proxy = true;
    transaction->SetHost(url.authority);
    transaction->SetTarget(url.target.empty() ? "/" : url.target);
    if (hosts.count() > 0 &&
        !absl::EqualsIgnoreCase(SplitAuthority(hosts.first()).host,
                                url.authority.host)) {
      out.Anomaly("http.host_mismatch");
      out.Ambiguous();
    }
  } else {
    transaction->SetTarget(line.target);
  }
  if (hosts.count() > 0) transaction->SetHost(hosts.first());
  if (hosts.ambiguous()) {
    out.Anomaly("http.host_ambiguous");
    out.Ambiguous();
  }
}

}  // namespace

MessageHead ReadRequestHead(absl::string_view text, bool complete,
                            RequestLine* request, HttpTransaction* transaction,
                            AnalyzerOutput& out) {
  MessageHead head;
  HeadReader reader(text);
  if (!ParseRequestLine(reader.StartLine(), request)) return head;
  head.valid = true;
  HostFields hosts;
  HeadField field;
  FieldWalk walk(&reader, &head, out);
  while (walk.Next(&field)) {
    if (absl::EqualsIgnoreCase(field.name, "host")) {
      hosts.Add(field.value);
    } else {
      transaction->AddRequestField(field.name, field.value);
    }
  }
  transaction->SetMethod(request->method);
  transaction->version = request->version;
  transaction->request_declared = head.framing.length();
  SetTarget(*request, hosts, transaction, out);
  if (complete && hosts.count() == 0 &&
      request->version == absl::string_view("1.1")) {
    out.Anomaly("http.host_missing");
  }
  // Every request with a coding that is not chunked ends nowhere.
  if (head.framing.coded() && !head.framing.chunked()) head.ambiguous = true;
  if (head.framing.coded() && request->version == absl::string_view("1.0")) {
    head.ambiguous = true;
  }
  return head;
}

MessageHead ReadResponseHead(absl::string_view text, StatusLine* status,
                             HttpTransaction* transaction,
                             AnalyzerOutput& out) {
  MessageHead head;
  HeadReader reader(text);
  if (!ParseStatusLine(reader.StartLine(), status)) return head;
  head.valid = true;
  HeadField field;
  FieldWalk walk(&reader, &head, out);
  const bool interim = status->status < 200 && status->status != 101;
  while (walk.Next(&field)) {
    if (!interim) transaction->AddResponseField(field.name, field.value);
  }
  if (interim) return head;
  transaction->status = status->status;
  transaction->response_declared = head.framing.length();
  if (absl::string_view(transaction->version).empty()) {
    transaction->version = status->version;
  }
  return head;
}

}  // namespace tapline::http
