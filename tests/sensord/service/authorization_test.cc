// R36: every method of tapline.v1, called with every role, is admitted exactly
// when its row of methods.def says so.

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>

#include "harness.h"
#include "sensord/service/methods.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

// Calls by path with an empty request; the status of the whole call.
grpc::Status CallByPath(const std::shared_ptr<grpc::Channel>& channel,
                        const std::string& path) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareCall(&context, path, &queue);
  grpc::Status status;
  void* tag = nullptr;
  bool ok = false;
  auto next = [&] { return queue.Next(&tag, &ok) && ok; };
  call->StartCall(nullptr);
  next();
  grpc::Slice empty;
  call->Write(grpc::ByteBuffer(&empty, 1), nullptr);
  next();
  call->WritesDone(nullptr);
  next();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  // A watch that was admitted would go on for ever.
  bool watch = path.find("Watch") != path.npos;
  if (next() && watch) context.TryCancel();
  call->Finish(&status, nullptr);
  next();
  return status;
}

class AuthorizationTest : public ::testing::TestWithParam<v1::Role> {};

TEST_P(AuthorizationTest, EveryMethodIsAdmittedExactlyByItsRow) {
  Bench bench;
  TestServer server(bench);
  ASSERT_OK(server.Start());
  server.SetRole(GetParam());
  auto channel = server.Connect();
  for (const MethodRow& row : AllMethods()) {
    grpc::Status status = CallByPath(channel, std::string(row.path));
    bool refused = status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
    EXPECT_EQ(refused, GetParam() < row.role) << row.path;
    if (!refused) continue;
    google::rpc::ErrorInfo info = InfoOf(status);
    EXPECT_EQ(info.reason(), "ROLE_REQUIRED");
    EXPECT_EQ(info.metadata().at("method"), row.path);
    EXPECT_EQ(info.metadata().at("required"), v1::Role_Name(row.role));
    EXPECT_EQ(info.metadata().at("setting"), "access.roles");
  }
}

INSTANTIATE_TEST_SUITE_P(Roles, AuthorizationTest,
                         ::testing::Values(v1::ROLE_UNSPECIFIED,
                                           v1::ROLE_READER, v1::ROLE_ANALYST,
                                           v1::ROLE_ADMIN));

TEST(AuthorizationTest, MethodInNoTableIsUnimplemented) {
  Bench bench;
  TestServer server(bench);
  ASSERT_OK(server.Start());
  grpc::Status status =
      CallByPath(server.Connect(), "/tapline.v1.SensorService/Reboot");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST(AuthorizationTest, RoleTakenAwayHoldsOnAnOpenConnection) {
  Bench bench;
  TestServer server(bench);
  ASSERT_OK(server.Start());
  auto channel = server.Connect();
  const std::string path = "/tapline.v1.SensorService/GetStatus";
  EXPECT_TRUE(CallByPath(channel, path).ok());
  server.SetRole(v1::ROLE_UNSPECIFIED);
  EXPECT_EQ(CallByPath(channel, path).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST(AuthorizationTest, EveryMethodOfTheLinkedServicesHasARow) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  size_t methods = 0;
  for (const char* name :
       {"SensorService", "ObserveService", "HistoryService", "PolicyService"}) {
    const auto* service =
        pool->FindServiceByName(absl::StrCat("tapline.v1.", name));
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i, ++methods) {
      const auto* method = service->method(i);
      const MethodRow* row =
          FindMethod(absl::StrCat("/tapline.v1.", name, "/", method->name()));
      ASSERT_NE(row, nullptr) << method->full_name();
      EXPECT_EQ(row->streaming, method->server_streaming());
      EXPECT_TRUE(row->role == v1::ROLE_READER || row->audited)
          << method->full_name() << " changes something, unaudited";
    }
  }
  EXPECT_EQ(methods, AllMethods().size());
}

}  // namespace
}  // namespace tapline::testing
