#include "sensord/policy/file_watcher.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "tests/support/temp_dir.h"

namespace tapline {
namespace {

using testing::TempDir;

class Counter {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    condition_.notify_all();
  }
  bool WaitFor(int count) {
    std::unique_lock lock(mutex_);
    return condition_.wait_for(lock, std::chrono::seconds(10),
                               [&] { return count_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  int count_ = 0;
};

TEST(FileWatcherTest, AWrittenAndAReplacedFileIsNoticed) {
  const TempDir dir;
  const std::string path = dir.Write("f.yaml", "a");
  Counter changed;
  FileWatcher watcher(
      path, [&] { changed.Add(); }, [] {});
  dir.Write("f.yaml", "b");
  EXPECT_TRUE(changed.WaitFor(1));
  std::filesystem::rename(dir.Write("other", "c"), path);
  EXPECT_TRUE(changed.WaitFor(2));
}

TEST(FileWatcherTest, ATargetSwappedBehindASymbolicLinkIsNoticed) {
  const TempDir dir;
  const TempDir targets;
  const std::string path = dir.path() + "/f.yaml";
  std::filesystem::create_symlink(targets.Write("one", "1"), path);
  Counter changed;
  FileWatcher watcher(
      path, [&] { changed.Add(); }, [] {});
  targets.Write("one", "22");  // inotify on dir sees nothing of this
  EXPECT_TRUE(changed.WaitFor(1));
}

TEST(FileWatcherTest, ItTicksWithoutAFile) {
  Counter ticks;
  FileWatcher watcher(
      "", [] {}, [&] { ticks.Add(); });
  EXPECT_TRUE(ticks.WaitFor(1));
}

}  // namespace
}  // namespace tapline
