// Names in capture filters. libpcap would ask the resolver for the name of a
// host or network, which may ask the network; the sensor never does.

#ifndef TAPLINE_SENSORD_CAPTURE_FILTER_NAMES_H_
#define TAPLINE_SENSORD_CAPTURE_FILTER_NAMES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tapline {

// InvalidArgument: `text` (pcap-filter(7)) has a word that libpcap would look
// up as the name of a host or network; names it. Names of ports after "port"
// and of protocols after "proto" are allowed: they stand in local files.
absl::Status CheckFilterNames(absl::string_view text);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_CAPTURE_FILTER_NAMES_H_
