// What the store does when the disk, or a file on it, lets it down.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/sensord/store/store_fixture.h"

namespace tapline::testing {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;
constexpr auto kAlert = v1::RECORD_KIND_ALERT;
constexpr auto kFlow = v1::RECORD_KIND_FLOW;

class StoreFailureTest : public StoreFixture {
 protected:
  FaultHook Hook() {
    return [this](const char*) {
      return broken_.load() ? absl::InternalError("disk on fire")
                            : absl::OkStatus();
    };
  }
  // Records in all gaps of flows.
  uint64_t Told() {
    uint64_t told = 0;
    for (const v1::Gap& gap : AllGaps(kFlow)) told += gap.count();
    return told;
  }
  uint64_t Dropped(const std::string& item) {
    uint64_t dropped = 0;
    for (const v1::StageLoss& loss : journal_->Loss()) {
      if (loss.item() != item) continue;
      for (const v1::Dropped& one : loss.dropped()) dropped += one.count();
    }
    return dropped;
  }
  std::vector<std::string> DamagedFiles() {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      const std::string name = entry.path().filename();
      if (name.find(".damaged-") != std::string::npos &&
          name.find("-wal") == std::string::npos) {
        found.push_back(name);
      }
    }
    return found;
  }

  std::atomic<bool> broken_{false};
};

TEST_F(StoreFailureTest, NothingIsLostWhileTheRingsHold) {
  Boot(1000, Hook());
  broken_ = true;
  AcceptFlows(1, 100);
  ASSERT_TRUE(Eventually([&] { return !store_->Status().writable(); }));
  EXPECT_NE(store_->Status().error().find("disk on fire"), std::string::npos);
  AcceptFlows(101, 200);
  broken_ = false;
  ASSERT_TRUE(Settle());
  EXPECT_TRUE(store_->Status().writable());
  EXPECT_EQ(store_->Status().error(), "");
  EXPECT_EQ(store_->Status().flows(), 200u);
  EXPECT_TRUE(AllGaps(kFlow).empty());
}

TEST_F(StoreFailureTest, AlertIsToldWhileTheDiskFailsAndStoredAfterwards) {
  Boot(1000, Hook());
  broken_ = true;
  Accept(AlertRecord(1));
  ASSERT_TRUE(Eventually([&] { return journal_->visible_end(kAlert) == 2; }));
  Accept(AlertRecord(2));
  ASSERT_TRUE(Eventually([&] { return journal_->visible_end(kAlert) == 3; }));
  broken_ = false;
  ASSERT_TRUE(Settle());
  EXPECT_EQ(ListAll(Query(kAlert)).size(), 2u);
  EXPECT_EQ(Dropped("alerts"), 0u);
}

TEST_F(StoreFailureTest, LossEqualsTheReportedGapExactly) {
  Boot(500, Hook());
  broken_ = true;
  AcceptFlows(1, 100);
  ASSERT_TRUE(Eventually([&] { return !store_->Status().writable(); }));
  AcceptFlows(101, 2000);
  const uint64_t lost = Dropped("flows");
  EXPECT_GT(lost, 1000u);
  // Told at once, from memory.
  auto gaps = store_->SequenceGaps(kFlow, journal_->epoch(), 1, 2000);
  ASSERT_OK(gaps.status());
  uint64_t told = 0;
  for (const v1::Gap& gap : *gaps) {
    EXPECT_EQ(gap.reason(), "storage");
    told += gap.count();
  }
  EXPECT_EQ(told, lost);
  broken_ = false;
  ASSERT_TRUE(Settle());
  EXPECT_EQ(store_->Status().flows(), 2000 - lost);
  const uint64_t epoch = journal_->epoch();
  Reboot();
  // And kept.
  EXPECT_EQ(Told(), lost);
  EXPECT_FALSE(store_->SequenceGaps(kFlow, epoch, 1, 2000)->empty());
}

TEST_F(StoreFailureTest, TheLogSaysWhenWritingFailsAndResumesAndWhatWasLost) {
  Boot(500, Hook());
  broken_ = true;
  AcceptFlows(1, 2000);
  ASSERT_TRUE(Eventually([&] { return !store_->Status().writable(); }));
  broken_ = false;
  ASSERT_TRUE(Settle());
  ASSERT_TRUE(Eventually(
      [&] { return log_.Text().find("records_lost") != std::string::npos; }));
  const std::string text = log_.Text();
  EXPECT_THAT(text, HasSubstr("error store_failing file=flows.db reason="));
  EXPECT_THAT(text, HasSubstr("info store_resumed file=flows.db "));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("warning records_lost file=flows.db "
                                           "records=",
                                           Dropped("flows"))));
  // However often it was tried.
  EXPECT_EQ(text.find("store_failing"), text.rfind("store_failing"));
}

