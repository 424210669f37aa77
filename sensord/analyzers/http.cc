#include "sensord/analyzers/http.h"

#include <memory>

#include "sensord/analyzers/http_analyzer.h"
#include "sensord/analyzers/http_start_line.h"

namespace tapline::http {
namespace {

constexpr UnitPort kPorts[] = {
    {UnitPort::kTcp, 80, Protocol::kHttp},
    {UnitPort::kTcp, 3128, Protocol::kHttp},
    {UnitPort::kTcp, 8000, Protocol::kHttp},
    {UnitPort::kTcp, 8008, Protocol::kHttp},
    {UnitPort::kTcp, 8080, Protocol::kHttp},
    {UnitPort::kTcp, 8081, Protocol::kHttp},
    {UnitPort::kTcp, 8888, Protocol::kHttp},
};

std::unique_ptr<Analyzer> Open(const FlowIdentity& /*flow*/) {
  return std::make_unique<HttpAnalyzer>();
}

}  // namespace

const AnalyzerUnit& Unit() {
  static constexpr AnalyzerUnit kUnit = {.protocol = Protocol::kHttp,
                                         .tcp = true,
                                         .ports = kPorts,
                                         .probe = ProbeHttp,
                                         .open = Open};
  return kUnit;
}

}  // namespace tapline::http
