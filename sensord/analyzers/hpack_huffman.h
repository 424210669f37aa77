// The Huffman code of HPACK and QPACK (RFC 7541 5.2 and appendix B).

#ifndef TAPLINE_SENSORD_ANALYZERS_HPACK_HUFFMAN_H_
#define TAPLINE_SENSORD_ANALYZERS_HPACK_HUFFMAN_H_

#include <cstddef>
#include <string>

#include "sensord/analyzers/analyzer.h"

namespace tapline {

// Replaces *out by the text that `code` stands for. False when it is none: the
// end-of-string symbol within it, more than seven bits of padding, or padding
// that is not ones. Never writes more than 8/5 of the input's size.
bool DecodeHuffman(Bytes code, std::string* out);

}  // namespace tapline

#endif  // TAPLINE_SENSORD_ANALYZERS_HPACK_HUFFMAN_H_