TEST_F(StoreFailureTest, StoppingWithADeadDiskCountsWhatIsLost) {
  Boot(1000, Hook());
  broken_ = true;
  AcceptFlows(1, 50);
  Accept(AlertRecord(1));
  journal_->Close();
  store_->StopWriting();
  EXPECT_EQ(Dropped("flows"), 50u);
  EXPECT_EQ(Dropped("alerts"), 1u);
  EXPECT_EQ(journal_->visible_end(kAlert), 2u);
}

TEST_F(StoreFailureTest, ProducerNeverWaitsForTheDisk) {
  std::atomic<bool> stuck{true};
  Boot(1000, [&](const char*) {
    while (stuck.load()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return absl::OkStatus();
  });
  AcceptFlows(1, 5000);
  EXPECT_EQ(journal_->next_sequence(kFlow), 5001u);
  stuck = false;
  ASSERT_TRUE(Settle());
  EXPECT_EQ(store_->Status().flows() + Dropped("flows"), 5000u);
  // The hook looks at `stuck` to the end.
  Shut();
}

TEST_F(StoreFailureTest, DeletedFileIsMadeAnew) {
  Boot();
  AcceptFlows(1, 5);
  ASSERT_TRUE(Settle());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    fs::remove(directory_ + "/flows.db" + suffix);
  }
  uint64_t id = 5;
  ASSERT_TRUE(Eventually([&] {
    Accept(FlowRecord(++id));
    return fs::exists(directory_ + "/flows.db");
  }));
  ASSERT_TRUE(Settle());
  Accept(FlowRecord(0xfff));
  ASSERT_TRUE(Settle());
  EXPECT_OK(store_->Get(kFlow, "0000000000000fff", "").status());
  EXPECT_TRUE(store_->Status().writable());
}

TEST_F(StoreFailureTest, DamagedFileIsMovedAsideAndAnewBegun) {
  Boot();
  AcceptFlows(1, 5000);
  Accept(AlertRecord(1));
  Shut();
  std::fstream file(directory_ + "/flows.db",
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  for (int i = 0; i < 40000; ++i) file.put('x');
  file.close();
  Boot();
  EXPECT_EQ(DamagedFiles().size(), 1u);
  EXPECT_NE(store_->Status().error().find("was damaged and moved to"),
            std::string::npos);
  EXPECT_TRUE(ListAll(Query(kFlow)).empty());
  EXPECT_EQ(ListAll(Query(kAlert)).size(), 1u);
  AcceptFlows(1, 3);
  ASSERT_TRUE(Settle());
  EXPECT_EQ(ListAll(Query(kFlow)).size(), 3u);
}

TEST_F(StoreFailureTest, GarbageInsteadOfAFileIsMovedAside) {
  std::ofstream(directory_ + "/alerts.db") << std::string(5000, 'g');
  Boot();
  EXPECT_EQ(DamagedFiles().size(), 1u);
  Accept(AlertRecord(1));
  ASSERT_TRUE(Settle());
  EXPECT_EQ(ListAll(Query(kAlert)).size(), 1u);
}

TEST_F(StoreFailureTest, ZeroLengthFilesAreAsGoodAsNone) {
  for (const char* name : {"alerts.db", "flows.db", "flows.db-wal"}) {
    std::ofstream(directory_ + "/" + name).flush();
  }
  Boot();
  EXPECT_TRUE(DamagedFiles().empty());
  AcceptFlows(1, 3);
  ASSERT_TRUE(Settle());
}

TEST_F(StoreFailureTest, MissingDirectoryIsMadePrivately) {
  config_.set_directory(directory_ + "/a/b");
  Boot();
  EXPECT_EQ(fs::status(directory_ + "/a/b").permissions(),
            fs::perms::owner_all);
}

TEST_F(StoreFailureTest, FileInPlaceOfTheDirectoryIsRefusedWithItsName) {
  std::ofstream(directory_ + "/f").flush();
  config_.set_directory(directory_ + "/f");
  EXPECT_THAT(Store::Open(config_, clock_).status(),
              StatusIs(absl::StatusCode::kPermissionDenied, "not a directory"));
}

TEST_F(StoreFailureTest, SecondProcessIsTurnedAway) {
  Boot();
  EXPECT_THAT(Store::Open(config_, clock_).status(),
              StatusIs(absl::StatusCode::kUnavailable, "another process"));
}

TEST_F(StoreFailureTest, FileOfANewerVersionIsRefusedAndLeftAlone) {
  Boot();
  Shut();
  {
    auto database = Database::Open(directory_ + "/flows.db", {});
    ASSERT_OK(database.status());
    ASSERT_OK(database->Execute("PRAGMA user_version=99"));
  }
  EXPECT_THAT(Store::Open(config_, clock_).status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "newer program"));
  EXPECT_TRUE(DamagedFiles().empty());
}

