#include "sensord/policy/roles.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace tapline {
namespace {

// Uids that are neither 0 nor this process's.
constexpr uint32_t kUid = 3'000'000'001;
constexpr uint32_t kGid = 3'000'000'002;

v1::RoleBinding Binding(const std::string& user, const std::string& group,
                        v1::Role role) {
  v1::RoleBinding binding;
  binding.set_user(user);
  binding.set_group(group);
  binding.set_role(role);
  return binding;
}

TEST(RolesTest, RootAndTheDaemonsOwnUserAreAdmin) {
  EXPECT_EQ(RoleOf({}, 0, {}), v1::ROLE_ADMIN);
  EXPECT_EQ(RoleOf({}, geteuid(), {}), v1::ROLE_ADMIN);
}

TEST(RolesTest, WithoutABindingAUserMayDoNothing) {
  EXPECT_EQ(RoleOf({}, kUid, {kGid}), v1::ROLE_UNSPECIFIED);
}

TEST(RolesTest, TheHighestRoleOfUserAndGroupsWins) {
  v1::AccessConfig access;
  *access.add_roles() = Binding(std::to_string(kUid), "", v1::ROLE_READER);
  *access.add_roles() = Binding("", std::to_string(kGid), v1::ROLE_ANALYST);
  EXPECT_EQ(RoleOf(access, kUid, {}), v1::ROLE_READER);
  EXPECT_EQ(RoleOf(access, kUid, {1, kGid}), v1::ROLE_ANALYST);
  EXPECT_EQ(RoleOf(access, kUid + 7, {kGid}), v1::ROLE_ANALYST);
  EXPECT_EQ(RoleOf(access, kUid + 7, {}), v1::ROLE_UNSPECIFIED);
}

TEST(RolesTest, NamesOfTheSystemAreResolvedAndUnknownOnesBindNobody) {
  v1::AccessConfig access;
  *access.add_roles() = Binding("", "daemon", v1::ROLE_READER);
  *access.add_roles() = Binding("no-such-user-here", "", v1::ROLE_ADMIN);
  *access.add_roles() = Binding("", "no-such-group-here", v1::ROLE_ADMIN);
  EXPECT_EQ(RoleOf(access, kUid, {1}), v1::ROLE_READER);
  EXPECT_EQ(RoleOf(access, kUid, {0}), v1::ROLE_UNSPECIFIED);
}

}  // namespace
}  // namespace tapline
