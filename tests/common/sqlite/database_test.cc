#include "common/sqlite/database.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/sqlite/migration.h"
#include "tests/support/status_matchers.h"

namespace tapline::testing {
namespace {

namespace fs = std::filesystem;

constexpr Migration kTwo[] = {{1, "CREATE TABLE t(a);INSERT INTO t VALUES(1)"},
                              {2, "ALTER TABLE t ADD COLUMN b DEFAULT 7"}};

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "tapline-sqlite-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ + "/x.db";
  }
  void TearDown() override { fs::remove_all(directory_); }

  Database Open(const DatabaseOptions& options = {}) {
    auto database = Database::Open(path_, options);
    EXPECT_OK(database.status());
    return *std::move(database);
  }

  std::string directory_;
  std::string path_;
};

TEST_F(DatabaseTest, ValuesComeBackAsBound) {
  Database database = Open();
  ASSERT_OK(database.Execute("CREATE TABLE t(i,s,b,n)"));
  auto insert = database.Prepare("INSERT INTO t VALUES(?,?,?,?)");
  ASSERT_OK(insert.status());
  const std::string blob("\0\xff\0", 3);
  insert->Bind(1, INT64_MIN);
  insert->Bind(2, absl::string_view("abcdef", 3));
  insert->BindBlob(3, blob);
  insert->BindNull(4);
  ASSERT_OK(insert->Run());
  auto read = database.Prepare("SELECT * FROM t");
  ASSERT_OK(read.status());
  ASSERT_TRUE(read->Step().value());
  EXPECT_EQ(read->Int(0), INT64_MIN);
  EXPECT_EQ(read->Text(1), "abc");
  EXPECT_EQ(read->Blob(2), blob);
  EXPECT_TRUE(read->IsNull(3));
  EXPECT_FALSE(read->Step().value());
}

TEST_F(DatabaseTest, EmptyTextAndBlobAreNotNull) {
  Database database = Open();
  ASSERT_OK(database.Execute("CREATE TABLE t(s NOT NULL,b NOT NULL)"));
  auto insert = database.Prepare("INSERT INTO t VALUES(?,?)");
  insert->Bind(1, absl::string_view());
  insert->BindBlob(2, absl::string_view());
  EXPECT_OK(insert->Run());
}

