#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/log/log.h"
#include "common/redact/redactor.h"
#include "common/status/macros.h"
#include "common/time/clock.h"
#include "sensord/capture/self_tuples.h"
#include "sensord/control/real_sources.h"
#include "sensord/control/sensor_control.h"
#include "sensord/daemon.h"
#include "sensord/journal/journal.h"
#include "sensord/policy/policy_store.h"
#include "sensord/policy/roles.h"
#include "sensord/service/notify.h"
#include "sensord/service/server.h"
#include "sensord/store/store.h"

namespace tapline {
namespace {

constexpr absl::Duration kStopWithin = absl::Seconds(2);

int Fail(const absl::Status& status, int code) {
  std::fprintf(stderr, "sensord: %s\n", std::string(status.message()).c_str());
  return code;
}

// Everything a running sensord owns, in the order of dependence.
class Daemon {
 public:
  Daemon(const CommandLine& args, std::unique_ptr<PolicyStore> policy, Log& log)
      : args_(args), log_(log), policy_(std::move(policy)) {}

  absl::Status Start() {
    const PolicyPtr policy = policy_->Get();
    log_.SetLevel(ParseLogLevel(policy->config.log().level()));
    ASSIGN_OR_RETURN(store_,
                     Store::Open(policy->config.store(), clock_, &log_));
    const uint64_t epoch = store_->last_epoch() + 1;
    log_.Info("starting",
              {{"version", TAPLINE_VERSION},
               {"sensor_id", Redactor().Text(store_->sensor_id())},
               {"epoch", epoch},
               {"config_revision", policy->revision},
               {"config_origin", Redactor().Text(policy->origin)},
               {"data_directory",
                Redactor().Text(policy->config.store().directory())}});
    journal_ = Journal::Create(policy->config.rings(), epoch, clock_);
    store_->StartWriting(*journal_);
    control_ = std::make_unique<SensorControl>(
        RealSources(self_, clock_, &log_), Defaults(epoch), *journal_, *store_,
        *policy_, clock_);
    policy_->SetListener([this](PolicyPtr changed) {
      log_.SetLevel(ParseLogLevel(changed->config.log().level()));
      store_->SetConfig(changed->config.store());
      control_->OnPolicy(std::move(changed));
    });
    policy_->StartWatching();
    RETURN_IF_ERROR(Serve());
    if (!args_.no_capture) {
      RETURN_IF_ERROR(control_->StartCapture({}).status());
    }
    return absl::OkStatus();
  }

  void WaitForSignals(const sigset_t& signals) {
    const std::string interface = control_->Capture().interface();
    NotifyReady(interface.empty() ? "not capturing"
                                  : absl::StrCat("capturing on ", interface));
    log_.Info("ready", {{"interface", Redactor().Text(interface)}});
    const absl::Duration alive =
        std::min(WatchdogInterval() / 2, absl::Seconds(3600));
    const timespec timeout = absl::ToTimespec(alive);
    while (true) {
      const int signal = sigtimedwait(&signals, nullptr, &timeout);
      NotifyAlive();
      if (signal == SIGTERM || signal == SIGINT) {
        log_.Info("stopping", {{"signal", signal}});
        return;
      }
      if (signal == SIGHUP) Reload();
    }
  }

  // Streams are told, open flows closed and written, in at most 3 s.
  void Stop() {
    NotifyStopping();
    if (control_ != nullptr) control_->StopCapture().status().IgnoreError();
    if (server_ != nullptr) server_->Stop(absl::Now() + kStopWithin);
    policy_->SetListener(nullptr);
    server_ = nullptr;
    control_ = nullptr;
    if (journal_ != nullptr) journal_->Close();
    if (store_ != nullptr) store_->StopWriting();
    log_.Info("stopped");
  }

 private:
  PipelineDefaults Defaults(uint64_t epoch) {
    PipelineDefaults defaults;
    defaults.origin.sensor_id = store_->sensor_id();
    defaults.origin.source_id = "live";
    defaults.origin.epoch = epoch;
    RandomSeed(defaults.seed);
    defaults.log = &log_;
    defaults.on_suppressed = [this](absl::string_view id) {
      policy_->CountHit(id);
    };
    return defaults;
  }

  absl::Status Serve() {
    ServiceOptions options;
    options.allow_insecure_loopback = args_.allow_insecure_loopback;
    options.version = TAPLINE_VERSION;
    ServiceDeps deps{*journal_,
                     *store_,
                     *control_,
                     *policy_,
                     clock_,
                     [](const v1::AccessConfig& access, const Peer& peer) {
                       std::vector<uint32_t> gids(peer.groups.begin(),
                                                  peer.groups.end());
                       gids.push_back(peer.gid);
                       return RoleOf(access, peer.uid, gids);
                     },
                     Rules(),
                     &log_};
    ASSIGN_OR_RETURN(server_, Server::Start(options, std::move(deps)));
    return absl::OkStatus();
  }

  // Its outcome is logged and shown in the status.
  void Reload() { policy_->Reload().IgnoreError(); }

  const CommandLine& args_;
  Log& log_;
  const RealClock clock_;
  const SelfTuples self_;
  std::unique_ptr<PolicyStore> policy_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<SensorControl> control_;
  std::unique_ptr<Server> server_;
};

// Where settings changed at run time are kept: beside the databases.
absl::StatusOr<std::unique_ptr<PolicyStore>> OpenPolicy(const CommandLine& args,
                                                        const Clock& clock,
                                                        Log& log) {
  PolicyStoreOptions options;
  options.log = &log;
  options.config_file = args.config_file;
  options.flags = args.settings;
  if (args.check) return PolicyStore::Open(options, clock);
  ASSIGN_OR_RETURN(std::unique_ptr<PolicyStore> first,
                   PolicyStore::Open(options, clock));
  const std::string directory = first->Get()->config.store().directory();
  options.overrides_file = absl::StrCat(directory, "/settings.json");
  // A directory that cannot be made is the store's to report.
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  return PolicyStore::Open(options, clock);
}

}  // namespace

int RunDaemon(const CommandLine& args) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  // Before the first thread, which inherits the mask.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  // A core would hold packets and keys.
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);

  const RealClock clock;
  Log log;
  absl::StatusOr<std::unique_ptr<PolicyStore>> policy =
      OpenPolicy(args, clock, log);
  if (!policy.ok()) return Fail(policy.status(), 2);
  if (args.check) {
    std::fprintf(stderr, "sensord: the configuration is good\n");
    return 0;
  }
  Daemon daemon(args, *std::move(policy), log);
  const absl::Status status = daemon.Start();
  if (status.ok()) daemon.WaitForSignals(signals);
  daemon.Stop();
  return status.ok() ? 0 : Fail(status, 1);
}

}  // namespace tapline
