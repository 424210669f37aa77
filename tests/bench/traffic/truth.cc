#include "tests/bench/traffic/truth.h"

#include <openssl/evp.h>

#include "absl/strings/str_cat.h"

namespace tapline::bench {
namespace {

// SHA-256 of the sorted distinct names, a line feed after each.
std::string Digest(const std::set<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += name + "\n";
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(all.data(), all.size(), out, &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    char hex[3];
    std::snprintf(hex, sizeof(hex), "%02x", out[i]);
    text += hex;
  }
  return text;
}

std::string Member(const char* name, uint64_t value) {
  return absl::StrCat("\"", name, "\":", value);
}

std::string Member(const char* name, const std::string& value) {
  return absl::StrCat("\"", name, "\":\"", value, "\"");
}

}  // namespace

Truth::~Truth() {
  if (flows_ != nullptr) std::fclose(flows_);
}

bool Truth::OpenFlows(const std::string& path) {
  flows_ = std::fopen(path.c_str(), "w");
  if (flows_ == nullptr) return false;
  std::fputs(
      "kind\tprotocol\toriginator\toriginator_port\tresponder\t"
      "responder_port\tpackets_ab\tbytes_ab\tpackets_ba\tbytes_ba\tname\n",
      flows_);
  return true;
}

bool Truth::CloseFlows() {
  if (flows_ == nullptr) return true;
  if (std::fclose(flows_) != 0) ok_ = false;
  flows_ = nullptr;
  return ok_;
}

void Truth::Finished(const Flow& flow) {
  Count& count = kinds_[flow.kind];
  ++count.flows;
  count.packets += flow.packets[0] + flow.packets[1];
  count.bytes += flow.frame_bytes[0] + flow.frame_bytes[1];
  if (flows_ == nullptr || flow.kind == k_syn_flood) return;
  const bool ports = flow.transport == kTcp || flow.transport == kUdp;
  const int wrote = std::fprintf(
      flows_, "%s\t%u\t%s\t%u\t%s\t%u\t%llu\t%llu\t%llu\t%llu\t%s\n",
      KindName(flow.kind), flow.transport, ToText(flow.host[0].address).c_str(),
      ports ? flow.port[0] : 0, ToText(flow.host[1].address).c_str(),
      ports ? flow.port[1] : 0,
      static_cast<unsigned long long>(flow.packets[0]),
      static_cast<unsigned long long>(flow.frame_bytes[0]),
      static_cast<unsigned long long>(flow.packets[1]),
      static_cast<unsigned long long>(flow.frame_bytes[1]), flow.name.c_str());
  if (wrote < 0) ok_ = false;
}

void Truth::DnsQueried(const std::string& name, bool answered) {
  names_.insert(name);
  ++dns_queries_;
  if (answered) ++dns_responses_;
}

std::string Truth::ToJson(const std::string& head) const {
  Count total;
  std::string kinds;
  for (uint8_t kind = 0; kind < kKinds; ++kind) {
    const Count& count = kinds_[kind];
    if (count.flows == 0) continue;
    total.flows += count.flows;
    total.packets += count.packets;
    total.bytes += count.bytes;
    if (!kinds.empty()) kinds += ",\n ";
    absl::StrAppend(&kinds, "\"", KindName(kind), "\":{",
                    Member("flows", count.flows), ",",
                    Member("packets", count.packets), ",",
                    Member("bytes", count.bytes), "}");
  }
  std::string alerts;
  for (const ExpectedAlert& alert : alerts_) {
    if (!alerts.empty()) alerts += ",\n ";
    absl::StrAppend(&alerts, "{", Member("rule", alert.rule), ",",
                    Member("severity", alert.severity), ",",
                    Member("source", alert.source), ",",
                    Member("target", alert.target), ",",
                    Member("port", uint64_t{alert.port}), "}");
  }
  return absl::StrCat("{", head, Member("packets", total.packets), ",",
                      Member("bytes", total.bytes), ",",
                      Member("flows", total.flows), ",\n\"kinds\":{", kinds,
                      "},\n\"dns\":{", Member("queries", dns_queries_), ",",
                      Member("responses", dns_responses_), ",",
                      Member("distinct_names", names_.size()), ",",
                      Member("names_sha256", Digest(names_)),
                      "},\n\"alerts\":[", alerts, "]}\n");
}

}  // namespace tapline::bench
