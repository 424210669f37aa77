// EtherTypes and access points the link layers tell apart. Internal to the
// decoder.

#ifndef TAPLINE_SENSORD_DECODE_LINK_PROTOCOLS_H_
#define TAPLINE_SENSORD_DECODE_LINK_PROTOCOLS_H_

#include <cstdint>

namespace tapline {

inline bool IsVlanTag(uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

// Protocols of the link itself, which have no flows.
inline bool IsKnownLinkProtocol(uint16_t type) {
  switch (type) {
    case 0x0842:  // Wake-on-LAN
    case 0x2000:  // CDP
    case 0x2001:  // NHRP
    case 0x8035:  // RARP
    case 0x8137:  // IPX
    case 0x809b:  // AppleTalk
    case 0x80f3:  // AARP
    case 0x8808:  // MAC control
    case 0x8809:  // slow protocols (LACP)
    case 0x8863:  // PPPoE discovery
    case 0x886d:  // Intel ANS
    case 0x8874:  // Broadcom
    case 0x887b:  // HomePlug
    case 0x888e:  // EAPOL
    case 0x8892:  // PROFINET
    case 0x8899:  // Realtek
    case 0x88a2:  // ATA over Ethernet
    case 0x88a4:  // EtherCAT
    case 0x88ab:  // POWERLINK
    case 0x88b8:  // GOOSE
    case 0x88ba:  // sampled values
    case 0x88cc:  // LLDP
    case 0x88cd:  // SERCOS III
    case 0x88e1:  // HomePlug AV
    case 0x88e5:  // MACsec
    case 0x88e7:  // PBB
    case 0x88f5:  // MVRP
    case 0x88f7:  // PTP
    case 0x8902:  // CFM
    case 0x8906:  // FCoE
    case 0x8914:  // FIP
    case 0x8915:  // RoCE
    case 0x893a:  // IEEE 1905
    case 0x9000:  // loopback test
      return true;
    default:
      return false;
  }
}

// IEEE 802.2 service access points without flows.
inline bool IsKnownLlc(uint8_t sap) {
  switch (sap) {
    case 0x00:  // null
    case 0x42:  // spanning tree
    case 0xe0:  // IPX
    case 0xf0:  // NetBIOS
    case 0xfe:  // ISO network layer
    case 0xff:  // raw 802.3 (IPX)
      return true;
    default:
      return false;
  }
}

}  // namespace tapline

#endif  // TAPLINE_SENSORD_DECODE_LINK_PROTOCOLS_H_