// A real full disk: a tmpfs of 2 MiB.
TEST_F(StoreFailureTest, FullDiskIsSurvivedAndWritingResumes) {
  const std::string mounted = directory_ + "/small";
  fs::create_directory(mounted);
  if (geteuid() != 0 ||
      mount("none", mounted.c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "needs root to mount a tmpfs";
  }
  config_.set_directory(mounted + "/data");
  Boot(2000);
  {
    std::ofstream filler(mounted + "/filler", std::ios::binary);
    const std::string block(4096, 'f');
    while (filler.write(block.data(), 4096) && filler.flush()) {
    }
  }
  AcceptFlows(1, 4000);
  Accept(AlertRecord(1));
  ASSERT_TRUE(Eventually([&] { return journal_->visible_end(kAlert) == 2; }));
  ASSERT_TRUE(Eventually([&] { return !store_->Status().writable(); }));
  fs::remove(mounted + "/filler");
  ASSERT_TRUE(Settle());
  EXPECT_EQ(store_->Status().flows() + Dropped("flows"), 4000u);
  EXPECT_EQ(ListAll(Query(kAlert)).size(), 1u);
  EXPECT_EQ(Told(), Dropped("flows"));
  Shut();
  umount(mounted.c_str());
}

// In the child: alerts until killed; each one that became visible is reported.
[[noreturn]] void WriteUntilKilled(const v1::StoreConfig& config, int out) {
  RealClock clock;
  auto store = Store::Open(config, clock);
  if (!store.ok()) _exit(3);
  auto journal =
      Journal::Create(Rings(100000), (*store)->last_epoch() + 1, clock);
  (*store)->StartWriting(*journal);
  uint64_t told = 1;
  for (uint64_t id = 1;; ++id) {
    v1::Record alert = AlertRecord(journal->epoch() << 32 | id);
    v1::Record flow = FlowRecord(id);
    v1::Record* records[] = {&alert, &flow};
    journal->Accept(records);
    const JournalRead read = journal->Read(kAlert, told, 1000);
    told = read.next_sequence;
    for (const JournalEntryPtr& entry : read.entries) {
      const std::string line = entry->record.alert().id() + "\n";
      if (write(out, line.data(), line.size()) < 0) _exit(4);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

TEST_F(StoreFailureTest, WhatAClientSawSurvivesKillMinus9) {
  for (int round = 0; round < 5; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(pipe(pipe_fds), 0);
    const pid_t child = fork();
    if (child == 0) WriteUntilKilled(config_, pipe_fds[1]);
    close(pipe_fds[1]);
    std::string seen;
    char buffer[4096];
    ssize_t n;
    while (seen.size() < 17u * (50 + 37 * static_cast<size_t>(round)) &&
           (n = read(pipe_fds[0], buffer, sizeof buffer)) > 0) {
      seen.append(buffer, static_cast<size_t>(n));
    }
    ASSERT_FALSE(seen.empty());
    kill(child, SIGKILL);
    while ((n = read(pipe_fds[0], buffer, sizeof buffer)) > 0) {
      seen.append(buffer, static_cast<size_t>(n));
    }
    close(pipe_fds[0]);
    waitpid(child, nullptr, 0);

    Boot();
    EXPECT_TRUE(DamagedFiles().empty());
    std::set<std::string> kept;
    StoreQuery query = Query(kAlert);
    query.limit = 1000;
    for (const v1::Record& record : ListAll(query)) {
      kept.insert(record.alert().id());
    }
    for (size_t at = 0; at + 17 <= seen.size(); at += 17) {
      EXPECT_EQ(kept.count(seen.substr(at, 16)), 1u) << seen.substr(at, 16);
    }
    EXPECT_EQ(journal_->epoch(), static_cast<uint64_t>(2 * round + 2));
    Shut();
    auto database = Database::Open(directory_ + "/flows.db", {});
    ASSERT_OK(database.status());
    EXPECT_OK(database->QuickCheck(absl::Seconds(10)));
  }
}

}  // namespace
}  // namespace tapline::testing
