#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <thread>

#include "fake_sensor.h"
#include "netctl/client/address.h"
#include "netctl/commands/selectors.h"
#include "tests/support/status_matchers.h"

namespace tapline {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

TEST(AddressTest, SocketsAndLoopbackAreAccepted) {
  const auto socket = ParseAddress("unix:///run/x.sock");
  ASSERT_OK(socket);
  EXPECT_EQ(socket->socket_path, "/run/x.sock");
  EXPECT_EQ(ParseAddress("127.0.0.1:5")->target, "127.0.0.1:5");
  EXPECT_EQ(ParseAddress("[::1]:5")->target, "[::1]:5");
  EXPECT_EQ(ParseAddress("localhost:5")->target, "127.0.0.1:5");
}

TEST(AddressTest, AnythingElseIsRefused) {
  for (const std::string bad :
       {"", "unix:relative", "10.0.0.1:5", "example.com:5", "127.0.0.1",
        "127.0.0.1:0", "127.0.0.1:99999", "unix:///"}) {
    if (bad == "unix:///") continue;
    EXPECT_THAT(ParseAddress(bad),
                StatusIs(absl::StatusCode::kInvalidArgument, "address"))
        << bad;
  }
  EXPECT_THAT(ParseAddress("unix:///" + std::string(200, 'a')),
              StatusIs(absl::StatusCode::kInvalidArgument, "107"));
}

TEST(FailureTest, EveryCodeHasItsExitCode) {
  const Address address{"unix:///nonexistent/s", "", "/nonexistent/s"};
  const auto exit_code = [&](grpc::StatusCode code) {
    return Explain({code, "text"}, address).exit_code;
  };
  EXPECT_EQ(exit_code(grpc::StatusCode::INVALID_ARGUMENT), 2);
  EXPECT_EQ(exit_code(grpc::StatusCode::NOT_FOUND), 3);
  EXPECT_EQ(exit_code(grpc::StatusCode::PERMISSION_DENIED), 4);
  EXPECT_EQ(exit_code(grpc::StatusCode::UNAUTHENTICATED), 4);
  EXPECT_EQ(exit_code(grpc::StatusCode::UNAVAILABLE), 5);
  EXPECT_EQ(exit_code(grpc::StatusCode::DEADLINE_EXCEEDED), 5);
  EXPECT_EQ(exit_code(grpc::StatusCode::FAILED_PRECONDITION), 6);
  EXPECT_EQ(exit_code(grpc::StatusCode::INTERNAL), 1);
  EXPECT_EQ(exit_code(grpc::StatusCode::CANCELLED), 130);
}

TEST(FailureTest, TheReasonIsShownAndHostileTextIsEscaped) {
  const Failure failure =
      Explain(ErrorWithReason(grpc::StatusCode::NOT_FOUND, "no \x1b[31m alert",
                              "ALERT_NOT_FOUND"),
              {});
  EXPECT_EQ(failure.message, "no \\x1b[31m alert (ALERT_NOT_FOUND)");
}

TEST(FailureTest, ASensorThatIsNotThereIsNamedWithWhatToDo) {
  const Failure failure =
      Explain({grpc::StatusCode::UNAVAILABLE, "failed to connect"},
              {"unix:///nonexistent/s", "", "/nonexistent/s"});
  EXPECT_THAT(failure.message, HasSubstr("unix:///nonexistent/s"));
  EXPECT_THAT(failure.message, HasSubstr("start sensord"));
}

// Linux takes a connection before sensord does: under load it waits there.
TEST(ClientTest, ASensorThatAcceptsLateIsAwaited) {
  const testing::TempDir dir;
  const std::string path = dir.path() + "/s";
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof(name.sun_path) - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof(name)),
            0);
  ASSERT_EQ(listen(listener, 4), 0);

  FakeStatus service;
  service.status = [](v1::GetStatusResponse*) { return grpc::Status::OK; };
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::experimental::LocalServerCredentials(UDS));
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::thread late([&] {
    const int first =
        accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
        parameters;
    parameters.fd = first;
    acceptor->HandleNewConnection(&parameters);
  });
  const Output output = Netctl("unix://" + path, {"status"});
  EXPECT_EQ(output.code, 0) << output.err;
  late.join();
  server->Shutdown(std::chrono::system_clock::now());
  close(listener);
}

TEST(SelectorsTest, MomentsAreSpansAgoOrTimes) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_EQ(*ParseMoment("10m", now), now - absl::Minutes(10));
  EXPECT_EQ(*ParseMoment("now", now), now);
  EXPECT_EQ(*ParseMoment("2023-11-14T22:13:20Z", now), now);
  EXPECT_THAT(ParseMoment("yesterday", now),
              StatusIs(absl::StatusCode::kInvalidArgument, "is no time"));
}

}  // namespace
}  // namespace tapline
