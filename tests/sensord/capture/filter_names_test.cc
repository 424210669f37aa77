#include "sensord/capture/filter_names.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <string>

#include "sensord/capture/bpf_filter.h"
#include "tests/support/status_matchers.h"

// What libpcap asks of the resolver passes here: this program's functions come
// before the C library's.
namespace {
int lookups = 0;
}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service,
                           const addrinfo* hints, addrinfo** result) {
  in6_addr address;
  if (node != nullptr && inet_pton(AF_INET, node, &address) != 1 &&
      inet_pton(AF_INET6, node, &address) != 1) {
    ++lookups;
    return EAI_FAIL;
  }
  const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, result);
}
extern "C" netent* getnetbyname(const char*) {
  ++lookups;
  return nullptr;
}

namespace tapline {
namespace {

using testing::StatusIs;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(FilterNamesTest, NamesOfHostsAndNetworksAreRefusedAndNeverLookedUp) {
  lookups = 0;
  for (const char* name :
       {"www.example.com", "localhost", "beef", "abc.d.de", "10.0.0.1.example",
        "a-b", "gw_1", "1a", "0xg", "02-00-00-00-00-zz", "Tcp"}) {
    for (const char* before :
         {"", "host ", "src ", "dst host ", "net ", "ip host ", "gateway ",
          "tcp port 80 or udp ", "port 80 and src ", "ether host ", "not ",
          "(tcp) and (", "vlan 5 and ", "host 192.0.2.1 or "}) {
      const std::string text = std::string(before) + name;
      EXPECT_THAT(CompileFilter(1, 262144, text).status(),
                  StatusIs(kInvalid, "names are not looked up"))
          << text;
    }
  }
  EXPECT_EQ(lookups, 0);
}

TEST(FilterNamesTest, EveryOtherFilterIsLeftToTheCompiler) {
  lookups = 0;
  for (const char* text : {
           "tcp port 80",
           "port http or https",
           "udp portrange 1000-2000",
           "src port ssh and not dst port (22 or 2222)",
           "host 192.0.2.1 or host 2001:db8::1",
           "net 192.0.2.0/24 or net 10",
           "net 10.0.0.0 mask 255.0.0.0",
           "ip6 net 2001:db8::/32",
           "ether host 02:00:5e:00:53:01",
           "ether src 0200.5e00.5301",
           "ip proto \\icmp",
           "ip proto 47 or ip6 proto \\tcp",
           "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
           "tcp[13] & 2 != 0 and ip[2:2] > 40",
           "ether[0:4] = 0x02005e00",
           "icmp[icmptype] = icmp-echo",
           "vlan 100 and (arp or icmp6)",
           "mpls 1000",
           "greater 100 and less 1500 and len > 64 - 4",
           "ether broadcast or ip multicast",
           "llc s",
           "geneve 5",
       }) {
    EXPECT_OK(CompileFilter(1, 262144, text).status()) << text;
  }
  EXPECT_EQ(lookups, 0);
}

TEST(FilterNamesTest, TheErrorNamesTheWordAndIsShort) {
  EXPECT_THAT(CheckFilterNames("udp and host ns1.example.net"),
              StatusIs(kInvalid, "\"ns1.example.net\" is no keyword"));
  const absl::Status status =
      CheckFilterNames("host " + std::string(60000, 'a'));
  EXPECT_LT(status.message().size(), 200u);
}

}  // namespace
}  // namespace tapline
