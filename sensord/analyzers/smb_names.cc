#include "sensord/analyzers/smb_names.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

struct Row {
  uint32_t number;
  const char* name;
};

constexpr Row kSmb1Commands[] = {
    {0x00, "create_directory"},
    {0x01, "delete_directory"},
    {0x02, "open"},
    {0x03, "create"},
    {0x04, "close"},
    {0x05, "flush"},
    {0x06, "delete"},
    {0x07, "rename"},
    {0x08, "query_information"},
    {0x09, "set_information"},
    {0x0a, "read"},
    {0x0b, "write"},
    {0x0c, "lock_byte_range"},
    {0x0d, "unlock_byte_range"},
    {0x10, "check_directory"},
    {0x1a, "read_raw"},
    {0x1d, "write_raw"},
    {0x22, "set_information2"},
    {0x23, "query_information2"},
    {0x24, "locking_andx"},
    {0x25, "transaction"},
    {0x26, "transaction_secondary"},
    {0x2b, "echo"},
    {0x2d, "open_andx"},
    {0x2e, "read_andx"},
    {0x2f, "write_andx"},
    {0x32, "transaction2"},
    {0x33, "transaction2_secondary"},
    {0x34, "find_close2"},
    {0x70, "tree_connect"},
    {0x71, "tree_disconnect"},
    {0x72, "negotiate"},
    {0x73, "session_setup_andx"},
    {0x74, "logoff_andx"},
    {0x75, "tree_connect_andx"},
    {0x80, "query_information_disk"},
    {0x81, "search"},
    {0xa0, "nt_transact"},
    {0xa1, "nt_transact_secondary"},
    {0xa2, "nt_create_andx"},
    {0xa4, "nt_cancel"},
    {0xa5, "nt_rename"},
};

constexpr Row kSmb2Commands[] = {
    {0, "negotiate"},
    {1, "session_setup"},
    {2, "logoff"},
    {3, "tree_connect"},
    {4, "tree_disconnect"},
    {5, "create"},
    {6, "close"},
    {7, "flush"},
    {8, "read"},
    {9, "write"},
    {10, "lock"},
    {11, "ioctl"},
    {12, "cancel"},
    {13, "echo"},
    {14, "query_directory"},
    {15, "change_notify"},
    {16, "query_info"},
    {17, "set_info"},
    {18, "oplock_break"},
    {19, "server_to_client"},
};

constexpr Row kDialects[] = {
    {0x0202, "2.0.2"}, {0x0210, "2.1"}, {0x0222, "2.2.2"},
    {0x0224, "2.2.4"}, {0x02ff, "2.?"}, {0x0300, "3.0"},
    {0x0302, "3.0.2"}, {0x0310, "3.1"}, {0x0311, "3.1.1"},
};

constexpr Row kCiphers[] = {
    {1, "AES-128-CCM"},
    {2, "AES-128-GCM"},
    {3, "AES-256-CCM"},
    {4, "AES-256-GCM"},
};

