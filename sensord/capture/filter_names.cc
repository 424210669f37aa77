#include "sensord/capture/filter_names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tapline {
namespace {

// What a word without a keyword's meaning would be taken for.
enum class Wanted {
  kHost,   // also without any qualifier
  kLocal,  // a port or protocol, or what belongs to the word before it
};

// After these a name is read from a local file or not looked up at all.
constexpr absl::string_view kLocalTypes[] = {
    "port",    "portrange", "proto",     "protochain", "type",
    "subtype", "dir",       "direction", "llc",        "ifname",
    "on",      "rset",      "ruleset",   "reason",     "action"};

// After these everything before is forgotten: a new primitive begins.
constexpr absl::string_view kHeads[] = {
    // Types that name hosts.
    "host", "net", "gateway", "mask", "ra", "ta", "addr1", "addr2", "addr3",
    "addr4", "address1", "address2", "address3", "address4",
    // Directions.
    "src", "dst",
    // Protocols.
    "link", "ether", "ppp", "slip", "fddi", "tr", "wlan", "arp", "rarp", "ip",
    "sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp",
    "radio", "ip6", "icmp6", "ah", "esp", "atalk", "aarp", "decnet", "lat",
    "sca", "moprc", "mopdl", "iso", "esis", "es-is", "isis", "is-is", "l1",
    "l2", "iih", "lsp", "snp", "csnp", "psnp", "clnp", "stp", "ipx", "netbeui"};

// The rest of the language.
constexpr absl::string_view kOthers[] = {"and",
                                         "or",
                                         "not",
                                         "less",
                                         "greater",
                                         "len",
                                         "length",
                                         "byte",
                                         "broadcast",
                                         "multicast",
                                         "inbound",
                                         "outbound",
                                         "ifindex",
                                         "vlan",
                                         "mpls",
                                         "pppoed",
                                         "pppoes",
                                         "geneve",
                                         "rnr",
                                         "rulenum",
                                         "srnr",
                                         "subrulenum",
                                         "lane",
                                         "metac",
                                         "bcc",
                                         "oam",
                                         "oamf4",
                                         "oamf4ec",
                                         "oamf4sc",
                                         "sc",
                                         "ilmic",
                                         "vpi",
                                         "vci",
                                         "connectmsg",
                                         "metaconnect",
                                         "fisu",
                                         "lssu",
                                         "lsu",
                                         "msu",
                                         "hfisu",
                                         "hlssu",
                                         "hmsu",
                                         "sio",
                                         "opc",
                                         "dpc",
                                         "sls",
                                         "hsio",
                                         "hopc",
                                         "hdpc",
                                         "hsls",
                                         "icmptype",
                                         "icmpcode",
                                         "icmp-echoreply",
                                         "icmp-unreach",
                                         "icmp-sourcequench",
                                         "icmp-redirect",
                                         "icmp-echo",
                                         "icmp-routeradvert",
                                         "icmp-routersolicit",
                                         "icmp-timxceed",
                                         "icmp-paramprob",
                                         "icmp-tstamp",
                                         "icmp-tstampreply",
                                         "icmp-ireq",
                                         "icmp-ireqreply",
                                         "icmp-maskreq",
                                         "icmp-maskreply",
                                         "icmp6type",
                                         "icmp6code",
                                         "icmp6-destinationunreach",
                                         "icmp6-destinationrunreach",
                                         "icmp6-packettoobig",
                                         "icmp6-timeexceeded",
                                         "icmp6-parameterproblem",
                                         "icmp6-echo",
                                         "icmp6-echoreply",
                                         "icmp6-multicastlistenerquery",
                                         "icmp6-multicastlistenerreportv1",
                                         "icmp6-multicastlistenerdone",
                                         "icmp6-multicastlistenerreportv2",
                                         "icmp6-routersolicit",
                                         "icmp6-routeradvert",
                                         "icmp6-neighborsolicit",
                                         "icmp6-neighboradvert",
                                         "icmp6-redirect",
                                         "icmp6-routerrenum",
                                         "icmp6-nodeinformationquery",
                                         "icmp6-nodeinformationresponse",
                                         "icmp6-ineighbordiscoverysolicit",
                                         "icmp6-ineighbordiscoveryadvert",
                                         "icmp6-homeagentdiscoveryrequest",
                                         "icmp6-homeagentdiscoveryreply",
                                         "icmp6-mobileprefixsolicit",
                                         "icmp6-mobileprefixadvert",
                                         "icmp6-certpathsolicit",
                                         "icmp6-certpathadvert",
                                         "icmp6-multicastrouteradvert",
                                         "icmp6-multicastroutersolicit",
                                         "icmp6-multicastroutertermination",
                                         "tcpflags",
                                         "tcp-fin",
                                         "tcp-syn",
                                         "tcp-rst",
                                         "tcp-push",
                                         "tcp-ack",
                                         "tcp-urg",
                                         "tcp-ece",
                                         "tcp-cwr"};

template <size_t N>
bool Contains(const absl::string_view (&list)[N], absl::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '-' || c == '.' || c == ':' || c == '\\' || c == '$';
}

bool IsNumber(absl::string_view word) {
  if (absl::StartsWith(word, "0x") || absl::StartsWith(word, "0X")) {
    word.remove_prefix(2);
    return !word.empty() &&
           std::all_of(word.begin(), word.end(), absl::ascii_isxdigit);
  }
  return std::all_of(word.begin(), word.end(), absl::ascii_isdigit);
}

// Groups of hexadecimal digits: 02:00:5e:00:53:01, 0200.5e00.5301. Narrower
// groups than libpcap takes would be a name to it: abc.d.de.
bool IsMac(absl::string_view word, char separator, size_t groups,
           size_t least_digits, size_t most_digits) {
  const std::vector<absl::string_view> parts = absl::StrSplit(word, separator);
  return parts.size() == groups &&
         std::all_of(parts.begin(), parts.end(), [&](absl::string_view part) {
           return part.size() >= least_digits && part.size() <= most_digits &&
                  std::all_of(part.begin(), part.end(), absl::ascii_isxdigit);
         });
}

// 10, 10.1, 10.1.2, 10.1.2.3: "net" takes what "host" does not.
bool IsIpv4(absl::string_view word) {
  const std::vector<absl::string_view> parts = absl::StrSplit(word, '.');
  return parts.size() <= 4 &&
         std::all_of(parts.begin(), parts.end(), [](absl::string_view part) {
           return !part.empty() &&
                  std::all_of(part.begin(), part.end(), absl::ascii_isdigit);
         });
}

bool IsAddress(absl::string_view word) {
  in6_addr ip6;
  return IsIpv4(word) || IsMac(word, ':', 6, 1, 2) ||
         IsMac(word, '-', 6, 1, 2) || IsMac(word, '.', 6, 1, 2) ||
         IsMac(word, '.', 3, 4, 4) || IsMac(word, ' ', 1, 12, 12) ||
         // ARCnet.
         (word[0] == '$' && word.size() <= 3) ||
         inet_pton(AF_INET6, std::string(word).c_str(), &ip6) == 1;
}

absl::Status NameError(absl::string_view word) {
  return absl::InvalidArgumentError(absl::StrCat(
      "filter: \"", word.substr(0, 64),
      "\" is no keyword, and names are not looked up: write the address"));
}

// The words of the text, one after the other.
class Words {
 public:
  explicit Words(absl::string_view text) : text_(text) {}

