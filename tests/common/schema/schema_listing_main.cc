// Prints the schema's listing: the content of proto/schema.lock.

#include <cstdio>

#include "schema_listing.h"

int main() {
  for (const std::string& line : tapline::SchemaListing()) {
    std::puts(line.c_str());
  }
  return 0;
}
