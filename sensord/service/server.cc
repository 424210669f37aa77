#include "sensord/service/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "sensord/service/connection_router.h"
#include "sensord/service/errors.h"
#include "sensord/service/history_service.h"
#include "sensord/service/notify.h"
#include "sensord/service/observe_service.h"
#include "sensord/service/policy_service.h"
#include "sensord/service/sensor_service.h"
#include "sensord/service/status_report.h"

namespace tapline {
namespace {

// Calls that look at little: status, settings, starting and stopping.
constexpr WorkerPoolOptions kPool = {
    .threads = 4, .max_waiting = 1024, .per_caller = 3};
// What looks through the store: never all of it one caller's, who else is left
// some. Capture goes before it.
constexpr WorkerPoolOptions kScanPool = {
    .threads = 2 * CallDesk::kCallsPerCaller,
    .max_waiting = 1024,
    .per_caller = CallDesk::kCallsPerCaller,
    .nice = 5};
constexpr WorkerPoolOptions kLivePool = {
    .threads = 2, .max_waiting = 8192, .per_caller = 2};
// Of the sensor itself among the callers of a pool.
constexpr int64_t kOwnJobs = -2;
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr auto kHealthInterval = std::chrono::seconds(1);
constexpr int kMaxMessageBytes = 1024 * 1024;
constexpr int kMaxMetadataBytes = 16 * 1024;
constexpr int kMaxStreamsPerConnection = 256;
// Of what is kept at most for a call that does not read, beyond its step.
constexpr int kStreamWindowBytes = 64 * 1024;

constexpr const char* kServices[] = {
    "", "tapline.v1.SensorService", "tapline.v1.ObserveService",
    "tapline.v1.HistoryService", "tapline.v1.PolicyService"};

// Half of the processors: the others are for capture, and for what is quick.
size_t ScansAtOnce() {
  return std::max<size_t>(1, std::thread::hardware_concurrency() / 2);
}

class ServerImpl final : public Server {
 public:
  ServerImpl(ServiceOptions options, ServiceDeps deps, PageTokens tokens)
      : options_(std::move(options)),
        deps_(std::move(deps)),
        gate_(deps_.policy, deps_.role_of),
        turns_(ScansAtOnce()),
        pool_(kPool),
        scan_pool_(kScanPool),
        live_pool_(kLivePool),
        call_desk_{gate_, pool_, calls_, turns_},
        scan_desk_{gate_, scan_pool_, calls_, turns_},
        watch_desk_{deps_.journal, streams_, live_pool_, scan_pool_, turns_},
        report_(deps_.control, deps_.store, deps_.journal, deps_.policy,
                streams_, deps_.clock, options_.version),
        sensor_(call_desk_, streams_, deps_.control, deps_.policy, report_),
        observe_(call_desk_, watch_desk_,
                 FeedSources{deps_.journal, deps_.store, deps_.control,
                             deps_.clock, deps_.store.sensor_id()},
                 deps_.policy),
        history_(scan_desk_, deps_.store, deps_.control, deps_.policy,
                 deps_.clock, std::move(tokens)),
        policy_(call_desk_, deps_.policy, deps_.rules) {}

  ~ServerImpl() override { Stop(absl::Now()); }

  absl::Status Begin();
  void Stop(absl::Time deadline) override;
  const AcceptorCounters& counters() const override {
    return acceptor_->counters();
  }
  int loopback_port() const override { return loopback_port_; }

 private:
  absl::Status BuildServer();
  void RunTicker();
  void UpdateHealth();

  const ServiceOptions options_;
  const ServiceDeps deps_;
  const CallGate gate_;
  CallerLimit calls_;
  StreamRegistry streams_;
  FairTurns turns_;
  WorkerPool pool_;
  WorkerPool scan_pool_;
  WorkerPool live_pool_;
  CallDesk call_desk_;
  CallDesk scan_desk_;
  WatchDesk watch_desk_;
  StatusReport report_;
  SensorServiceImpl sensor_;
  ObserveServiceImpl observe_;
  HistoryServiceImpl history_;
  PolicyServiceImpl policy_;