  // Empty at the end.
  absl::string_view Next() {
    while (at_ < text_.size() && !IsWordByte(text_[at_])) ++at_;
    const size_t begin = at_;
    while (at_ < text_.size() && IsWordByte(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

 private:
  const absl::string_view text_;
  size_t at_ = 0;
};

// One word without a colon, or an address.
absl::Status CheckWord(absl::string_view word, Wanted& wanted) {
  // "tcp[12]-4", "a :".
  while (!word.empty() && (word[0] == '-' || word[0] == '.')) {
    word.remove_prefix(1);
  }
  if (word.empty() || IsNumber(word) || IsAddress(word)) {
    return absl::OkStatus();
  }
  // libpcap knows its keywords in lower case only.
  if (Contains(kLocalTypes, word)) {
    wanted = Wanted::kLocal;
  } else if (Contains(kHeads, word)) {
    wanted = Wanted::kHost;
  } else if (!Contains(kOthers, word) && wanted == Wanted::kHost) {
    return NameError(word);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFilterNames(absl::string_view text) {
  Words words(text);
  Wanted wanted = Wanted::kHost;
  for (absl::string_view word = words.Next(); !word.empty();
       word = words.Next()) {
    if (IsAddress(word)) continue;
    // "ether[0:4]".
    for (absl::string_view part : absl::StrSplit(word, ':')) {
      if (absl::Status status = CheckWord(part, wanted); !status.ok()) {
        return status;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace tapline
