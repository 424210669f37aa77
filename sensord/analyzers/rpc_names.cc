#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "sensord/analyzers/rpc_message.h"

namespace tapline {
namespace {

using Names = absl::Span<const absl::string_view>;

constexpr absl::string_view kPortmap2[] = {"NULL",    "SET",  "UNSET",
                                           "GETPORT", "DUMP", "CALLIT"};
constexpr absl::string_view kPortmap3[] = {
    "NULL",     "SET",         "UNSET",       "GETADDR",     "DUMP",
    "BCAST",    "GETTIME",     "UADDR2TADDR", "TADDR2UADDR", "GETVERSADDR",
    "INDIRECT", "GETADDRLIST", "GETSTAT"};
constexpr absl::string_view kMount[] = {"NULL", "MNT",     "DUMP",
                                        "UMNT", "UMNTALL", "EXPORT"};
constexpr absl::string_view kNfs2[] = {
    "NULL", "GETATTR",    "SETATTR", "ROOT",   "LOOKUP",  "READLINK",
    "READ", "WRITECACHE", "WRITE",   "CREATE", "REMOVE",  "RENAME",
    "LINK", "SYMLINK",    "MKDIR",   "RMDIR",  "READDIR", "STATFS"};
constexpr absl::string_view kNfs3[] = {
    "NULL",   "GETATTR", "SETATTR",  "LOOKUP", "ACCESS",  "READLINK",
    "READ",   "WRITE",   "CREATE",   "MKDIR",  "SYMLINK", "MKNOD",
    "REMOVE", "RMDIR",   "RENAME",   "LINK",   "READDIR", "READDIRPLUS",
    "FSSTAT", "FSINFO",  "PATHCONF", "COMMIT"};
constexpr absl::string_view kNfs4[] = {"NULL", "COMPOUND"};
constexpr absl::string_view kNfsAcl[] = {"NULL", "GETACL", "SETACL"};
constexpr absl::string_view kNothing[] = {"NULL"};

Names ProceduresOf(uint32_t program, uint32_t version) {
  switch (program) {
    case kRpcPortmap:
      return version > 2 ? Names(kPortmap3) : Names(kPortmap2);
    case kRpcMount:
      return kMount;
    case kRpcNfs:
      return version >= 4   ? Names(kNfs4)
             : version == 3 ? Names(kNfs3)
                            : Names(kNfs2);
    case kRpcNfsAcl:
      return kNfsAcl;
    default:
      // RFC 5531 12.1: of every program.
      return kNothing;
  }
}

struct Row {
  uint32_t number;
  const char* name;
};

// IANA RPC Program Numbers.
constexpr Row kPrograms[] = {
    {kRpcPortmap, "portmap"}, {100001, "rstatd"},     {100002, "rusersd"},
    {kRpcNfs, "nfs"},         {100004, "ypserv"},     {kRpcMount, "mount"},
    {100007, "ypbind"},       {100008, "walld"},      {100009, "yppasswdd"},
    {100011, "rquotad"},      {100012, "sprayd"},     {100020, "llockmgr"},
    {100021, "nlockmgr"},     {100024, "status"},     {100026, "bootparam"},
    {100068, "cmsd"},         {100083, "ttdbserver"}, {kRpcNfsAcl, "nfs_acl"},
    {100232, "sadmind"},      {150001, "pcnfsd"},     {391002, "sgi_fam"},
};

constexpr Row kMountStatuses[] = {
    {0, "ok"},
    {1, "err_perm"},
    {2, "err_noent"},
    {5, "err_io"},
    {13, "err_access"},
    {20, "err_notdir"},
    {22, "err_inval"},
    {63, "err_nametoolong"},
    {10004, "err_notsupp"},
    {10006, "err_serverfault"},
};

}  // namespace

absl::string_view RpcProgramName(uint32_t program) {
  for (const Row& row : kPrograms) {
    if (row.number == program) return row.name;
  }
  return "";
}

absl::string_view RpcProcedureName(uint32_t program, uint32_t version,
                                   uint32_t procedure) {
  const Names names = ProceduresOf(program, version);
  return procedure < names.size() ? names[procedure] : "";
}

std::string RpcFlavorName(uint32_t flavor) {
  switch (flavor) {
    case 0:
      return "none";
    case 1:
      return "sys";
    case 2:
      return "short";
    case 3:
      return "dh";
    case 6:
      return "gss";
    default:
      return absl::StrCat("flavor ", flavor);
  }
}

std::string RpcMountStatusName(uint32_t status) {
  for (const Row& row : kMountStatuses) {
    if (row.number == status) return row.name;
  }
  return absl::StrCat("error ", status);
}

}  // namespace tapline
