#include "sensord/service/policy_service.h"

#include <string>

#include "common/status/macros.h"
#include "sensord/service/errors.h"
#include "sensord/service/filter_request.h"

namespace tapline {
namespace {

constexpr int kMaxSettings = 1000;
constexpr size_t kMaxPathBytes = 256;
constexpr size_t kMaxValueBytes = 64 * 1024;
constexpr size_t kMaxCommentBytes = 1024;

absl::Status CheckSettings(const v1::UpdateSettingsRequest& request) {
  if (request.settings().empty() || request.settings_size() > kMaxSettings) {
    return Refuse(Reason::kARGUMENT_INVALID, "settings: 1 to 1000 are needed",
                  {{"field", "settings"}});
  }
  for (const v1::Setting& setting : request.settings()) {
    if (setting.path().empty() || setting.path().size() > kMaxPathBytes ||
        setting.value().size() > kMaxValueBytes) {
      return Refuse(Reason::kARGUMENT_INVALID,
                    "settings: a path has 1 to 256 bytes, a value at most "
                    "65536",
                    {{"field", "settings"}});
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool RuleEnabled(const v1::DetectConfig& config, absl::string_view rule) {
  const auto* section =
      config.GetDescriptor()->FindFieldByName(std::string(rule));
  if (section == nullptr || section->message_type() == nullptr) return true;
  const auto* enabled = section->message_type()->FindFieldByName("enabled");
  if (enabled == nullptr) return true;
  const auto& message = config.GetReflection()->GetMessage(config, section);
  return message.GetReflection()->GetBool(message, enabled);
}

grpc::ServerUnaryReactor* PolicyServiceImpl::GetSettings(
    grpc::CallbackServerContext* context, const v1::GetSettingsRequest* request,
    v1::GetSettingsResponse* response) {
  return UnaryCall<v1::GetSettingsRequest, v1::GetSettingsResponse>::Start(
      calls_, context, Method::kPolicyServiceGetSettings, request, response,
      [this](const Caller&, const auto& in, auto& out) {
        for (v1::Setting& setting : policy_.Settings(in.prefix())) {
          *out.add_settings() = std::move(setting);
        }
        out.set_revision(policy_.Get()->revision);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* PolicyServiceImpl::UpdateSettings(
    grpc::CallbackServerContext* context,
    const v1::UpdateSettingsRequest* request,
    v1::UpdateSettingsResponse* response) {
  return UnaryCall<v1::UpdateSettingsRequest, v1::UpdateSettingsResponse>::
      Start(calls_, context, Method::kPolicyServiceUpdateSettings, request,
            response,
            [this](const Caller& caller, const auto& in,
                   auto& out) -> absl::Status {
              RETURN_IF_ERROR(CheckSettings(in));
              absl::StatusOr<uint64_t> revision = policy_.UpdateSettings(
                  {in.settings().begin(), in.settings().end()},
                  in.validate_only(), caller.User());
              if (!revision.ok()) {
                return WithReason(revision.status(),
                                  absl::StatusCode::kInvalidArgument,
                                  Reason::kSETTING_INVALID);
              }
              out.set_revision(*revision);
              for (const v1::Setting& asked : in.settings()) {
                for (v1::Setting& now : policy_.Settings(asked.path())) {
                  if (now.path() != asked.path()) continue;
                  *out.add_settings() = std::move(now);
                }
              }
              return absl::OkStatus();
            });
}

grpc::ServerUnaryReactor* PolicyServiceImpl::ListRules(
    grpc::CallbackServerContext* context, const v1::ListRulesRequest* request,
    v1::ListRulesResponse* response) {
  return UnaryCall<v1::ListRulesRequest, v1::ListRulesResponse>::Start(
      calls_, context, Method::kPolicyServiceListRules, request, response,
      [this](const Caller&, const auto&, auto& out) {
        PolicyPtr policy = policy_.Get();
        for (const RuleInfo& info : rules_) {
          v1::Rule& rule = *out.add_rules();
          rule.set_name(std::string(info.name));
          rule.set_version(info.version);
          rule.set_enabled(RuleEnabled(policy->config.detect(), info.name));
          rule.set_severity(info.severity);
          rule.set_technique(std::string(info.technique));
          rule.set_description(std::string(info.description));
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* PolicyServiceImpl::ListSuppressions(
    grpc::CallbackServerContext* context,
    const v1::ListSuppressionsRequest* request,
    v1::ListSuppressionsResponse* response) {
  return UnaryCall<v1::ListSuppressionsRequest, v1::ListSuppressionsResponse>::
      Start(calls_, context, Method::kPolicyServiceListSuppressions, request,
            response, [this](const Caller&, const auto&, auto& out) {
              for (v1::Suppression& one : policy_.Suppressions()) {
                *out.add_suppressions() = std::move(one);
              }
              return absl::OkStatus();
            });
}

grpc::ServerUnaryReactor* PolicyServiceImpl::CreateSuppression(
    grpc::CallbackServerContext* context,
    const v1::CreateSuppressionRequest* request,
    v1::CreateSuppressionResponse* response) {
  return UnaryCall<v1::CreateSuppressionRequest,
                   v1::CreateSuppressionResponse>::
      Start(calls_, context, Method::kPolicyServiceCreateSuppression, request,
            response,
            [this](const Caller& caller, const auto& in,
                   auto& out) -> absl::Status {
              if (in.suppression().comment().size() > kMaxCommentBytes) {
                return Refuse(Reason::kARGUMENT_INVALID,
                              "comment: at most 1024 bytes",
                              {{"field", "suppression.comment"}});
              }
              absl::StatusOr<v1::Suppression> made = policy_.AddSuppression(
                  in.suppression(), in.validate_only(), caller.User());
              if (!made.ok()) {
                return WithReason(AsFilterError(made.status()),
                                  absl::StatusCode::kInvalidArgument,
                                  Reason::kSUPPRESSION_INVALID);
              }
              *out.mutable_suppression() = *std::move(made);
              return absl::OkStatus();
            });
}

grpc::ServerUnaryReactor* PolicyServiceImpl::DeleteSuppression(
    grpc::CallbackServerContext* context,
    const v1::DeleteSuppressionRequest* request,
    v1::DeleteSuppressionResponse* response) {
  return UnaryCall<v1::DeleteSuppressionRequest,
                   v1::DeleteSuppressionResponse>::
      Start(calls_, context, Method::kPolicyServiceDeleteSuppression, request,
            response, [this](const Caller&, const auto& in, auto&) {
              return policy_.DeleteSuppression(in.id());
            });
}

grpc::ServerUnaryReactor* PolicyServiceImpl::ListFilters(
    grpc::CallbackServerContext* context, const v1::ListFiltersRequest* request,
    v1::ListFiltersResponse* response) {
  return UnaryCall<v1::ListFiltersRequest, v1::ListFiltersResponse>::Start(
      calls_, context, Method::kPolicyServiceListFilters, request, response,
      [this](const Caller&, const auto&, auto& out) {
        for (v1::SavedFilter& one : policy_.SavedFilters()) {
          *out.add_filters() = std::move(one);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* PolicyServiceImpl::SaveFilter(
    grpc::CallbackServerContext* context, const v1::SaveFilterRequest* request,
    v1::SaveFilterResponse* response) {
  return UnaryCall<v1::SaveFilterRequest, v1::SaveFilterResponse>::Start(
      calls_, context, Method::kPolicyServiceSaveFilter, request, response,
      [this](const Caller& caller, const auto& in, auto& out) -> absl::Status {
        absl::StatusOr<v1::SavedFilter> saved =
            policy_.SaveFilter(in.filter(), in.validate_only(), caller.User());
        if (!saved.ok()) return AsFilterError(saved.status());
        *out.mutable_filter() = *std::move(saved);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* PolicyServiceImpl::DeleteFilter(
    grpc::CallbackServerContext* context,
    const v1::DeleteFilterRequest* request,
    v1::DeleteFilterResponse* response) {
  return UnaryCall<v1::DeleteFilterRequest, v1::DeleteFilterResponse>::Start(
      calls_, context, Method::kPolicyServiceDeleteFilter, request, response,
      [this](const Caller&, const auto& in, auto&) {
        return policy_.DeleteFilter(in.name());
      });
}

}  // namespace tapline
