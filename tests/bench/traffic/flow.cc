#include "tests/bench/traffic/flow.h"

#include <arpa/inet.h>

namespace tapline::bench {

std::string ToText(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text,
            sizeof(text));
  return text;
}

void Flow::Clear() {
  vlan = 0;
  next_step = 0;
  sequence[0] = sequence[1] = 0;
  packets[0] = packets[1] = 0;
  frame_bytes[0] = frame_bytes[1] = 0;
  blob.clear();
  steps.clear();
  name.clear();
}

}  // namespace tapline::bench
