// Findings about remote access, file sharing and logins.

#include "absl/strings/str_join.h"
#include "sensord/inspect/findings.h"

namespace tapline::findings {

void SshDeprecated(const FlowFacts& facts, FindingWriter& out) {
  for (const v1::Event* event : facts.events) {
    if (event->ssh().deprecated().empty()) continue;
    // Told again with the login.
    if (!out.fired()) {
      out.Value("ssh.deprecated",
                absl::StrJoin(event->ssh().deprecated(), ", "), "none");
    }
    out.Rests(*event);
  }
}

void SmbVersion1(const FlowFacts& facts, FindingWriter& out) {
  for (const v1::Event* event : facts.events) {
    if (!event->smb().deprecated()) continue;
    if (!out.fired()) {
      out.Value("smb.dialect", event->smb().dialect(), "2.0.2 or newer");
    }
    out.Rests(*event);
  }
}

void SmbGuest(const FlowFacts& facts, FindingWriter& out) {
  for (const v1::Event* event : facts.events) {
    if (!event->smb().guest()) continue;
    if (!out.fired()) out.Value("smb.guest", "yes", "an account");
    out.Rests(*event);
  }
}

void WeakLogin(const FlowFacts& facts, FindingWriter& out) {
  for (const v1::Event* event : facts.events) {
    const v1::Authentication& login = event->smb().authentication();
    if (event->kerberos().weak_encryption()) {
      out.Value("kerberos.ticket_encryption",
                event->kerberos().ticket_encryption(), "AES");
    } else if (login.weak()) {
      out.Value("smb.authentication.mechanism",
                login.ntlm_version() == 1 ? "NTLM of version 1"
                                          : login.ticket_encryption(),
                "NTLM of version 2, or AES");
    } else {
      continue;
    }
    out.Rests(*event);
  }
}

void IcmpTunnel(const FlowFacts& facts, FindingWriter& out) {
  for (const v1::Event* event : facts.events) {
    const v1::IcmpEcho& echo = event->icmp().echo();
    if (echo.tunnel_hints().empty()) continue;
    out.Value("icmp.echo.tunnel_hints",
              absl::StrJoin(echo.tunnel_hints(), ", "), "none");
    out.Rests(*event);
  }
}

}  // namespace tapline::findings
