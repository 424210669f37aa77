// SMB 1, 2 and 3 over TCP 445, and over NetBIOS sessions on 139 (RFC 1002 4.3):
// negotiation, logons, shares, files, and DCE/RPC over pipes (unless that is
// switched off).
//
// What is encrypted (SMB 3) is counted; after 64 such messages in a row nothing
// more is read. Anomalies: "smb.framing" (what is between messages is none of
// RFC 1002), "smb.malformed" (a message breaks its structure; the next is
// read, but after 16 of them nothing), "netbios.session" (a session request
// names nobody).

#ifndef TAPLINE_SENSORD_ANALYZERS_SMB_H_
#define TAPLINE_SENSORD_ANALYZERS_SMB_H_

#include "sensord/analyzers/analyzer.h"

namespace tapline::smb {

const AnalyzerUnit& Unit();

}  // namespace tapline::smb

#endif  // TAPLINE_SENSORD_ANALYZERS_SMB_H_