constexpr Row kStatuses[] = {
    {0x00000000, "STATUS_SUCCESS"},
    {0x00000103, "STATUS_PENDING"},
    {0x0000010b, "STATUS_NOTIFY_CLEANUP"},
    {0x0000010c, "STATUS_NOTIFY_ENUM_DIR"},
    {0x80000005, "STATUS_BUFFER_OVERFLOW"},
    {0x80000006, "STATUS_NO_MORE_FILES"},
    {0x8000002d, "STATUS_STOPPED_ON_SYMLINK"},
    {0xc0000001, "STATUS_UNSUCCESSFUL"},
    {0xc0000002, "STATUS_NOT_IMPLEMENTED"},
    {0xc0000003, "STATUS_INVALID_INFO_CLASS"},
    {0xc0000004, "STATUS_INFO_LENGTH_MISMATCH"},
    {0xc0000008, "STATUS_INVALID_HANDLE"},
    {0xc000000d, "STATUS_INVALID_PARAMETER"},
    {0xc000000e, "STATUS_NO_SUCH_DEVICE"},
    {0xc000000f, "STATUS_NO_SUCH_FILE"},
    {0xc0000010, "STATUS_INVALID_DEVICE_REQUEST"},
    {0xc0000011, "STATUS_END_OF_FILE"},
    {0xc0000016, "STATUS_MORE_PROCESSING_REQUIRED"},
    {0xc0000022, "STATUS_ACCESS_DENIED"},
    {0xc0000023, "STATUS_BUFFER_TOO_SMALL"},
    {0xc0000033, "STATUS_OBJECT_NAME_INVALID"},
    {0xc0000034, "STATUS_OBJECT_NAME_NOT_FOUND"},
    {0xc0000035, "STATUS_OBJECT_NAME_COLLISION"},
    {0xc000003a, "STATUS_OBJECT_PATH_NOT_FOUND"},
    {0xc000003b, "STATUS_OBJECT_PATH_SYNTAX_BAD"},
    {0xc0000043, "STATUS_SHARING_VIOLATION"},
    {0xc0000054, "STATUS_FILE_LOCK_CONFLICT"},
    {0xc0000055, "STATUS_LOCK_NOT_GRANTED"},
    {0xc0000056, "STATUS_DELETE_PENDING"},
    {0xc000005e, "STATUS_NO_LOGON_SERVERS"},
    {0xc0000061, "STATUS_PRIVILEGE_NOT_HELD"},
    {0xc0000064, "STATUS_NO_SUCH_USER"},
    {0xc000006a, "STATUS_WRONG_PASSWORD"},
    {0xc000006c, "STATUS_PASSWORD_RESTRICTION"},
    {0xc000006d, "STATUS_LOGON_FAILURE"},
    {0xc000006e, "STATUS_ACCOUNT_RESTRICTION"},
    {0xc000006f, "STATUS_INVALID_LOGON_HOURS"},
    {0xc0000070, "STATUS_INVALID_WORKSTATION"},
    {0xc0000071, "STATUS_PASSWORD_EXPIRED"},
    {0xc0000072, "STATUS_ACCOUNT_DISABLED"},
    {0xc000007f, "STATUS_DISK_FULL"},
    {0xc000009a, "STATUS_INSUFFICIENT_RESOURCES"},
    {0xc00000ac, "STATUS_PIPE_NOT_AVAILABLE"},
    {0xc00000ad, "STATUS_PIPE_BUSY"},
    {0xc00000b0, "STATUS_PIPE_DISCONNECTED"},
    {0xc00000b5, "STATUS_IO_TIMEOUT"},
    {0xc00000ba, "STATUS_FILE_IS_A_DIRECTORY"},
    {0xc00000bb, "STATUS_NOT_SUPPORTED"},
    {0xc00000c9, "STATUS_NETWORK_NAME_DELETED"},
    {0xc00000ca, "STATUS_NETWORK_ACCESS_DENIED"},
    {0xc00000cb, "STATUS_BAD_DEVICE_TYPE"},
    {0xc00000cc, "STATUS_BAD_NETWORK_NAME"},
    {0xc00000d0, "STATUS_REQUEST_NOT_ACCEPTED"},
    {0xc0000101, "STATUS_DIRECTORY_NOT_EMPTY"},
    {0xc0000103, "STATUS_NOT_A_DIRECTORY"},
    {0xc0000120, "STATUS_CANCELLED"},
    {0xc0000121, "STATUS_CANNOT_DELETE"},
    {0xc0000128, "STATUS_FILE_CLOSED"},
    {0xc000014b, "STATUS_PIPE_BROKEN"},
    {0xc000015b, "STATUS_LOGON_TYPE_NOT_GRANTED"},
    {0xc000018b, "STATUS_NO_TRUST_SAM_ACCOUNT"},
    {0xc000018c, "STATUS_TRUSTED_DOMAIN_FAILURE"},
    {0xc000018d, "STATUS_TRUSTED_RELATIONSHIP_FAILURE"},
    {0xc0000190, "STATUS_TRUST_FAILURE"},
    {0xc0000192, "STATUS_NETLOGON_NOT_STARTED"},
    {0xc0000193, "STATUS_ACCOUNT_EXPIRED"},
    {0xc0000203, "STATUS_USER_SESSION_DELETED"},
    {0xc0000205, "STATUS_INSUFF_SERVER_RESOURCES"},
    {0xc000020c, "STATUS_CONNECTION_DISCONNECTED"},
    {0xc0000224, "STATUS_PASSWORD_MUST_CHANGE"},
    {0xc0000225, "STATUS_NOT_FOUND"},
    {0xc0000234, "STATUS_ACCOUNT_LOCKED_OUT"},
    {0xc0000257, "STATUS_PATH_NOT_COVERED"},
    {0xc000035c, "STATUS_NETWORK_SESSION_EXPIRED"},
    {0xc0000418, "STATUS_NTLM_BLOCKED"},
    {0xc000a000, "STATUS_INVALID_SIGNATURE"},
};

template <size_t kSize>
const char* Find(const Row (&rows)[kSize], uint32_t number) {
  for (const Row& row : rows) {
    if (row.number == number) return row.name;
  }
  return nullptr;
}

template <size_t kSize>
std::string NameIn(const Row (&rows)[kSize], uint32_t number,
                   absl::PadSpec digits, const char* other) {
  const char* name = Find(rows, number);
  if (name != nullptr) return name;
  return absl::StrCat(other, "0x", absl::Hex(number, digits));
}

}  // namespace

std::string Smb1CommandName(uint8_t command) {
  return NameIn(kSmb1Commands, command, absl::kZeroPad2, "command_");
}

std::string Smb2CommandName(uint16_t command) {
  return NameIn(kSmb2Commands, command, absl::kZeroPad2, "command_");
}

std::string Smb2DialectName(uint16_t dialect) {
  return NameIn(kDialects, dialect, absl::kZeroPad4, "");
}

std::string SmbCipherName(uint16_t cipher) {
  if (cipher == 0) return {};
  return NameIn(kCiphers, cipher, absl::kZeroPad4, "cipher_");
}

std::string NtStatusName(uint32_t status) {
  return NameIn(kStatuses, status, absl::kZeroPad8, "");
}

std::string DosStatusName(uint32_t status) {
  if (status == kStatusSuccess) return NtStatusName(status);
  return absl::StrCat("dos_", status & 0xff, "_", status >> 16);
}

}  // namespace tapline
