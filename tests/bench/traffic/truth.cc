#include "tests/bench/traffic/truth.h"

#include "absl/strings/str_cat.h"

namespace tapline::bench {
namespace {

constexpr const char* kFactNames[] = {
#define FACT(name) #name,
#include "tests/bench/traffic/facts.def"
#undef FACT
};

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
  if (flows_ == nullptr || flow.kind == k_syn_flood || flow.kind == k_single) {
    return;
  }
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
  std::string facts;
  for (uint8_t fact = 0; fact < kFacts; ++fact) {
    if (facts_[fact].empty()) continue;
    if (!facts.empty()) facts += ",\n ";
    absl::StrAppend(&facts, "\"", kFactNames[fact], "\":{");
    const char* comma = "";
    for (const auto& [value, flows] : facts_[fact]) {
      absl::StrAppend(&facts, comma, Member(value.c_str(), flows));
      comma = ",";
    }
    facts += "}";
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
                      "},\n\"facts\":{", facts, "},\n\"alerts\":[", alerts,
                      "]}\n");
}

}  // namespace tapline::bench
