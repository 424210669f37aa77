// Settings, rules, suppressions and saved filters over gRPC.

#ifndef TAPLINE_SENSORD_SERVICE_POLICY_SERVICE_H_
#define TAPLINE_SENSORD_SERVICE_POLICY_SERVICE_H_

#include <utility>
#include <vector>

#include "sensord/detect/detect_stage.h"
#include "sensord/policy/policy_store.h"
#include "sensord/service/unary_call.h"
#include "tapline/v1/policy_service.grpc.pb.h"

namespace tapline {

class PolicyServiceImpl final : public v1::PolicyService::CallbackService {
 public:
  // `calls` and `policy` must outlive the service.
  PolicyServiceImpl(CallDesk& calls, PolicyStore& policy,
                    std::vector<RuleInfo> rules)
      : calls_(calls), policy_(policy), rules_(std::move(rules)) {}

  grpc::ServerUnaryReactor* GetSettings(
      grpc::CallbackServerContext* context,
      const v1::GetSettingsRequest* request,
      v1::GetSettingsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateSettings(
      grpc::CallbackServerContext* context,
      const v1::UpdateSettingsRequest* request,
      v1::UpdateSettingsResponse* response) override;
  grpc::ServerUnaryReactor* ListRules(grpc::CallbackServerContext* context,
                                      const v1::ListRulesRequest* request,
                                      v1::ListRulesResponse* response) override;
  grpc::ServerUnaryReactor* ListSuppressions(
      grpc::CallbackServerContext* context,
      const v1::ListSuppressionsRequest* request,
      v1::ListSuppressionsResponse* response) override;
  grpc::ServerUnaryReactor* CreateSuppression(
      grpc::CallbackServerContext* context,
      const v1::CreateSuppressionRequest* request,
      v1::CreateSuppressionResponse* response) override;
  grpc::ServerUnaryReactor* DeleteSuppression(
      grpc::CallbackServerContext* context,
      const v1::DeleteSuppressionRequest* request,
      v1::DeleteSuppressionResponse* response) override;
  grpc::ServerUnaryReactor* ListFilters(
      grpc::CallbackServerContext* context,
      const v1::ListFiltersRequest* request,
      v1::ListFiltersResponse* response) override;
  grpc::ServerUnaryReactor* SaveFilter(
      grpc::CallbackServerContext* context,
      const v1::SaveFilterRequest* request,
      v1::SaveFilterResponse* response) override;
  grpc::ServerUnaryReactor* DeleteFilter(
      grpc::CallbackServerContext* context,
      const v1::DeleteFilterRequest* request,
      v1::DeleteFilterResponse* response) override;

 private:
  CallDesk& calls_;
  PolicyStore& policy_;
  const std::vector<RuleInfo> rules_;
};

// Whether the section of `rule` in `config` says enabled.
bool RuleEnabled(const v1::DetectConfig& config, absl::string_view rule);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_SERVICE_POLICY_SERVICE_H_
