// Text of Windows protocols.

#ifndef TAPLINE_SENSORD_ANALYZERS_UTF16_H_
#define TAPLINE_SENSORD_ANALYZERS_UTF16_H_

#include <cstddef>
#include <string>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// UTF-8 of UTF-16 in little-endian order (RFC 2781), up to its first NUL; at
// most `max_bytes`, cut at a whole character. A lone surrogate becomes U+FFFD,
// an odd last byte is left out.
std::string Utf16Text(Bytes bytes, size_t max_bytes = 512);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_UTF16_H_
