// Names of SMB's numbers.

#ifndef TAPLINE_SENSORD_ANALYZERS_SMB_NAMES_H_
#define TAPLINE_SENSORD_ANALYZERS_SMB_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tapline {

// [MS-CIFS] 2.2.2.1: "session_setup_andx"; "command_0x7f" when not known.
std::string Smb1CommandName(uint8_t command);
// [MS-SMB2] 2.2.1: "create".
std::string Smb2CommandName(uint16_t command);

// [MS-SMB2] 2.2.4 DialectRevision: "3.1.1".
std::string Smb2DialectName(uint16_t dialect);
// [MS-SMB2] 2.2.3.1.2: "AES-128-GCM"; empty for 0.
std::string SmbCipherName(uint16_t cipher);

// [MS-ERREF] 2.3: the important ones by name, others as "0xc0000123".
std::string NtStatusName(uint32_t status);
// Of servers without NT status codes ([MS-CIFS] 2.2.2.4): "dos_1_5", class and
// code.
std::string DosStatusName(uint32_t status);

inline constexpr uint32_t kStatusSuccess = 0;
inline constexpr uint32_t kStatusPending = 0x00000103;
inline constexpr uint32_t kStatusMoreProcessing = 0xc0000016;
// Severity error; warnings (0x8...) are results.
constexpr bool IsNtError(uint32_t status) { return status >> 30 == 3; }

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_SMB_NAMES_H_
