#include "sensord/analyzers/icmp_meaning.h"

namespace tapline::icmp {
namespace {

// Of any code.
constexpr int kAny = -1;

struct Row {
  uint8_t type;
  int code;
  const char* meaning;
};

constexpr Row kV4[] = {
    {0, kAny, "echo_reply"},
    {3, 0, "network_unreachable"},
    {3, 1, "host_unreachable"},
    {3, 2, "protocol_unreachable"},
    {3, 3, "port_unreachable"},
    {3, 4, "fragmentation_needed"},
    {3, 5, "source_route_failed"},
    {3, 6, "network_unknown"},
    {3, 7, "host_unknown"},
    {3, 9, "network_prohibited"},
    {3, 10, "host_prohibited"},
    {3, 11, "network_unreachable_for_service"},
    {3, 12, "host_unreachable_for_service"},
    {3, 13, "administratively_prohibited"},
    {3, 14, "host_precedence_violation"},
    {3, 15, "precedence_cutoff"},
    {3, kAny, "destination_unreachable"},
    {4, kAny, "source_quench"},
    {5, kAny, "redirect"},
    {8, kAny, "echo"},
    {9, kAny, "router_advertisement"},
    {10, kAny, "router_solicitation"},
    {11, 0, "time_exceeded"},
    {11, kAny, "reassembly_time_exceeded"},
    {12, kAny, "parameter_problem"},
    {13, kAny, "timestamp"},
    {14, kAny, "timestamp_reply"},
    {15, kAny, "information"},
    {16, kAny, "information_reply"},
    {17, kAny, "address_mask"},
    {18, kAny, "address_mask_reply"},
    {30, kAny, "traceroute"},
    {42, kAny, "extended_echo"},
    {43, kAny, "extended_echo_reply"},
};

constexpr Row kV6[] = {
    {1, 0, "network_unreachable"},
    {1, 1, "administratively_prohibited"},
    {1, 2, "beyond_scope"},
    {1, 3, "host_unreachable"},
    {1, 4, "port_unreachable"},
    {1, 5, "source_policy_failed"},
    {1, 6, "route_rejected"},
    {1, kAny, "destination_unreachable"},
    {2, kAny, "packet_too_big"},
    {3, 0, "time_exceeded"},
    {3, kAny, "reassembly_time_exceeded"},
    {4, kAny, "parameter_problem"},
    {128, kAny, "echo"},
    {129, kAny, "echo_reply"},
    {130, kAny, "listener_query"},
    {131, kAny, "listener_report"},
    {132, kAny, "listener_done"},
    {133, kAny, "router_solicitation"},
    {134, kAny, "router_advertisement"},
    {135, kAny, "neighbor_solicitation"},
    {136, kAny, "neighbor_advertisement"},
    {137, kAny, "redirect"},
    {138, kAny, "router_renumbering"},
    {143, kAny, "listener_report"},
    {155, kAny, "rpl_control"},
    {160, kAny, "extended_echo"},
    {161, kAny, "extended_echo_reply"},
};

template <int kRows>
const char* Find(const Row (&rows)[kRows], uint8_t type, uint8_t code) {
  for (const Row& row : rows) {
    if (row.type == type && (row.code == kAny || row.code == code)) {
      return row.meaning;
    }
  }
  return "other";
}

}  // namespace

const char* MeaningOf(bool v6, uint8_t type, uint8_t code) {
  return v6 ? Find(kV6, type, code) : Find(kV4, type, code);
}

}  // namespace tapline::icmp
