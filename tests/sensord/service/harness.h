// A server over fakes on a socket of its own, and clients to it.

#ifndef TAPLINE_TESTS_SENSORD_SERVICE_HARNESS_H_
#define TAPLINE_TESTS_SENSORD_SERVICE_HARNESS_H_

#include <grpcpp/create_channel.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "fake_control.h"
#include "fake_policy_store.h"
#include "fake_store.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "sensord/service/server.h"
#include "tapline/v1/history_service.grpc.pb.h"
#include "tapline/v1/observe_service.grpc.pb.h"
#include "tapline/v1/policy_service.grpc.pb.h"
#include "tapline/v1/sensor_service.grpc.pb.h"

namespace tapline::testing {

inline v1::Config ServiceConfig(const std::string& socket) {
  v1::Config config;
  v1::ListenConfig& listen = *config.mutable_listen();
  listen.set_address(absl::StrCat("unix://", socket));
  listen.set_max_streams_per_uid(100);
  listen.set_max_streams(1000);
  listen.set_subscriber_queue(4096);
  listen.mutable_stall_timeout()->set_seconds(60);
  return config;
}

inline v1::RingConfig SmallRings(uint32_t records) {
  v1::RingConfig rings;
  rings.set_alerts(records);
  rings.set_flows(records);
  rings.set_events(records);
  rings.set_packets(records);
  rings.set_stats(records);
  return rings;
}

// The ErrorInfo that must come with every refusal.
inline google::rpc::ErrorInfo InfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.details_size(), 1);
  if (details.details_size() == 1) {
    EXPECT_TRUE(details.details(0).UnpackTo(&info));
  }
  EXPECT_EQ(info.domain(), "tapline");
  return info;
}

inline v1::Record AlertRecord(const std::string& id, uint32_t revision = 1) {
  v1::Record record;
  record.set_source_id("live");
  v1::Alert& alert = *record.mutable_alert();
  alert.set_id(id);
  alert.set_rule("port_scan");
  alert.set_severity(v1::SEVERITY_HIGH);
  alert.set_revision(revision);
  return record;
}

inline v1::Record FlowRecord(uint64_t number) {
  v1::Record record;
  record.set_source_id("live");
  record.mutable_flow()->set_id(absl::StrFormat("%016x", number));
  record.mutable_flow()->set_transport(v1::TRANSPORT_TCP);
  return record;
}

// One run of a sensor: what the service stands on, with a journal of its own.
class Bench {
 public:
  explicit Bench(uint32_t ring = 1000, uint64_t epoch = 5)
      : journal_(Journal::Create(SmallRings(ring), epoch, clock_)) {}

  // Appends as the pipeline does; all but packets are stored at once.
  void Add(v1::Record record) {
    v1::Record* pointer = &record;
    journal_->Accept(absl::MakeConstSpan(&pointer, 1));
    Drain();
  }
  // Appends without storing (a ring that overflows loses it).
  void AddUnstored(v1::Record record) {
    v1::Record* pointer = &record;
    journal_->Accept(absl::MakeConstSpan(&pointer, 1));
  }
  void Drain() {
    std::vector<JournalEntryPtr> entries =
        journal_->TakeUnstored(100000, absl::ZeroDuration());
    for (const JournalEntryPtr& entry : entries) store_.Put(entry->record);
    journal_->MarkStored(entries);
  }

  RealClock clock_;
  FakeStore store_;
  FakeControl control_;
  std::unique_ptr<Journal> journal_;
};

class TestServer {
 public:
  explicit TestServer(Bench& bench) : bench_(bench) {
    char name[] = "/tmp/tapline-service-XXXXXX";
    folder_ = mkdtemp(name);
    policy_ = std::make_unique<FakePolicyStore>(ServiceConfig(socket()));
  }
  ~TestServer() {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  absl::Status Start(ServiceOptions options = {}) {
    if (options.version.empty()) options.version = "1.2.3";
    RoleResolver role_of = [this](const v1::AccessConfig&, const Peer&) {
      return role_.load();
    };
    absl::StatusOr<std::unique_ptr<Server>> server =
        Server::Start(options, ServiceDeps{*bench_.journal_,
                                           bench_.store_,
                                           bench_.control_,
                                           *policy_,
                                           bench_.clock_,
                                           role_of,
                                           {{"port_scan", 1, v1::SEVERITY_HIGH,
                                             "T1046", "many ports"}}});
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    return absl::OkStatus();
  }

  // A connection of its own.
  std::shared_ptr<grpc::Channel> Connect() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(absl::StrCat("unix:", socket()),
                                     grpc::InsecureChannelCredentials(),
                                     arguments);
  }

  std::string socket() const { return folder_ + "/run/sensord.sock"; }
  Server& server() { return *server_; }
  FakePolicyStore& policy() { return *policy_; }
  void SetRole(v1::Role role) { role_ = role; }

 private:
  Bench& bench_;
  std::string folder_;
  std::atomic<v1::Role> role_{v1::ROLE_ADMIN};
  std::unique_ptr<FakePolicyStore> policy_;
  std::unique_ptr<Server> server_;
};

// A context that does not wait for ever.
inline void SetDeadline(grpc::ClientContext& context, int seconds = 20) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(seconds));
}

}  // namespace tapline::testing

#endif  // TAPLINE_TESTS_SENSORD_SERVICE_HARNESS_H_