  std::string socket_path_;
  int loopback_port_ = 0;
  std::unique_ptr<ConnectionRouter> router_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> health_under_way_{false};
  std::thread ticker_;
};

absl::Status ServerImpl::BuildServer() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE,
                             kStreamWindowBytes);
  for (grpc::Service* service : std::initializer_list<grpc::Service*>{
           &sensor_, &observe_, &history_, &policy_}) {
    builder.RegisterService(service);
  }
  router_ = std::make_unique<ConnectionRouter>(builder, options_.identities,
                                               gate_, deps_.clock, deps_.log);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC did not start");
  return absl::OkStatus();
}

absl::Status ServerImpl::Begin() {
  PolicyPtr policy = deps_.policy.Get();
  const v1::ListenConfig& listen = policy->config.listen();
  Descriptor tcp;
  if (!listen.insecure_loopback().empty()) {
    if (!options_.allow_insecure_loopback) {
      return absl::FailedPreconditionError(
          "listen.insecure_loopback is set: any local process could read; "
          "start sensord with --insecure-loopback, or remove the setting");
    }
    ASSIGN_OR_RETURN(tcp, ListenLoopback(listen.insecure_loopback()));
    loopback_port_ = PortOf(tcp);
  }
  ASSIGN_OR_RETURN(std::string path, UnixPath(listen.address()));
  ASSIGN_OR_RETURN(Descriptor socket,
                   ListenUnix(listen.address(), listen.group()));
  socket_path_ = std::move(path);
  RETURN_IF_ERROR(BuildServer());
  acceptor_ = std::make_unique<Acceptor>(options_.limits, *router_, deps_.log);
  RETURN_IF_ERROR(acceptor_->Start(std::move(socket), std::move(tcp)));
  if (deps_.log != nullptr) {
    deps_.log->Info("listener_ready",
                    {{"address", Redactor().Text(listen.address())},
                     {"loopback_port", loopback_port_}});
  }
  UpdateHealth();
  ticker_ = std::thread([this] { RunTicker(); });
  return absl::OkStatus();
}

void ServerImpl::UpdateHealth() {
  bool healthy = !stopping_.load() && report_.Healthy();
  for (const char* name : kServices) {
    server_->GetHealthCheckService()->SetServingStatus(name, healthy);
  }
}

void ServerImpl::RunTicker() {
  auto next_health = std::chrono::steady_clock::now();
  absl::Duration watchdog = WatchdogInterval() / 3;
  absl::Time alive = absl::InfinitePast();
  while (!stopping_.load()) {
    std::this_thread::sleep_for(kTick);
    auto now = std::chrono::steady_clock::now();
    streams_.Tick(now);
    if (absl::Now() - alive >= watchdog) {
      NotifyAlive();
      alive = absl::Now();
    }
    if (now < next_health || health_under_way_.exchange(true)) continue;
    next_health = now + kHealthInterval;
    bool accepted = pool_.Submit(kOwnJobs, [this] {
      UpdateHealth();
      health_under_way_ = false;
    });
    if (!accepted) health_under_way_ = false;
  }
}

void ServerImpl::Stop(absl::Time deadline) {
  if (server_ == nullptr || stopping_.exchange(true)) return;
  NotifyStopping();
  if (acceptor_ != nullptr) acceptor_->Stop();
  if (!socket_path_.empty()) unlink(socket_path_.c_str());
  if (ticker_.joinable()) ticker_.join();
  streams_.EndAll(Refuse(Reason::kSHUTTING_DOWN, "sensord is stopping"));
  // The ticker's part of ending goes on here: cancelling what is not read.
  while (absl::Now() < deadline &&
         !streams_.WaitUntilEmpty(
             std::min(deadline - absl::Now(), absl::Milliseconds(100)))) {
    streams_.Tick(std::chrono::steady_clock::now());
  }
  server_->Shutdown(absl::ToChronoTime(deadline));
  server_->Wait();
  pool_.Stop();
  scan_pool_.Stop();
  live_pool_.Stop();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServiceOptions options,
                                                      ServiceDeps deps) {
  ASSIGN_OR_RETURN(PageTokens tokens, PageTokens::Create());
  auto server = std::make_unique<ServerImpl>(
      std::move(options), std::move(deps), std::move(tokens));
  RETURN_IF_ERROR(server->Begin());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tapline
