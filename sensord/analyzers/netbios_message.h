// NetBIOS names, name service messages and datagrams (RFC 1002 4), without
// trusting them.

#ifndef TAPLINE_SENSORD_ANALYZERS_NETBIOS_MESSAGE_H_
#define TAPLINE_SENSORD_ANALYZERS_NETBIOS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/net/ip_address.h"
#include "sensord/analyzers/analyzer.h"
#include "sensord/decode/byte_cursor.h"

namespace tapline {

// The first label of an encoded name, its length and the end included.
inline constexpr size_t kNetbiosEncodedBytes = 34;

struct NetbiosLabel {
  // Without padding; any bytes.
  std::string name;
  // The sixteenth byte: what the name stands for.
  uint8_t suffix = 0;
  bool group = false;
};

// Whether a name in first-level encoding (RFC 1001 14.1) begins there; its
// scope and end need not be seen.
bool IsNetbiosName(Bytes bytes);
// Takes the name and its scope. False when it breaks RFC 1002 4.1.
bool ReadNetbiosName(ByteCursor& cursor, NetbiosLabel* label);
// "file_server", or "0x99".
std::string NetbiosServiceName(const NetbiosLabel& label);

// RFC 1002 4.2.1.1.
inline constexpr uint8_t kNetbiosQuery = 0;
inline constexpr uint8_t kNetbiosRegistration = 5;
inline constexpr uint8_t kNetbiosRelease = 6;
inline constexpr uint8_t kNetbiosWait = 7;
inline constexpr uint8_t kNetbiosRefresh = 8;
inline constexpr uint8_t kNetbiosRefreshAlternative = 9;
inline constexpr uint8_t kNetbiosMultihomedRegistration = 15;
inline constexpr uint16_t kNetbiosTypeName = 0x20;
inline constexpr uint16_t kNetbiosTypeStatus = 0x21;

struct NetbiosNameMessage {
  uint16_t id = 0;
  bool response = false;
  uint8_t opcode = 0;
  bool broadcast = false;
  uint8_t rcode = 0;
  NetbiosLabel name;
  uint16_t type = 0;
  std::vector<IpAddress> addresses;
  std::vector<NetbiosLabel> names;
  // Six bytes; empty when not told.
  std::string mac;

  // False when it breaks RFC 1002 4.2; what could be read stands.
  bool Read(Bytes bytes, bool cut);

 private:
  bool ReadRecord(ByteCursor& cursor);
  bool ReadStatus(ByteCursor& cursor);
};

struct NetbiosDatagram {
  NetbiosLabel source;
  NetbiosLabel destination;
  // "\MAILSLOT\BROWSE"; empty when it carries no mailslot.
  std::string mailslot;
  // Of the mailslot BROWSE ([MS-BRWS] 2.2); 0 for none.
  uint8_t command = 0;
  std::string os_version;

  // False when it breaks RFC 1002 4.4.
  bool Read(Bytes bytes, bool cut);

 private:
  void ReadMailslot(Bytes smb);
};

// Fixed parts say that one begins there.
bool IsNetbiosNameMessage(Bytes bytes);
bool IsNetbiosDatagram(Bytes bytes);

// "host_announcement", or "command 99"; "" for 0.
std::string NetbiosBrowserCommandName(uint8_t command);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_NETBIOS_MESSAGE_H_