TEST_F(DatabaseTest, ErrorsHaveTheirCodes) {
  Database database = Open();
  ASSERT_OK(
      database.Execute("CREATE TABLE t(a UNIQUE);"
                       "INSERT INTO t VALUES(1)"));
  const absl::Status duplicate = database.Execute("INSERT INTO t VALUES(1)");
  EXPECT_THAT(duplicate, StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE"));
  EXPECT_EQ(SqliteCode(duplicate), 19);
  EXPECT_THAT(database.Execute("nonsense"),
              StatusIs(absl::StatusCode::kInternal, "syntax error"));
  ASSERT_OK(database.Execute("PRAGMA max_page_count=4"));
  EXPECT_THAT(database.Execute("INSERT INTO t VALUES(randomblob(100000))"),
              StatusIs(absl::StatusCode::kResourceExhausted, "full"));
  EXPECT_EQ(SqliteCode(absl::InternalError("other")), 0);
}

TEST_F(DatabaseTest, BadParameterIsReportedByTheStep) {
  Database database = Open();
  auto statement = database.Prepare("SELECT ?");
  statement->Bind(9, int64_t{1});
  EXPECT_THAT(statement->Run(), StatusIs(absl::StatusCode::kInternal, ""));
  statement->Bind(1, int64_t{1});
  EXPECT_OK(statement->Run());
}

TEST_F(DatabaseTest, SecondWriterIsUnavailable) {
  Database first = Open();
  DatabaseOptions impatient;
  impatient.busy_timeout = absl::Milliseconds(1);
  Database second = Open(impatient);
  ASSERT_OK(first.Execute("CREATE TABLE t(a)"));
  auto transaction = Transaction::Begin(first);
  ASSERT_OK(transaction.status());
  EXPECT_THAT(Transaction::Begin(second).status(),
              StatusIs(absl::StatusCode::kUnavailable, "locked"));
}

TEST_F(DatabaseTest, FileThatIsNoDatabaseIsDataLoss) {
  std::ofstream(path_) << std::string(4096, 'x');
  EXPECT_THAT(Database::Open(path_, {}).status(),
              StatusIs(absl::StatusCode::kDataLoss, "not a database"));
}

TEST_F(DatabaseTest, TransactionWithoutCommitLeavesNothing) {
  Database database = Open();
  ASSERT_OK(database.Execute("CREATE TABLE t(a)"));
  {
    auto transaction = Transaction::Begin(database);
    ASSERT_OK(database.Execute("INSERT INTO t VALUES(1)"));
  }
  EXPECT_EQ(database.QueryInt("SELECT count(*) FROM t").value(), 0);
}

TEST_F(DatabaseTest, ReadOnlyConnectionCannotWrite) {
  Database writer = Open();
  ASSERT_OK(writer.Execute("CREATE TABLE t(a)"));
  DatabaseOptions options;
  options.read_only = true;
  Database reader = Open(options);
  EXPECT_EQ(reader.QueryInt("SELECT count(*) FROM t").value(), 0);
  EXPECT_FALSE(reader.Execute("INSERT INTO t VALUES(1)").ok());
}

TEST_F(DatabaseTest, NewFileIsPrivate) {
  Open();
  EXPECT_EQ(fs::status(path_).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(DatabaseTest, MigrationsRunOnceAndKeepTheOldFile) {
  {
    Database database = Open();
    ASSERT_OK(Migrate(database, absl::MakeConstSpan(kTwo, 1)));
    EXPECT_FALSE(fs::exists(path_ + ".before-v1"));
  }
  Database database = Open();
  ASSERT_OK(Migrate(database, kTwo));
  ASSERT_OK(Migrate(database, kTwo));
  EXPECT_EQ(database.QueryInt("SELECT b FROM t").value(), 7);
  EXPECT_EQ(database.QueryInt("PRAGMA user_version").value(), 2);
  auto old = Database::Open(path_ + ".before-v2", {});
  ASSERT_OK(old.status());
  EXPECT_EQ(old->QueryInt("PRAGMA user_version").value(), 1);
  EXPECT_EQ(old->QueryInt("SELECT a FROM t").value(), 1);
}

TEST_F(DatabaseTest, NewerSchemaIsRefused) {
  Database database = Open();
  ASSERT_OK(Migrate(database, kTwo));
  EXPECT_THAT(Migrate(database, absl::MakeConstSpan(kTwo, 1)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "newer"));
}

TEST_F(DatabaseTest, FailedMigrationLeavesTheOldVersion) {
  Database database = Open();
  ASSERT_OK(Migrate(database, absl::MakeConstSpan(kTwo, 1)));
  constexpr Migration kBroken[] = {kTwo[0],
                                   {2, "ALTER TABLE t ADD COLUMN b;nonsense"}};
  EXPECT_FALSE(Migrate(database, kBroken).ok());
  EXPECT_EQ(database.QueryInt("PRAGMA user_version").value(), 1);
  EXPECT_FALSE(database.Execute("SELECT b FROM t").ok());
}

TEST_F(DatabaseTest, DamageIsFoundByTheCheck) {
  {
    Database database = Open();
    ASSERT_OK(database.Execute(
        "CREATE TABLE t(a);WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
        "i+1 FROM n WHERE i<5000) INSERT INTO t SELECT randomblob(50) FROM n"));
    EXPECT_OK(database.QuickCheck(absl::Seconds(10)));
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(8192);
  for (int i = 0; i < 8192; ++i) file.put('\x55');
  file.close();
  Database database = Open();
  EXPECT_THAT(database.QuickCheck(absl::Seconds(10)),
              StatusIs(absl::StatusCode::kDataLoss, ""));
}

// Killed anywhere in a migration: the old version or the new, never between.
TEST_F(DatabaseTest, KilledMigrationLeavesOneVersionOrTheOther) {
  for (int round = 0; round < 8; ++round) {
    fs::remove_all(directory_);
    fs::create_directory(directory_);
    {
      Database database = Open();
      ASSERT_OK(Migrate(database, absl::MakeConstSpan(kTwo, 1)));
    }
    const pid_t child = fork();
    if (child == 0) {
      // Dies at a random moment around the migration.
      ualarm(static_cast<useconds_t>(200 + 900 * round), 0);
      auto database = Database::Open(path_, {});
      if (database.ok()) Migrate(*database, kTwo).IgnoreError();
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    Database database = Open();
    EXPECT_OK(database.QuickCheck(absl::Seconds(10)));
    const int64_t version = database.QueryInt("PRAGMA user_version").value();
    EXPECT_EQ(database.Execute("SELECT b FROM t").ok(), version == 2);
    ASSERT_OK(Migrate(database, kTwo));
  }
}

}  // namespace
}  // namespace tapline::testing
